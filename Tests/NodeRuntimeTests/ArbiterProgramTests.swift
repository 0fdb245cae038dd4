import Foundation
import HostProcesses
import Replication
import Testing

@testable import NodeRuntime

@Suite("Arbiters as programs", .serialized)
struct ArbiterProgramTests {
    static func design(_ words: [String]) throws -> NodeOptions {
        let base = [
            "--id", "a1", "--cluster", "c", "--peers", "a1=127.0.0.1:1,a2=127.0.0.1:2,a3=127.0.0.1:3",
            "--client", "127.0.0.1:0", "--peer", "127.0.0.1:0", "--data", "/nowhere",
        ]
        return try NodeCommandLine.options(base + words, of: ArbiterDesign.self)
    }

    @Test("the command line names arbiters and nodes, and both are heard")
    func commandLine() throws {
        let options = try Self.design(
            ["--nodes", "n1=127.0.0.1:7,n2=127.0.0.1:8", "--failover", "sync-set", "--lease", "3s"])
        let design = try #require(options.design as? ArbiterDesign)
        #expect(design.configuration.nodes == ["n1", "n2"])
        #expect(design.configuration.raft.members == ["a1", "a2", "a3"])
        #expect(design.configuration.rule == .syncSet)
        #expect(design.configuration.lease == 3_000_000_000)
        #expect(options.correspondents == ["n1", "n2"])
        #expect(options.peerAddresses["n2"] == NodeEndpoint(host: "127.0.0.1", port: 8))
    }

    @Test(
        "what no arbiter can be is refused",
        arguments: [
            [], ["--nodes", "a1=127.0.0.1:7"], ["--nodes", "n1=127.0.0.1:7", "--failover", "laggard"],
            ["--nodes", "n1=127.0.0.1:7", "--gate", "apply"], ["--nodes", "n1=127.0.0.1:7", "--election", "60ms"],
        ])
    func refused(words: [String]) {
        let error = #expect(throws: NodeError.self) { try Self.design(words) }
        #expect(error?.code == .badArguments)
    }

    @Test("a node hears its arbiters and they it; nobody else of another design is heard")
    func greetings() {
        let arbiter = PeerHello(cluster: "c", name: "a1", program: "node-arbiter", format: 2)
        let node = PeerHello(cluster: "c", name: "n1", program: "node-single", format: 2)
        #expect(arbiter.refusal(by: node, ["n2"], correspondents: ["a1"]) == nil)
        #expect(node.refusal(by: arbiter, ["a2"], correspondents: ["n1"]) == nil)
        #expect(arbiter.refusal(by: node, ["n2"]) != nil)
        let raft = PeerHello(cluster: "c", name: "a1", program: "node-raft", format: 2)
        #expect(raft.refusal(by: node, ["n2"], correspondents: ["a1"]) != nil)
        let second = PeerHello(cluster: "c", name: "n1", program: "node-arbiter", format: 2)
        #expect(second.refusal(by: arbiter, ["a2"], correspondents: ["n1"]) != nil)
    }

    @Test("three processes choose who decides, and another one when that is killed")
    func processes() throws {
        let cluster = try Cluster(3)
        var children: [NodeName: ProgramTests.Child] = [:]
        for name in cluster.names {
            children[name] = try ProgramTests.Child(try arguments(cluster, name), program: "node-arbiter")
            #expect(children[name]?.readyLine.hasPrefix("READY id=\(name)") == true)
        }
        let first = try decider(cluster, among: cluster.names)
        children[first]?.kill9()
        let second = try decider(cluster, among: cluster.names.filter { $0 != first })
        #expect(second != first)
        let order = try ProgramTests.control(cluster, second, "follow", "m9")
        #expect(order.status == 1)
        #expect(order.standardOutput.contains("m9 is no node of this cluster"))
    }

    private func arguments(_ cluster: Cluster, _ name: NodeName) throws -> [String] {
        let peers = try cluster.names.map { "\($0)=127.0.0.1:\(try #require(cluster.ports[$0]).peer)" }
        let own = try #require(cluster.ports[name])
        return [
            "--id", name, "--cluster", "c", "--peers", peers.joined(separator: ","),
            "--nodes", "m1=127.0.0.1:1,m2=127.0.0.1:2", "--client", "127.0.0.1:\(own.client)",
            "--peer", "127.0.0.1:\(own.peer)", "--admin", "unix:\(cluster.directory)/\(name).sock",
            "--data", cluster.data(name),
        ]
    }

    private func decider(_ cluster: Cluster, among names: [NodeName]) throws -> NodeName {
        var found: NodeName?
        try cluster.wait("an arbiter decides") {
            found = names.first { name in
                let status = try? ProgramTests.control(cluster, name, "status").standardOutput
                return status?.contains("\"role\":\"leader\"") == true && status?.contains("\"epoch\":1") == true
            }
            return found != nil
        }
        return try #require(found)
    }
}
