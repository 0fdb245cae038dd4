import HistoryModel
public import WireProtocol

/// The bundled nodes: `X <command> OPT id process:sequence`, answered by the reply and what the node knows of it.
public struct NodeDialect: RESPDialect {
    public init() {}

    public func encode(
        _ request: OperationRequest, id: OperationID, into writer: inout RESPWriter
    ) throws(ClientError) {
        guard request.flaw == nil, let function = request.function else {
            throw ClientError(.unsupported, request.flaw ?? "")
        }
        let keys = function == .txn ? request.readKeys ?? [] : [request.key ?? ""]
        writer.array(count: 1 + Self.wordCount(function, keys) + 3)
        writer.bulk("X")
        writer.bulk(Self.command(function, isSet: request.isSet))
        for key in keys { writer.bulk(key) }
        switch function {
        case .read, .txn: break
        case .write, .add: try WireValue.write(request.value, into: &writer)
        case .cas: try Self.writeComparison(request.value, into: &writer)
        }
        writer.bulk("OPT")
        writer.bulk("id")
        writer.bulk("\(id.process):\(id.sequence)")
    }

    private static func command(_ function: ClientFunction, isSet: Bool) -> String {
        switch function {
        case .read: isSet ? "SMEMBERS" : "GET"
        case .write: "SET"
        case .cas: "CAS"
        case .add: "SADD"
        case .txn: "MGET"
        }
    }

    private static func wordCount(_ function: ClientFunction, _ keys: [String]) -> Int {
        switch function {
        case .read, .txn: 1 + keys.count
        case .write, .add: 3
        case .cas: 4
        }
    }

    /// Old and new value; an empty old one stands for an absent key.
    private static func writeComparison(_ value: Value, into writer: inout RESPWriter) throws(ClientError) {
        guard let pair = value.list, pair.count == 2 else { return }
        if pair[0].isNull { writer.bulk("") } else { try WireValue.write(pair[0], into: &writer) }
        try WireValue.write(pair[1], into: &writer)
    }

    public func decode(_ reply: RESPValue, to request: OperationRequest) -> RESPAnswer {
        if case .error(let line) = reply { return Self.answer(to: line) }
        guard let parts = reply.elements, parts.count == 2, let meta = Self.meta(parts[1]) else {
            return .error(ClientError(.unexpectedReply, "no [reply, meta] for \(request.f): \(reply.excerpt)"))
        }
        if case .error(let line) = parts[0] { return Self.answer(to: line) }
        guard let value = request.okValue(parts[0]) else {
            return .error(ClientError(.unexpectedReply, "for \(request.f): \(parts[0].excerpt)"))
        }
        return .ok(value, meta: meta)
    }

    /// The names of the meta array's places.
    private static let metaNames = ["node", "role", "tli", "lsn", "version"]

    /// Either the five values in that order, or names and values in turn.
    private static func meta(_ reply: RESPValue) -> Value? {
        guard let elements = reply.elements else { return nil }
        let values = elements.map(Self.metaValue)
        if values.count == metaNames.count {
            return .object(zip(metaNames, values).map { Value.Member($0, $1) })
        }
        guard values.count.isMultiple(of: 2) else { return nil }
        var members: [Value.Member] = []
        for index in stride(from: 0, to: values.count, by: 2) {
            guard let name = values[index].string else { return nil }
            members.append(Value.Member(name, values[index + 1]))
        }
        return .object(members)
    }

    private static func metaValue(_ reply: RESPValue) -> Value {
        if let number = reply.number { return .int(number) }
        return reply.text.map(Value.string) ?? .null
    }

    /// The nodes' contract: FAIL is definite, INFO is not, MOVED was not executed.
    static func answer(to line: String) -> RESPAnswer {
        let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: true)
        let rest = words.dropFirst().joined(separator: " ")
        switch words.first {
        case "MOVED":
            guard let address = NodeAddress(rest) else {
                return .error(ClientError(.rejected, "redirected to '\(rest)', which is no address"))
            }
            return .moved(address)
        case "FAIL": return .error(ClientError(definite(words.dropFirst().first), rest))
        case "INFO": return .error(ClientError(.outcomeUnknown, rest))
        case "ERR": return .error(ClientError(.rejected, rest))
        default: return .error(ClientError(.unknownError, line))
        }
    }

    private static func definite(_ code: Substring?) -> ClientErrorCode {
        switch code {
        case "CASFAIL": .casFailed
        case "READONLY": .readOnly
        case "NOTLEADER": .noLeader
        default: .rejected
        }
    }
}

extension RESPValue {
    /// The beginning of the value for a message; a hostile or huge reply must not fill the history.
    var excerpt: String {
        let text = String("\(self)".prefix(80))
        return text.count < 80 ? text : text + "..."
    }
}
