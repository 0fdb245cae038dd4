/// The arbiters of a design that has them, as a workload file sets them: how many, and how they decide.
///
/// They live beside the last nodes: the first leader is most often the one that is cut off.
public struct ArbiterOptions: Hashable, Sendable {
    /// Who leads after a leader is gone.
    public enum Failover: String, Hashable, Sendable, CaseIterable {
        /// Whose log goes furthest, among a majority.
        case best
        /// One of those that have all that was acknowledged.
        case syncSet = "sync-set"
        /// The first by name, or by answer.
        case priority, first
        /// Whom an operator names.
        case manual
        /// Who stands in a chain, for the design that is one.
        case chain
    }

    /// 0: an operator decides.
    public var count = 0
    public var failover = Failover.best
    /// How long a leader may lead without the arbiters' word, in milliseconds.
    public var lease: Int64 = 2000
    /// How long arbiters wait for more reports once they could choose, in milliseconds.
    public var patience: Int64 = 200
    /// Bugs of arbiters that are switched on, `M19`.
    public var mutants: [String] = []

    public init() {}

    static let names = ["arbiters", "failover", "lease", "patience"]

    /// Reads the options of a workload file; `mutants` are those of the whole system.
    init(_ reader: OptionReader, nodes: [String], mutants: [String]) throws(SystemOptionError) {
        count = Int(try reader.number("arbiters", in: 0...5, default: 0))
        guard count == 0 || count % 2 == 1, count <= nodes.count else {
            throw reader.refused("arbiters", "0, 1, 3 or 5, and no more than there are nodes")
        }
        failover = try reader.choice("failover", default: failover)
        guard failover != .chain else {
            throw reader.refused("failover", "best, sync-set, priority, first or manual")
        }
        lease = try reader.number("lease", in: 100...60_000, default: lease)
        patience = try reader.number("patience", in: 1...60_000, default: patience)
        self.mutants = mutants.filter { Self.ownMutants.contains($0) }
    }

    /// Bugs that are in arbiters and not in the nodes beside them.
    private static let ownMutants: Set<String> = ["M15", "M19"]
    private static let program = "node-arbiter"
    /// A host has at most one node and one arbiter; theirs lie behind the node's ports.
    private static let portDistance = 2

    /// What every host needs besides the programs of the design.
    var programs: [String] { count > 0 ? [Self.program] : [] }

    /// Where arbiters are, for a node whose peers are at that port.
    func ports(peer: Int) -> [Int] { count > 0 ? [peer + Self.portDistance] : [] }

    /// What nodes are told of their arbiters.
    func words(in cluster: ClusterPlan) -> [String] {
        count > 0 ? ["--arbiters", places(in: cluster), "--lease", "\(lease)ms"] : []
    }

    private func sites(in cluster: ClusterPlan) -> [(beside: String, site: NodeSite)] {
        cluster.sites.suffix(count).enumerated().map { place, node in
            var site = node
            site.name = "a\(place + 1)"
            site.clientPort += Self.portDistance
            site.peerPort += Self.portDistance
            let parent = node.stateDirectory.lastIndex(of: "/").map { String(node.stateDirectory[..<$0]) }
            site.stateDirectory = "\(parent ?? ".")/\(site.name)"
            return (node.name, site)
        }
    }

    private func places(in cluster: ClusterPlan) -> String {
        sites(in: cluster).map { "\($0.site.name)=\($0.site.peerAddress)" }.joined(separator: ",")
    }

    func companions(in cluster: ClusterPlan) -> [Companion] {
        let nodes = cluster.sites.map { "\($0.name)=\($0.peerAddress)" }.joined(separator: ",")
        var own = ["--nodes", nodes, "--failover", failover.rawValue, "--lease", "\(lease)ms"]
        own += ["--patience", "\(patience)ms"]
        if !mutants.isEmpty { own += ["--mutant", mutants.joined(separator: ",")] }
        let arbiters = sites(in: cluster)
        var group = cluster
        group.closedGates = [:]
        group.sites = arbiters.map(\.site)
        return arbiters.map { beside, site in
            let argv = NodeOperator(system: Self.program).argv(site, group, own: own, gates: [], delays: [])
            return Companion(beside: beside, site: site, launch: LaunchSpec(site, argv))
        }
    }
}

extension LaunchSpec {
    /// A program of this repository, which says when it is ready.
    init(_ site: NodeSite, _ argv: [String]) {
        self.init(
            directories: [site.stateDirectory, site.dataDirectory, site.runDirectory], files: [],
            process: ProcessSpec(
                name: site.name, argv: argv, workingDirectory: site.stateDirectory,
                standardOutput: site.standardOutput, standardError: site.standardError, readyLine: "READY "))
    }
}
