import Testing

@testable import Replication

@Suite("A set of followers whose word counts")
struct SyncSetTests {
    private static func cluster(
        _ change: @escaping @Sendable (inout SingleLeaderConfiguration) -> Void = { _ in }
    ) -> VirtualCluster {
        var cluster = VirtualCluster(3, seed: 1) {
            $0.ack = .set(1)
            $0.silenceTimeout = 500_000_000
            $0.rewinds = true
            change(&$0)
        }
        cluster.start("n1", .leader, following: "n1")
        for name in ["n2", "n3"] { cluster.start(name, .follower, following: "n1") }
        cluster.run(milliseconds: 1000)
        return cluster
    }

    private static func set(_ key: String, _ value: String) -> Command {
        .set(key: Array(key.utf8), value: Array(value.utf8))
    }

    private static func answer(_ cluster: VirtualCluster, _ id: RequestID) -> Reply? {
        cluster.replies.first { $0.id == id }?.answer.reply
    }

    @Test("a write waits for the member of the set and for nobody else")
    func waits() {
        var cluster = Self.cluster()
        cluster.order("n1", .gate("ship:n3", isClosed: true))
        let fast = cluster.request("n1", Self.set("x", "1"))
        cluster.run(milliseconds: 200)
        #expect(Self.answer(cluster, fast) == .ok)
        cluster.order("n1", .gate("ship:n2", isClosed: true))
        let slow = cluster.request("n1", Self.set("x", "2"))
        cluster.run(milliseconds: 200)
        #expect(Self.answer(cluster, slow) == nil)
    }

    @Test("nobody takes the place of a silent member who lacks what was acknowledged")
    func replacement() {
        var cluster = Self.cluster()
        cluster.order("n1", .gate("ship:n3", isClosed: true))
        _ = cluster.request("n1", Self.set("x", "1"))
        cluster.run(milliseconds: 100)
        cluster.crash("n2")
        let second = cluster.request("n1", Self.set("x", "2"))
        cluster.run(milliseconds: 1500)
        #expect(Self.answer(cluster, second) == nil)
        #expect(cluster.node("n1")?.set.members == ["n2"])
        cluster.order("n1", .gate("ship:n3", isClosed: false))
        cluster.run(milliseconds: 400)
        #expect(Self.answer(cluster, second) == .ok)
        #expect(cluster.node("n1")?.set.members == ["n3"])
    }

    @Test("with fallback the leader goes on alone, and takes a follower back that has caught up")
    func fallback() {
        var cluster = Self.cluster { $0.silencePolicy = .fallback }
        cluster.order("n1", .gate("ship:n2", isClosed: true))
        cluster.order("n1", .gate("ship:n3", isClosed: true))
        let write = cluster.request("n1", Self.set("x", "1"))
        cluster.run(milliseconds: 400)
        #expect(Self.answer(cluster, write) == nil)
        cluster.run(milliseconds: 400)
        #expect(Self.answer(cluster, write) == .ok)
        #expect(cluster.node("n1")?.set.members == [])
        cluster.order("n1", .gate("ship:n3", isClosed: false))
        cluster.run(milliseconds: 300)
        #expect(cluster.node("n1")?.set.members == ["n3"])
    }

    @Test("an operator names another member, if that one has everything")
    func ordered() {
        var cluster = Self.cluster()
        cluster.order("n1", .gate("ship:n3", isClosed: true))
        _ = cluster.request("n1", Self.set("x", "1"))
        cluster.run(milliseconds: 100)
        cluster.order("n1", .syncSet(["n3"]))
        #expect(cluster.node("n1")?.set.members == ["n2"])
        cluster.order("n1", .gate("ship:n3", isClosed: false))
        cluster.run(milliseconds: 100)
        cluster.order("n1", .syncSet(["n3"]))
        #expect(cluster.node("n1")?.set.members == ["n3"])
    }

    @Test("a node whose log went another way takes a copy of its leader's state, and names what it lost")
    func rewinds() {
        var cluster = Self.cluster { $0.ack = .async }
        _ = cluster.request("n1", Self.set("x", "1"))
        cluster.run(milliseconds: 200)
        for peer in ["n2", "n3"] { cluster.order("n1", .gate("ship:\(peer)", isClosed: true)) }
        _ = cluster.request("n1", Self.set("lost", "2"))
        _ = cluster.request("n1", Self.set("x", "3"))
        cluster.run(milliseconds: 200)
        cluster.order("n2", .promote)
        cluster.order("n3", .follow("n2"))
        _ = cluster.request("n2", Self.set("y", "4"))
        cluster.run(milliseconds: 500)
        cluster.order("n1", .follow("n2"))
        cluster.run(milliseconds: 1500)
        let loss = cluster.events.first { $0.host == "n1" && $0.event.kind == "lost-suffix" }
        #expect(loss?.event.detail == "LSN 2..3, keys lost x")
        #expect(cluster.node("n1")?.contentHash == cluster.node("n2")?.contentHash)
        #expect(cluster.node("n1")?.readiness == .ready)
    }

    @Test(
        "a row that is found by its place is another one after a deletion", arguments: [false, true])
    func rowWithoutKey(isPlanted: Bool) {
        var cluster = Self.cluster {
            $0.ack = .async
            if isPlanted { $0.mutants = [.rowWithoutKey] }
        }
        for key in ["a", "b"] { _ = cluster.request("n1", Self.set(key, "1")) }
        _ = cluster.request("n1", .delete(key: Array("a".utf8)))
        _ = cluster.request("n1", Self.set("c", "1"))
        cluster.run(milliseconds: 200)
        _ = cluster.request("n1", Self.set("b", "2"))
        cluster.run(milliseconds: 200)
        let isEqual = cluster.node("n1")?.contentHash == cluster.node("n2")?.contentHash
        #expect(isEqual == !isPlanted)
    }
}
