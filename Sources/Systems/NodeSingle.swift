public import Clients

/// `node-single`: one leader and its followers, from this repository.
public struct NodeSingle: BundledNode {
    public static let name = "node-single"

    public let options: NodeSingleOptions

    public init(options: NodeSingleOptions) { self.options = options }

    public var traits: SystemTraits {
        SystemTraits(
            name: Self.name, programs: [Self.name, "nodectl"] + arbiters.programs, clientPort: 7000, peerPort: 7001,
            companionPorts: arbiters.ports(peer: 7001), choosesLeader: arbiters.count > 0)
    }

    public var dialect: any RESPDialect { NodeDialect(writesStatements: options.writes == .statements) }
    public var gates: [String] { options.gates }
    public var delays: [NodeSingleOptions.Delay] { options.delays }
    public var arbiters: ArbiterOptions { options.arbiters }
    public var losesWhatIsNotDurable: Bool { options.disk == .buffered }

    public func words(_ site: NodeSite, in cluster: ClusterPlan) -> [String] {
        var words = failover(site, cluster)
        words += ["--ack", options.acknowledgement.text, "--ack-stage", options.stage.rawValue]
        words += ["--visible", options.visible.rawValue, "--semi", options.semi.rawValue]
        words += ["--semi-timeout", "\(options.semiTimeout)ms", "--snapshot-every", "\(options.snapshotEvery)"]
        if !options.mutants.isEmpty { words += ["--mutant", options.mutants.joined(separator: ",")] }
        if !options.failpoints.isEmpty { words += ["--failpoint", options.failpoints.joined(separator: ",")] }
        if options.disk != .real { words += ["--disk", options.disk.rawValue] }
        words += ["--fsync", options.sync.rawValue, "--retain", "\(options.retain)"]
        words += ["--token", options.token.rawValue, "--log-format", options.logFormat.rawValue]
        if options.partitions > 1 { words += ["--partitions", "\(options.partitions)"] }
        if let layout = options.pageLayouts[site.name] { words += ["--page-layout", "\(layout)"] }
        return words + ["--fix", options.fix.rawValue, "--apply-workers", "\(options.applyWorkers)"]
    }

    /// Who leads, by an operator's word or by the arbiters'.
    private func failover(_ site: NodeSite, _ cluster: ClusterPlan) -> [String] {
        let rewind = options.rewind.map { ["--rewind", $0.rawValue] } ?? []
        guard arbiters.count > 0 else {
            return ["--role", site.name == cluster.leader ? "leader" : "follower", "--leader", cluster.leader]
                + rewind
        }
        return ["--demote", options.demote.rawValue, "--fence", options.fence.rawValue] + rewind
    }

    /// Nothing where arbiters decide: they tell the nodes.
    public func follow(_ leader: NodeSite, _ site: NodeSite, via host: any HostAccess) async throws(SystemError) {
        guard arbiters.count == 0 else { return }
        try await order(["follow", leader.name], site, via: host)
    }
}
