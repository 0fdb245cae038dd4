import HistoryModel

/// What lists that transactions append to promise of their ends, spelled out.
struct NaiveListEnds {
    private let operations: [HistoryModel.Operation]
    /// Each append that may have happened, and each answered read.
    private let appends: [Micro]
    private let reads: [Micro]

    private struct Micro {
        var operation: Int
        var key: Value
        /// What was appended, or the list that was read.
        var value: Value

        var list: [Value] { value.list ?? [] }
    }

    init(_ history: History) {
        operations = Array(history.operations)
        func micros(_ f: Value, _ outcomes: [EventType]) -> [Micro] {
            history.operations.enumerated().filter { outcomes.contains($1.outcome) }.flatMap { number, operation in
                let txn = operation.outcome == .ok ? operation.result : operation.argument
                return (txn.list ?? []).compactMap(\.list).filter { $0[0] == f }.map {
                    Micro(operation: number, key: $0[1], value: $0[2])
                }
            }
        }
        appends = micros("append", [.ok, .info])
        reads = micros("r", [.ok])
    }

    private func begin(_ micro: Micro) -> Int64 { operations[micro.operation].invocation.time }

    private func end(_ micro: Micro) -> Int64 { operations[micro.operation].completion?.time ?? .max }

    private func isFinal(_ read: Micro) -> Bool {
        let operation = operations[read.operation]
        return [operation.invocation.meta, operation.completion?.meta ?? nil].contains {
            $0["final"] == .bool(true)
        }
    }

    /// Whether some final read of the key begins after an operation is over, and none of them shows an element.
    private func isGone(_ element: Value, _ key: Value, after micro: Micro) -> Bool {
        let ends = reads.filter { $0.key == key && isFinal($0) && begin($0) > end(micro) }
        return !ends.isEmpty && !ends.contains { $0.list.contains(element) }
    }

    /// Appends that some read can have seen.
    private func sources(_ element: Value, _ read: Micro) -> [Micro] {
        appends.filter { $0.key == read.key && $0.value == element && begin($0) <= end(read) }
    }

    /// A committed append that no final read shows.
    func losesWrites() -> Bool {
        appends.contains { operations[$0.operation].outcome == .ok && isGone($0.value, $0.key, after: $0) }
    }

    /// A read shows what nobody can have appended by then, or what others appended and no final read shows.
    func hasDirtyReads() -> Bool {
        reads.contains { read in
            read.list.contains { element in
                let sources = sources(element, read)
                guard let first = sources.first else { return true }
                return !isFinal(read) && first.operation != read.operation && isGone(element, read.key, after: read)
            }
        }
    }

    /// A read shows something more often than it can have been appended by then.
    func hasDuplicates() -> Bool {
        reads.contains { read in
            read.list.contains { element in
                read.list.count { $0 == element } > max(1, sources(element, read).count)
            }
        }
    }
}
