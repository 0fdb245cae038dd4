extension HistoryBuilder {
    static let pairsNote =
        "the values are [key value] pairs, as jepsen.independent makes them, and were taken apart"

    /// Takes values apart that are a key and a value each: so jepsen.independent lifts a test of one object to many,
    /// and in a file its pairs look like any other vector.
    ///
    /// They are pairs if every operation's argument is one, every answer is one with the same key, and there are reads,
    /// all of which ask for `[key nil]`: a read of one object asks for `nil`. Returns whether they were.
    mutating func takePairsApart() throws(HistoryError) -> Bool {
        guard columns.count > 0, arePairs() else { return false }
        for ordinal in 0..<columns.count {
            let (first, argument) = pair(columns.argument[ordinal])
            columns.key[ordinal] = try key(ofPair: first)
            columns.argument[ordinal] = argument
            if isPair(columns.answer[ordinal]) { columns.answer[ordinal] = pair(columns.answer[ordinal]).value }
        }
        return true
    }

    private func arePairs() -> Bool {
        let read = (0..<functions.count).first { functions[$0] == "read" }
        var hasRead = false
        for ordinal in 0..<columns.count {
            guard columns.key[ordinal] == .none, isPair(columns.argument[ordinal]), isAnswer(ordinal) else {
                return false
            }
            guard Int(columns.function[ordinal].number) == read else { continue }
            guard pair(columns.argument[ordinal]).value.isNull else { return false }
            hasRead = true
        }
        return hasRead
    }

    /// An answer that fits a pair; the answers of `fail` and `info` may be missing, and say nothing.
    private func isAnswer(_ ordinal: Int) -> Bool {
        let answer = columns.answer[ordinal]
        guard isPair(answer) else { return columns.outcome[ordinal] != .ok && answer.isNull }
        return pair(answer).key == pair(columns.argument[ordinal]).key
    }

    private func isPair(_ ref: ValueRef) -> Bool {
        guard let elements = values.elements(ref), elements.count == 2, let key = elements.first else {
            return false
        }
        return values.isKeyName(key)
    }

    private func pair(_ ref: ValueRef) -> (key: ValueRef, value: ValueRef) {
        let range = values.range(ofList: ref)
        return (values.lists[range.lowerBound], values.lists[range.lowerBound + 1])
    }

    private mutating func key(ofPair ref: ValueRef) throws(HistoryError) -> KeyID {
        try key(values.keyName(ref) ?? "")
    }
}
