/// Bounds on what a counter with any amounts may show: sound, and not exact.
///
/// A read is at least the sum of what had certainly been added by its invocation and of all that may have been taken away
/// by its return, and at most the reverse.
struct CounterSums {
    private let operations: ObjectOperations
    private let increments: [Int32]

    /// `.linearizable` only if there is nothing to bound.
    static func check(_ operations: ObjectOperations, wantsOrder: Bool) -> ObjectVerdict {
        let checker = CounterSums(operations)
        let reads = operations.function.indices.filter { operations.function[$0] == .read }.map(Int32.init)
        guard !reads.isEmpty else {
            let ended = checker.increments.filter { operations.ret[$0] != .max }
            return .linearizable(order: wantsOrder ? ended.map { operations.operation[$0] } : nil)
        }
        let shown = Array(violations(operations).prefix(ObjectVerdict.mostViolations))
        return shown.isEmpty
            ? .undecided("increments by different amounts: every read is within its bounds, which proves nothing")
            : .violated(shown)
    }

    /// The reads that are out of their bounds, each with what shows it.
    static func violations(_ operations: ObjectOperations) -> some Sequence<ObjectViolation> {
        let checker = CounterSums(operations)
        let sums = (began: checker.sums(operations.call), ended: checker.sums(operations.ret))
        let reads = operations.function.indices.filter { operations.function[$0] == .read }.map(Int32.init)
        return reads.lazy.compactMap { checker.check($0, sums.began, sums.ended) }
    }

    private init(_ operations: ObjectOperations) {
        self.operations = operations
        increments = operations.function.indices.filter { operations.function[$0] == .increment }.map(Int32.init)
    }

    /// Wide enough for the sum of all amounts there can be.
    private func amount(_ increment: Int32) -> Int128 { Int128(operations.amount[operations.argument[increment]]) }

    /// What was added and taken away by the increments of which a column shows an instant up to each.
    private struct RunningSums {
        var instants: [Int32] = []
        var up: [Int128] = [0]
        var down: [Int128] = [0]
    }

    private func sums(_ column: [Int32]) -> RunningSums {
        var sums = RunningSums()
        for increment in increments.sorted(by: { column[$0] < column[$1] }) where column[increment] != .max {
            let amount = amount(increment)
            sums.instants.append(column[increment])
            sums.up.append(sums.up[sums.up.count - 1] + max(amount, 0))
            sums.down.append(sums.down[sums.down.count - 1] + min(amount, 0))
        }
        return sums
    }

    private func check(_ read: Int32, _ began: RunningSums, _ ended: RunningSums) -> ObjectViolation? {
        let possible = began.instants.partitioningIndex { $0 > operations.ret[read] }
        let certain = ended.instants.partitioningIndex { $0 >= operations.call[read] }
        let value = Int128(operations.amount[operations.result[read]])
        let least = ended.up[certain] + began.down[possible]
        let most = began.up[possible] + ended.down[certain]
        guard value < least || value > most else { return nil }
        let sign: Int128 = value < least ? 1 : -1
        let excess = value < least ? least - value : value - most
        return ObjectViolation(
            ([read] + needed(read, sign, excess)).map { operations.operation[$0] },
            value < least ? "it must be at least \(least)" : "it can be at most \(most)")
    }

    /// Of the increments that certainly came before a read and count towards a bound, enough to break it.
    private func needed(_ read: Int32, _ sign: Int128, _ excess: Int128) -> [Int32] {
        let certain = increments.filter {
            operations.ret[$0] < operations.call[read] && sign * amount($0) > 0
        }
        var left = excess
        return certain.sorted { abs(amount($0)) < abs(amount($1)) }.filter { increment in
            // Those that can be left out without reaching the bound are.
            guard abs(amount(increment)) < left else { return true }
            left -= abs(amount(increment))
            return false
        }
    }
}
