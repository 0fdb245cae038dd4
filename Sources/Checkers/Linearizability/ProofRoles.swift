import HistoryModel

/// Gives the operations that fit into no order their roles.
struct ProofRoles {
    private let history: History
    private let operations: ObjectOperations

    init(_ history: History, _ operations: ObjectOperations) {
        self.history = history
        self.operations = operations
    }

    /// The read that was invoked last gives the violation away. What it saw is the update of its value; what it should
    /// have seen is the last other update that had ended before, or was seen by a read that had.
    func steps(_ ordinals: [Int32]) -> [Anomaly.Step] {
        let positions = operations.operation.indices.filter { isNamed(operations.operation[$0], ordinals) }
        let reads = positions.filter { operations.function[$0] == .read }
        let updates = positions.filter { operations.function[$0] != .read }
        let roles = reads.last.map { self.roles($0, reads, updates) } ?? [:]
        return ordinals.sorted().map {
            Anomaly.Step(history.operations[Int($0)].index, roles[$0] ?? .conflicting)
        }
    }

    private func isNamed(_ ordinal: Int32, _ ordinals: [Int32]) -> Bool {
        ordinals.count < 20 ? ordinals.contains(ordinal) : Set(ordinals).contains(ordinal)
    }

    private func roles(_ last: Int, _ reads: [Int], _ updates: [Int]) -> [Int32: Anomaly.Role] {
        var roles = [operations.operation[last]: Anomaly.Role.violatingRead]
        let earlier = reads.filter { hasEnded($0, before: last) }
        for read in earlier { roles[operations.operation[read]] = .earlierRead }
        for update in updates where isSeen(update, by: last) { roles[operations.operation[update]] = .seenWrite }
        let expected = updates.last { update in
            guard roles[operations.operation[update]] == nil else { return false }
            return hasEnded(update, before: last) || earlier.contains { isSeen(update, by: $0) }
        }
        if let expected { roles[operations.operation[expected]] = .expectedWrite }
        return roles
    }

    private func hasEnded(_ first: Int, before second: Int) -> Bool {
        operations.ret[first] < operations.call[second]
            || operations.ret[first] != .max && operations.process[first] == operations.process[second]
                && first < second
    }

    private func isSeen(_ update: Int, by read: Int) -> Bool {
        let value = operations.argument[update]
        return operations.result[read] < 0
            ? operations.elements[read].contains(value) : operations.result[read] == value
    }
}
