import HistoryModel
public import WireProtocol

/// The bundled nodes: `X <command> OPT id process:sequence`, answered by the reply and what the node knows of it.
public struct NodeDialect: RESPDialect {
    /// Whether a write is sent as a statement, `SET key = value`, so that it is logged as one.
    public let writesStatements: Bool

    public init(writesStatements: Bool = false) { self.writesStatements = writesStatements }

    public func encode(
        _ request: OperationRequest, id: OperationID, into writer: inout RESPWriter
    ) throws(ClientError) {
        guard request.flaw == nil, let function = request.function else {
            throw ClientError(.unsupported, request.flaw ?? "")
        }
        var options = ["id", "\(id.process):\(id.sequence)"]
        options += request.token.map { ["token", $0] } ?? []
        options += request.context.map { ["ctx", $0] } ?? []
        let statement = writesStatements && function == .write ? try Self.statement(request) : nil
        writer.array(count: 2 + (statement == nil ? Self.wordCount(function, request) : 2) + options.count)
        writer.bulk("X")
        if let statement {
            Self.words(["STMT", statement], into: &writer)
        } else {
            try Self.encode(function, request, id, into: &writer)
        }
        writer.bulk("OPT")
        for option in options { writer.bulk(option) }
    }

    private static func wordCount(_ function: ClientFunction, _ request: OperationRequest) -> Int {
        switch function {
        case .read: request.shape == .list ? 4 : 2
        case .txn: 1 + (request.readKeys?.count ?? 0)
        case .open: 2 + 4 * (request.balances?.count ?? 0)
        case .transfer: 11
        case .write: request.isDeletion ? 2 : 3
        case .add, .remove, .increment, .append, .rejected: 3
        case .statement: 2
        case .cas, .reserve: 4
        }
    }

    private static func encode(
        _ function: ClientFunction, _ request: OperationRequest, _ id: OperationID, into writer: inout RESPWriter
    ) throws(ClientError) {
        let key = request.key ?? ""
        switch function {
        case .read: read(key, request.shape, into: &writer)
        case .txn: words(["MGET"] + (request.readKeys ?? []), into: &writer)
        case .write where request.isDeletion: words(["DEL", key], into: &writer)
        case .write: try words(["SET", key], request.value, into: &writer)
        case .statement: words(["STMT", request.value.string ?? ""], into: &writer)
        case .add: try words(["SADD", key], request.value, into: &writer)
        case .remove: try words(["SREM", key], request.value, into: &writer)
        case .increment: try words(["INCRBY", key], request.value, into: &writer)
        case .append: try words(["RPUSH", key], request.value, into: &writer)
        case .cas:
            words(["CAS", key], into: &writer)
            try writeComparison(request.value, into: &writer)
        case .reserve:
            try words(["RESERVE", key], request.value, into: &writer)
            writer.bulk("\(id.process):\(id.sequence)")
        case .rejected: try words(["REJECTED", key], request.value, into: &writer)
        case .open: open(request.balances ?? [], into: &writer)
        case .transfer: transfer(request, into: &writer)
        }
    }

    private static func statement(_ request: OperationRequest) throws(ClientError) -> String {
        guard let key = request.key, key.allSatisfy({ $0.isLetter || $0.isNumber }),
            let value = request.isDeletion ? "" : request.computed ?? request.value.int.map(String.init)
        else { throw ClientError(.unsupported, "a statement sets a plain key to a whole number or a function") }
        return request.isDeletion ? "DEL \(key)" : "SET \(key) = \(value)"
    }

    private static func words(_ words: [String], into writer: inout RESPWriter) {
        for word in words { writer.bulk(word) }
    }

    private static func words(
        _ words: [String], _ value: Value, into writer: inout RESPWriter
    ) throws(ClientError) {
        self.words(words, into: &writer)
        try WireValue.write(value, into: &writer)
    }

    private static func read(_ key: String, _ shape: KeyShape, into writer: inout RESPWriter) {
        switch shape {
        case .register, .account: words(["GET", key], into: &writer)
        case .set: words(["SMEMBERS", key], into: &writer)
        case .list: words(["LRANGE", key, "0", "-1"], into: &writer)
        }
    }

    /// All accounts at once, and only if there are none yet.
    private static func open(_ balances: [(account: String, balance: Int64)], into writer: inout RESPWriter) {
        words(
            ["TXN", "\(balances.count)"] + balances.flatMap { ["CAS", $0.account, "", "\($0.balance)"] },
            into: &writer)
    }

    /// Both sides at once, and only if the payer can pay.
    private static func transfer(_ request: OperationRequest, into writer: inout RESPWriter) {
        guard let (from, to, amount) = request.transfer else { return }
        words(
            ["TXN", "3", "INCRBY", from, "-\(amount)", "INCRBY", to, "\(amount)", "ATLEAST", from, "0"],
            into: &writer)
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

    /// The five values in that order, and then names and values in turn; or names and values alone.
    private static func meta(_ reply: RESPValue) -> Value? {
        guard let elements = reply.elements else { return nil }
        let values = elements.map(Self.metaValue)
        guard !values.count.isMultiple(of: 2) else { return pairs(values[...]).map { .object($0) } }
        guard values.count >= metaNames.count, let more = pairs(values.dropFirst(metaNames.count)) else {
            return nil
        }
        return .object(zip(metaNames, values).map { Value.Member($0, $1) } + more)
    }

    /// A name that comes again has a list of values.
    private static func pairs(_ values: ArraySlice<Value>) -> [Value.Member]? {
        var members: [Value.Member] = []
        for index in stride(from: values.startIndex, to: values.endIndex, by: 2) {
            guard let name = values[index].string else { return nil }
            let value = values[index + 1]
            if let known = members.firstIndex(where: { $0.name == name }) {
                members[known].value = .list((members[known].value.list ?? [members[known].value]) + [value])
            } else {
                members.append(Value.Member(name, value))
            }
        }
        return members
    }

    private static func metaValue(_ reply: RESPValue) -> Value {
        if let number = reply.number { return .int(number) }
        if let elements = reply.elements { return .list(elements.map(metaValue)) }
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
        case "NOTREADY", "BUSY": .notReady
        case "CONFLICT": .conflict
        case "SESSIONLOST": .sessionLost
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
