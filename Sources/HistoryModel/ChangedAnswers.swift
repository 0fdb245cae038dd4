/// Another end for one operation of a history.
public struct ChangedAnswer: Hashable, Sendable {
    /// Its place in `History.operations`; it must have a completion.
    public var ordinal: Int
    /// What its completion carries now.
    public var answer: Value
    public var outcome: EventType

    public init(_ ordinal: Int, _ answer: Value, outcome: EventType = .ok) {
        self.ordinal = ordinal
        self.answer = answer
        self.outcome = outcome
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
        for change in changes {
            precondition(columns.completion[change.ordinal] >= 0, "an open operation has no answer")
            precondition(change.outcome != .invoke, "an operation ends with ok, fail or info")
            columns.answer[change.ordinal] = try builder.value(change.answer)
            columns.outcome[change.ordinal] = change.outcome
        }
        return History(
            storage: HistoryStorage(
                columns: columns, values: builder.values, lines: storage.lines, clients: storage.clients,
                functions: storage.functions, keys: storage.keys, nodes: storage.nodes, nemesis: storage.nemesis,
                faultWindows: storage.faultWindows))
    }
}
