/// A process beside a node: on the same host, with ports, a data directory and an admin socket of its own.
///
/// It takes no clients. Faults of the node's process pass it by; what cuts the host off cuts it off, too.
public struct Companion: Hashable, Sendable {
    /// The node on whose host it lives.
    public var beside: String
    public var site: NodeSite
    public var launch: LaunchSpec

    public var name: String { site.name }

    public init(beside: String, site: NodeSite, launch: LaunchSpec) {
        self.beside = beside
        self.site = site
        self.launch = launch
    }
}
