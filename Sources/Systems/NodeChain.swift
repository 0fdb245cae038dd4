public import Clients

/// `node-chain`: members in a row, writes enter at the head and count once the tail has them; from this repository. The
/// head is what others call the leader.
public struct NodeChain: BundledNode {
    public static let name = "node-chain"

    public let options: NodeChainOptions

    public init(options: NodeChainOptions) { self.options = options }

    public var traits: SystemTraits {
        SystemTraits(
            name: Self.name, programs: [Self.name, "nodectl"] + arbiters.programs, clientPort: 7000, peerPort: 7001,
            companionPorts: arbiters.ports(peer: 7001),
            choosesLeader: arbiters.count > 0)
    }

    public var dialect: any RESPDialect { NodeDialect() }
    public var arbiters: ArbiterOptions { options.arbiters }
    public var gates: [String] { options.gates }
    public var delays: [NodeSingleOptions.Delay] { options.delays }
    public var losesWhatIsNotDurable: Bool { options.disk == .buffered }

    public func words(_ site: NodeSite, in cluster: ClusterPlan) -> [String] { options.words }
}
