public import HistoryModel

/// What a node says of itself.
public struct NodeStatus: Hashable, Sendable {
    public enum Role: String, Hashable, Sendable {
        case leader, follower
        /// One of many that are alike.
        case replica
    }

    /// What a node knows of a peer.
    public struct Peer: Hashable, Sendable {
        public var isConnected: Bool
        /// Positions in the log that the peer has acknowledged.
        public var received: Int64
        public var flushed: Int64
        public var applied: Int64

        public init(isConnected: Bool, received: Int64 = 0, flushed: Int64 = 0, applied: Int64 = 0) {
            self.isConnected = isConnected
            self.received = received
            self.flushed = flushed
            self.applied = applied
        }
    }

    public var node: String
    public var role: Role
    /// Counts promotions; 0 for systems that do not number them.
    public var timeline: Int64
    /// Names the line of history that the positions belong to; positions of two lineages do not compare.
    public var lineage: String
    /// The end of the node's log.
    public var lsn: Int64
    /// Up to where the log can be read.
    public var applied: Int64
    /// Whom it follows, or itself; `nil` if it does not know.
    public var leader: String?
    /// False for a follower that has no link to its leader or is just receiving all of its data: its positions then
    /// say nothing of what it holds.
    public var isLinked: Bool
    /// How many writes of each node it has; empty for systems with one log.
    public var progress: [String: Int64]
    /// By name; of a leader its followers, of a follower perhaps nothing.
    public var peers: [String: Peer]
    /// What keeps the node from rest, in words, where nodes say it.
    public var unrest: [String]
    /// Who belongs to the group, where operators change that; `nil` where all nodes do.
    public var group: [String]?

    public init(
        node: String, role: Role, timeline: Int64, lineage: String, lsn: Int64, applied: Int64, leader: String?,
        isLinked: Bool = true, progress: [String: Int64] = [:], peers: [String: Peer] = [:], unrest: [String] = [],
        group: [String]? = nil
    ) {
        self.node = node
        self.role = role
        self.timeline = timeline
        self.lineage = lineage
        self.lsn = lsn
        self.applied = applied
        self.leader = leader
        self.isLinked = isLinked
        self.progress = progress
        self.peers = peers
        self.unrest = unrest
        self.group = group
    }

    /// Whether this node, as the group's leader knows it, has that one in it: others get nothing any more.
    package func counts(_ node: String) -> Bool { group?.contains(node) ?? true }
}

/// Everything that one node holds.
public struct NodeDump: Hashable, Sendable {
    public var node: String
    /// Pairs of key and value, by key; sets are lists in order.
    public var keys: [Value.Member]
    /// Whether keys that are missing live at other nodes.
    public var isPartial: Bool

    public init(node: String, keys: [Value.Member], isPartial: Bool = false) {
        self.node = node
        self.isPartial = isPartial
        self.keys = keys.sorted { $0.name < $1.name }
    }

    /// As histories hold it: a list of `[key, value]`, and `["partial"]` behind it where missing keys live elsewhere.
    public var value: Value {
        let pairs = keys.map { Value.list([.string($0.name), $0.value]) }
        return .list(pairs + (isPartial ? [.list(["partial"])] : []))
    }
}
