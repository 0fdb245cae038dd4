public import Clients

/// `node-quorum`: a store without a leader, from this repository. Every node takes every request.
public struct NodeQuorum: BundledNode {
    public static let name = "node-quorum"

    public let options: NodeQuorumOptions

    public init(options: NodeQuorumOptions) { self.options = options }

    public var traits: SystemTraits {
        SystemTraits(
            name: Self.name, programs: [Self.name, "nodectl"], clientPort: 7000, peerPort: 7001, hasLeader: false,
            moreGates: NodeQuorumOptions.moreGates)
    }

    public var dialect: any RESPDialect { NodeDialect() }
    public var gates: [String] { options.gates }
    public var delays: [NodeSingleOptions.Delay] { options.delays }
    public var losesWhatIsNotDurable: Bool { options.disk == .buffered }

    public func words(_ site: NodeSite, in cluster: ClusterPlan) -> [String] { options.words }

    /// Nothing: nobody leads.
    public func follow(_ leader: NodeSite, _ site: NodeSite, via host: any HostAccess) async throws(SystemError) {}
}
