/// The order in which the values of a first-in first-out queue went through it.
///
/// One value must go before another if it was put in before the other began to be, or was seen before something of the other
/// began that sees it. Values are taken away one after the other that none of the rest must go before (decrease and conquer:
/// Lee and Mathur, OOPSLA 2025); two scans do it, one of insertions and one of sights, each of which stops at the first
/// return of a value that is still there. Where both stop for good there is a cycle, of two or three values.
struct QueueOrder {
    private let values: ContainerValues
    /// The values in the order in which they go through, with those left out that are in a cycle.
    private(set) var order: [Int32] = []
    /// Values of which each must go before the next, and the last before the first.
    private(set) var cycles: [[Int32]] = []
    private var isGone: [Bool]
    /// By value: how many of the two scans have passed it.
    private var passes: [UInt8]
    private var byBegin: Scan
    private var byHigh: Scan
    private var byEnd: Scan
    private var byLow: Scan

    /// Values in the order of some instant, and how far one got.
    private struct Scan {
        var values: [Int32]
        var next = 0
    }

    init(_ values: ContainerValues) {
        self.values = values
        isGone = [Bool](repeating: false, count: values.operations.valueCount)
        passes = [UInt8](repeating: 0, count: values.operations.valueCount)
        byBegin = Scan(values: values.sorted(values.values, by: values.begin))
        byHigh = Scan(values: values.sorted(values.values, by: values.high))
        byEnd = Scan(values: values.sorted(values.values, by: values.end))
        byLow = Scan(values: values.sorted(values.values, by: values.low))
        order.reserveCapacity(values.values.count)
        run()
    }

    private mutating func run() {
        var ready: [Int32] = []
        while true {
            while let value = ready.popLast() { take(value) }
            skipGone()
            guard byEnd.next < byEnd.values.count else { return }
            pass(&ready)
            if ready.isEmpty { breakCycle() }
        }
    }

    private mutating func take(_ value: Int32) {
        guard !isGone[value] else { return }
        isGone[value] = true
        order.append(value)
    }

    private mutating func skipGone() {
        while byEnd.next < byEnd.values.count, isGone[byEnd.values[byEnd.next]] { byEnd.next += 1 }
        while byLow.next < byLow.values.count, isGone[byLow.values[byLow.next]] { byLow.next += 1 }
    }

    /// Lets both scans go on to where they must stop.
    private mutating func pass(_ ready: inout [Int32]) {
        let firstEnd = values.end(byEnd.values[byEnd.next])
        while byBegin.next < byBegin.values.count, values.begin(byBegin.values[byBegin.next]) <= firstEnd {
            pass(byBegin.values[byBegin.next], &ready)
            byBegin.next += 1
        }
        let seen = byLow.values[byLow.next]
        while byHigh.next < byHigh.values.count, values.high(byHigh.values[byHigh.next]) <= values.low(seen) {
            pass(byHigh.values[byHigh.next], &ready)
            byHigh.next += 1
        }
        // What was seen first only has to wait for the others.
        if ready.isEmpty, passes[seen] == 1, values.begin(seen) <= firstEnd, values.high(seen) > values.low(seen) {
            if secondLow().map({ values.high(seen) <= values.low($0) }) ?? true { ready.append(seen) }
        }
    }

    private mutating func pass(_ value: Int32, _ ready: inout [Int32]) {
        passes[value] += 1
        if passes[value] == 2 { ready.append(value) }
    }

    /// Of the values that are left the one that was seen next after the first.
    private func secondLow() -> Int32? {
        byLow.values[(byLow.next + 1)...].first { !isGone[$0] }
    }

    /// Goes back from a value to one that must go before it until one comes up again.
    private mutating func breakCycle() {
        var path = [byEnd.values[byEnd.next]]
        while true {
            let value = path[path.count - 1]
            let before = predecessor(of: value)
            if let start = path.firstIndex(of: before) {
                let cycle = Array(path[start...].reversed())
                cycles.append(cycle)
                for value in cycle { isGone[value] = true }
                return
            }
            path.append(before)
        }
    }

    private func predecessor(of value: Int32) -> Int32 {
        let first = byEnd.values[byEnd.next]
        if values.end(first) < values.begin(value) { return first }
        let seen = byLow.values[byLow.next]
        guard seen == value else { return seen }
        guard let second = secondLow() else { preconditionFailure("nothing must go before the only value") }
        return second
    }
}
