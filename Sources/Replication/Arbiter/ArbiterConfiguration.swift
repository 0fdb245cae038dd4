/// How an arbiter is set up. Times are in nanoseconds.
public struct ArbiterConfiguration: Hashable, Sendable {
    /// The group of arbiters: who they are, and their elections.
    public var raft: RaftConfiguration
    /// The nodes of the cluster, in order of priority.
    public var nodes: [NodeName]
    public var rule = FailoverRule.best
    /// How long a leader may lead after it last heard that it does. The nodes count it on their own clocks; the arbiters
    /// wait longer by `raft.drift` percent.
    public var lease: UInt64 = 2_000_000_000
    /// How long an arbiter waits for more reports once it could choose a leader.
    public var patience: UInt64 = 200_000_000

    public init(name: NodeName, cluster: String, arbiters: [NodeName], nodes: [NodeName]) {
        precondition(!nodes.isEmpty, "arbiters decide about nodes")
        raft = RaftConfiguration(name: name, cluster: cluster, members: arbiters)
        self.nodes = nodes
    }
}

/// Who leads after a leader is gone.
public enum FailoverRule: String, Hashable, Sendable, CaseIterable {
    /// The one whose log goes furthest among those that answered; a majority of all nodes must have.
    case best
    /// One of those that have all that was acknowledged, by the set that was recorded before anybody relied on it.
    case syncSet = "sync-set"
    /// The first in the order of nodes that answers.
    case priority
    /// The one that answers first.
    case first
    /// Nobody, until an operator says who.
    case manual
    /// No leader but a chain: who stands in it, from the head to the tail.
    case chain
}
