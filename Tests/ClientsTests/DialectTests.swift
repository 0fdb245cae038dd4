import HistoryModel
import Testing
import WireProtocol

@testable import Clients

@Suite("Dialects")
struct DialectTests {
    static let read = OperationRequest(f: "read", key: "r0")
    static let readSet = OperationRequest(f: "read", key: "s", shape: .set)
    static let write = OperationRequest(f: "write", key: "r0", value: 7)
    static let delete = OperationRequest(f: "write", key: "r0")
    static let add = OperationRequest(f: "add", key: "s", value: -3)
    static let remove = OperationRequest(f: "remove", key: "s", value: -3)
    static let cas = OperationRequest(f: "cas", key: "r0", value: [1, 2])
    static let casAbsent = OperationRequest(f: "cas", key: "r0", value: [nil, 2])
    static let txn = OperationRequest(f: "txn", value: [["r", "e", nil], ["r", "c", nil]])
    static let increment = OperationRequest(f: "increment", key: "n", value: -2)
    static let append = OperationRequest(f: "append", key: "l", value: 5)
    static let readList = OperationRequest(f: "read", key: "l", shape: .list)
    static let open = OperationRequest(f: "open", value: ["a": 10, "b": 0])
    static let transfer = OperationRequest(f: "transfer", value: ["from": "a", "to": "b", "amount": 3])
    static let reserve = OperationRequest(f: "reserve", key: "d1", value: 8)
    static let rejected = OperationRequest(f: "rejected", key: "d1", value: 8)

    static let nodeCommands: [(OperationRequest, [String])] = [
        (read, ["GET", "r0"]), (readSet, ["SMEMBERS", "s"]), (write, ["SET", "r0", "7"]),
        (delete, ["DEL", "r0"]), (add, ["SADD", "s", "-3"]), (remove, ["SREM", "s", "-3"]),
        (cas, ["CAS", "r0", "1", "2"]),
        (casAbsent, ["CAS", "r0", "", "2"]),
        (txn, ["MGET", "e", "c"]), (increment, ["INCRBY", "n", "-2"]), (append, ["RPUSH", "l", "5"]),
        (readList, ["LRANGE", "l", "0", "-1"]), (reserve, ["RESERVE", "d1", "8", "4:9"]),
        (rejected, ["REJECTED", "d1", "8"]),
        (open, ["TXN", "2", "CAS", "a", "", "10", "CAS", "b", "", "0"]),
        (transfer, ["TXN", "3", "INCRBY", "a", "-3", "INCRBY", "b", "3", "ATLEAST", "a", "0"]),
    ]

    @Test("writes may go as statements, which answer with what they wrote")
    func statements() throws {
        let dialect = NodeDialect(writesStatements: true)
        #expect(try encoded(dialect, Self.write) == ["X", "STMT", "SET r0 = 7", "OPT", "id", "4:9"])
        #expect(try encoded(dialect, Self.delete) == ["X", "STMT", "DEL r0", "OPT", "id", "4:9"])
        #expect(try encoded(dialect, Self.read) == ["X", "GET", "r0", "OPT", "id", "4:9"])
        let answer = RESPValue.array([.text("7"), .array([])])
        #expect(dialect.decode(answer, to: Self.write) == .ok(7, meta: [:]))
        for value in [Value.string("a b"), "x"] {
            let odd = OperationRequest(f: "write", key: "k", value: value)
            #expect(throws: ClientError.self) { try encoded(dialect, odd) }
        }
        #expect(throws: ClientError.self) {
            try encoded(dialect, OperationRequest(f: "write", key: "a b", value: 1))
        }
    }

    @Test("a statement stands in the history as the writes that the answer tells of")
    func toldStatement() throws {
        let request = OperationRequest(f: "statement", value: "UPDATE a* SET value = 5 LIMIT 2")
        let words = ["X", "STMT", "UPDATE a* SET value = 5 LIMIT 2", "OPT", "id", "4:9"]
        #expect(try encoded(NodeDialect(), request) == words)
        func recorded(_ told: [String]) throws -> (f: String, key: String?, value: Value)? {
            let answer = RESPValue.array([.array(told.map { .text($0) }), .array([])])
            guard case .ok(let value, _) = NodeDialect().decode(answer, to: request) else { return nil }
            return request.recorded(as: ClientReply(.ok(value)))
        }
        let one = try #require(try recorded(["a1", "5"]))
        #expect(one == ("write", "a1", 5))
        let two = try #require(try recorded(["a1", "5", "7", "5"]))
        #expect(two == ("txn", nil, [["w", "a1", 5], ["w", "7", 5]]))
        #expect(try recorded(["a1"]) == nil)
    }

    @Test("a session's token goes along")
    func token() throws {
        var request = Self.read
        request.token = "0=1:7"
        #expect(
            try encoded(NodeDialect(), request) == ["X", "GET", "r0", "OPT", "id", "4:9", "token", "0=1:7"])
    }

    @Test("redis has no transfers and no reservations", arguments: [open, transfer, reserve, rejected])
    func notInRedis(request: OperationRequest) {
        #expect(#expect(throws: ClientError.self) { try encoded(RedisDialect(), request) }?.code == .unsupported)
    }

    @Test("node-single gets each command with the operation's id", arguments: nodeCommands)
    func nodeCommand(request: OperationRequest, words: [String]) throws {
        #expect(try encoded(NodeDialect(), request) == ["X"] + words + ["OPT", "id", "4:9"])
    }

    @Test("redis gets its plain commands, and a script for cas")
    func redisCommand() throws {
        let dialect = RedisDialect()
        #expect(try encoded(dialect, Self.read) == ["GET", "r0"])
        #expect(try encoded(dialect, Self.readSet) == ["SMEMBERS", "s"])
        #expect(try encoded(dialect, Self.write) == ["SET", "r0", "7"])
        #expect(try encoded(dialect, Self.delete) == ["DEL", "r0"])
        #expect(try encoded(dialect, Self.add) == ["SADD", "s", "-3"])
        #expect(try encoded(dialect, Self.txn) == ["MGET", "e", "c"])
        #expect(try encoded(dialect, Self.increment) == ["INCRBY", "n", "-2"])
        #expect(try encoded(dialect, Self.append) == ["RPUSH", "l", "5"])
        #expect(try encoded(dialect, Self.readList) == ["LRANGE", "l", "0", "-1"])
        let script = try encoded(dialect, Self.casAbsent)
        #expect(script.first == "EVAL")
        #expect(script.dropFirst(2) == ["1", "r0", "", "2"])
    }

    @Test("redis without scripts refuses a cas, and says what to do")
    func redisWithoutScripts() {
        let error = #expect(throws: ClientError.self) {
            try encoded(RedisDialect(allowsScripts: false), Self.cas)
        }
        #expect(error?.code == .unsupported)
        #expect(error?.message.contains("leave cas out of the mix") == true)
    }

    static let unfit: [OperationRequest] = [
        OperationRequest(f: "prepend", key: "k", value: 1), OperationRequest(f: "read"),
        OperationRequest(f: "increment", key: "k", value: "x"), OperationRequest(f: "append", key: "k"),
        OperationRequest(f: "open", value: [:]), OperationRequest(f: "open", value: ["a": "x"]),
        OperationRequest(f: "transfer", value: ["from": "a", "to": "b", "amount": 0]),
        OperationRequest(f: "transfer", value: ["from": "a", "amount": 1]),
        OperationRequest(f: "reserve", key: "k"),
        OperationRequest(f: "cas", key: "k", value: [1]),
        OperationRequest(f: "cas", key: "k", value: [1, nil]),
        OperationRequest(f: "write", key: "k", value: "12"), OperationRequest(f: "write", key: "k", value: ""),
        OperationRequest(f: "write", key: "k", value: [1]), OperationRequest(f: "txn", value: []),
        OperationRequest(f: "txn", value: [["append", "k", 1]]),
    ]

    @Test("what does not fit the wire is refused before it is sent", arguments: unfit)
    func refused(request: OperationRequest) {
        for dialect in [NodeDialect(), RedisDialect()] as [any RESPDialect] {
            let error = #expect(throws: ClientError.self) { try encoded(dialect, request) }
            #expect(error?.code == .unsupported)
        }
    }

    static let values: [(OperationRequest, RESPValue, Value)] = [
        (read, .text("12"), 12), (read, .bulk(nil), nil), (read, .text("abc"), "abc"),
        (readSet, .array([.text("10"), .text("-2"), .text("9")]), [-2, 9, 10]), (readSet, .array([]), []),
        (write, .simple("OK"), 7), (delete, .integer(1), nil), (add, .integer(1), -3),
        (cas, .simple("OK"), [1, 2]),
        (txn, .array([.text("1"), .bulk(nil)]), [["r", "e", 1], ["r", "c", nil]]),
        (increment, .integer(40), -2), (append, .integer(3), 5),
        (readList, .array([.text("5"), .text("1")]), [5, 1]),
        (open, .array([.simple("OK"), .simple("OK")]), ["a": 10, "b": 0]), (reserve, .simple("OK"), 8),
        (
            transfer, .array([.integer(7), .integer(3), .simple("OK")]), ["from": "a", "to": "b", "amount": 3]
        ),
    ]

    @Test("replies become values of histories", arguments: values)
    func value(request: OperationRequest, reply: RESPValue, value: Value) {
        #expect(RedisDialect().decode(reply, to: request) == .ok(value, meta: nil))
        let meta: RESPValue = .array(["node", "n2", "role", "leader", "lsn", "41"].map { .text($0) })
        #expect(
            NodeDialect().decode(.array([reply, meta]), to: request)
                == .ok(value, meta: ["node": "n2", "role": "leader", "lsn": 41]))
    }

    @Test("metadata may also be the five values alone")
    func positionalMeta() {
        let meta: RESPValue = .array([.text("n1"), .text("follower"), .integer(2), .integer(40), .bulk(nil)])
        #expect(
            NodeDialect().decode(.array([.text("5"), meta]), to: Self.read)
                == .ok(5, meta: ["node": "n1", "role": "follower", "tli": 2, "lsn": 40, "version": nil]))
    }

    @Test("names with values may follow the five, and one that comes again has a list")
    func furtherMeta() {
        let words = ["token", "0=1:7", "sibling", "3", "sibling", "x", "sibling", "y"].map { RESPValue.text($0) }
        let five: [RESPValue] = [.text("n1"), .text("leader"), .integer(2), .integer(40), .integer(0)]
        let meta: RESPValue = .array(five + words)
        let expected: Value = [
            "node": "n1", "role": "leader", "tli": 2, "lsn": 40, "version": 0, "token": "0=1:7",
            "sibling": [3, "x", "y"],
        ]
        #expect(NodeDialect().decode(.array([.text("5"), meta]), to: Self.read) == .ok(5, meta: expected))
    }

    static let strange: [(OperationRequest, RESPValue)] = [
        (read, .integer(1)), (read, .simple("OK")), (readSet, .text("1")), (readSet, .array([.integer(1)])),
        (write, .text("OK")), (cas, .integer(0)), (txn, .array([.text("1")])), (txn, .array(nil)),
        (add, .bulk(nil)),
    ]

    @Test("a reply of another shape is no value", arguments: strange)
    func strangeReply(request: OperationRequest, reply: RESPValue) {
        let meta: RESPValue = .array([])
        for answer in [
            RedisDialect().decode(reply, to: request), NodeDialect().decode(reply, to: request),
            NodeDialect().decode(.array([reply, meta]), to: request),
            NodeDialect().decode(.array([.text("1"), .array([.text("odd")])]), to: request),
        ] {
            guard case .error(let error) = answer else {
                Issue.record("\(answer)")
                continue
            }
            #expect(error.code == .unexpectedReply)
        }
    }

    static let nodeErrors: [(String, ClientErrorCode)] = [
        ("FAIL CASFAIL expected 1", .casFailed), ("FAIL READONLY no leader", .readOnly),
        ("FAIL NOTLEADER x", .noLeader), ("FAIL CONFLICT x", .conflict), ("FAIL REFUSED x", .rejected),
        ("FAIL SESSIONLOST x", .sessionLost), ("FAIL NOTREADY x", .notReady),
        ("FAIL", .rejected),
        ("INFO TIMEOUT after append", .outcomeUnknown), ("INFO", .outcomeUnknown), ("ERR unknown", .rejected),
        ("MOVED nowhere", .rejected), ("SURPRISE", .unknownError), ("", .unknownError),
    ]

    @Test("errors of node-single have their codes, within the reply or instead of it", arguments: nodeErrors)
    func nodeError(line: String, code: ClientErrorCode) {
        for reply in [RESPValue.error(line), .array([.error(line), .array([])])] {
            guard case .error(let error) = NodeDialect().decode(reply, to: Self.write) else {
                Issue.record("\(reply) is no error")
                continue
            }
            #expect(error.code == code)
        }
    }

    @Test("a redirect says where to go")
    func moved() {
        #expect(
            NodeDialect().decode(.error("MOVED 10.0.0.2:7000"), to: Self.write)
                == .moved(NodeAddress(host: "10.0.0.2", port: 7000)))
    }

    static let redisErrors: [(String, ClientErrorCode)] = [
        ("CASFAIL found 3", .casFailed), ("READONLY You can't write", .readOnly),
        ("NOREPLICAS Not enough", .notEnoughReplicas), ("LOADING Redis is", .notReady),
        ("MASTERDOWN Link", .notReady), ("WRONGTYPE Operation", .rejected),
        ("ERR unknown command 'X'", .rejected), ("ERR something else", .unknownError),
        ("UNKILLABLE Sorry", .unknownError),
    ]

    @Test("errors of redis have their codes; what is in no list may have happened", arguments: redisErrors)
    func redisError(line: String, code: ClientErrorCode) {
        #expect(RedisDialect().decode(.error(line), to: Self.write) == .error(ClientError(code, line)))
    }

    private func encoded(_ dialect: some RESPDialect, _ request: OperationRequest) throws -> [String] {
        var writer = RESPWriter()
        try dialect.encode(request, id: OperationID(process: 4, sequence: 9), into: &writer)
        var decoder = RESPDecoder(limits: .requests)
        decoder.append(writer.bytes)
        let words = try #require(try decoder.nextRequest())
        #expect(!decoder.isInsideValue)
        return words.map { String(decoding: $0, as: UTF8.self) }
    }
}
