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

    public var dialect: any RESPDialect { NodeDialect() }

    public func checkHost(of site: NodeSite, via host: any HostAccess) async throws(SystemError) {
        for program in traits.programs {
            let path = site.program(program)
            let check = command(site, "check host", ["test", "-x", path])
            do throws(SystemError) {
                _ = try await check.run(via: host)
            } catch  where error.code == .commandFailed {
                throw check.failed(.notInstalled, "\(path) is no program on host \(site.host); upload it first")
            }
        }
    }

    public func launch(_ site: NodeSite, in cluster: ClusterPlan) -> LaunchSpec {
        LaunchSpec(
            directories: [site.stateDirectory, site.dataDirectory, site.runDirectory], files: [],
            process: ProcessSpec(
                name: site.name, argv: argv(site, cluster), workingDirectory: site.stateDirectory,
                standardOutput: site.standardOutput, standardError: site.standardError, readyLine: "READY "))
    }

    private func argv(_ site: NodeSite, _ cluster: ClusterPlan) -> [String] {
        let peers = cluster.sites.map { "\($0.name)=\($0.peerAddress)" }
        let clients = cluster.sites.map { "\($0.name)=\($0.clientAddress)" }
        let gates = options.gates + cluster.closedGates[site.name, default: []]
        let own = gates.filter { !$0.hasSuffix(":\(site.name)") }
        let delays = options.delays.filter { !$0.target.hasSuffix(":\(site.name)") }
        var argv = [site.program("node-single"), "--id", site.name, "--cluster", cluster.name]
        argv += ["--peers", peers.joined(separator: ","), "--client", "\(site.clientAddress)"]
        argv += ["--clients", clients.joined(separator: ","), "--peer", "\(site.peerAddress)"]
        argv += ["--admin", "unix:\(socket(site))", "--data", site.dataDirectory]
        argv += ["--role", site.name == cluster.leader ? "leader" : "follower", "--leader", cluster.leader]
        argv += ["--ack", options.acknowledgement.text, "--ack-stage", options.stage.rawValue]
        if options.disk != .real { argv += ["--disk", options.disk.rawValue] }
        argv += ["--fsync", options.sync.rawValue, "--retain", "\(options.retain)", "--seed", "\(cluster.seed)"]
        if !own.isEmpty { argv += ["--gate", own.joined(separator: ",")] }
        if !delays.isEmpty {
            argv += ["--delay", delays.map { "\($0.target)=\($0.range)" }.joined(separator: ",")]
        }
        return argv + ["--log", site.eventLog, "--pidfile", "\(site.runDirectory)/\(site.name).pid"]
    }

    public func status(of site: NodeSite, via host: any HostAccess) async throws(SystemError) -> NodeStatus {
        try await control(site, ["status"], via: host, deadline: HostCommand.statusDeadline, NodeControl.status)
    }
}

extension NodeSingle: Promotable {
    public func promote(_ site: NodeSite, via host: any HostAccess) async throws(SystemError) {
        try await control(site, ["promote"], via: host) { _ in () }
    }

    public func follow(_ leader: NodeSite, _ site: NodeSite, via host: any HostAccess) async throws(SystemError) {
        try await control(site, ["follow", leader.name], via: host) { _ in () }
    }
}

extension NodeSingle: Gateable {
    public func setGate(
        _ target: String, open: Bool, _ site: NodeSite, via host: any HostAccess
    ) async throws(SystemError) {
        try await control(site, ["gate", open ? "open" : "close", target], via: host) { _ in () }
    }

    public func setDelay(
        _ target: String, _ range: String?, _ site: NodeSite, via host: any HostAccess
    ) async throws(SystemError) {
        try await control(site, ["delay", target, range ?? "off"], via: host) { _ in () }
    }
}

extension NodeSingle: PowerCuttable {
    public var losesWhatIsNotDurable: Bool { options.disk == .buffered }

    public func cutPower(
        torn: Bool, _ site: NodeSite, via host: any HostAccess
    ) async throws(SystemError) {
        try await control(site, ["power-cut"] + (torn ? ["--torn"] : []), via: host) { _ in () }
    }
}

extension NodeSingle: ClockSkewable {
    public func setClock(
        _ clock: String, _ setting: String, _ site: NodeSite, via host: any HostAccess
    ) async throws(SystemError) -> ClockWord {
        try await control(site, ["clock", clock, setting], via: host) { answer throws(AnswerError) in
            try NodeControl.clock(clock, answer)
        }
    }
}

extension NodeSingle: Dumpable {
    public func dump(_ site: NodeSite, via host: any HostAccess) async throws(SystemError) -> NodeDump {
        try await control(site, ["dump"], via: host, NodeControl.dump)
    }
}

extension NodeSingle {
    private func socket(_ site: NodeSite) -> String { "\(site.runDirectory)/\(site.name).sock" }

    private func command(_ site: NodeSite, _ action: String, _ argv: [String]) -> HostCommand {
        HostCommand(system: Self.name, site: site, action: action, argv: argv)
    }

    /// Asks the node over its admin socket, and reads its answer.
    private func control<Answer>(
        _ site: NodeSite, _ words: [String], via host: any HostAccess,
        deadline: Duration = HostCommand.defaultDeadline,
        _ read: (Value) throws(AnswerError) -> Answer
    ) async throws(SystemError) -> Answer {
        let argv = [site.program("nodectl"), "--socket", socket(site)] + words
        var command = command(site, words.joined(separator: " "), argv)
        command.deadline = deadline
        let output = try await command.run(via: host).standardOutput
        do throws(AnswerError) {
            let answer = try JSONReply.value(output)
            if let message = answer["error"] {
                throw AnswerError(.commandFailed, message.plainText)
            }
            return try read(answer)
        } catch {
            throw command.failed(error.code, error.message)
        }
    }
}
