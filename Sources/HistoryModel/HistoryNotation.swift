/// Histories in one line, for tests and for reports: `p0 w x 1 ok | p1 r x 1 ok`.
///
/// Steps are separated by `|` and happen one after the other. A step is
/// - a whole operation, `PROCESS F KEY VALUE OUTCOME`: `p0 w x 1 ok`, `p1 r x null ok`, `p2 c x 1>2 fail:cas-failed`;
/// - an invocation alone, whose completion follows later or never: `p0 w x 1`, `p1 r x`;
/// - a completion alone: `p0 ok`, `p1 ok 1`, `p0 info`;
/// - a word of the nemesis: `n fault-start f1 partition`, `n fault-end f1`, `n heal`, `n promote`.
///
/// Functions: `w` write, `r` read (the value is what was read), `c` cas (`old>new`), `a` add, any other by its name
/// (`p0 append x 1 ok`, `p0 contains s 1 | p0 ok true`), `t` txn with its
/// micro-operations (`t x=1,y=null,z:=2,l+3 ok`: `=` reads, `:=` writes, `+` appends), `d` dump
/// (`d x=1,y=[1,2] ok @n1`). Values are JSON without spaces, or bare words. Any step takes `@NODE`, `final` (a final
/// read), `tli=N` (timeline) and `at=N` (time in ns; otherwise one more than the step before).
public enum HistoryNotation {
    /// The events that the line stands for.
    public static func events(_ line: String) throws(HistoryError) -> [Event] {
        var reader = NotationReader()
        for step in line.split(separator: "|") {
            try reader.read(step.split(whereSeparator: \.isWhitespace).map(String.init))
        }
        return reader.events
    }

    /// The history as one line; metadata and functions that the notation has no word for are left out.
    public static func text(_ history: History) -> String {
        NotationWriter(history).text
    }
}

extension History {
    /// The history that a line of the notation stands for.
    public init(notation line: String) throws(HistoryError) {
        try self.init(HistoryNotation.events(line))
    }
}

/// The notation's words for functions.
enum NotationWords {
    static let functions = ["w": "write", "r": "read", "c": "cas", "a": "add", "t": "txn", "d": "dump"]

    /// Functions that are asked for nothing: the value of a whole operation is what came back.
    static let answering: Set<String> = [
        "read", "get", "dequeue", "deq", "pop", "poll", "peek", "acquire", "lock",
    ]

    /// The function that a word means: one of the short words, or the name itself.
    static func function(_ word: String) -> String? {
        functions[word] ?? (word.count > 2 && word.allSatisfy { $0.isLowercase || $0 == "-" } ? word : nil)
    }

    static func word(_ function: String) -> String? {
        functions.first { $0.value == function }?.key
    }
}

/// Turns steps into events.
private struct NotationReader {
    private(set) var events: [Event] = []
    /// The invocation that each process has open.
    private var open: [Int: Event] = [:]
    private var time: Int64 = 0

    /// What may follow any step.
    private struct Attributes {
        var node: String?
        var isFinal = false
        var timeline: Int64?
        var time: Int64?
    }

    private func bad(_ words: [String], _ why: String) -> HistoryError {
        HistoryError(.badSyntax, "'\(words.joined(separator: " "))': \(why)")
    }

    mutating func read(_ words: [String]) throws(HistoryError) {
        var attributes = Attributes()
        var rest: [String] = []
        for word in words {
            if word.hasPrefix("@") {
                attributes.node = String(word.dropFirst())
            } else if word == "final" {
                attributes.isFinal = true
            } else if word.hasPrefix("tli="), let timeline = Int64(word.dropFirst(4)) {
                attributes.timeline = timeline
            } else if word.hasPrefix("at="), let time = Int64(word.dropFirst(3)) {
                attributes.time = time
            } else {
                rest.append(word)
            }
        }
        guard let who = rest.first else { throw bad(words, "a step is empty") }
        if who == "n" { return try nemesis(rest, attributes) }
        guard who.hasPrefix("p"), let process = Int(who.dropFirst()), rest.count > 1 else {
            throw bad(words, "a step starts with a process, such as p0, and a function or an outcome")
        }
        if Self.outcome(rest[1]) != nil {
            return try complete(process, rest[1], rest.count > 2 ? rest[2] : nil, attributes, rest)
        }
        try operation(process, Array(rest.dropFirst()), attributes)
    }

    /// `ok`, `fail`, `info`, the last two with an error after a colon.
    private static func outcome(_ word: String) -> (EventType, String?)? {
        let parts = word.split(separator: ":", maxSplits: 1).map(String.init)
        guard let type = EventType(rawValue: parts[0]), type != .invoke else { return nil }
        return (type, parts.count > 1 ? parts[1] : nil)
    }

    private mutating func append(_ event: Event, _ attributes: Attributes) {
        var event = event
        time = attributes.time ?? time + 1
        event.time = time
        event.index = events.count
        if let node = attributes.node { event.node = node }
        events.append(event)
    }

    private mutating func operation(_ process: Int, _ words: [String], _ attributes: Attributes)
        throws(HistoryError)
    {
        guard let f = NotationWords.function(words[0]) else { throw bad(words, "unknown function") }
        var rest = Array(words.dropFirst())
        var key: String?
        if f != "txn", f != "dump" {
            guard !rest.isEmpty else { throw bad(words, "a key is missing") }
            key = rest.removeFirst()
        }
        var outcome: String?
        if let last = rest.last, Self.outcome(last) != nil { outcome = rest.removeLast() }
        guard rest.count <= 1 else { throw bad(words, "too many words") }
        var argument = Value.null
        if let text = rest.first { argument = try Self.argument(f, text) }
        append(
            Event(
                index: 0, time: 0, process: .client(process), type: .invoke, f: f, key: key, value: argument,
                meta: attributes.isFinal ? ["final": true] : .null), attributes)
        open[process] = events.last
        guard let outcome else { return }
        var completion = attributes
        completion.time = nil
        try complete(process, outcome, rest.first, completion, words)
    }

    private mutating func complete(
        _ process: Int, _ outcome: String, _ text: String?, _ attributes: Attributes, _ words: [String]
    ) throws(HistoryError) {
        guard let invocation = open.removeValue(forKey: process), let (type, error) = Self.outcome(outcome) else {
            throw bad(words, "p\(process) has nothing open")
        }
        var event = invocation
        event.type = type
        event.error = error
        event.meta = attributes.timeline.map { ["tli": .int($0)] } ?? .null
        if type == .ok, let text { event.value = try Self.result(invocation.f, text) }
        append(event, attributes)
    }

    private mutating func nemesis(_ words: [String], _ attributes: Attributes) throws(HistoryError) {
        guard words.count > 1 else { throw bad(words, "what does the nemesis say?") }
        var members: [Value.Member] = []
        if words.count > 2 { members.append(Value.Member("fault", .string(words[2]))) }
        if words.count > 3 { members.append(Value.Member("kind", .string(words[3]))) }
        append(
            Event(
                index: 0, time: 0, process: .nemesis, type: .info, f: words[1],
                value: members.isEmpty ? .null : .object(members)), attributes)
    }

    /// A value as the invocation carries it.
    private static func argument(_ f: String, _ text: String) throws(HistoryError) -> Value {
        switch f {
        case "dump": return .null
        case let f where NotationWords.answering.contains(f): return .null
        case "cas":
            let parts = text.split(separator: ">").map { scalar(String($0)) }
            guard parts.count == 2 else { throw HistoryError(.badSyntax, "'\(text)': a cas is OLD>NEW") }
            return .list(parts)
        case "txn":
            return .list(try micros(text).map { [$0.0, $0.1, $0.0 == "r" ? nil : $0.2] })
        default: return scalar(text)
        }
    }

    /// A value as the completion carries it.
    private static func result(_ f: String, _ text: String) throws(HistoryError) -> Value {
        switch f {
        case "cas": return try argument(f, text)
        case "txn": return .list(try micros(text).map { [$0.0, $0.1, $0.2] })
        case "dump": return .list(try pairs(text).map { [.string($0.0), $0.1] })
        default: return scalar(text)
        }
    }

    private static func scalar(_ text: String) -> Value {
        (try? JSONText.value(Array(text.utf8))) ?? .string(text)
    }

    /// `x=1,y:=2,z+3` as micro-operations: function, key and value.
    private static func micros(_ text: String) throws(HistoryError) -> [(Value, Value, Value)] {
        var micros: [(Value, Value, Value)] = []
        for part in parts(text) {
            guard let end = part.firstIndex(where: { ":=+".contains($0) }), end != part.startIndex else {
                throw HistoryError(.badSyntax, "'\(part)': a micro-operation is KEY=VALUE, KEY:=VALUE or KEY+VALUE")
            }
            let isWrite = part[end...].hasPrefix(":=")
            let f: Value = isWrite ? "w" : part[end] == "+" ? "append" : "r"
            let value = part[end...].dropFirst(isWrite ? 2 : 1)
            micros.append((f, .string(String(part[..<end])), value.isEmpty ? .null : scalar(String(value))))
        }
        return micros
    }

    /// What stands between commas; a comma inside brackets does not separate. `-` is nothing.
    private static func parts(_ text: String) -> [String] {
        guard text != "-" else { return [] }
        var parts = [""]
        var depth = 0
        for character in text {
            if character == "[" { depth += 1 }
            if character == "]" { depth -= 1 }
            if character == ",", depth == 0 { parts.append("") } else { parts[parts.count - 1].append(character) }
        }
        return parts
    }

    /// `x=1,y=[1,2]` as pairs.
    private static func pairs(_ text: String) throws(HistoryError) -> [(String, Value)] {
        var pairs: [(String, Value)] = []
        for part in parts(text) {
            let sides = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard let key = sides.first else { throw HistoryError(.badSyntax, "'\(text)': pairs are KEY=VALUE") }
            pairs.append((key, sides.count > 1 ? scalar(sides[1]) : .null))
        }
        return pairs
    }
}
