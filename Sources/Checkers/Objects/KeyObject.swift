import HistoryModel

/// The times of a history by rank.
struct TimeRanks {
    /// Each time once, ascending.
    private let times: [Int64]

    init(_ history: History) {
        var times: [Int64] = []
        for event in history.events where times.last != event.time { times.append(event.time) }
        self.times = times
    }

    func rank(_ time: Int64) -> Int32 { Int32(times.partitioningIndex { $0 >= time }) }
}

extension ObjectOperations {
    /// The operations on one key.
    init(_ calls: KeyCalls, _ accesses: Accesses, _ ranks: TimeRanks) {
        let updates = calls.updates.map { (operation: $0.operation, update: Optional($0), reading: Reading?.none) }
        let readings = calls.readings.map { (operation: $0.operation, update: Update?.none, reading: Optional($0)) }
        for entry in (updates + readings).sorted(by: { $0.operation < $1.operation }) {
            let interval = Interval(accesses.operation(entry.operation), entry.operation)
            operation.append(Int32(entry.operation))
            process.append(Int32(accesses.operation(entry.operation).process.client ?? -1))
            call.append(ranks.rank(interval.call))
            ret.append(interval.ret == .max ? .max : ranks.rank(interval.ret))
            let isCas = entry.update?.expected != nil
            function.append(entry.update == nil ? .read : calls.key.isSet ? .add : isCas ? .cas : .write)
            argument.append(entry.update.map { Int32($0.value) } ?? -1)
            expected.append(entry.update?.expected.map { Int32($0) } ?? -1)
            result.append(calls.key.isSet ? -1 : entry.reading.map { Int32($0.value) } ?? -1)
            for element in entry.reading?.elements ?? [] { elements.append(Int32(element), at: count - 1) }
        }
        valueCount = calls.key.values.count
        hasTies = calls.hasTies(accesses)
    }
}
