/// The native form of a history on disk: one JSON object a line, with Jepsen's words for the keys.
///
/// Keys in order: `index`, `time`, `process`, `type`, `f`, `key`, `value`, `node`, `error`, `meta`; `key`, `node`,
/// `error` and `meta` are left out where there is nothing to say. When reading, order does not matter; `index` may be
/// missing (the place in the file counts), `time` may be missing in all lines (the place counts as nanoseconds), `key`
/// may be a whole number, and keys that are not in this list are ignored.
public enum JSONLines {
    /// The event as one line, with its line break.
    public static func line(_ event: Event) -> [UInt8] {
        var writer = JSONWriter()
        writer.raw("{")
        writer.append(name: "index", .int(Int64(event.index)))
        writer.raw(",")
        writer.append(name: "time", .int(event.time))
        for (name, value) in fields(event) {
            writer.raw(",")
            writer.append(name: name, value)
        }
        writer.raw("}\n")
        return writer.bytes
    }

    private static func fields(_ event: Event) -> [(String, Value)] {
        var fields: [(String, Value)] = [
            ("process", event.process.client.map { .int(Int64($0)) } ?? "nemesis"),
            ("type", .string(event.type.rawValue)), ("f", .string(event.f)),
        ]
        if let key = event.key { fields.append(("key", .string(key))) }
        fields.append(("value", event.value))
        if let node = event.node { fields.append(("node", .string(node))) }
        if let error = event.error { fields.append(("error", .string(error))) }
        if event.meta != .null { fields.append(("meta", event.meta)) }
        return fields
    }

    /// The events of a file.
    ///
    /// A last line without line break that is no complete event was cut off when its writer was killed: it is dropped
    /// and `isTorn` says so. Anything else that is wrong throws `HistoryError` with the line.
    public static func events(_ bytes: [UInt8]) throws(HistoryError) -> (events: [Event], isTorn: Bool) {
        var reader = EventReader()
        var start = 0
        var line = 0
        while start < bytes.count {
            line += 1
            let end = bytes[start...].firstIndex(of: 0x0A)
            do {
                try reader.read(bytes, start..<(end ?? bytes.count))
            } catch {
                guard end == nil, error.code == .badSyntax else {
                    throw HistoryError(error.code, line: line, error.message)
                }
                return (reader.events, true)
            }
            start = (end ?? bytes.count) + 1
        }
        return (reader.events, false)
    }
}

/// Turns lines into events.
private struct EventReader {
    private(set) var events: [Event] = []
    /// Whether lines carry a time; decided by the first.
    private var hasTimes: Bool?

    mutating func read(_ bytes: [UInt8], _ line: Range<Int>) throws(HistoryError) {
        guard bytes[line].contains(where: { $0 != 0x20 && $0 != 0x0D && $0 != 0x09 }) else { return }
        let value = try JSONParser.value(bytes, line)
        guard case .object = value else { throw HistoryError(.badField, "a line must be one JSON object") }
        events.append(try event(value))
    }

    private mutating func event(_ object: Value) throws(HistoryError) -> Event {
        let index = try int(object, "index") ?? ((events.last?.index).map(Int64.init) ?? -1) + 1
        guard let position = Int(exactly: index), position >= 0 else {
            throw HistoryError(.badField, "index \(index) is negative")
        }
        let name = try text(object, "type")
        guard let name else { throw HistoryError(.missingField, "'type' is missing") }
        guard let type = EventType(rawValue: name) else {
            throw HistoryError(.unknownType, "type '\(name)' is none of invoke, ok, fail, info")
        }
        guard let f = try text(object, "f") else { throw HistoryError(.missingField, "'f' is missing") }
        return Event(
            index: position, time: try time(object), process: try process(object), type: type, f: f,
            key: try key(object), value: object["value"] ?? .null, node: try text(object, "node"),
            error: try errorText(object), meta: object["meta"] ?? .null)
    }

    private mutating func time(_ object: Value) throws(HistoryError) -> Int64 {
        let time = try int(object, "time")
        let expected = hasTimes ?? (time != nil)
        hasTimes = expected
        guard expected == (time != nil) else {
            throw HistoryError(.missingField, "'time' must be in all lines or in none")
        }
        return time ?? Int64(events.count)
    }

    private func process(_ object: Value) throws(HistoryError) -> ProcessID {
        switch object["process"] {
        case .int(let number)?:
            guard let client = Int(exactly: number), client >= 0 else {
                throw HistoryError(.badField, "process \(number) is negative")
            }
            return .client(client)
        case .string("nemesis")?: return .nemesis
        case nil: throw HistoryError(.missingField, "'process' is missing")
        default: throw HistoryError(.badField, "'process' must be a whole number or \"nemesis\"")
        }
    }

    private func key(_ object: Value) throws(HistoryError) -> String? {
        if case .int(let number)? = object["key"] { return String(number) }
        return try text(object, "key")
    }

    /// The error as text; other harnesses write structured errors, which are kept as JSON.
    private func errorText(_ object: Value) throws(HistoryError) -> String? {
        switch object["error"] {
        case nil, .null?: return nil
        case .string(let text)?: return text
        case let other?: return String(decoding: JSONText.bytes(other), as: UTF8.self)
        }
    }

    private func text(_ object: Value, _ name: String) throws(HistoryError) -> String? {
        switch object[name] {
        case nil, .null?: return nil
        case .string(let text)?: return text
        default: throw HistoryError(.badField, "'\(name)' must be a string")
        }
    }

    private func int(_ object: Value, _ name: String) throws(HistoryError) -> Int64? {
        switch object[name] {
        case nil, .null?: return nil
        case .int(let number)?: return number
        default: throw HistoryError(.badField, "'\(name)' must be a whole number")
        }
    }
}
