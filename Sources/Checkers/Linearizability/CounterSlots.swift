/// Linearizability of a counter that is only ever moved by one same amount, exact, in O(n log n).
///
/// Counted in that amount, the increments of a valid order fill the slots 1, 2, ... up to the largest value read, one each,
/// and a read of v comes between slots v and v + 1. Real time allows an increment the slots from behind every read that had
/// returned before (its release) up to the value of every read invoked after it (its deadline); given those it is a matter
/// of unit jobs on one machine that must not idle, which taking the earliest deadline first decides. Releases ascend with
/// invocations and deadlines with returns: so the open increment that returned first is taken, and increments that do not
/// overlap come in order by themselves. An `info` increment has no deadline and need not be used.
struct CounterSlots {
    private let operations: ObjectOperations
    private let readings: CounterReadings
    /// By slot, from 0: the increment in it.
    private var slots: [Int32] = []
    /// Increments that have been released and have no slot.
    private var open: EarliestReturn
    private var violation: ObjectViolation?

    /// Exact for increments by one same amount, which is not 0, and reads.
    static func check(_ operations: ObjectOperations, wantsOrder: Bool) -> ObjectVerdict {
        var checker = CounterSlots(operations)
        if let violation = checker.readings.violation { return .violated([violation]) }
        checker.fill()
        if let violation = checker.violation { return .violated([violation]) }
        return .linearizable(order: wantsOrder ? checker.order() : nil)
    }

    private init(_ operations: ObjectOperations) {
        self.operations = operations
        readings = CounterReadings(operations)
        open = EarliestReturn(operations.ret)
    }

    private mutating func fill() {
        let increments = operations.function.indices.filter { operations.function[$0] == .increment }.map(
            Int32.init)
        var next = 0
        while slots.count < readings.largest {
            let slot = slots.count + 1
            while next < increments.count, readings.release(increments[next]) <= slot {
                open.insert(increments[next])
                next += 1
            }
            guard let increment = open.popFirst() else { return reportIdle(slot) }
            guard readings.deadline(increment) >= slot else { return reportMissed(increment) }
            slots.append(increment)
        }
        for increment in increments[next...] { open.insert(increment) }
        while let increment = open.popFirst() {
            guard readings.deadline(increment) > readings.largest else { return reportMissed(increment) }
        }
    }

    /// Too many increments must have come between two reads: those of the slots before the deadline back to one that took
    /// an increment with a later deadline, because by then none of them had been released.
    private mutating func reportMissed(_ increment: Int32) {
        let deadline = readings.deadline(increment)
        let crowded = slots[..<deadline].lastIndex { readings.deadline($0) > deadline }.map { $0 + 1 } ?? 0
        let start = readings.release(increment) > deadline ? deadline : crowded
        let first = readings.earliest(atLeast: start)
        let last = readings.latest(atMost: deadline)
        let gap = readings.value(last) - (first < 0 ? 0 : readings.value(first))
        report(
            [first, last] + (slots[start..<deadline] + [increment]).suffix(gap + 1),
            "increments in between: at least \(gap + 1), counted: \(gap)")
    }

    /// Too few increments can have come between two reads: those in the slots behind the last one up to which all must have
    /// come before.
    private mutating func reportIdle(_ slot: Int) {
        var start = 0
        var latest = 0
        for (index, increment) in slots.enumerated() {
            latest = max(latest, readings.deadline(increment))
            if latest == index + 1 { start = latest }
        }
        let first = start == 0 ? -1 : readings.latest(atMost: start)
        let last = readings.earliest(atLeast: slot)
        let between = slots[start...]
        let gap = readings.value(last) - (first < 0 ? 0 : readings.value(first))
        report(
            [first, last] + (between.count <= 8 ? between : []),
            "increments in between: at most \(between.count), counted: \(gap)")
    }

    private mutating func report(_ positions: [Int32], _ detail: String) {
        violation = ObjectViolation(positions.filter { $0 >= 0 }.map { operations.operation[$0] }, detail)
    }

    /// The ordinals in an order that explains every answer.
    private func order() -> [Int32] {
        let largest = Int32(readings.largest)
        var level = operations.function.indices.map { position -> Int32 in
            if operations.function[position] == .read { return 2 * Int32(readings.value(Int32(position))) }
            return operations.ret[position] == .max ? -1 : 2 * largest + 1
        }
        for (slot, increment) in slots.enumerated() { level[increment] = 2 * Int32(slot) + 1 }
        return Levels(level, count: Int(2 * largest + 2)).order().map { operations.operation[$0] }
    }
}
