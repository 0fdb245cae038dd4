import Testing

@testable import Replication

@Suite("Operators say who leads and who belongs to a cluster")
struct OperatorTests {
    /// n1 leads and has written x = 1, which n2 has too.
    private func pair() -> VirtualCluster {
        var cluster = VirtualCluster(2, seed: 1) { _ in }
        cluster.start("n1", .leader, following: "n1")
        cluster.start("n2", .follower, following: "n1")
        cluster.run(milliseconds: 500)
        put("1", &cluster)
        return cluster
    }

    private func put(_ value: String, at name: NodeName = "n1", _ cluster: inout VirtualCluster) {
        _ = cluster.request(name, .put("x", value))
        cluster.run(milliseconds: 500)
    }

    private func read(_ name: NodeName, _ cluster: inout VirtualCluster) -> Reply? {
        let id = cluster.request(name, .read("x"))
        cluster.run(milliseconds: 100)
        return cluster.replies.last { $0.id == id }?.answer.reply
    }

    private func restart(_ name: NodeName, _ role: Role, _ cluster: inout VirtualCluster) {
        cluster.crash(name)
        cluster.start(name, role, following: "n1")
        cluster.run(milliseconds: 500)
    }

    @Test("a leader that is demoted leads no more, not even after a restart, until it is promoted")
    func demotes() {
        var cluster = pair()
        cluster.order("n1", .demote)
        for restarts in [false, true] {
            if restarts { restart("n1", .leader, &cluster) }
            #expect(cluster.node("n1")?.role == .follower)
            let (own, other) = (read("n1", &cluster), read("n2", &cluster))
            #expect(own?.failure == .notReady)
            #expect(other == .text("1"))
        }
        cluster.order("n1", .promote)
        put("2", &cluster)
        let shown = read("n2", &cluster)
        #expect(shown == .text("2"))
        #expect(cluster.node("n1")?.timeline == 2)
    }

    @Test("another one can take over from it, and it follows")
    func follows() {
        var cluster = pair()
        cluster.order("n1", .demote)
        cluster.order("n2", .promote)
        cluster.order("n1", .follow("n2"))
        cluster.run(milliseconds: 500)
        put("2", at: "n2", &cluster)
        let shown = read("n1", &cluster)
        #expect(shown == .text("2"))
        restart("n1", .leader, &cluster)
        let again = read("n1", &cluster)
        #expect(again == .text("2"))
    }

    /// What it wrote while it led may be in no other log, and be dropped.
    @Test("what a former leader alone has is shown by no restart", arguments: [AdminOrder.demote, .follow("n2")])
    func hidesItsEnd(order: AdminOrder) {
        var cluster = pair()
        cluster.crash("n2")
        put("lost", &cluster)
        cluster.order("n1", order)
        restart("n1", .leader, &cluster)
        let shown = read("n1", &cluster)
        #expect(shown?.failure == .notReady)
    }

    @Test("one that joins takes a copy in the place of what it has")
    func joins() {
        var cluster = pair()
        cluster.order("n2", .join)
        let waiting = read("n2", &cluster)
        cluster.run(milliseconds: 500)
        let shown = read("n2", &cluster)
        #expect(waiting?.failure == .notReady || waiting == .text("1"))
        #expect(shown == .text("1"))
        #expect(cluster.events.count { $0.host == "n2" && $0.event.kind == "snapshot-installed" } == 1)
        put("2", &cluster)
        let next = read("n2", &cluster)
        #expect(next == .text("2"))
    }

    @Test("orders that make no sense are refused", arguments: [("n1", AdminOrder.join), ("n2", .demote)])
    func refuses(name: NodeName, order: AdminOrder) {
        var bench = name == "n1" ? Bench.leader() : Bench.follower()
        bench.step(.admin(1, order))
        let isRefused = bench.effects.contains { if case .adminReply(1, .refused) = $0 { true } else { false } }
        #expect(isRefused)
    }

    // MARK: Raft

    @Test("a Raft leader that is demoted hands over at once to a voter that has all")
    func handsOver() {
        var cluster = RaftCluster(3, mutants: [])
        cluster.close(["ship:n2"], at: "n1")
        cluster.write("n1", "x", "1")
        let late = cluster.order("n2", .demote)
        let order = cluster.order("n1", .demote)
        let isElected = cluster.run(atMost: 200) { $0.leader == "n3" }
        #expect(isElected, "sooner than by an election that begins with silence")
        #expect(cluster.outcomes[order] == .done)
        #expect(cluster.outcomes[late] == .refused("n2 does not lead"))
        #expect(cluster.broken.isEmpty)
    }

    @Test("one that is no member asks until it is one")
    func asksToJoin() {
        var cluster = RaftCluster(3, spare: 1) { $0.read = .readIndex }
        cluster.startAll()
        _ = cluster.run { $0.leader == "n1" }
        cluster.write("n1", "x", "1")
        let needless = cluster.order("n2", .join)
        cluster.isolate("n4")
        let order = cluster.order("n4", .join)
        cluster.run(milliseconds: 2000)
        #expect(cluster.outcomes[order] == nil)
        cluster.cuts = []
        let isMember = cluster.run(atMost: 5000) { $0.outcomes[order] == .done }
        #expect(isMember)
        #expect(cluster.core("n1")?.membership.voters == ["n1", "n2", "n3", "n4"])
        #expect(cluster.outcomes[needless] == .refused("n2 is a member already; n1 leads"))
        #expect(cluster.broken.isEmpty)
    }
}
