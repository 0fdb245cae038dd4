/// The forms in which histories are written.
public enum WrittenFormat: String, Hashable, Sendable, CaseIterable {
    /// The form of `JSONLines`.
    case jsonl
    /// One map of EDN a line, as Knossos and Elle read them.
    ///
    /// Types, functions and the functions of micro-operations are keywords. `fail` and `info` have the value of their
    /// invocation, for Knossos and Elle look for it there, and so has an `ok` write that says no value.
    case edn

    /// An event of a history as one line, with its line break; without a time where the history has none.
    public func line(_ position: Int, of history: History) -> [UInt8] {
        switch self {
        case .jsonl: JSONLines.line(history.events[position], hasTime: history.hasTimes)
        case .edn: EDNLine.line(position, of: history)
        }
    }

    /// A whole history.
    public func text(of history: History) -> [UInt8] {
        var text: [UInt8] = []
        for position in 0..<history.events.count { text += line(position, of: history) }
        return text
    }
}

extension History {
    /// Whether the events have times: where they have none, the order of the lines is real-time order.
    public var hasTimes: Bool { !storage.lines.times.isEmpty || storage.lines.count == 0 }

    /// The operations on one key, as the history of an object without key, and what the nemesis said.
    ///
    /// Knossos judges one object at a time, and knows no keys.
    public func only(key name: String) throws(HistoryError) -> History {
        var builder = HistoryBuilder()
        let key = keys.number(of: name).map { KeyID(Int32(truncatingIfNeeded: $0)) }
        for (position, subject) in storage.lines.subject.enumerated()
        where subject < 0 || columns.key[Int(subject >> 1)] == key {
            var event = events[position]
            event.key = nil
            try builder.append(event, hasTime: hasTimes)
        }
        return builder.finish()
    }
}

/// An event as a map of EDN.
enum EDNLine {
    /// Functions that change something and bring nothing back: an `ok` of theirs did what the invocation says. Not
    /// `txn`, whose reads nobody knows then.
    private static let changes: Set = [
        "write", "put", "cas", "add", "remove", "append", "enqueue", "push", "insert",
    ]

    static func line(_ position: Int, of history: History) -> [UInt8] {
        let event = history.events[position]
        var writer = EDNWriter()
        writer.raw("{:index \(event.index), ")
        if history.hasTimes { writer.raw(":time \(event.time), ") }
        writer.raw(":type :\(event.type.rawValue), :process ")
        writer.raw(event.process.client.map(String.init) ?? ":nemesis")
        writer.raw(", :f ")
        writer.append(word: event.f)
        if let key = event.key { writer.append(":key", key) }
        writer.raw(", :value ")
        let value = value(event, position, history)
        if event.f == "txn" { writer.append(transaction: value) } else { writer.append(value) }
        if let node = event.node { writer.append(":node", node) }
        if let error = event.error { writer.append(":error", error) }
        if event.meta != .null {
            writer.raw(", :meta ")
            writer.append(meta: event.meta)
        }
        writer.raw("}\n")
        return writer.bytes
    }

    private static func value(_ event: Event, _ position: Int, _ history: History) -> Value {
        let subject = history.storage.lines.subject[position]
        guard event.value.isNull, subject >= 0, event.type != .ok || changes.contains(event.f) else {
            return event.value
        }
        return history.values.value(history.columns.argument[Int(subject >> 1)])
    }
}

extension EDNWriter {
    fileprivate mutating func append(_ name: String, _ text: String) {
        raw(", \(name) ")
        append(text)
    }
}
