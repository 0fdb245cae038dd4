import Replication

/// Reads a command from the words of a request.
struct CommandWords {
    private let name: String
    private let words: ArraySlice<[UInt8]>

    static let keyLimit = 64 * 1024
    static let valueLimit = 8 * 1024 * 1024
    static let stepLimit = 1024

    /// `words` begin with the command's name.
    init(_ words: ArraySlice<[UInt8]>) {
        name = Self.upper(words.first ?? [])
        self.words = words.dropFirst()
    }

    /// How many words follow the names of commands for which that never differs; these may stand in a transaction.
    private static let counts = [
        "GET": 1, "SET": 2, "CAS": 3, "INCRBY": 2, "SMEMBERS": 1, "LRANGE": 3, "ATLEAST": 2, "RESERVE": 3,
        "REJECTED": 2,
        "DEL": 1, "SADD": 2, "SREM": 2, "RPUSH": 2,
    ]
    /// Those that may have more words when they stand alone.
    private static let open: Set<String> = ["SADD", "SREM", "RPUSH"]

    /// The command, which takes all words.
    func whole() throws(RequestError) -> Command { try command(words) }

    /// The command and the options behind `OPT`; a key or value of that name in its own place is not mistaken for it.
    func beforeOptions() throws(RequestError) -> (command: Command, options: ArraySlice<[UInt8]>) {
        let end = try optionsStart()
        return (try command(words[..<end]), words[end...].dropFirst())
    }

    private func optionsStart() throws(RequestError) -> Int {
        if let count = Self.counts[name], !Self.open.contains(name) {
            return min(words.startIndex + count, words.endIndex)
        }
        if name == "STMT" { return min(words.startIndex + 1, words.endIndex) }
        if name == "TXN" { return try steps(words).rest.startIndex }
        return words.indices.dropFirst(Self.open.contains(name) ? 2 : 1).last { Self.upper(words[$0]) == "OPT" }
            ?? words.endIndex
    }

    private func command(_ words: ArraySlice<[UInt8]>) throws(RequestError) -> Command {
        if name == "TXN" {
            let (steps, rest) = try steps(words)
            guard rest.isEmpty else { throw RequestError("TXN has more words than its operations") }
            return .transaction(steps)
        }
        return try Self.single(name, Array(words))
    }

    /// `n` and n operations, one behind the other; what follows them is the rest.
    private func steps(
        _ words: ArraySlice<[UInt8]>
    ) throws(RequestError) -> (steps: [Command], rest: ArraySlice<[UInt8]>) {
        guard let count = words.first.flatMap(Self.integer), (1...Int64(Self.stepLimit)).contains(count) else {
            throw RequestError("TXN wants the number of its operations, 1 to \(Self.stepLimit)")
        }
        var rest = words.dropFirst()
        var steps: [Command] = []
        for _ in 0..<count {
            let name = Self.upper(rest.first ?? [])
            guard let count = Self.counts[name] else { throw RequestError("'\(name)' is no operation of a TXN") }
            steps.append(try Self.single(name, Array(rest.dropFirst().prefix(count))))
            rest = rest.dropFirst(1 + count)
        }
        return (steps, rest)
    }

    private static func single(_ name: String, _ words: [[UInt8]]) throws(RequestError) -> Command {
        guard words.allSatisfy({ $0.count <= valueLimit }), (words.first?.count ?? 0) <= keyLimit,
            name != "MGET" || words.allSatisfy({ $0.count <= keyLimit })
        else {
            throw RequestError("a key of more than \(keyLimit) or a value of more than \(valueLimit) bytes")
        }
        guard let command = numeric(name, words) ?? plain(name, words) else {
            let isKnown = counts[name] != nil || ["MGET", "STMT"].contains(name)
            throw RequestError(isKnown ? "wrong words for the command '\(name)'" : "unknown command '\(name)'")
        }
        return command
    }

    private static func plain(_ name: String, _ words: [[UInt8]]) -> Command? {
        switch (name, words.count) {
        case ("GET", 1): .get(key: words[0])
        case ("SET", 2): .set(key: words[0], value: words[1])
        case ("DEL", 1): .delete(key: words[0])
        case ("CAS", 3): .compareAndSet(key: words[0], old: words[1].isEmpty ? nil : words[1], new: words[2])
        case ("SADD", 2...): .add(key: words[0], elements: Array(words.dropFirst()))
        case ("SREM", 2...): .remove(key: words[0], elements: Array(words.dropFirst()))
        case ("SMEMBERS", 1): .members(key: words[0])
        case ("RPUSH", 2...): .append(key: words[0], elements: Array(words.dropFirst()))
        case ("MGET", 1...): .getAll(keys: words)
        case ("STMT", 1): .statement(words[0])
        case ("RESERVE", 3): .reserve(slot: words[0], holder: words[1], operation: words[2])
        case ("REJECTED", 2): .rejected(slot: words[0], holder: words[1])
        default: nil
        }
    }

    private static func numeric(_ name: String, _ words: [[UInt8]]) -> Command? {
        let numbers = words.dropFirst().map(integer)
        switch (name, words.count) {
        case ("INCRBY", 2): return numbers[0].map { .increment(key: words[0], by: $0) }
        case ("ATLEAST", 2): return numbers[0].map { .atLeast(key: words[0], minimum: $0) }
        case ("LRANGE", 3):
            guard let first = numbers[0], let last = numbers[1] else { return nil }
            return .range(key: words[0], first: first, last: last)
        default: return nil
        }
    }

    private static func integer(_ word: [UInt8]) -> Int64? {
        word.count > 20 ? nil : Int64(String(decoding: word, as: UTF8.self))
    }

    static func upper(_ word: [UInt8]) -> String {
        String(decoding: word.prefix(32), as: UTF8.self).uppercased()
    }
}
