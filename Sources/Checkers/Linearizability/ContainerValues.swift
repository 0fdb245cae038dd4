/// What happened to the values of a queue, a stack or a priority queue into which each value was put at most once.
///
/// A value was surely there from after `end` until before `high`, whatever the order of the operations: it had been put in
/// and had not been taken out. An insertion that nobody saw end, of a value that nobody saw, is left out: it need not have
/// happened, which is exact, because without it, and without what may have taken the value out, all else stays legal.
struct ContainerValues {
    let operations: ObjectOperations
    /// The values that were certainly there at some time.
    private(set) var values: [Int32] = []
    /// By value: the position of the operation that put it in, -1 for none.
    private(set) var insertion: [Int32]
    /// By value: the position of the one that took it out, -1 for none.
    private(set) var removal: [Int32]
    /// By value: of the operations that saw it, taking it out or not, the one that returned first; -1 for none.
    private(set) var firstSight: [Int32]
    /// By value: of those the one that was invoked last.
    private(set) var lastSight: [Int32]
    /// The operations that saw a value and left it there.
    private(set) var peeks: [Int32] = []
    /// The operations that found nothing.
    private(set) var empties: [Int32] = []
    /// The operations of which nobody knows whether they took something out, and what.
    private(set) var unknownRemovals: [Int32] = []
    /// What is wrong with single values.
    private(set) var violations: [ObjectViolation] = []
    /// From this instant on, a value that nobody is known to have taken out may be gone.
    private var free = Int32.max

    init(_ operations: ObjectOperations) {
        self.operations = operations
        let none = [Int32](repeating: -1, count: operations.valueCount)
        (insertion, removal, firstSight, lastSight) = (none, none, none, none)
        for position in operations.function.indices where operations.argument[position] >= 0 {
            insertion[operations.argument[position]] = Int32(position)
        }
        for position in operations.function.indices where operations.argument[position] < 0 { see(Int32(position)) }
        guard violations.isEmpty else { return }
        for value in Int32(1)..<Int32(max(1, operations.valueCount)) where insertion[value] >= 0 { check(value) }
    }

    /// When its insertion was invoked.
    func begin(_ value: Int32) -> Int32 { operations.call[insertion[value]] }

    /// By when it had surely been put in.
    func end(_ value: Int32) -> Int32 { min(operations.ret[insertion[value]], low(value)) }

    /// When the first operation that saw it returned; `Int32.max` for none.
    func low(_ value: Int32) -> Int32 { firstSight[value] < 0 ? .max : operations.ret[firstSight[value]] }

    /// Until when it was surely not gone; `Int32.max` if it was never taken out.
    func high(_ value: Int32) -> Int32 {
        let from = removal[value] < 0 ? free : begin(value)
        guard from < .max, lastSight[value] >= 0 else { return max(from, begin(value)) }
        return max(from, begin(value), operations.call[lastSight[value]])
    }

    /// The positions of the operations that show that the value had been put in at `end`.
    func endWitness(_ value: Int32) -> [Int32] {
        operations.ret[insertion[value]] <= low(value)
            ? [insertion[value]] : [insertion[value], firstSight[value]]
    }

    /// The positions of the operations that show that it was not gone before `high`.
    func highWitness(_ value: Int32) -> [Int32] {
        let last = lastSight[value]
        return last >= 0 && operations.call[last] == high(value) ? [insertion[value], last] : [insertion[value]]
    }

    /// By positions.
    func violation(_ positions: [Int32], _ detail: String? = nil) -> ObjectViolation {
        ObjectViolation(positions.map { operations.operation[$0] }, detail)
    }
}

// MARK: - Single values

extension ContainerValues {
    private mutating func see(_ position: Int32) {
        let value = operations.result[position]
        guard value > 0 else {
            if value == 0 { empties.append(position) } else { unknownRemovals.append(position) }
            return
        }
        guard insertion[value] >= 0 else {
            return report([position], "nobody put in what it saw")
        }
        if operations.ret[position] < begin(value) {
            report([insertion[value], position], "it saw what was not put in yet")
        }
        if operations.function[position] == .peek {
            peeks.append(position)
        } else if removal[value] >= 0 {
            report([insertion[value], removal[value], position], "taken out twice")
        } else {
            removal[value] = position
        }
        let first = firstSight[value]
        if first < 0 || operations.ret[position] < operations.ret[first] { firstSight[value] = position }
        // Positions are in the order of invocations.
        lastSight[value] = position
    }

    private mutating func report(_ positions: [Int32], _ detail: String) {
        guard violations.count < ObjectVerdict.mostViolations else { return }
        violations.append(violation(positions, detail))
    }

    private mutating func check(_ value: Int32) {
        guard firstSight[value] >= 0 || operations.ret[insertion[value]] != .max else { return }
        values.append(value)
        guard removal[value] >= 0 else { return }
        let late = lastSight[value]
        if operations.call[late] > operations.ret[removal[value]] {
            report([insertion[value], removal[value], late], "it saw what had been taken out")
        }
    }
}

// MARK: - Removals of unknown values

extension ContainerValues {
    /// The values that nobody is known to have taken out.
    var remaining: [Int32] { values.filter { removal[$0] < 0 } }

    /// The same where each of those may have been taken out at any time at which one removal of unknown value could have
    /// done it: more than all of them can, so that what is wrong even so is wrong.
    func withFreeRemovals() -> ContainerValues {
        var copy = self
        copy.free = unknownRemovals.map { operations.call[$0] }.min() ?? .max
        return copy
    }

    /// Says what a removal of unknown value took out.
    mutating func assign(_ position: Int32, to value: Int32) {
        removal[value] = position
        let last = lastSight[value]
        if last < 0 || operations.call[position] > operations.call[last] { lastSight[value] = position }
        unknownRemovals.removeAll { $0 == position }
    }
}

// MARK: - Some of the values

extension ContainerValues {
    /// The same with these values alone, and without what found nothing.
    func restricted(to named: [Int32]) -> ContainerValues {
        var copy = self
        copy.values = named
        copy.peeks = peeks.filter { named.contains(operations.result[$0]) }
        copy.empties = []
        return copy
    }
}

// MARK: - Stretches of time

extension ContainerValues {
    /// Sorts values by an instant.
    func sorted(_ values: [Int32], by instant: (Int32) -> Int32) -> [Int32] {
        var keys = values.map { UInt64(UInt32(bitPattern: instant($0))) << 32 | UInt64(UInt32(bitPattern: $0)) }
        RadixSort.sort(&keys, byBitsFrom: 32)
        return keys.map { Int32(truncatingIfNeeded: $0) }
    }

    /// Few values of which one or another was surely there at every instant from `first` to `last`, of `candidates` in the
    /// order of their `end`; `nil` if there was none at some instant.
    func cover(_ first: Int32, _ last: Int32, _ candidates: [Int32]) -> [Int32]? {
        var chain: [Int32] = []
        var best: Int32 = -1
        var instant = first
        var next = 0
        while instant <= last {
            while next < candidates.count, end(candidates[next]) < instant {
                if best < 0 || high(candidates[next]) > high(best) { best = candidates[next] }
                next += 1
            }
            guard best >= 0, high(best) > instant else { return nil }
            chain.append(best)
            guard high(best) < .max else { return chain }
            instant = high(best)
        }
        return chain
    }
}
