import HistoryModel

/// When an operation of one key was under way, on the history's clock: it took effect at an instant in between, both ends
/// included, so that equal times are concurrent.
struct Interval {
    /// The ordinal of the operation in the history.
    var operation: Int
    var call: Int64
    /// `Int64.max` for operations that nobody saw end.
    var ret: Int64

    init(_ operation: HistoryModel.Operation, _ ordinal: Int) {
        self.operation = ordinal
        call = operation.invocation.time
        ret = operation.outcome == .ok ? operation.completion?.time ?? .max : .max
    }
}

/// What a linearizability check of one key came to.
enum KeyVerdict {
    case linearizable
    /// One or more proofs that there is no order.
    case violated([Anomaly])
    case undecided(String)
}

/// What both algorithms of a key need: its operations that count.
///
/// Failed operations did not happen. A cas whose comparison failed is one of them: it could prove a violation by the
/// value that it must have seen, but the history does not say which, so it is dropped, which is sound. Reads without
/// answer say nothing.
struct KeyCalls {
    let key: KeyAccesses
    let updates: [Update]
    let readings: [Reading]

    init(_ accesses: Accesses, _ number: Int) {
        key = accesses.keys[number]
        updates = key.updates.map { accesses.updates[$0] }.filter { $0.outcome != .fail }
        readings = key.readings.map { accesses.readings[$0] }.filter { $0.source != .cas }
    }

    /// True if some process invoked an operation at the very time at which its last one had ended: then intervals alone
    /// do not tell the order of its operations.
    func hasTies(_ accesses: Accesses) -> Bool {
        var ends: [ProcessID: Int64] = [:]
        let operations = (updates.map(\.operation) + readings.map(\.operation)).sorted()
        for ordinal in operations {
            let operation = accesses.operation(ordinal)
            if ends[operation.process] == operation.invocation.time { return true }
            if let completion = operation.completion, operation.outcome == .ok {
                ends[operation.process] = completion.time
            }
        }
        return false
    }
}
