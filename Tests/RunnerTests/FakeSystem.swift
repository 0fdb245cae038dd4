import Clients
import HistoryModel
import Synchronization
import Systems

@testable import Runner

/// A system of nothing but who leads whom; it tells what it was asked to do.
final class FakeSystem: SystemUnderTest, Promotable, Gateable, Dumpable {
    struct State {
        var leader = "n1"
        var done: [String] = []
        /// Nodes that do not answer.
        var silent: Set<String> = []
        /// Where the log ends, by node; 0 unless said otherwise.
        var ends: [String: Int64] = [:]
        var dumps: [String: Value] = [:]
        /// How long a promotion takes.
        var promotion = Duration.zero
    }

    let state = Mutex(State())

    var done: [String] { state.withLock { $0.done } }

    var traits: SystemTraits { SystemTraits(name: "fake", programs: [], clientPort: 9, peerPort: 7001) }
    var dialect: any RESPDialect { NodeDialect() }

    func checkHost(of site: NodeSite, via host: any HostAccess) async throws(SystemError) {}

    func launch(_ site: NodeSite, in cluster: ClusterPlan) -> LaunchSpec {
        let role = cluster.leader == site.name ? "leader" : "follower of \(cluster.leader)"
        state.withLock { $0.done.append("launch \(site.name) as \(role)") }
        return LaunchSpec(
            directories: [site.stateDirectory], files: [],
            process: ProcessSpec(
                name: site.name, argv: ["node"], workingDirectory: "/", standardOutput: "/o", standardError: "/e"))
    }

    func status(of site: NodeSite, via host: any HostAccess) async throws(SystemError) -> NodeStatus {
        try answering(site, "status") { state in
            let end = state.ends[site.name] ?? 0
            return NodeStatus(
                node: site.name, role: state.leader == site.name ? .leader : .follower, timeline: 1, lineage: "1",
                lsn: end, applied: end, leader: state.leader)
        }
    }

    func promote(_ site: NodeSite, via host: any HostAccess) async throws(SystemError) {
        try? await Task.sleep(for: state.withLock { $0.promotion })
        try answering(site, "promote") { $0.leader = site.name }
    }

    func follow(_ leader: NodeSite, _ site: NodeSite, via host: any HostAccess) async throws(SystemError) {
        try answering(site, "follow \(leader.name)") { _ in }
    }

    func setGate(
        _ target: String, open: Bool, _ site: NodeSite, via host: any HostAccess
    ) async throws(SystemError) {
        try answering(site, "\(open ? "open" : "close") \(target)") { _ in }
    }

    func setDelay(
        _ target: String, _ range: String?, _ site: NodeSite, via host: any HostAccess
    ) async throws(SystemError) {}

    func dump(_ site: NodeSite, via host: any HostAccess) async throws(SystemError) -> NodeDump {
        try answering(site, "dump") {
            NodeDump(node: site.name, keys: [Value.Member("k", $0.dumps[site.name] ?? 1)])
        }
    }

    private func answering<Answer>(
        _ site: NodeSite, _ action: String, _ body: (inout State) -> Answer
    ) throws(SystemError) -> Answer {
        try state.withLock { state throws(SystemError) in
            if action != "status" { state.done.append("\(action) at \(site.name)") }
            guard !state.silent.contains(site.name) else {
                throw SystemError(.hostFailed, system: "fake", node: site.name, action: action, "silence")
            }
            return body(&state)
        }
    }
}
