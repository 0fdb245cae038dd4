/// An event that is being read.
struct EDNEvent {
    var fields: EventFields
    /// The value is a keyword.
    var isWord = false
}

extension EDNReader {
    /// An event, with or without a tag.
    mutating func event() throws(HistoryError) -> EDNEvent {
        var depth = 0
        while scanner.byte == UInt8(ascii: "#") {
            try tag()
            depth += 1
            guard depth < Self.deepest else { throw scanner.error("more than \(depth) levels") }
            try skip(depth: depth)
        }
        guard scanner.take(UInt8(ascii: "{")) else {
            _ = try value(depth: depth)
            throw HistoryError(.badField, "an event must be a map")
        }
        var event = EDNEvent(fields: EventFields(mark: builder.begin()))
        while try !close(UInt8(ascii: "}"), depth: 1) { try member(&event) }
        return event
    }

    private mutating func member(_ event: inout EDNEvent) throws(HistoryError) {
        let start = scanner.offset
        guard let field = try field() else { return builder.push(try value(depth: 1)) }
        try skip(depth: 1)
        if field == .value { event.isWord = scanner.byte == UInt8(ascii: ":") }
        do {
            try event.fields.note(field, isNull: try set(field, &event.fields.row))
        } catch {
            throw HistoryError(error.code, line: error.line ?? scanner.line(at: start), error.message)
        }
    }

    /// What an event that is complete says.
    mutating func row(of event: EDNEvent) throws(HistoryError) -> EventRow {
        var row = try event.fields.complete()
        let mark = event.fields.mark
        if builder.begin() > mark { row.meta = try builder.meta(row.meta, and: mark) }
        if event.isWord { row.takeReason() }
        return row
    }
}

extension EventRow {
    /// What a client's `fail` and `info` have for a value that is a keyword, such as `:timed-out`, is why they are.
    mutating func takeReason() {
        guard error.isNull, process != .nemesis, type == .info || type == .fail else { return }
        error = value
        value = .null
    }
}

extension EDNReader {
    /// A key of an event; `nil` for one that is metadata, whose name is pushed.
    @inline(__always)
    private mutating func field() throws(HistoryError) -> EventField? {
        if scanner.byte == UInt8(ascii: ":") {
            let token = try keyword()
            if let field = EventField(token) { return field }
            builder.push(unsafe try builder.string(token.text))
            return nil
        }
        guard !scanner.isAtNumber else { throw HistoryError(.badField, "the keys of an event must be keywords") }
        let name = try value(depth: 1)
        guard let text = builder.value(of: name).string else {
            throw HistoryError(.badField, "the keys of an event must be keywords")
        }
        if let field = EventField(rawValue: text) { return field }
        builder.push(name)
        return nil
    }

    /// Reads the value of a field; true if it was `nil`, which is as if it had not been there.
    @inline(__always)
    private mutating func set(_ field: EventField, _ row: inout EventRow) throws(HistoryError) -> Bool {
        switch field {
        case .value: try setValue(&row)
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
            guard let function = try function() else { return true }
            row.function = function
        case .node:
            guard let node = try value(orText: field) else { return true }
            row.node = try builder.node(node)
        case .key:
            let key = try key()
            guard key != .none else { return true }
            row.key = key
        }
        return false
    }

    /// A value, or the key and the value that `#jepsen.independent/tuple` marks.
    @inline(__always)
    private mutating func setValue(_ row: inout EventRow) throws(HistoryError) {
        if scanner.byte == UInt8(ascii: "#"), try takeTupleTag() {
            try skip(depth: 2)
            guard scanner.take(UInt8(ascii: "[")) else { throw scanner.error("a tuple must be a vector") }
            try skip(depth: 2)
            row.key = try key()
            row.value = try value(depth: 2)
            guard try close(UInt8(ascii: "]"), depth: 2) else { throw scanner.error("a tuple has two elements") }
        } else {
            row.value = try value(depth: 1)
        }
    }

    private mutating func takeTupleTag() throws(HistoryError) -> Bool {
        let start = scanner
        scanner.advance()
        if scanner.token().string == "jepsen.independent/tuple" { return true }
        scanner = start
        return false
    }

    @inline(__always)
    private mutating func int(_ field: EventField) throws(HistoryError) -> Int64? {
        if let int = scanner.shortInt() { return int }
        let ref = try value(depth: 1)
        guard ref.isNull || builder.value(of: ref).int != nil else {
            throw HistoryError(.badField, "'\(field.rawValue)' must be a whole number")
        }
        return builder.value(of: ref).int
    }

    @inline(__always)
    mutating func process() throws(HistoryError) -> ProcessID? {
        if let int = scanner.shortInt() { return .client(Int(int)) }
        switch builder.value(of: try value(depth: 1)) {
        case .null: return nil
        case .int(let int): return .client(Int(int))
        case .string("nemesis"): return .nemesis
        default: throw HistoryError(.badField, "'process' must be a whole number or :nemesis")
        }
    }

    @inline(__always)
    mutating func type() throws(HistoryError) -> EventType? {
        if scanner.byte == UInt8(ascii: ":") {
            let token = try keyword()
            if token.isWord("invoke") { return .invoke }
            if token.isWord("ok") { return .ok }
            if token.isWord("info") { return .info }
            if token.isWord("fail") { return .fail }
            throw unknown(token.string)
        }
        guard let name = try value(orText: .type) else { return nil }
        guard let type = EventType(rawValue: name) else { throw unknown(name) }
        return type
    }

    private func unknown(_ type: String) -> HistoryError {
        HistoryError(.unknownType, "type '\(type)' is none of invoke, ok, fail, info")
    }

    @inline(__always)
    mutating func function() throws(HistoryError) -> FunctionID? {
        if scanner.byte == UInt8(ascii: ":") { return unsafe try builder.function(try keyword().text) }
        return try value(orText: .f).map { name throws(HistoryError) in try builder.function(name) }
    }

    /// The name of a keyword, a symbol or a string; `nil` for `nil`.
    private mutating func value(orText field: EventField) throws(HistoryError) -> String? {
        let ref = try value(depth: 1)
        guard ref.isNull || ref.isString else {
            throw HistoryError(.badField, "'\(field.rawValue)' must be a keyword or a string")
        }
        return builder.value(of: ref).string
    }

    /// A key: the name of a keyword or a string, the digits of a whole number, everything else as it is written; `none` for
    /// `nil`.
    private mutating func key() throws(HistoryError) -> KeyID {
        let start = scanner.offset
        let ref = try value(depth: 2)
        if ref.isNull { return .none }
        if let name = builder.values.keyName(ref) { return try builder.key(name) }
        return unsafe try builder.key(scanner.text(from: start))
    }

    /// The error as text; structured errors are kept as JSON.
    private mutating func error() throws(HistoryError) -> ValueRef {
        let ref = try value(depth: 1)
        if ref.isNull || ref.isString { return ref }
        return try builder.string(String(decoding: JSONText.bytes(builder.value(of: ref)), as: UTF8.self))
    }
}

extension EDNScanner {
    /// True where a number may start.
    var isAtNumber: Bool { byte &- 0x30 < 10 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") }
}

extension EventField {
    /// The field of a keyword.
    @inline(__always)
    init?(_ token: EDNToken) {
        if token.isWord("process") {
            self = .process
        } else if token.isWord("type") {
            self = .type
        } else if token.isWord("f") {
            self = .f
        } else if token.isWord("value") {
            self = .value
        } else if token.isWord("time") {
            self = .time
        } else if token.isWord("index") {
            self = .index
        } else if token.isWord("key") {
            self = .key
        } else if token.isWord("error") {
            self = .error
        } else if token.isWord("node") {
            self = .node
        } else if token.isWord("meta") {
            self = .meta
        } else {
            return nil
        }
    }
}
