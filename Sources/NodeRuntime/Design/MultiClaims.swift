import Replication

extension MultiDesign {
    /// With homes that answer reads, what a single leader for each key promises. Else what is left is the policy's: two
    /// leaders acknowledge writes that do not know each other, and most policies keep one of them.
    public func claims(isDurable: Bool) -> [NodeClaims] {
        guard configuration.home == .none else {
            return [configuration.readsAtHome ? atHome(isDurable) : awayFromHome(isDurable)]
        }
        var claims = [atLocalLeader(isDurable)]
        guard configuration.policy == .lwwHybrid else { return claims }
        claims.append(elsewhere("roaming", isDurable, "ML03"))
        if configuration.centres.contains(where: { !$0.followers.isEmpty }) {
            claims.append(elsewhere("follower", isDurable, "ML21"))
        }
        if !configuration.devices.isEmpty { claims.append(atDevice(isDurable)) }
        return claims
    }

    /// What a device wrote is decided by its leader, or the last write wins.
    private func atDevice(_ isDurable: Bool) -> NodeClaims {
        let isTentative = configuration.isTentative
        return NodeClaims(
            reads: "device", isLinearizable: false, readsOwnWrites: true, readsMonotonically: true,
            keepsPrefixes: true, losesAcknowledged: !isTentative || !isDurable, showsRolledBack: !isDurable,
            converges: true, cells: isDurable ? [isTentative ? "ML19" : "ML20"] : [])
    }

    private func atHome(_ isDurable: Bool) -> NodeClaims {
        NodeClaims(
            reads: "home", isLinearizable: true, readsOwnWrites: true, readsMonotonically: true,
            keepsPrefixes: true,
            losesAcknowledged: !isDurable, showsRolledBack: !isDurable, converges: true,
            cells: isDurable ? ["ML10"] : [])
    }

    private func awayFromHome(_ isDurable: Bool) -> NodeClaims {
        NodeClaims(
            reads: "local", isLinearizable: false, readsOwnWrites: false, readsMonotonically: true,
            keepsPrefixes: false, losesAcknowledged: !isDurable, showsRolledBack: !isDurable, converges: true,
            cells: isDurable ? ["ML11"] : [])
    }

    private func atLocalLeader(_ isDurable: Bool) -> NodeClaims {
        let policy = configuration.policy
        let converges = policy != .arrival && policy != .causalPriority
        let keepsAll = policy == .siblings || policy == .merge || policy == .crdt
        let cells: [String] =
            switch policy {
            case .arrival: ["ML01"]
            case .lwwHybrid: ["ML02", "ML14"]
            case .lwwWall: ["ML04"]
            case .lwwLamport: ["ML05"]
            case .priority: ["ML06"]
            case .causalPriority: ["ML07"]
            case .siblings: ["ML08"]
            case .crdt: ["ML09"]
            case .merge: []
            }
        return NodeClaims(
            reads: "local", isLinearizable: false, readsOwnWrites: policy != .lwwWall && policy != .priority,
            readsMonotonically: converges, keepsPrefixes: false, losesAcknowledged: !keepsAll || !isDurable,
            showsRolledBack: !isDurable, converges: converges, cells: isDurable ? cells : [])
    }

    /// Where clients go from node to node, or a node lags behind another one.
    private func elsewhere(_ reads: String, _ isDurable: Bool, _ cell: String) -> NodeClaims {
        NodeClaims(
            reads: reads, isLinearizable: false, readsOwnWrites: false, readsMonotonically: false,
            keepsPrefixes: false, losesAcknowledged: true, showsRolledBack: !isDurable, converges: true,
            cells: isDurable ? [cell] : [])
    }
}
