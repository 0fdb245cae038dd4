import FoundationEssentials

/// What every request carries beside its own fields.
public struct RequestHeader: Codable, Hashable, Sendable {
    /// `<controller>-<n>`, `n` counting up from 1.
    public var id: String
    public var op: String
    /// The agent that the controller means; an agent started later refuses.
    public var instance: String?
    /// Replies to all requests below this number have arrived; the agent forgets them.
    public var seen: Int?

    public init(id: String, op: String, instance: String? = nil, seen: Int? = nil) {
        self.id = id
        self.op = op
        self.instance = instance
        self.seen = seen
    }

    /// The controller and the number in `id`, or nil if it has another form.
    public var source: (controller: String, number: Int)? {
        guard let dash = id.lastIndex(of: "-"), let number = Int(id[id.index(after: dash)...]), number > 0
        else { return nil }
        let controller = String(id[..<dash])
        return isAgentName(controller) ? (controller, number) : nil
    }
}

/// The lines of the protocol, without their newline.
public enum AgentLine {
    private struct Request<Body: AgentRequest>: Encodable {
        var header: RequestHeader
        var body: Body

        func encode(to encoder: any Encoder) throws {
            try body.encode(to: encoder)
            try header.encode(to: encoder)
        }
    }

    private struct OK<Value: Encodable>: Encodable {
        var id: String
        var ok: Value
    }

    private struct Failure: Encodable {
        var id: String?
        var error: AgentError
    }

    private struct ReplyHeader: Decodable {
        var id: String?
        var error: AgentError?
    }

    private struct ReplyBody<Value: Decodable>: Decodable {
        var ok: Value
    }

    public static func request(_ header: RequestHeader, _ body: some AgentRequest) throws -> [UInt8] {
        [UInt8](try encoder().encode(Request(header: header, body: body)))
    }

    public static func reply(id: String, ok: some Encodable) throws -> [UInt8] {
        [UInt8](try encoder().encode(OK(id: id, ok: ok)))
    }

    public static func reply(id: String?, error: AgentError) -> [UInt8] {
        let line = try? encoder().encode(Failure(id: id, error: error))
        return line.map { [UInt8]($0) } ?? [UInt8](#"{"error":{"code":"failed","message":"unprintable"}}"#.utf8)
    }

    public static func header(_ line: [UInt8]) throws(AgentError) -> RequestHeader {
        try decoding { try JSONDecoder().decode(RequestHeader.self, from: Data(line)) }
    }

    public static func body<Body: AgentRequest>(_ type: Body.Type, _ line: [UInt8]) throws(AgentError) -> Body {
        try decoding { try JSONDecoder().decode(type, from: Data(line)) }
    }

    /// The id of a reply, and its error if it is one.
    public static func replyHeader(_ line: [UInt8]) throws(AgentError) -> (id: String?, error: AgentError?) {
        let header = try decoding { try JSONDecoder().decode(ReplyHeader.self, from: Data(line)) }
        return (header.id, header.error)
    }

    public static func replyBody<Value: Decodable>(
        _ type: Value.Type, _ line: [UInt8]
    ) throws(AgentError) -> Value {
        try decoding { try JSONDecoder().decode(ReplyBody<Value>.self, from: Data(line)).ok }
    }

    private static func encoder() -> JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    private static func decoding<Value>(_ decode: () throws -> Value) throws(AgentError) -> Value {
        do {
            return try decode()
        } catch let error as DecodingError {
            throw AgentError(.malformed, explain(error))
        } catch {
            throw AgentError(.malformed, "not JSON")
        }
    }

    private static func explain(_ error: DecodingError) -> String {
        func at(_ path: [any CodingKey]) -> String {
            path.isEmpty ? "the message" : path.map(\.stringValue).joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context): return "\(at(context.codingPath + [key])) is missing"
        case .typeMismatch(let type, let context): return "\(at(context.codingPath)) must be \(type)"
        case .valueNotFound(let type, let context): return "\(at(context.codingPath)) must be \(type), not null"
        case .dataCorrupted(let context): return "\(at(context.codingPath)): \(context.debugDescription)"
        @unknown default: return "not a message of this protocol"
        }
    }
}
