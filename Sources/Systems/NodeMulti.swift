public import Clients

/// `node-multi`: several nodes take writes and tell each other later; from this repository.
public struct NodeMulti: BundledNode {
    public static let name = "node-multi"

    public let options: NodeMultiOptions

    public init(options: NodeMultiOptions) { self.options = options }

    public var traits: SystemTraits {
        SystemTraits(
            name: Self.name, programs: [Self.name, "nodectl"], clientPort: 7000, peerPort: 7001,
            hasManyLeaders: true)
    }

    public var dialect: any RESPDialect { NodeDialect() }
    public var gates: [String] { options.gates }
    public var delays: [NodeSingleOptions.Delay] { options.delays }
    public var losesWhatIsNotDurable: Bool { options.disk == .buffered }

    public func words(_ site: NodeSite, in cluster: ClusterPlan) -> [String] { options.words }

    /// Nothing: nobody is led from outside.
    public func follow(_ leader: NodeSite, _ site: NodeSite, via host: any HostAccess) async throws(SystemError) {}
}
