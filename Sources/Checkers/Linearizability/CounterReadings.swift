/// What the reads of a counter say of its increments, counted in the amount by which all of them move it.
struct CounterReadings {
    private let operations: ObjectOperations
    /// By number: how many increments a value stands for.
    private let units: [Int]
    /// The reads by value, with the earliest return of those of at least that value.
    private var byValue: [Int32] = []
    private var earliestReturn: [Int32] = []
    private var latestCall: [Int32] = []
    /// The reads by return, with the largest value up to each.
    private var byReturn: [Int32] = []
    private var largestReturned: [Int32] = []
    /// The reads by invocation, with the smallest value from each on.
    private var byCall: [Int32] = []
    private var smallestCalled: [Int32] = []
    /// What is wrong with the reads by themselves.
    private(set) var violation: ObjectViolation?

    init(_ operations: ObjectOperations) {
        self.operations = operations
        let amount =
            operations.function.indices.first { operations.function[$0] == .increment }
            .map { operations.amount[operations.argument[$0]] } ?? 1
        units = operations.amount.map { Self.units($0, of: amount) }
        byCall = operations.function.indices.filter { operations.function[$0] == .read }.map(Int32.init)
        guard checkValues() else { return }
        sort()
        checkReads()
    }

    /// How many increments come to a value; -1 for what is no multiple, which no number of them explains.
    private static func units(_ value: Int64, of amount: Int64) -> Int {
        let (units, isTooMany) = value.dividedReportingOverflow(by: amount)
        if isTooMany { return .max }
        return units * amount == value ? Int(units) : -1
    }

    func value(_ read: Int32) -> Int { units[operations.result[read]] }

    var largest: Int { byValue.last.map(value) ?? 0 }

    private mutating func checkValues() -> Bool {
        guard let read = byCall.first(where: { value($0) < 0 }) else { return true }
        violation = ObjectViolation([operations.operation[read]], "no number of increments comes to what it saw")
        return false
    }

    private mutating func sort() {
        byValue = byCall.sorted { (value($0), $0) < (value($1), $1) }
        byReturn = byCall.sorted { operations.ret[$0] < operations.ret[$1] }
        earliestReturn = Self.running(byValue.reversed()) { operations.ret[$0] <= operations.ret[$1] }.reversed()
        latestCall = Self.running(byValue) { $0 >= $1 }
        largestReturned = Self.running(byReturn) { value($0) >= value($1) }
        smallestCalled = Self.running(byCall.reversed()) { value($0) <= value($1) }.reversed()
    }

    /// The best so far, at each place.
    private static func running(_ reads: [Int32], isBetter: (Int32, Int32) -> Bool) -> [Int32] {
        var best: Int32 = -1
        return reads.map { read in
            if best < 0 || !isBetter(best, read) { best = read }
            return best
        }
    }

    /// No read saw less than one that had returned before.
    private mutating func checkReads() {
        for read in byCall {
            guard let earlier = largest(returnedBefore: operations.call[read]), value(earlier) > value(read) else {
                continue
            }
            violation = ObjectViolation([earlier, read].map { operations.operation[$0] })
            return
        }
    }

    /// The read of the largest value that had returned before an instant.
    private func largest(returnedBefore instant: Int32) -> Int32? {
        let count = byReturn.partitioningIndex { operations.ret[$0] >= instant }
        return count == 0 ? nil : largestReturned[count - 1]
    }

    /// The first slot that an increment can take.
    func release(_ increment: Int32) -> Int {
        let seen = largest(returnedBefore: operations.call[increment]).map(value) ?? 0
        return seen == .max ? .max : seen + 1
    }

    /// The last slot that an increment can take; `Int.max` if there is none.
    func deadline(_ increment: Int32) -> Int {
        let start = byCall.partitioningIndex { operations.call[$0] > operations.ret[increment] }
        return start == byCall.count ? .max : value(smallestCalled[start])
    }

    /// Among the reads of at least this value the one that returned first, -1 for the beginning.
    func earliest(atLeast value: Int) -> Int32 {
        value == 0 ? -1 : earliestReturn[byValue.partitioningIndex { self.value($0) >= value }]
    }

    /// Among the reads of at most this value the one that was invoked last.
    func latest(atMost value: Int) -> Int32 {
        latestCall[byValue.partitioningIndex { self.value($0) > value } - 1]
    }
}
