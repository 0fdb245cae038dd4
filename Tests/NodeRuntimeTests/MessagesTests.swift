import Foundation
import Replication
import Synchronization
import Testing

@testable import NodeRuntime

@Suite("Messages that stand alone, over sockets", .serialized)
struct MessagesTests {
    static func cluster(_ configure: @escaping @Sendable (inout NodeOptions) -> Void = { _ in }) throws -> Cluster {
        try Cluster(2) {
            $0.design = PingDesign()
            configure(&$0)
        }
    }

    @Test("they arrive with their sender's name, and again after either side was away")
    func arrive() throws {
        let cluster = try Self.cluster()
        try cluster.start("n1")
        try cluster.start("n2")
        try cluster.wait("n2 hears n1") {
            _ = cluster.admin("n1", "repair")
            return Field.number("n1", cluster.admin("n2", "status")) ?? 0 >= 4
        }
        #expect(Field.number("n2", cluster.admin("n1", "status")) == 0)
        try cluster.stop("n2")
        for _ in 0..<5 { #expect(cluster.admin("n1", "repair").contains("ok")) }
        try cluster.start("n2")
        try cluster.wait("n2 hears n1 again") {
            _ = cluster.admin("n1", "repair")
            return Field.number("n1", cluster.admin("n2", "status")) ?? 0 >= 4
        }
    }

    @Test("a member of another cluster is not listened to, and the event log says why")
    func otherCluster() throws {
        let cluster = try Self.cluster()
        try cluster.start("n1")
        try cluster.start("n2") { $0.setting.cluster = "other" }
        try cluster.wait("refused") {
            _ = cluster.admin("n2", "repair")
            return cluster.events("n1").contains("n2 is of cluster other")
        }
        #expect(Field.number("n2", cluster.admin("n1", "status")) == 0)
    }

    @Test("a node that is refused hears why")
    func refusedSide() throws {
        let cluster = try Self.cluster()
        try cluster.start("n1")
        try cluster.start("n2") { $0.setting.cluster = "other" }
        try cluster.wait("both know") {
            _ = cluster.admin("n2", "repair")
            return cluster.events("n2").contains("n1: it refuses this node: n2 is of cluster other, this is c")
        }
        #expect(cluster.events("n1").contains("\"event\":\"refused\",\"detail\":\"n2: n2 is of cluster other"))
        #expect(!cluster.events("n1").contains("malformed"))
    }

    @Test("an order that the member answers never ends with a reason")
    func orderWithoutAnswer() throws {
        let cluster = try Self.cluster { $0.orderPatience = 30_000_000 }
        try cluster.start("n1")
        #expect(cluster.admin("n1", "promote") == "{\"error\":\"not carried out within 30 ms; it still may be\"}")
        #expect(cluster.admin("n1", "member add n9").contains("none of --peers"))
    }

    @Test("a message that no frame can carry is noted and not sent, and what follows it arrives")
    func tooLarge() throws {
        let cluster = try Self.cluster()
        try cluster.start("n1")
        try cluster.start("n2")
        try cluster.wait("n2 hears n1") {
            _ = cluster.admin("n1", "repair")
            return Field.number("n1", cluster.admin("n2", "status")) ?? 0 >= 2
        }
        _ = cluster.admin("n1", "sync")
        let before = try #require(Field.number("n1", cluster.admin("n2", "status")))
        try cluster.wait("n2 hears n1 again") {
            _ = cluster.admin("n1", "repair")
            return Field.number("n1", cluster.admin("n2", "status")) ?? 0 > before
        }
        try cluster.wait("it is noted") { cluster.events("n1").contains("\"event\":\"too-large\"") }
    }

    @Test("a greeting of another cluster, program, format or of a stranger is refused")
    func greetings() throws {
        let own = PeerHello(cluster: "c", name: "n1", program: "node-ping", format: 2)
        var other = PeerHello(cluster: "c", name: "n2", program: "node-ping", format: 2)
        #expect(try PeerHello(decoding: other.encoded) == other)
        #expect(other.refusal(by: own, ["n2"]) == nil)
        #expect(other.refusal(by: own, ["n3"]) != nil)
        other.format = 3
        #expect(other.refusal(by: own, ["n2"]) != nil)
        other = PeerHello(cluster: "c", name: "n2", program: "node-single", format: 2)
        #expect(other.refusal(by: own, ["n2"]) != nil)
    }

    @Test("a crash that a member wants ends everything at once")
    func crashes() throws {
        let cluster = try Self.cluster()
        let failures: Mutex<[NodeError]> = Mutex([])
        let server = try cluster.launch(try cluster.options("n1")) { error in
            failures.withLock { $0.append(error) }
        }
        #expect(server.admin(["failpoint", "a.place", "crash"]).contains("stopping"))
        #expect(failures.withLock { $0.map(\.code) } == [.crashed])
        #expect(cluster.events("n1").contains("\"event\":\"crash\",\"detail\":\"at a.place\""))
        #expect(!cluster.events("n1").contains("never"))
        server.stop()
    }
}
