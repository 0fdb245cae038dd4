package import Replication
package import WireProtocol

/// One request of a client, understood.
package enum ClientRequest {
    /// A command for the store; `wantsMeta` when it came as `X`.
    case command(ClientCall, wantsMeta: Bool)
    case ping([UInt8]?)
    case info
    /// An answer that needs no work: an empty list, `OK`, an error.
    case immediate(RESPValue)

    static let optionLimit = 64 * 1024

    package init(_ words: [[UInt8]]) {
        let name = CommandWords.upper(words.first ?? [])
        do throws(RequestError) {
            switch name {
            case "X": self = try Self.extended(Array(words.dropFirst()))
            case "PING": self = .ping(words.count > 1 ? words[1] : nil)
            case "INFO": self = .info
            // What redis-cli and redis-benchmark ask before they begin.
            case "COMMAND", "CONFIG": self = .immediate(.array([]))
            case "SELECT", "CLIENT", "QUIT": self = .immediate(.simple("OK"))
            default: self = .command(ClientCall(try CommandWords(words[...]).whole()), wantsMeta: false)
            }
        } catch {
            self = .immediate(.error("ERR \(error.description)"))
        }
    }

    /// `X <command> OPT name value ...`: the command, answered together with where the answer comes from.
    private static func extended(_ words: [[UInt8]]) throws(RequestError) -> ClientRequest {
        guard !words.isEmpty else { throw RequestError("X needs a command") }
        let (command, rest) = try CommandWords(words[...]).beforeOptions()
        var call = ClientCall(command)
        guard rest.count.isMultiple(of: 2) else { throw RequestError("OPT wants names with values") }
        for index in stride(from: rest.startIndex, to: rest.endIndex, by: 2) {
            try set(rest[index], rest[index + 1], of: &call)
        }
        return .command(call, wantsMeta: true)
    }

    private static func set(_ name: [UInt8], _ value: [UInt8], of call: inout ClientCall) throws(RequestError) {
        guard value.count <= optionLimit else { throw RequestError("an option of more than \(optionLimit) bytes") }
        switch CommandWords.upper(name) {
        case "ID": call.identity = try identity(value)
        case "TOKEN": call.token = value
        case "CTX": call.context = value
        case "POLICY": call.policy = String(decoding: value, as: UTF8.self)
        default: throw RequestError("unknown option '\(String(decoding: name.prefix(40), as: UTF8.self))'")
        }
    }

    private static func identity(_ value: [UInt8]) throws(RequestError) -> CallIdentity {
        let parts = value.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        let numbers = parts.compactMap { UInt64(String(decoding: $0, as: UTF8.self)) }
        guard parts.count == 2, numbers.count == 2 else { throw RequestError("an id is CLIENT:NUMBER") }
        return CallIdentity(client: numbers[0], sequence: numbers[1])
    }
}

/// Why a request cannot be understood.
struct RequestError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
