public import Clients

/// `node-raft`: a group of nodes that agree on a log, from this repository. It chooses its leader by itself.
public struct NodeRaft: BundledNode {
    public static let name = "node-raft"

    public let options: NodeRaftOptions

    public init(options: NodeRaftOptions) { self.options = options }

    public var traits: SystemTraits {
        SystemTraits(
            name: Self.name, programs: [Self.name, "nodectl"], clientPort: 7000, peerPort: 7001, choosesLeader: true
        )
    }

    public var dialect: any RESPDialect { NodeDialect() }
    public var gates: [String] { options.gates }
    public var delays: [NodeSingleOptions.Delay] { options.delays }
    public var losesWhatIsNotDurable: Bool { options.disk == .buffered }

    public func words(_ site: NodeSite, in cluster: ClusterPlan) -> [String] {
        options.words + (cluster.wiped.contains(site.name) ? ["--join", "on"] : [])
    }

    /// Nothing: who leads is not for an operator to say; `promote` asks the leader to make room.
    public func follow(_ leader: NodeSite, _ site: NodeSite, via host: any HostAccess) async throws(SystemError) {}
}
