public import Determinism

/// Where clients read. Writes always go to the leader.
public enum ReadPolicy: String, Hashable, Sendable, CaseIterable {
    case leader
    /// Any node, at random for each read.
    case any
    /// Any node that does not lead, at random for each read.
    case follower
    /// One follower for each client, always the same as long as the leader is.
    case sticky
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
        let others = nodes.filter { $0 != leader }
        let allowed = self == .any || others.isEmpty ? nodes : others
        if let wanted, allowed.contains(wanted) { return wanted }
        return self == .sticky ? allowed[client % allowed.count] : random.choose(allowed)
    }
}
