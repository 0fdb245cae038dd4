import HistoryModel

/// Where a value that was read from a register comes from.
enum Origin: Equatable {
    /// Nobody had written the key.
    case initial
    /// Exactly this operation wrote it.
    case update(Int)
    /// Several operations wrote it, or `null` was written: nobody can say which it was.
    case ambiguous
    /// Only operations that certainly did not happen wrote it.
    case failed(Int)
    /// Nobody wrote it, or only after it had been read.
    case phantom
}

extension Accesses {
    /// Where a value comes from that was seen by `reader`.
    func origin(_ value: Int, key: Int, reader: Int) -> Origin {
        let writers = keys[key].writers[value]
        // Writers are in the order of their invocations: the first two tell how many there may be.
        guard let first = writers.first, wasInvoked(first, beforeEndOf: reader) else {
            if value == 0 { return .initial }
            if let failed = keys[key].failedWriters[value].first, writers.isEmpty { return .failed(failed) }
            return .phantom
        }
        let isOnly = writers.count == 1 || !wasInvoked(writers[1], beforeEndOf: reader)
        return isOnly && value != 0 ? .update(first) : .ambiguous
    }

    func origin(_ reading: Reading) -> Origin {
        origin(reading.value, key: reading.key, reader: reading.operation)
    }

    /// False only if the first operation was certainly invoked after the second had completed.
    private func wasInvoked(_ first: Int, beforeEndOf second: Int) -> Bool {
        guard history.columns.outcome[second] == .ok else { return true }
        return history.call(first) <= history.ret(second)
    }

    /// True if the first operation had certainly completed before the second was invoked.
    func completed(_ first: Int, before second: Int) -> Bool {
        guard history.columns.outcome[first] == .ok else { return false }
        return history.ret(first) < history.call(second)
            || history.columns.process[first] == history.columns.process[second]
                && history.columns.completion[first] < history.columns.invocation[second]
    }
}
