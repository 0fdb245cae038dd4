/// The native form of a history on disk: one JSON object a line, with Jepsen's words for the keys.
///
/// Keys in order: `index`, `time`, `process`, `type`, `f`, `key`, `value`, `node`, `error`, `meta`; `key`, `node`,
/// `error` and `meta` are left out where there is nothing to say. When reading, order does not matter; `index` may be
/// missing (the place in the file counts), `time` may be missing in all lines (the place counts as nanoseconds), `key`
/// may be a whole number, and keys that are not in this list are kept as members of `meta`.
public enum JSONLines {
    /// The event as one line, with its line break.
    public static func line(_ event: Event) -> [UInt8] { line(event, hasTime: true) }

    /// The event as one line, with its line break, for a history with times or without.
    static func line(_ event: Event, hasTime: Bool) -> [UInt8] {
        var writer = JSONWriter()
        writer.raw("{")
        writer.append(name: "index", .int(Int64(event.index)))
        if hasTime {
            writer.raw(",")
            writer.append(name: "time", .int(event.time))
        }
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

    /// The history in a file's bytes, which are read in place: hand over a mapped file.
    ///
    /// A last line without line break that is no JSON was cut off when its writer was killed: it is left out and
    /// `isTorn` says so. Anything else that is wrong throws `HistoryError` with the line.
    public static func read(_ bytes: UnsafeRawBufferPointer) throws(HistoryError) -> LoadedHistory {
        unsafe try JSONLineReader.read(bytes)
    }

    /// The history in a file's bytes; see the other `read`.
    public static func read(_ bytes: [UInt8]) throws(HistoryError) -> LoadedHistory {
        let result = unsafe bytes.withUnsafeBytes { bytes in
            Result { () throws(HistoryError) in unsafe try read(bytes) }
        }
        return try result.get()
    }

    /// The events of a file, one by one; `read` is the faster way to its history.
    public static func events(_ bytes: [UInt8]) throws(HistoryError) -> (events: [Event], isTorn: Bool) {
        let loaded = try read(bytes)
        return (Array(loaded.history.events), loaded.isTorn)
    }
}
