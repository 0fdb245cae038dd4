import Testing

@testable import Replication

@Suite("Members of a leaderless store that have lost their disk")
struct QuorumJoinTests {
    /// n1 and n3 alone have the write, and n3 starts again with an empty disk and compares with nobody.
    private func wiped(_ change: @escaping @Sendable (inout QuorumConfiguration) -> Void = { _ in })
        -> QuorumCluster
    {
        var cluster = QuorumCluster {
            $0.antiEntropy = nil
            change(&$0)
        }
        cluster.order("n1", "ship:n2", isClosed: true)
        let written = cluster.set("n1", "a", 1)
        #expect(written == .ok)
        cluster.world.crash("n3")
        cluster.world.wipe("n3")
        cluster.world.start("n3")
        cluster.order("n3", "sync", isClosed: true)
        cluster.world.run(milliseconds: 300)
        return cluster
    }

    private func place(_ cluster: QuorumCluster, _ name: NodeName) -> String {
        "\(cluster.node(name)?.status ?? .null)"
    }

    @Test("a new cluster finds that nobody has anything", arguments: [1, 2, 3, 5])
    func founded(members: Int) {
        let cluster = QuorumCluster(members)
        for name in cluster.world.names {
            #expect(cluster.node(name)?.isComplete == true)
        }
    }

    @Test("no read takes the word of a member that has lost its disk, until it has what the others have")
    func wordless() {
        var cluster = wiped()
        #expect(cluster.node("n3")?.isComplete == false)
        #expect(place(cluster, "n3").contains("joining"))
        #expect(cluster.unrest.contains { $0.hasPrefix("joining") })
        // n2 never had it, n3 has it no more.
        for name in ["n2", "n3"] {
            let read = cluster.get(name, "a")
            #expect(read == value(1))
        }
        cluster.world.isolate("n1", both: true)
        cluster.world.run(milliseconds: 1000)
        let alone = cluster.get("n2", "a")
        #expect(alone?.isFailure == true)
        cluster.world.cuts = []
        cluster.order("n3", "sync", isClosed: false)
        cluster.world.run(milliseconds: 500)
        #expect(cluster.node("n3")?.isComplete == true)
        cluster.world.crash("n1")
        cluster.world.run(milliseconds: 1000)
        let joined = cluster.get("n2", "a")
        #expect(joined == value(1))
    }

    @Test("one replica answers reads of one for those that join")
    func single() {
        var cluster = wiped { ($0.r, $0.w) = (1, 2) }
        let read = cluster.get("n3", "a")
        #expect(read == value(1) || read == value(nil))
        #expect(cluster.node("n3")?.isComplete == false)
        let written = cluster.set("n3", "b", 2)
        #expect(written == .ok)
    }

    @Test("with vectors a member that joins gives no dots")
    func dots() {
        var cluster = wiped { $0.versions = .dvv }
        let moved = cluster.set("n3", "a", 2)
        #expect(moved == .moved("n1") || moved == .moved("n2"))
        cluster.order("n3", "sync", isClosed: false)
        cluster.world.run(milliseconds: 500)
        let written = cluster.set("n3", "a", 3)
        #expect(written == .ok)
    }

    @Test("it joins after a crash on its way, too, and through lost messages, with more than one message holds")
    func long() {
        var cluster = QuorumCluster(5) { $0.antiEntropy = nil }
        for number in 0..<400 {
            let elements = (0..<3).map { Array("\(number) \($0)".utf8) }
            _ = cluster.world.request("n1", .add(key: Array("k\(number % 4)".utf8), elements: elements))
            if number % 20 == 0 { cluster.world.run(milliseconds: 10) }
        }
        cluster.settle()
        let before = cluster.node("n2")?.contentHash
        cluster.world.crash("n2")
        cluster.world.wipe("n2")
        cluster.world.lossPercent = 20
        cluster.world.start("n2")
        cluster.world.run(milliseconds: 40)
        cluster.world.crash("n2")
        cluster.world.start("n2")
        #expect(cluster.node("n2")?.isComplete == false)
        cluster.world.run(milliseconds: 8000)
        #expect(cluster.node("n2")?.isComplete == true)
        #expect(cluster.node("n2")?.contentHash == before)
        // Once it has joined, a start finds it so.
        cluster.world.crash("n2")
        cluster.world.start("n2")
        #expect(cluster.node("n2")?.isComplete == true)
    }

    @Test("it waits for as many as it needs, and an operator may say that there is no more to be had")
    func operators() {
        var cluster = wiped()
        cluster.world.crash("n2")
        cluster.order("n3", "sync", isClosed: false)
        cluster.world.run(milliseconds: 2000)
        #expect(cluster.node("n3")?.isComplete == false)
        #expect(place(cluster, "n3").contains("1 of the other replicas have told all"))
        cluster.world.step("n3", .admin(1, .member(.add("n3"))))
        cluster.world.run(milliseconds: 500)
        let read = cluster.get("n3", "a")
        #expect(read == value(1))
    }

    @Test("a state of before there were members that join is that of one that has joined")
    func older() throws {
        var writer = ByteWriter()
        writer.number(7)
        var stored = StoredState()
        stored.state = writer.bytes
        let configuration = QuorumConfiguration(name: "n1", cluster: "c", members: ["n1", "n2", "n3"])
        #expect(try QuorumReplica(configuration, stored: stored).isComplete)
        stored.state = writer.bytes + [0]
        #expect(try !QuorumReplica(configuration, stored: stored).isComplete)
        stored.state = writer.bytes + [0, 0]
        #expect(throws: DecodingFailure.self) { try QuorumReplica(configuration, stored: stored) }
    }
}
