import Synchronization

/// Where a node's clients connect to.
public struct NodeAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IP address.
    public var host: String
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `10.0.0.1:7000` or `[fe80::1]:7000`.
    public init?(_ text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: port)
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// What the controller knows of the cluster: addresses and who leads. Shared by all clients of a run.
///
/// The runner alone changes it, when it has promoted a node. A client that a node redirects keeps that to itself: one
/// node's word may be stale or wrong, and must not steer the clients that are to find that out.
public final class Topology: Sendable {
    /// One state of the cluster.
    public struct Snapshot: Sendable {
        /// The nodes by name, so that a seed means the same in every run.
        public let nodes: [(name: String, address: NodeAddress)]
        /// The node to which writes go.
        public let leader: String?
        /// Grows with each change; a client's own belief is worth nothing after it.
        public let generation: Int

        /// Where a node is, `nil` if there is no such node.
        public func address(of node: String) -> NodeAddress? { nodes.first { $0.name == node }?.address }

        /// Who listens at an address.
        public func node(at address: NodeAddress) -> String? { nodes.first { $0.address == address }?.name }
    }

    private let state: Mutex<Snapshot>

    public init(_ addresses: [String: NodeAddress], leader: String? = nil) {
        let nodes = addresses.sorted { $0.key < $1.key }.map { (name: $0.key, address: $0.value) }
        precondition(leader == nil || addresses[leader ?? ""] != nil, "the leader is one of the nodes")
        state = Mutex(Snapshot(nodes: nodes, leader: leader, generation: 0))
    }

    public var snapshot: Snapshot { state.withLock { $0 } }

    /// Tells all clients who leads from now on, `nil` while nobody does.
    public func setLeader(_ leader: String?) {
        state.withLock { state in
            precondition(leader == nil || state.address(of: leader ?? "") != nil, "the leader is one of the nodes")
            state = Snapshot(nodes: state.nodes, leader: leader, generation: state.generation + 1)
        }
    }
}
