public import Clients
import HistoryModel

/// `node-raft`: a group of nodes that agree on a log, from this repository. It chooses its leader by itself.
public struct NodeRaft: SystemUnderTest {
    public static let name = "node-raft"

    public let options: NodeRaftOptions

    public init(options: NodeRaftOptions) { self.options = options }

    public var traits: SystemTraits {
        SystemTraits(
            name: Self.name, programs: [Self.name, "nodectl"], clientPort: 7000, peerPort: 7001, choosesLeader: true
        )
    }

    public var dialect: any RESPDialect { NodeDialect() }

    public func checkHost(of site: NodeSite, via host: any HostAccess) async throws(SystemError) {
        try await control.checkHost(programs: traits.programs, site, via: host)
    }

    public func launch(_ site: NodeSite, in cluster: ClusterPlan) -> LaunchSpec {
        let argv = control.argv(
            site, cluster, own: options.words, gates: options.gates, delays: options.delays)
        return LaunchSpec(
            directories: [site.stateDirectory, site.dataDirectory, site.runDirectory], files: [],
            process: ProcessSpec(
                name: site.name, argv: argv, workingDirectory: site.stateDirectory,
                standardOutput: site.standardOutput, standardError: site.standardError, readyLine: "READY "))
    }

    public func status(of site: NodeSite, via host: any HostAccess) async throws(SystemError) -> NodeStatus {
        try await control.ask(
            site, ["status"], via: host, deadline: HostCommand.statusDeadline, NodeControl.status)
    }

    private var control: NodeOperator { NodeOperator(system: Self.name) }
}

extension NodeRaft: Promotable {
    /// Asks the leader to make room; the group follows by itself.
    public func promote(_ site: NodeSite, via host: any HostAccess) async throws(SystemError) {
        try await control.ask(site, ["promote"], via: host) { _ in () }
    }

    /// Nothing: who leads is not for an operator to say.
    public func follow(_ leader: NodeSite, _ site: NodeSite, via host: any HostAccess) async throws(SystemError) {}
}

extension NodeRaft: Gateable {
    public func setGate(
        _ target: String, open: Bool, _ site: NodeSite, via host: any HostAccess
    ) async throws(SystemError) {
        try await control.ask(site, ["gate", open ? "open" : "close", target], via: host) { _ in () }
    }

    public func setDelay(
        _ target: String, _ range: String?, _ site: NodeSite, via host: any HostAccess
    ) async throws(SystemError) {
        try await control.ask(site, ["delay", target, range ?? "off"], via: host) { _ in () }
    }
}

extension NodeRaft: PowerCuttable {
    public var losesWhatIsNotDurable: Bool { options.disk == .buffered }

    public func cutPower(
        torn: Bool, _ site: NodeSite, via host: any HostAccess
    ) async throws(SystemError) {
        try await control.ask(site, ["power-cut"] + (torn ? ["--torn"] : []), via: host) { _ in () }
    }
}

extension NodeRaft: ClockSkewable {
    public func setClock(
        _ clock: String, _ setting: String, _ site: NodeSite, via host: any HostAccess
    ) async throws(SystemError) -> ClockWord {
        try await control.ask(site, ["clock", clock, setting], via: host) { answer throws(AnswerError) in
            try NodeControl.clock(clock, answer)
        }
    }
}

extension NodeRaft: Dumpable {
    public func dump(_ site: NodeSite, via host: any HostAccess) async throws(SystemError) -> NodeDump {
        try await control.ask(site, ["dump"], via: host, NodeControl.dump)
    }
}
