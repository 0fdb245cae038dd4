import HistoryModel
import Testing

@testable import Clients

@Suite("Sessions of clients")
struct SessionTests {
    private static let read = OperationRequest(f: "read", key: "k")
    private static let write = OperationRequest(f: "write", key: "k", value: 1)

    private static func ok(_ token: String?) -> ClientReply {
        ClientReply(.ok(1), node: "n1", meta: token.map { ["token": .string($0)] } ?? [:])
    }

    @Test("tokens are merged part by part, a later timeline before a higher number")
    func merge() throws {
        var token = try #require(SessionToken("0=1:9,1=2:3"))
        token.merge(try #require(SessionToken("0=2:1,1=1:99,2=0:0")))
        #expect(token.description == "0=2:1,1=2:3,2=0:0")
    }

    @Test(
        "what is no token is none", arguments: ["", "0", "0=1", "0=1:x", "0=1:2,", "0=1:2:3", "0=1:2,0=1:3", "=="])
    func noToken(text: String) {
        #expect(SessionToken(text) == nil)
    }

    @Test(
        "which answers count is a matter of the rules",
        arguments: [
            (SessionRules.Tokens.none, nil), (.ownWrites, "0=1:5"), (.writesAndReads, "0=1:7"),
        ] as [(SessionRules.Tokens, String?)])
    func rules(tokens: SessionRules.Tokens, expected: String?) {
        var session = ClientSession(SessionRules(tokens: tokens))
        #expect(session.sentToken == (tokens == .none ? nil : ""))
        session.answered(Self.write, Self.ok("0=1:5"), at: 0)
        session.answered(Self.read, Self.ok("0=1:7"), at: 0)
        session.answered(Self.write, ClientReply(.info(ClientError(.timeout, "")), meta: ["token": "0=1:9"]), at: 0)
        session.answered(Self.read, Self.ok(nil), at: 0)
        session.answered(Self.read, Self.ok("nonsense"), at: 0)
        #expect(session.sentToken == expected)
    }

    @Test("reads go to the leader for a time after an own write, final ones aside")
    func window() {
        var session = ClientSession(SessionRules(leaderAfterWrite: .milliseconds(1)))
        #expect(!session.wantsLeader(for: Self.read, at: 0))
        session.answered(Self.read, Self.ok(nil), at: 0)
        #expect(!session.wantsLeader(for: Self.read, at: 0))
        session.answered(Self.write, Self.ok(nil), at: 500)
        #expect(session.wantsLeader(for: Self.read, at: 1_000_499))
        #expect(!session.wantsLeader(for: Self.read, at: 1_000_500))
        #expect(!session.wantsLeader(for: Self.write, at: 600))
        #expect(!session.wantsLeader(for: OperationRequest(f: "read", key: "k", isFinal: true), at: 600))
    }
}
