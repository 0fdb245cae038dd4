import Testing

@testable import Replication

@Suite("Members of a Raft group that lost their disk")
struct RaftDiskLossTests {
    /// What is acknowledged is on n1 and n3 alone; then n3 loses its disk.
    private func lossy(joins: Bool) -> RaftCluster {
        var cluster = RaftCluster(3, mutants: [])
        cluster.close(["ship:n2"], at: "n1")
        cluster.write("n1", "x", "precious")
        cluster.wipe("n3", joins: joins)
        return cluster
    }

    @Test("one that joins helps nobody into the lead who lacks what it had acknowledged")
    func joiner() {
        var cluster = lossy(joins: true)
        cluster.crash("n1")
        cluster.start("n3")
        cluster.run(milliseconds: 5000)
        #expect(cluster.leaders.isEmpty)
        let shown = cluster.get("n3", "x", "local")
        #expect(shown == nil, "a member that joins reads nothing")
        let status = "\(cluster.replica("n3")?.status ?? .null)"
        #expect(status.contains("joining"))
        // It forgets that by no restart.
        cluster.crash("n3")
        cluster.start("n3")
        cluster.run(milliseconds: 5000)
        #expect(cluster.leaders.isEmpty)
        let kept = cluster.settled("x")
        #expect(kept == "precious")
        #expect(cluster.core("n3")?.joins == false)
        #expect(cluster.events.count { $0.event.kind == "joined" } == 1)
        #expect(cluster.invariants?.broken == [])
    }

    /// Why it must be told: nothing else can tell it from a member of a new group.
    @Test("one that is taken for new brings back what is gone")
    func stranger() {
        var cluster = lossy(joins: false)
        cluster.crash("n1")
        cluster.start("n3")
        cluster.order("n2", .promote)
        cluster.run(milliseconds: 5000)
        #expect(cluster.leader == "n2")
    }

    @Test("one that caught up votes again")
    func caughtUp() {
        var cluster = lossy(joins: true)
        cluster.start("n3")
        cluster.run(milliseconds: 1000)
        #expect(cluster.core("n3")?.joins == false)
        cluster.crash("n1")
        let isElected = cluster.run(atMost: 5000) { $0.leader == "n3" }
        #expect(isElected)
        let kept = cluster.settled("x")
        #expect(kept == "precious")
    }

    /// n3 starts, and the leader that it left makes it a member to count on.
    private func expectBroughtUp(_ cluster: inout RaftCluster, showing value: String) {
        cluster.start("n3")
        cluster.run(milliseconds: 1000)
        #expect(cluster.leader == "n1")
        let shown = cluster.get("n3", "x", "local")
        #expect(shown == value)
        cluster.crash("n2")
        cluster.write("n1", "x", "next")
    }

    @Test("the leader that it left brings it up again", arguments: [1, 1000])
    func sameLeader(snapshotEvery: Int) {
        var cluster = RaftCluster(3, mutants: []) { $0.snapshotEvery = snapshotEvery }
        for number in 1...5 { cluster.write("n1", "x", "\(number)") }
        cluster.run(milliseconds: 200)
        cluster.wipe("n3", joins: true)
        expectBroughtUp(&cluster, showing: "5")
        #expect(cluster.events.contains { $0.host == "n1" && $0.event.kind == "lost" })
        #expect(cluster.invariants?.broken == [])
    }

    @Test("a member whose last record is damaged gets it again from the same leader")
    func lastRecord() throws {
        var cluster = RaftCluster(3, mutants: [])
        for number in 1...3 { cluster.write("n1", "x", "\(number)") }
        cluster.run(milliseconds: 200)
        cluster.crash("n3")
        cluster.hosts["n3"]?.durable.records.removeLast()
        expectBroughtUp(&cluster, showing: "3")
    }
}
