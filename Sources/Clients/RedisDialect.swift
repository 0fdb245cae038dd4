import HistoryModel
public import WireProtocol

/// Redis: its plain commands, and cas as a script.
public struct RedisDialect: RESPDialect {
    /// Compares and sets on the server. The first line makes a replica refuse the script as a whole.
    private static let casScript = """
        #!lua
        local old = redis.call('GET', KEYS[1])
        if (old or '') ~= ARGV[1] then return redis.error_reply('CASFAIL found ' .. (old or 'nothing')) end
        return redis.call('SET', KEYS[1], ARGV[2])
        """

    /// False where scripts are off: a cas is then refused as a configuration that asks too much.
    public let allowsScripts: Bool

    public init(allowsScripts: Bool = true) { self.allowsScripts = allowsScripts }

    public func encode(
        _ request: OperationRequest, id: OperationID, into writer: inout RESPWriter
    ) throws(ClientError) {
        guard request.flaw == nil, let function = request.function else {
            throw ClientError(.unsupported, request.flaw ?? "")
        }
        let key = request.key ?? ""
        switch function {
        case .read: writer.command(Self.read(key, request.shape))
        case .txn: writer.command(["MGET"] + (request.readKeys ?? []))
        case .write where request.isDeletion: writer.command(["DEL", key])
        case .write: try encode("SET", request, into: &writer)
        case .add: try encode("SADD", request, into: &writer)
        case .remove: try encode("SREM", request, into: &writer)
        case .increment: try encode("INCRBY", request, into: &writer)
        case .append: try encode("RPUSH", request, into: &writer)
        case .open, .transfer, .reserve, .rejected, .statement:
            throw ClientError(.unsupported, "the redis client has no \(request.f)")
        case .cas: try encodeComparison(key, request.value.list ?? [], into: &writer)
        }
    }

    private static func read(_ key: String, _ shape: KeyShape) -> [String] {
        switch shape {
        case .register, .account: ["GET", key]
        case .set: ["SMEMBERS", key]
        case .list: ["LRANGE", key, "0", "-1"]
        }
    }

    private func encode(
        _ command: String, _ request: OperationRequest, into writer: inout RESPWriter
    ) throws(ClientError) {
        writer.array(count: 3)
        writer.bulk(command)
        writer.bulk(request.key ?? "")
        try WireValue.write(request.value, into: &writer)
    }

    private func encodeComparison(
        _ key: String, _ pair: [Value], into writer: inout RESPWriter
    ) throws(ClientError) {
        guard allowsScripts else {
            throw ClientError(
                .unsupported, "redis has no cas without scripts; leave cas out of the mix or allow scripts")
        }
        writer.array(count: 6)
        writer.bulk("EVAL")
        writer.bulk(Self.casScript)
        writer.bulk("1")
        writer.bulk(key)
        if pair[0].isNull { writer.bulk("") } else { try WireValue.write(pair[0], into: &writer) }
        try WireValue.write(pair[1], into: &writer)
    }

    public func decode(_ reply: RESPValue, to request: OperationRequest) -> RESPAnswer {
        if case .error(let line) = reply { return .error(Self.error(of: line)) }
        guard let value = request.okValue(reply) else {
            return .error(ClientError(.unexpectedReply, "for \(request.f): \(reply.excerpt)"))
        }
        return .ok(value, meta: .null)
    }

    /// Errors with which Redis refuses a command before it executes anything of it.
    private static let refusals: [String: ClientErrorCode] = [
        "CASFAIL": .casFailed, "READONLY": .readOnly, "NOREPLICAS": .notEnoughReplicas, "LOADING": .notReady,
        "MASTERDOWN": .notReady, "BUSY": .notReady, "MISCONF": .rejected, "OOM": .rejected, "NOAUTH": .rejected,
        "NOPERM": .rejected, "WRONGTYPE": .rejected, "DENIED": .rejected,
    ]

    /// `ERR` says everything and nothing; these beginnings of it are refusals.
    private static let refusedBeginnings = [
        "ERR unknown command", "ERR wrong number of arguments", "ERR max number of clients",
    ]

    static func error(of line: String) -> ClientError {
        let word = line.prefix { $0 != " " }
        let isRefused = refusedBeginnings.contains { line.hasPrefix($0) }
        return ClientError(refusals[String(word)] ?? (isRefused ? .rejected : .unknownError), line)
    }
}
