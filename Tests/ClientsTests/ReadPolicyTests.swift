import HistoryModel
import Testing

@testable import Clients

@Suite("Read policies")
struct ReadPolicyTests {
    private let topology = Topology(
        [
            "n3": .init(host: "127.0.0.3", port: 1), "n1": .init(host: "127.0.0.1", port: 1),
            "n2": .init(host: "127.0.0.2", port: 1),
        ], leader: "n2")
    private let read = OperationRequest(f: "read", key: "k")
    private let write = OperationRequest(f: "write", key: "k", value: 1)

    private func choices(_ policy: ReadPolicy, process: Int = 1, seed: UInt64 = 7, count: Int = 60) -> [String?] {
        var chooser = NodeChooser(policy: policy, process: process, seed: seed)
        return (0..<count).map { _ in chooser.node(for: read, in: topology.snapshot) }
    }

    @Test(
        "the same seed and process choose the same, another seed or process otherwise",
        arguments: ReadPolicy.allCases)
    func deterministic(policy: ReadPolicy) {
        #expect(choices(policy) == choices(policy))
        guard policy == .any || policy == .follower else { return }
        #expect(choices(policy) != choices(policy, seed: 8))
        #expect(choices(policy) != choices(policy, process: 2))
    }

    @Test("each policy reads at the nodes it should, and at all of these")
    func places() {
        #expect(Set(choices(.leader)) == ["n2"])
        #expect(Set(choices(.any)) == ["n1", "n2", "n3"])
        #expect(Set(choices(.follower)) == ["n1", "n3"])
        #expect(Set(choices(.sticky)).count == 1)
        #expect(Set((0..<20).flatMap { choices(.sticky, process: $0) }) == ["n1", "n3"])
    }

    @Test("writes go to the leader whatever the policy", arguments: ReadPolicy.allCases)
    func writes(policy: ReadPolicy) {
        var chooser = NodeChooser(policy: policy, process: 1, seed: 7)
        #expect(chooser.node(for: write, in: topology.snapshot) == "n2")
    }

    @Test("a sticky client keeps its node when that becomes the leader, and asks a new leader to write")
    func sticky() throws {
        var chooser = NodeChooser(policy: .sticky, process: 1, seed: 7)
        let choice = chooser.node(for: read, in: topology.snapshot)
        let node = try #require(choice)
        topology.setLeader(node)
        #expect(chooser.node(for: read, in: topology.snapshot) == node)
        #expect(chooser.node(for: write, in: topology.snapshot) == node)
    }

    @Test("a pinned request goes where it is pinned to")
    func pinned() {
        var chooser = NodeChooser(policy: .leader, process: 1, seed: 7)
        var request = write
        request.node = "n3"
        #expect(chooser.node(for: request, in: topology.snapshot) == "n3")
    }

    @Test("a redirect is believed until the runner speaks or the node cannot be reached")
    func belief() {
        var chooser = NodeChooser(policy: .leader, process: 1, seed: 7)
        chooser.redirected(to: "n3", in: topology.snapshot)
        #expect(chooser.node(for: write, in: topology.snapshot) == "n3")
        chooser.unreachable("n1")
        #expect(chooser.node(for: write, in: topology.snapshot) == "n3")
        chooser.unreachable("n3")
        #expect(chooser.node(for: write, in: topology.snapshot) == "n2")
        chooser.redirected(to: "n3", in: topology.snapshot)
        topology.setLeader("n1")
        #expect(chooser.node(for: write, in: topology.snapshot) == "n1")
    }

    @Test("without a leader there is no place to write, and a place to read")
    func noLeader() {
        topology.setLeader(nil)
        var chooser = NodeChooser(policy: .any, process: 1, seed: 7)
        #expect(chooser.node(for: write, in: topology.snapshot) == nil)
        #expect(chooser.node(for: read, in: topology.snapshot) != nil)
    }

    @Test("addresses are read with their port, and nothing else is")
    func addresses() {
        #expect(NodeAddress("10.0.0.1:7000") == NodeAddress(host: "10.0.0.1", port: 7000))
        #expect(NodeAddress("[fe80::1]:7000") == NodeAddress(host: "fe80::1", port: 7000))
        #expect(NodeAddress("[fe80::1]:7000")?.description == "[fe80::1]:7000")
        for text in ["", "10.0.0.1", ":7000", "a:", "a:0", "a:65536", "a:-1"] {
            #expect(NodeAddress(text) == nil, "\(text)")
        }
    }
}
