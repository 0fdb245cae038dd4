import HistoryModel

/// Gives the operations that fit into no order their roles.
struct Proof {
    private let accesses: Accesses
    private let calls: KeyCalls

    init(_ accesses: Accesses, _ calls: KeyCalls) {
        self.accesses = accesses
        self.calls = calls
    }

    /// The read that was invoked last gives the violation away. What it saw is the update of its value; what it should
    /// have seen is the last other update that had ended before, or was seen by a read that had.
    func steps(_ operations: Set<Int>) -> [Anomaly.Step] {
        let reads = calls.readings.filter { operations.contains($0.operation) }
        let last = reads.max { $0.operation < $1.operation }
        let roles =
            last.map { self.roles($0, reads, calls.updates.filter { operations.contains($0.operation) }) } ?? [:]
        return operations.sorted().map { Anomaly.Step(accesses.index($0), roles[$0] ?? .conflicting) }
    }

    private func roles(_ last: Reading, _ reads: [Reading], _ updates: [Update]) -> [Int: Anomaly.Role] {
        var roles = [last.operation: Anomaly.Role.violatingRead]
        let earlier = reads.filter { accesses.completed($0.operation, before: last.operation) }
        for read in earlier { roles[read.operation] = .earlierRead }
        for update in updates where isSeen(update, by: last) { roles[update.operation] = .seenWrite }
        let expected = updates.last { update in
            guard roles[update.operation] == nil else { return false }
            return accesses.completed(update.operation, before: last.operation)
                || earlier.contains { isSeen(update, by: $0) }
        }
        if let expected { roles[expected.operation] = .expectedWrite }
        return roles
    }

    private func isSeen(_ update: Update, by read: Reading) -> Bool {
        calls.key.isSet ? read.elements.contains(update.value) : update.value == read.value
    }
}
