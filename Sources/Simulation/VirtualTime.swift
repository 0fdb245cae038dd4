import HeapModule

/// What is to happen, in the order of virtual time; of one moment, in the order in which it was planned.
final class VirtualTime {
    private struct Item: Comparable {
        let time: Int64
        let number: UInt64
        let action: () -> Void

        static func == (left: Item, right: Item) -> Bool { left.number == right.number }
        static func < (left: Item, right: Item) -> Bool {
            (left.time, left.number) < (right.time, right.number)
        }
    }

    private var agenda = Heap<Item>()
    private var planned: UInt64 = 0
    /// Nanoseconds from the start of the run.
    private(set) var now: Int64 = 0
    /// How many events have taken place.
    private(set) var steps = 0

    /// Plans something, at the earliest for now.
    func at(_ time: Int64, _ action: @escaping () -> Void) {
        planned += 1
        agenda.insert(Item(time: max(time, now), number: planned, action: action))
    }

    /// Plans something for a time from now.
    func after(_ delay: Int64, _ action: @escaping () -> Void) { at(now + delay, action) }

    /// Lets things happen until the condition holds; false if it does not hold by `limit`, which it then is.
    @discardableResult
    func run(until limit: Int64, or condition: () -> Bool = { false }) -> Bool {
        while !condition() {
            guard let next = agenda.min, next.time <= limit else {
                if limit < .max { now = max(now, limit) }
                return condition()
            }
            agenda.removeMin()
            now = next.time
            steps += 1
            next.action()
        }
        return true
    }

    /// Forgets all that is planned.
    func end() { agenda = Heap() }
}
