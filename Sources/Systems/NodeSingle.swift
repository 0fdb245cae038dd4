public import Clients

/// `node-single`: one leader and its followers, from this repository.
public struct NodeSingle: BundledNode {
    public static let name = "node-single"

    public let options: NodeSingleOptions

    public init(options: NodeSingleOptions) { self.options = options }

    public var traits: SystemTraits {
        SystemTraits(name: Self.name, programs: [Self.name, "nodectl"], clientPort: 7000, peerPort: 7001)
    }

    public var dialect: any RESPDialect { NodeDialect(writesStatements: options.writes == .statements) }
    public var gates: [String] { options.gates }
    public var delays: [NodeSingleOptions.Delay] { options.delays }
    public var losesWhatIsNotDurable: Bool { options.disk == .buffered }

    public func words(_ site: NodeSite, in cluster: ClusterPlan) -> [String] {
        var words = ["--role", site.name == cluster.leader ? "leader" : "follower", "--leader", cluster.leader]
        words += ["--ack", options.acknowledgement.text, "--ack-stage", options.stage.rawValue]
        if !options.mutants.isEmpty { words += ["--mutant", options.mutants.joined(separator: ",")] }
        if !options.failpoints.isEmpty { words += ["--failpoint", options.failpoints.joined(separator: ",")] }
        if options.disk != .real { words += ["--disk", options.disk.rawValue] }
        words += ["--fsync", options.sync.rawValue, "--retain", "\(options.retain)"]
        words += ["--token", options.token.rawValue, "--log-format", options.logFormat.rawValue]
        return words + ["--fix", options.fix.rawValue, "--apply-workers", "\(options.applyWorkers)"]
    }
}
