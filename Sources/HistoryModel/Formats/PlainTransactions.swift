extension HistoryBuilder {
    static let transactionsNote =
        "the values of reads and writes are micro-operations, as in Jepsen's tests of long forks: they were taken for txn"

    /// Names `txn` what is called `read` or `write` and is one: so Jepsen's test of long forks calls the transactions that
    /// only read and those that only write.
    ///
    /// They are transactions if every operation with these names has no key and asks for a list of micro-operations, every
    /// answer is one with the same functions and keys, and there are reads: a read of one object asks for `nil`. Returns
    /// whether they were.
    mutating func nameTransactions() throws(HistoryError) -> Bool {
        let names = Set((0..<functions.count).filter { functions[$0] == "read" || functions[$0] == "write" })
        guard !names.isEmpty, areTransactions(names) else { return false }
        let txn = try function("txn")
        for ordinal in 0..<columns.count where names.contains(Int(columns.function[ordinal].number)) {
            columns.function[ordinal] = txn
        }
        return true
    }

    private func areTransactions(_ names: Set<Int>) -> Bool {
        var hasRead = false
        for ordinal in 0..<columns.count where names.contains(Int(columns.function[ordinal].number)) {
            let isRead = functions[Int(columns.function[ordinal].number)] == "read"
            guard columns.key[ordinal] == .none, let asked = micros(columns.argument[ordinal]),
                asked.allSatisfy({ isRead ? $0.isQuestion : $0.isWrite }), isAnswer(ordinal, to: asked)
            else { return false }
            if isRead { hasRead = true }
        }
        return hasRead
    }

    /// An answer that fits the question; those of `fail` and `info` say nothing.
    private func isAnswer(_ ordinal: Int, to asked: [Micro]) -> Bool {
        guard columns.outcome[ordinal] == .ok else { return true }
        guard let told = micros(columns.answer[ordinal]), told.count == asked.count else { return false }
        return zip(asked, told).allSatisfy { $0.function == $1.function && $0.key == $1.key }
    }

    /// The micro-operations of a list that consists of them; `nil` if it does not, or is empty.
    private func micros(_ ref: ValueRef) -> [Micro]? {
        guard let list = values.elements(ref), !list.isEmpty else { return nil }
        var micros: [Micro] = []
        for element in list {
            guard let parts = values.elements(element).map(Array.init), parts.count == 3,
                let function = values.string(parts[0]), values.isKeyName(parts[1])
            else { return nil }
            micros.append(Micro(function: function, key: parts[1], value: parts[2]))
        }
        return micros
    }

    private struct Micro {
        var function: String
        var key: ValueRef
        var value: ValueRef

        var isQuestion: Bool { function == "r" && value.isNull }
        var isWrite: Bool { function == "w" }
    }
}
