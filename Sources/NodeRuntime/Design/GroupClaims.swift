import Replication

extension RaftDesign {
    /// A group changes its leader by itself, so what only holds while it does not is not promised. What is committed stays,
    /// and nothing else is shown, however it is read.
    public func claims(isDurable: Bool) -> [NodeClaims] {
        var claims: [NodeClaims]
        switch configuration.read {
        case .log, .readIndex: claims = [.strong("any", ["RA01"])]
        case .lease: claims = [.strong("leader", ["RA02"])]
        case .leaderLocal: claims = [.weak("leader", ["RA04"])]
        case .local:
            claims = [
                .weak("any", ["RA06"]), .weak("sticky", readsMonotonically: true, keepsPrefixes: true, ["RA07"]),
                .weak(
                    "any with tokens", readsOwnWrites: true, readsMonotonically: true, keepsPrefixes: true, ["RA08"]
                ),
            ]
        }
        if !configuration.deduplicates { claims.append(.weak("leader, retrying", keepsPrefixes: true, ["RA09"])) }
        return claims.map { $0.durable(isDurable) }
    }
}

extension ChainDesign {
    /// At the tail, and by CRAQ anywhere, everything holds if nobody answers who was taken out. Without arbiters nobody is
    /// taken out unless an operator does it. The head shows what may die with it.
    public func claims(isDurable: Bool) -> [NodeClaims] {
        let hasArbiters = !configuration.arbiters.isEmpty
        let isSure = !hasArbiters || configuration.isFenced
        let claim: NodeClaims =
            switch configuration.read {
            case .tail:
                isSure
                    ? .strong("tail", hasArbiters ? ["CH01", "CH08"] : ["CH09"])
                    : .weak("tail", readsMonotonically: true, ["CH07"])
            case .craq: isSure ? .strong("any", ["CH05"]) : .weak("any", [])
            // What is too old is read as the tail has it, and may be older than what was shown before.
            case .craqBounded: .weak("any", readsOwnWrites: isSure, [])
            case .head: hasArbiters ? .weakHead : .strong("head", ["CH03"])
            case .any: .weak("any", readsOwnWrites: true, ["CH02"])
            case .craqEventual:
                .weak("sticky", readsOwnWrites: true, readsMonotonically: true, keepsPrefixes: true, ["CH06"])
            }
        return [claim.durable(isDurable)]
    }
}

extension NodeClaims {
    fileprivate static func strong(_ reads: String, _ cells: [String]) -> NodeClaims {
        NodeClaims(
            reads: reads, isLinearizable: true, readsOwnWrites: true, readsMonotonically: true, keepsPrefixes: true,
            losesAcknowledged: false, showsRolledBack: false, converges: true, cells: cells)
    }

    fileprivate static func weak(
        _ reads: String, readsOwnWrites: Bool = false, readsMonotonically: Bool = false,
        keepsPrefixes: Bool = false,
        _ cells: [String]
    ) -> NodeClaims {
        NodeClaims(
            reads: reads, isLinearizable: false, readsOwnWrites: readsOwnWrites,
            readsMonotonically: readsMonotonically, keepsPrefixes: keepsPrefixes, losesAcknowledged: false,
            showsRolledBack: false, converges: true, cells: cells)
    }

    fileprivate static var weakHead: NodeClaims {
        var claim = weak("head", readsOwnWrites: true, ["CH04"])
        claim.showsRolledBack = true
        return claim
    }

    /// The same, for nodes that answer before what they wrote is durable: nothing then outlives a power cut.
    fileprivate func durable(_ isDurable: Bool) -> NodeClaims {
        guard !isDurable else { return self }
        var claim = self
        (claim.losesAcknowledged, claim.showsRolledBack, claim.cells) = (true, true, [])
        return claim
    }
}
