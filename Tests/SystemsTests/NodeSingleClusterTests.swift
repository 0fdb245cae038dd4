import Clients
import Foundation
import HistoryModel
import Testing

@testable import Systems

/// Where the built `node-single` and `nodectl` are.
private let programs = ProcessInfo.processInfo.environment["INQUEST_NODE_PROGRAMS"]

/// Needs the programs: `INQUEST_NODE_PROGRAMS=.build/debug swift test --filter NodeSingleClusterTests`.
@Suite("A real cluster of node-single", .enabled(if: programs != nil), .timeLimit(.minutes(2)))
struct NodeSingleClusterTests {
    private func withCluster(
        _ test: Int, _ options: Value = .null,
        _ body: (NodeSingle, [ClusterMember], ClusterPlan) async throws -> Void
    ) async throws {
        let directory = URL(fileURLWithPath: programs ?? "").path
        let paths = ["node-single": directory + "/node-single", "nodectl": directory + "/nodectl"]
        let network = 20 + Int(getpid()) % 200
        try await LocalHost.with { host, state in
            let sites = (1...3).map { number in
                NodeSite(
                    name: "n\(number)", host: "here", address: "127.\(network).\(100 + test).\(number)",
                    clientPort: 17_000, peerPort: 17_001, stateDirectory: "\(state)/n\(number)",
                    runDirectory: "\(state)/run", programs: paths)
            }
            let system = NodeSingle(options: try NodeSingleOptions(options, nodes: sites.map(\.name)))
            let plan = ClusterPlan(name: "test", sites: sites, leader: "n1", seed: 1)
            let members = sites.map { ClusterMember(site: $0, host: host) }
            try await system.checkHost(of: sites[0], via: host)
            for member in members { try await system.start(member, in: plan, deadline: .seconds(30)) }
            try await body(system, members, plan)
        }
    }

    private func client(_ system: NodeSingle, _ plan: ClusterPlan, _ policy: ReadPolicy) -> ValidatingClient {
        ValidatingClient(
            RESPClient(
                process: 1, dialect: system.dialect, topology: plan.topology(),
                options: RESPClientOptions(readPolicy: policy), seed: 1))
    }

    private func invoke(
        _ client: some Client, _ f: String, _ key: String?, _ value: Value = .null, shape: KeyShape = .register,
        at node: String? = nil
    ) async -> ClientReply {
        await client.invoke(
            OperationRequest(f: f, key: key, value: value, shape: shape, node: node), deadline: .now + .seconds(20))
    }

    @Test("every function does what its name says, and replies say where they come from")
    func functions() async throws {
        try await withCluster(1, ["ack": "all"]) { system, members, plan in
            let client = client(system, plan, .leader)
            #expect(await invoke(client, "write", "r", 5).outcome == .ok(5))
            #expect(await invoke(client, "cas", "r", [5, 6]).outcome == .ok([5, 6]))
            #expect(await invoke(client, "cas", "r", [5, 7]).error?.code == .casFailed)
            #expect(await invoke(client, "cas", "new", [.null, 1]).outcome == .ok([.null, 1]))
            #expect(await invoke(client, "add", "s", 10).type == .ok)
            #expect(await invoke(client, "add", "s", 9).type == .ok)
            #expect(await invoke(client, "read", "s", shape: .set).outcome == .ok([9, 10]))
            #expect(await invoke(client, "read", "none").outcome == .ok(.null))
            let txn = await invoke(client, "txn", .none, [["r", "r", .null], ["r", "none", .null]])
            #expect(txn.outcome == .ok([["r", "r", 6], ["r", "none", .null]]))
            #expect(txn.meta["node"] == "n1")
            #expect(txn.meta["role"] == "leader")
            let pinned = await invoke(client, "write", "r", 8, at: "n2")
            #expect(pinned.error?.code == .moved, "\(pinned)")
            try await system.waitUntilCaughtUp(members, leader: "n1", deadline: .seconds(30))
            // A set is in the order of its bytes.
            let dump: Value = [["new", 1], ["r", 6], ["s", [10, 9]]]
            for member in members {
                #expect(try await system.dump(member.site, via: member.host).value == dump)
            }
            await client.close()
        }
    }

    @Test("a closed apply gate keeps a follower behind, and opening it lets it catch up")
    func gates() async throws {
        try await withCluster(2) { system, members, plan in
            let client = client(system, plan, .leader)
            try await system.setGate("apply", open: false, members[1].site, via: members[1].host)
            #expect(await invoke(client, "write", "r", 5).type == .ok)
            #expect(await invoke(client, "read", "r", at: "n2").outcome == .ok(.null))
            let error = await #expect(throws: SystemError.self) {
                try await system.waitUntilCaughtUp(members, leader: "n1", deadline: .milliseconds(500))
            }
            #expect(error?.node == "n2")
            try await system.setGate("apply", open: true, members[1].site, via: members[1].host)
            try await system.waitUntilCaughtUp(members, leader: "n1", deadline: .seconds(30))
            #expect(await invoke(client, "read", "r", at: "n2").outcome == .ok(5))
            await client.close()
        }
    }

    @Test("after the leader is killed a follower is promoted, clients are redirected, the old one rejoins wiped")
    func failover() async throws {
        try await withCluster(3, ["ack": "all"]) { system, members, plan in
            let client = client(system, plan, .leader)
            #expect(await invoke(client, "write", "r", 1).type == .ok)
            try await members[0].host.signal("n1", .kill)
            #expect(await invoke(client, "write", "r", 2).type != .ok)
            let leader = try await system.failOver(among: Array(members.dropFirst()))
            var after = plan
            after.leader = leader
            try await system.wipe(members[0])
            try await system.start(members[0], in: after, deadline: .seconds(30))
            try await system.waitUntilCaughtUp(members, leader: leader, deadline: .seconds(30))
            // The topology still names the old leader, which redirects.
            let write = await invoke(client, "write", "r", 3)
            #expect(write.type == .ok, "\(write)")
            #expect(write.node == leader)
            await client.close()
        }
    }
}
