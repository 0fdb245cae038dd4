/// Linearizability of one lock, exact, in O(n log n): at most one process holds it at a time.
///
/// A process takes the lock and gives it back in turns. An acquisition and the release that follows on it must take effect
/// without any other in between: their zone is forward, from the return of the one to the call of the other, or without end
/// if there is no release, and no two zones may overlap. An `info` acquisition that is the last of its process is
/// dropped, because nobody saw it; an `info` release bounds the zone by its call like any other.
///
/// Where acquisitions return fencing tokens, each must be larger than those of all that came before: then the tokens are the
/// order of the holds.
struct MutexHolds {
    private let operations: ObjectOperations
    private var holds: [Hold] = []
    private var violations: [ObjectViolation] = []

    private struct Hold {
        var acquire: Int32
        /// -1 for none.
        var release: Int32 = -1
    }

    /// Exact for acquisitions and releases where a process does nothing more after an operation that is `info`.
    static func check(_ operations: ObjectOperations, wantsOrder: Bool) -> ObjectVerdict {
        var checker = MutexHolds(operations)
        guard checker.violations.isEmpty else { return .violated(checker.violations) }
        let order = checker.hasTokens ? checker.arrangedByToken() : checker.arranged()
        guard checker.violations.isEmpty else { return .violated(checker.violations) }
        return .linearizable(order: wantsOrder ? order.map { operations.operation[$0] } : nil)
    }

    private init(_ operations: ObjectOperations) {
        self.operations = operations
        pair()
    }

    private mutating func pair() {
        /// By process: its hold, if it has one; what it released last otherwise.
        var open: [Int32: Int] = [:]
        var last: [Int32: Int32] = [:]
        for position in Int32(0)..<Int32(operations.count) {
            let process = operations.process[position]
            if operations.function[position] == .acquire {
                guard operations.ret[position] != .max else { continue }
                if let held = open[process] {
                    report([holds[held].acquire, position], "it held the lock already")
                }
                open[process] = holds.count
                holds.append(Hold(acquire: position))
            } else if let held = open.removeValue(forKey: process) {
                holds[held].release = position
                last[process] = position
            } else if operations.ret[position] != .max {
                report([last[process] ?? -1, position], "it did not hold the lock")
            }
        }
    }

    /// The positions by zones; adds violations where two overlap.
    private mutating func arranged() -> [Int32] {
        var zones = Zones()
        for (number, hold) in holds.enumerated() {
            let high = hold.release < 0 ? Int32.max : operations.call[hold.release]
            zones.add(Zones.Zone(low: operations.ret[hold.acquire], high: high, group: Int32(number)))
        }
        let (order, conflicts) = zones.arranged()
        for (first, second) in conflicts.prefix(ObjectVerdict.mostViolations) {
            reportOverlap(holds[first.group], holds[second.group])
        }
        return order.flatMap { positions(holds[$0]) }
    }

    private func positions(_ hold: Hold) -> [Int32] {
        hold.release < 0 ? [hold.acquire] : [hold.acquire, hold.release]
    }

    private mutating func reportOverlap(_ first: Hold, _ second: Hold) {
        report(positions(first) + positions(second), "both held the lock at one time")
    }

    private mutating func report(_ positions: [Int32], _ detail: String?) {
        guard violations.count < ObjectVerdict.mostViolations else { return }
        violations.append(ObjectViolation(positions.filter { $0 >= 0 }.map { operations.operation[$0] }, detail))
    }
}

extension MutexHolds {
    /// True if acquisitions brought back a token.
    private var hasTokens: Bool { holds.contains { operations.result[$0.acquire] >= 0 } }

    private func token(_ hold: Hold) -> Int64 { operations.amount[operations.result[hold.acquire]] }

    /// The positions by tokens; adds violations where tokens are equal or against the order of time.
    private mutating func arrangedByToken() -> [Int32] {
        let sorted = holds.sorted { token($0) < token($1) }
        for (first, second) in zip(sorted, sorted.dropFirst()) where token(first) == token(second) {
            report([first.acquire, second.acquire], "both have the same token")
        }
        guard violations.isEmpty else { return [] }
        var level = [Int32](repeating: -1, count: operations.count)
        for (number, hold) in sorted.enumerated() {
            level[hold.acquire] = 2 * Int32(number)
            if hold.release >= 0 { level[hold.release] = 2 * Int32(number) + 1 }
        }
        let levels = Levels(level, count: 2 * sorted.count)
        for (early, late) in levels.inversions(operations) {
            let (first, second) = (sorted[level[late] / 2], sorted[level[early] / 2])
            report([first.acquire, late, second.acquire, early], "the tokens say otherwise")
        }
        if violations.isEmpty { checkUnreleased(sorted) }
        return levels.order()
    }

    /// Only the last hold can lack a release.
    private mutating func checkUnreleased(_ sorted: [Hold]) {
        for (first, second) in zip(sorted, sorted.dropFirst()) where first.release < 0 {
            report([first.acquire, second.acquire], "the first never gave the lock back")
        }
    }
}
