public import Clients
import HistoryModel

/// `node-single`: one leader and its followers, from this repository.
public struct NodeSingle: SystemUnderTest {
    public static let name = "node-single"

    public let options: NodeSingleOptions

    public init(options: NodeSingleOptions) { self.options = options }

    public var traits: SystemTraits {
        SystemTraits(name: Self.name, programs: ["node-single", "nodectl"], clientPort: 7000, peerPort: 7001)
    }

    public var dialect: any RESPDialect { NodeDialect(writesStatements: options.writes == .statements) }

    public func checkHost(of site: NodeSite, via host: any HostAccess) async throws(SystemError) {
        try await control.checkHost(programs: traits.programs, site, via: host)
    }

    public func launch(_ site: NodeSite, in cluster: ClusterPlan) -> LaunchSpec {
        LaunchSpec(
            directories: [site.stateDirectory, site.dataDirectory, site.runDirectory], files: [],
            process: ProcessSpec(
                name: site.name, argv: argv(site, cluster), workingDirectory: site.stateDirectory,
                standardOutput: site.standardOutput, standardError: site.standardError, readyLine: "READY "))
    }

    private func argv(_ site: NodeSite, _ cluster: ClusterPlan) -> [String] {
        var words = ["--role", site.name == cluster.leader ? "leader" : "follower", "--leader", cluster.leader]
        words += ["--ack", options.acknowledgement.text, "--ack-stage", options.stage.rawValue]
        if !options.mutants.isEmpty { words += ["--mutant", options.mutants.joined(separator: ",")] }
        if !options.failpoints.isEmpty { words += ["--failpoint", options.failpoints.joined(separator: ",")] }
        if options.disk != .real { words += ["--disk", options.disk.rawValue] }
        words += ["--fsync", options.sync.rawValue, "--retain", "\(options.retain)"]
        words += ["--token", options.token.rawValue, "--log-format", options.logFormat.rawValue]
        words += ["--fix", options.fix.rawValue, "--apply-workers", "\(options.applyWorkers)"]
        return control.argv(site, cluster, own: words, gates: options.gates, delays: options.delays)
    }

    public func status(of site: NodeSite, via host: any HostAccess) async throws(SystemError) -> NodeStatus {
        try await control.ask(site, ["status"], via: host, deadline: HostCommand.statusDeadline, NodeControl.status)
    }
}

extension NodeSingle: Promotable {
    public func promote(_ site: NodeSite, via host: any HostAccess) async throws(SystemError) {
        try await control.ask(site, ["promote"], via: host) { _ in () }
    }

    public func follow(_ leader: NodeSite, _ site: NodeSite, via host: any HostAccess) async throws(SystemError) {
        try await control.ask(site, ["follow", leader.name], via: host) { _ in () }
    }
}

extension NodeSingle: Gateable {
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

extension NodeSingle: PowerCuttable {
    public var losesWhatIsNotDurable: Bool { options.disk == .buffered }

    public func cutPower(
        torn: Bool, _ site: NodeSite, via host: any HostAccess
    ) async throws(SystemError) {
        try await control.ask(site, ["power-cut"] + (torn ? ["--torn"] : []), via: host) { _ in () }
    }
}

extension NodeSingle: ClockSkewable {
    public func setClock(
        _ clock: String, _ setting: String, _ site: NodeSite, via host: any HostAccess
    ) async throws(SystemError) -> ClockWord {
        try await control.ask(site, ["clock", clock, setting], via: host) { answer throws(AnswerError) in
            try NodeControl.clock(clock, answer)
        }
    }
}

extension NodeSingle: Dumpable {
    public func dump(_ site: NodeSite, via host: any HostAccess) async throws(SystemError) -> NodeDump {
        try await control.ask(site, ["dump"], via: host, NodeControl.dump)
    }
}

extension NodeSingle {
    private var control: NodeOperator { NodeOperator(system: Self.name) }
}
