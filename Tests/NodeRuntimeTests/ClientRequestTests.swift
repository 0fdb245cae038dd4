import Replication
import Testing
import WireProtocol

@testable import NodeRuntime

@Suite("Requests of clients")
struct ClientRequestTests {
    private static func request(_ text: String) -> ClientRequest {
        ClientRequest(text.split(separator: " ", omittingEmptySubsequences: false).map { Array($0.utf8) })
    }

    private static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    static let commands: [(String, Command)] = [
        ("GET k", .get(key: bytes("k"))), ("set k v", .set(key: bytes("k"), value: bytes("v"))),
        ("DEL k", .delete(key: bytes("k"))),
        ("CAS k  n", .compareAndSet(key: bytes("k"), old: nil, new: bytes("n"))),
        ("CAS k o n", .compareAndSet(key: bytes("k"), old: bytes("o"), new: bytes("n"))),
        ("INCRBY k -5", .increment(key: bytes("k"), by: -5)),
        ("SADD k a b", .add(key: bytes("k"), elements: [bytes("a"), bytes("b")])),
        ("SREM k a", .remove(key: bytes("k"), elements: [bytes("a")])), ("SMEMBERS k", .members(key: bytes("k"))),
        ("RPUSH k a b", .append(key: bytes("k"), elements: [bytes("a"), bytes("b")])),
        ("LRANGE k 0 -1", .range(key: bytes("k"), first: 0, last: -1)),
        ("MGET a b", .getAll(keys: [bytes("a"), bytes("b")])), ("STMT DEL", .statement(bytes("DEL"))),
        ("RESERVE s me 4:9", .reserve(slot: bytes("s"), holder: bytes("me"), operation: bytes("4:9"))),
        ("ATLEAST k 0", .atLeast(key: bytes("k"), minimum: 0)),
        (
            "TXN 3 INCRBY a -1 INCRBY b 1 ATLEAST a 0",
            .transaction([
                .increment(key: bytes("a"), by: -1), .increment(key: bytes("b"), by: 1),
                .atLeast(key: bytes("a"), minimum: 0),
            ])
        ),
        ("TXN 1 SET k OPT", .transaction([.set(key: bytes("k"), value: bytes("OPT"))])),
        ("SET OPT OPT", .set(key: bytes("OPT"), value: bytes("OPT"))),
    ]

    @Test("every command is understood, alone and with options", arguments: commands)
    func command(text: String, command: Command) {
        guard case .command(let plain, false) = Self.request(text) else {
            Issue.record("\(text)")
            return
        }
        #expect(plain == ClientCall(command))
        guard case .command(let call, true) = Self.request("X \(text) OPT token 1:2 id 7:9 policy tail ctx c")
        else {
            Issue.record("X \(text)")
            return
        }
        #expect(
            call
                == ClientCall(
                    command, identity: CallIdentity(client: 7, sequence: 9), token: Self.bytes("1:2"),
                    context: Self.bytes("c"), policy: "tail"))
    }

    @Test(
        "what is no request is an error with the reason",
        arguments: [
            ("", "unknown command ''"), ("X", "X needs a command"),
            ("GET", "wrong words for the command 'GET'"),
            ("INCRBY k x", "wrong words for the command 'INCRBY'"),
            ("INCRBY k 9223372036854775808", "wrong words for the command 'INCRBY'"),
            ("TXN", "TXN wants the number of its operations, 1 to 1024"),
            ("TXN 0", "TXN wants the number of its operations, 1 to 1024"),
            ("TXN 1", "'' is no operation of a TXN"), ("TXN 1 TXN 1 GET k", "'TXN' is no operation of a TXN"),
            ("TXN 1 STMT x", "'STMT' is no operation of a TXN"), ("TXN 2 GET k", "'' is no operation of a TXN"),
            ("TXN 1 SET k", "wrong words for the command 'SET'"),
            ("TXN 1 GET k more", "TXN has more words than its operations"),
            ("X GET k OPT id", "OPT wants names with values"), ("X GET k OPT id 4", "an id is CLIENT:NUMBER"),
            ("X GET k OPT id -1:4", "an id is CLIENT:NUMBER"), ("X GET k OPT id 1:2:3", "an id is CLIENT:NUMBER"),
            ("X GET k OPT colour red", "unknown option 'colour'"),
        ])
    func refused(text: String, reason: String) {
        guard case .immediate(let reply) = Self.request(text) else {
            Issue.record("\(text) was understood")
            return
        }
        #expect(reply == .error("ERR \(reason)"))
    }
}
