/// Another end for one operation of a history.
public struct ChangedAnswer: Hashable, Sendable {
    /// Its place in `History.operations`; it must have a completion.
    public var ordinal: Int
    /// What its completion carries now.
    public var answer: Value
    public var outcome: EventType
    /// The metadata that come with it; `nil`: those that are there.
    public var meta: Value?

    public init(_ ordinal: Int, _ answer: Value, outcome: EventType = .ok, meta: Value? = nil) {
        self.ordinal = ordinal
        self.answer = answer
        self.outcome = outcome
        self.meta = meta
    }
}

extension History {
    /// The same history where some operations ended otherwise; all else is shared or copied as it is.
    ///
    /// Throws `tooLarge` if the new values do not fit beside those that are there.
    public func changing(_ changes: [ChangedAnswer]) throws(HistoryError) -> History {
        var builder = HistoryBuilder()
        builder.values = storage.values
        var columns = storage.columns
        var lines = storage.lines
        for change in changes {
            precondition(columns.completion[change.ordinal] >= 0, "an open operation has no answer")
            precondition(change.outcome != .invoke, "an operation ends with ok, fail or info")
            columns.answer[change.ordinal] = try builder.value(change.answer)
            columns.outcome[change.ordinal] = change.outcome
            guard let meta = change.meta else { continue }
            let bits = try builder.value(meta).bits
            lines.metas.replace(bits, row: Int(columns.completion[change.ordinal]))
        }
        return History(
            storage: HistoryStorage(
                columns: columns, values: builder.values, lines: lines, clients: storage.clients,
                functions: storage.functions, keys: storage.keys, nodes: storage.nodes, nemesis: storage.nemesis,
                faultWindows: storage.faultWindows))
    }
}
