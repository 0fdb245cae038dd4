package import Replication
package import WireProtocol

/// One request of a client, understood.
package enum ClientRequest {
    /// A command for the store; `wantsMeta` when it came as `X`.
    case command(Command, wantsMeta: Bool)
    case ping([UInt8]?)
    case info
    /// An answer that needs no work: an empty list, `OK`, an error.
    case immediate(RESPValue)

    static let keyLimit = 64 * 1024
    static let valueLimit = 8 * 1024 * 1024

    package init(_ words: [[UInt8]]) {
        let name = Self.upper(words.first ?? [])
        switch name {
        case "X": self = Self.extended(Array(words.dropFirst()))
        case "PING": self = .ping(words.count > 1 ? words[1] : nil)
        case "INFO": self = .info
        // What redis-cli and redis-benchmark ask before they begin.
        case "COMMAND", "CONFIG": self = .immediate(.array([]))
        case "SELECT", "CLIENT", "QUIT": self = .immediate(.simple("OK"))
        default: self = Self.plain(name, Array(words.dropFirst()), wantsMeta: false)
        }
    }

    /// `X <command> OPT name value ...`: the command, answered together with where the answer comes from.
    private static func extended(_ words: [[UInt8]]) -> ClientRequest {
        guard let name = words.first.map(upper) else { return error("X needs a command") }
        let end = optionsStart(words, name)
        let options = words[end...].dropFirst()
        guard options.count.isMultiple(of: 2) else { return error("OPT wants names with values") }
        for index in stride(from: options.startIndex, to: options.endIndex, by: 2)
        where upper(options[index]) != "ID" {
            return error("unknown option '\(String(decoding: options[index], as: UTF8.self))'")
        }
        return plain(name, Array(words[1..<end]), wantsMeta: true)
    }

    /// Where `OPT` stands; a key or value of that name in its own place is not mistaken for it.
    private static func optionsStart(_ words: [[UInt8]], _ name: String) -> Int {
        let fixed = ["GET": 2, "SMEMBERS": 2, "SET": 3, "CAS": 4]
        if let count = fixed[name] { return min(count, words.count) }
        let last = words.indices.dropFirst(2).last { upper(words[$0]) == "OPT" }
        return last ?? words.count
    }

    private static func plain(_ name: String, _ words: [[UInt8]], wantsMeta: Bool) -> ClientRequest {
        guard words.allSatisfy({ $0.count <= valueLimit }), (words.first?.count ?? 0) <= keyLimit else {
            return error("a key of more than \(keyLimit) or a value of more than \(valueLimit) bytes")
        }
        guard let command = command(name, words) else {
            return error("unknown command '\(name)', or the wrong number of words")
        }
        return .command(command, wantsMeta: wantsMeta)
    }

    private static func command(_ name: String, _ words: [[UInt8]]) -> Command? {
        switch (name, words.count) {
        case ("GET", 1): .get(key: words[0])
        case ("SET", 2): .set(key: words[0], value: words[1])
        case ("DEL", 1): .delete(key: words[0])
        case ("CAS", 3): .compareAndSet(key: words[0], old: words[1].isEmpty ? nil : words[1], new: words[2])
        case ("SADD", 2...): .add(key: words[0], elements: Array(words.dropFirst()))
        case ("SREM", 2...): .remove(key: words[0], elements: Array(words.dropFirst()))
        case ("SMEMBERS", 1): .members(key: words[0])
        case ("MGET", 1...): .getAll(keys: words)
        default: nil
        }
    }

    private static func error(_ message: String) -> ClientRequest { .immediate(.error("ERR " + message)) }

    private static func upper(_ word: [UInt8]) -> String {
        String(decoding: word.prefix(32), as: UTF8.self).uppercased()
    }
}
