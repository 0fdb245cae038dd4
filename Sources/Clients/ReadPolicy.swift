import Determinism

/// Which node a client asks when it reads.
public enum ReadPolicy: String, Hashable, Sendable, CaseIterable {
    /// The one that it believes to lead.
    case leader
    /// Any node, anew for each read.
    case any
    /// Any node but the leader, anew for each read.
    case follower
    /// One node that followed when the client first read, for the client's whole life.
    case sticky
    /// One node for each client place, for reads and writes.
    case local
}

/// Chooses the node for each operation of one client; the same seed, process and operations give the same choices.
struct NodeChooser: Sendable {
    let policy: ReadPolicy
    private let place: Int
    /// Whether writes go to the leader, and not where reads go.
    let writesToLeader: Bool
    private var random: SeededRandom
    private var kept: String?
    /// Who leads by the word of a node that redirected this client, and when that was.
    private var belief: (leader: String, generation: Int)?

    init(policy: ReadPolicy, writesToLeader: Bool = true, process: Int, place: Int? = nil, seed: UInt64) {
        self.policy = policy
        self.writesToLeader = writesToLeader
        self.place = place ?? process
        random = .named("client-\(process)", seed: seed)
    }

    /// The node to ask, `nil` when a leader is needed and none is known.
    mutating func node(
        for request: OperationRequest, wantsLeader: Bool = false, in topology: Topology.Snapshot
    ) -> String? {
        let leader = leader(in: topology)
        if wantsLeader { return leader }
        if let node = request.node { return node }
        if policy == .local { return home(topology) }
        guard request.isReadOnly || !writesToLeader else { return leader }
        switch policy {
        case .leader: return leader
        case .any: return random.choose(topology.nodes).name
        case .follower: return follower(topology, leader)
        case .sticky:
            kept = kept ?? follower(topology, leader)
            return kept
        case .local: return home(topology)
        }
    }

    /// The client's own node, by its place among the clients.
    private func home(_ topology: Topology.Snapshot) -> String? {
        topology.nodes.isEmpty ? nil : topology.nodes[place % topology.nodes.count].name
    }

    /// Any node but the leader; of a single node that one.
    private mutating func follower(_ topology: Topology.Snapshot, _ leader: String?) -> String {
        let followers = topology.nodes.filter { $0.name != leader }
        return random.choose(followers.isEmpty ? topology.nodes : followers).name
    }

    private func leader(in topology: Topology.Snapshot) -> String? {
        guard let belief, belief.generation == topology.generation else { return topology.leader }
        return belief.leader
    }

    /// A node says that another one leads.
    mutating func redirected(to leader: String, in topology: Topology.Snapshot) {
        belief = (leader, topology.generation)
    }

    /// The node cannot be reached: if only another's word made it the leader, that is forgotten.
    mutating func unreachable(_ node: String) {
        if belief?.leader == node { belief = nil }
    }
}
