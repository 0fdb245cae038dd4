/// Turns lines of JSON into the rows of a history.
struct JSONLineReader: ~Copyable {
    var builder = HistoryBuilder()
    var scanner: JSONScanner
    private var line = 0

    /// Reads the lines of a file, all but the last of which end with a line break.
    static func read(_ bytes: UnsafeRawBufferPointer) throws(HistoryError) -> LoadedHistory {
        let all = unsafe bytes.assumingMemoryBound(to: UInt8.self)
        let wholeLines = unsafe (all.lastIndex(of: 0x0A) ?? -1) + 1
        var reader = unsafe JSONLineReader(UnsafeBufferPointer(rebasing: all[..<wholeLines]))
        unsafe reader.builder.reserve(events: expectedLines(all))
        try reader.readLines()
        let rest = unsafe Array(all[wholeLines...]) + [0x0A]
        var isTorn = false
        do {
            try reader.readRest(rest)
        } catch {
            guard error.code == .badSyntax else { throw error }
            isTorn = true
        }
        let notes = try reader.builder.nameTransactions() ? [HistoryBuilder.transactionsNote] : []
        return LoadedHistory(history: reader.builder.finish(), isTorn: isTorn, notes: notes)
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>) {
        scanner = unsafe JSONScanner(bytes)
    }

    /// How many lines there may be, judged by the first; never more than would fit.
    private static func expectedLines(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        let sample = unsafe bytes.prefix(1 << 16)
        let breaks = unsafe sample.count { $0 == 0x0A }
        guard breaks > 0 else { return 0 }
        let shortest = #"{"process":0,"type":"ok","f":"r"}"#.utf8.count
        return unsafe min(bytes.count / shortest, bytes.count / sample.count * breaks * 17 / 16 + breaks)
    }

    /// Reads what follows the last line break, with a line break of its own.
    private mutating func readRest(_ bytes: [UInt8]) throws(HistoryError) {
        let result = unsafe bytes.withUnsafeBufferPointer { bytes in
            Result { () throws(HistoryError) in
                scanner = unsafe JSONScanner(bytes)
                try readLines()
            }
        }
        try result.get()
    }

    private mutating func readLines() throws(HistoryError) {
        do {
            while !scanner.isAtEnd {
                line += 1
                try readLine()
                scanner.nextLine()
            }
        } catch {
            throw HistoryError(error.code, line: line, error.message)
        }
    }

    private mutating func readLine() throws(HistoryError) {
        scanner.skipSpace()
        guard scanner.byte != 0x0A else { return }
        guard scanner.take(UInt8(ascii: "{")) else {
            _ = try value(depth: 0)
            try expectEnd()
            throw HistoryError(.badField, "a line must be one JSON object")
        }
        var fields = EventFields(mark: builder.begin())
        if !scanner.take(UInt8(ascii: "}")) {
            repeat { try member(&fields) } while scanner.take(UInt8(ascii: ","))
            guard scanner.take(UInt8(ascii: "}")) else { throw scanner.error("',' or '}' is missing") }
        }
        try expectEnd()
        if builder.begin() > fields.mark { fields.row.meta = try builder.meta(fields.row.meta, and: fields.mark) }
        try builder.append(try fields.complete())
    }

    private mutating func expectEnd() throws(HistoryError) {
        scanner.skipSpace()
        guard scanner.byte == 0x0A else { throw scanner.error("something follows the value") }
    }
}

extension JSONLineReader {
    private mutating func member(_ fields: inout EventFields) throws(HistoryError) {
        guard scanner.take(UInt8(ascii: "\"")) else { throw scanner.error("a name is missing") }
        var field = scanner.field()
        var name = ValueRef.null
        if field == nil {
            let text = try text()
            field = EventField(rawValue: text)
            if field == nil { name = try builder.string(text) }
        }
        guard scanner.take(UInt8(ascii: ":")) else { throw scanner.error("':' is missing") }
        scanner.skipSpace()
        if let field {
            try fields.note(field, isNull: try set(field, &fields.row))
        } else {
            let value = try value(depth: 1)
            builder.push(name)
            builder.push(value)
        }
    }

    /// Reads the value of a field; true if it was null, which is as if it had not been there.
    @inline(__always)
    private mutating func set(_ field: EventField, _ row: inout EventRow) throws(HistoryError) -> Bool {
        switch field {
        case .value: row.value = try value(depth: 1)
        case .meta: row.meta = try value(depth: 1)
        case .error: row.error = try error()
        case .process:
            guard let process = try process() else { return true }
            row.process = process
        case .type:
            guard let type = try type() else { return true }
            row.type = type
        case .time:
            row.time = try int(field)
            return row.time == nil
        case .index:
            row.index = try int(field).map { Int($0) }
            return row.index == nil
        case .f:
            guard try isString(field) else { return true }
            if let plain = unsafe try scanner.plainString() {
                row.function = unsafe try builder.function(plain)
            } else {
                row.function = try builder.function(try scanner.escapedString())
            }
        case .node:
            guard try isString(field) else { return true }
            if let plain = unsafe try scanner.plainString() {
                row.node = unsafe try builder.node(plain)
            } else {
                row.node = try builder.node(try scanner.escapedString())
            }
        case .key:
            guard let key = try key() else { return true }
            row.key = key
        }
        return false
    }

    /// Moves over the opening quote; false for `null`.
    @inline(__always)
    private mutating func isString(_ field: EventField) throws(HistoryError) -> Bool {
        if scanner.take(UInt8(ascii: "\"")) { return true }
        guard try value(depth: 1).isNull else {
            throw HistoryError(.badField, "'\(field.rawValue)' must be a string")
        }
        return false
    }

    @inline(__always)
    private mutating func int(_ field: EventField) throws(HistoryError) -> Int64? {
        if scanner.isAtNumber, let int = scanner.shortInt() { return int }
        let ref = try value(depth: 1)
        guard ref.isNull || builder.value(of: ref).int != nil else {
            throw HistoryError(.badField, "'\(field.rawValue)' must be a whole number")
        }
        return builder.value(of: ref).int
    }

    private mutating func process() throws(HistoryError) -> ProcessID? {
        if scanner.isAtNumber, let int = scanner.shortInt() { return .client(Int(int)) }
        switch builder.value(of: try value(depth: 1)) {
        case .null: return nil
        case .int(let int): return .client(Int(int))
        case .string("nemesis"): return .nemesis
        default: throw HistoryError(.badField, "'process' must be a whole number or \"nemesis\"")
        }
    }

    private mutating func type() throws(HistoryError) -> EventType? {
        guard try isString(.type) else { return nil }
        if scanner.skip("invoke\"") { return .invoke }
        if scanner.skip("ok\"") { return .ok }
        if scanner.skip("info\"") { return .info }
        if scanner.skip("fail\"") { return .fail }
        let name = try text()
        guard let type = EventType(rawValue: name) else {
            throw HistoryError(.unknownType, "type '\(name)' is none of invoke, ok, fail, info")
        }
        return type
    }

    /// A key is a string, or a whole number whose digits are its name.
    private mutating func key() throws(HistoryError) -> KeyID? {
        if scanner.take(UInt8(ascii: "\"")) {
            if let plain = unsafe try scanner.plainString() { return unsafe try builder.key(plain) }
            return try builder.key(try scanner.escapedString())
        }
        let key = builder.value(of: try value(depth: 1))
        if key.isNull { return nil }
        guard let name = key.keyName else {
            throw HistoryError(.badField, "'key' must be a string or a whole number")
        }
        return try builder.key(name)
    }

    /// The error as text; other harnesses write structured errors, which are kept as JSON.
    private mutating func error() throws(HistoryError) -> ValueRef {
        let ref = try value(depth: 1)
        if ref.isNull || ref.isString { return ref }
        return try builder.string(String(decoding: JSONText.bytes(builder.value(of: ref)), as: UTF8.self))
    }

    /// A string whose opening quote is behind.
    private mutating func text() throws(HistoryError) -> String {
        guard let plain = unsafe try scanner.plainString() else { return try scanner.escapedString() }
        guard let text = unsafe String(validating: plain, as: UTF8.self) else {
            throw scanner.error("a string is not UTF-8")
        }
        return text
    }
}
