public import Determinism

/// Where clients read. Writes go to the leader, but for `local`.
public enum ReadPolicy: String, Hashable, Sendable, CaseIterable {
    case leader
    /// Any node, at random for each read.
    case any
    /// Any node that does not lead, at random for each read.
    case follower
    /// One follower for each client, always the same as long as the leader is.
    case sticky
    /// One node for each client, `n1` for the first: where every node, or several, take writes, each client has one near
    /// it, and follows when that one sends it elsewhere. Writes go there, too.
    case local
}

extension ReadPolicy {
    /// The node to ask; `nil` while a read needs the leader and nobody knows who leads.
    ///
    /// `wanted` is followed only where the policy allows that node, so that a scenario that names nodes can be
    /// repaired by its read policy alone.
    public func node(
        client: Int, wanted: String? = nil, nodes: [String], leader: String?, random: inout SeededRandom
    ) -> String? {
        guard self != .leader else { return leader }
        if self == .local { return wanted ?? nodes[client % nodes.count] }
        let others = nodes.filter { $0 != leader }
        let allowed = self == .any || others.isEmpty ? nodes : others
        if let wanted, allowed.contains(wanted) { return wanted }
        return self == .sticky ? allowed[client % allowed.count] : random.choose(allowed)
    }
}

extension ReadPolicy {
    /// The node to ask in a step of a scenario; `nil` leaves it to the client.
    public func node(
        client: Int, step isRead: Bool, wanted: String?, nodes: [String], leader: String?,
        random: inout SeededRandom
    ) -> String? {
        guard isRead || self == .local else { return wanted }
        return node(client: client, wanted: wanted, nodes: nodes, leader: leader, random: &random)
    }

    /// Whether the last phase reads at every node, and not only dumps what nodes hold. A session that has a node of its
    /// own is promised nothing at others.
    public func readsAtEnd(isSettled: Bool) -> Bool {
        switch self {
        case .leader, .any, .follower: true
        case .sticky: isSettled
        case .local: false
        }
    }
}
