import Checkers
import HistoryModel

/// Two writes of different keys, in an order that a session gave them, of which a reader saw the later one alone.
struct CrossKeyWords {
    private struct Write {
        var key: String
        var value: Value

        /// `2 to key "x"`.
        func words(_ preposition: String) -> String {
            "\(Words.value(value, limit: 40)) \(preposition) key \"\(Words.cut(key, 60))\""
        }
    }

    private let first: Write
    private let second: Write
    private let writer: Operation
    private let reader: Operation?

    /// `nil` if the proof does not name two writes of different keys.
    init?(_ words: AnomalyWords) {
        guard let cause = words.operation(.cause), let effect = words.operation(.effect),
            let first = Self.write(cause, of: words.anomaly.key), let second = Self.write(effect, of: nil),
            first.key != second.key
        else { return nil }
        (self.first, self.second, writer, reader) = (first, second, effect, words.operation(.violatingRead))
    }

    /// Both writes, in the order in which they were made, and who saw what.
    func lead(after deed: String, preposition: String) -> String {
        let who = reader.map { "process \($0.process.words)" } ?? "a session"
        return
            "Process \(writer.process.words) wrote \(second.words("to")) after \(deed) \(first.words(preposition)); "
            + "\(who) saw the later write without the earlier one."
    }

    /// What an operation wrote, last if several times, to a key or else to its only one.
    private static func write(_ operation: Operation, of key: String?) -> Write? {
        var writes: [Write] = []
        switch (operation.f, operation.key) {
        case ("txn", _):
            for micro in operation.argument.list ?? [] {
                guard let parts = micro.list, parts.count == 3, parts[0] != "r", let name = parts[1].keyName
                else { continue }
                writes.append(Write(key: name, value: parts[2]))
            }
        case ("cas", let name?): writes = [Write(key: name, value: operation.argument.list?.last ?? .null)]
        case (_, let name?): writes = [Write(key: name, value: operation.argument)]
        default: return nil
        }
        if let key { return writes.last { $0.key == key } }
        return Set(writes.map(\.key)).count == 1 ? writes.last : nil
    }
}
