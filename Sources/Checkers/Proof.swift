import HistoryModel

/// Gives the operations that fit into no order their roles.
struct Proof {
    private let accesses: Accesses
    private let calls: KeyCalls

    init(_ accesses: Accesses, _ calls: KeyCalls) {
        self.accesses = accesses
        self.calls = calls
    }

    /// The read that was invoked last gives the violation away; the update whose value it saw and the last update that
    /// had ended before it are what it saw and should have seen.
    func steps(_ operations: Set<Int>) -> [Anomaly.Step] {
        let reads = calls.readings.filter { operations.contains($0.operation) }
        let last = reads.max { $0.operation < $1.operation }
        let updates = calls.updates.filter { operations.contains($0.operation) }
        let seen = last.map { read in updates.filter { isSeen($0, by: read) }.map(\.operation) } ?? []
        let expected = last.flatMap { read in
            updates.last {
                !seen.contains($0.operation) && accesses.completed($0.operation, before: read.operation)
            }
        }
        return operations.sorted().map { operation in
            let role: Anomaly.Role
            if operation == last?.operation {
                role = .violatingRead
            } else if seen.contains(operation) {
                role = .seenWrite
            } else if operation == expected?.operation {
                role = .expectedWrite
            } else {
                role = .conflicting
            }
            return Anomaly.Step(accesses.index(operation), role)
        }
    }

    private func isSeen(_ update: Update, by read: Reading) -> Bool {
        calls.key.isSet ? false : update.value == read.value
    }
}
