// How arbiters keep a chain: who stands in it, in which order.
//
// It begins with all nodes once all have reported. Who is silent for so long that its lease has surely ended is taken out;
// who reports and stands outside is taken in at the end, one at a time. One that joins counts for nothing before it says that
// it has everything: a chain is never left to such members alone.
extension ArbiterReplica {
    /// Longer than a lease lasts on any node's clock.
    private var patience: UInt64 { configuration.lease * (100 + configuration.raft.drift) / 100 }

    /// When a node was heard from last, or may have been given a lease last.
    private func lastSign(_ node: NodeName) -> Moment { max(granted[node] ?? 0, reports[node]?.at ?? 0) }

    private func isHeard(_ node: NodeName) -> Bool {
        guard let heard = reports[node] else { return false }
        return now < heard.at + patience
    }

    /// Whether it said of this chain that it has everything.
    private func isWhole(_ node: NodeName) -> Bool {
        guard isHeard(node), let report = reports[node]?.report else { return false }
        return report.isFit && report.epoch == decision.epoch
    }

    /// When the next silence of a member will be long enough.
    var nextSilence: Moment? {
        decision.chain.map { lastSign($0) + patience }.filter { $0 > now }.min()
    }

    mutating func arrangeChain() {
        guard decision.epoch > 0 else {
            guard configuration.nodes.allSatisfy({ isHeard($0) && reports[$0]?.report.epoch == 0 }) else { return }
            return propose(.chain(epoch: 1, configuration.nodes))
        }
        let members = decision.chain
        let rest = members.filter { now < lastSign($0) + patience }
        if rest.count < members.count {
            guard rest.contains(where: isWhole) else { return }
            return propose(.chain(epoch: decision.epoch + 1, rest))
        }
        if let head = members.first, hasLostItsDisk(head), members.dropFirst().contains(where: isWhole) {
            // What it said may be older than what the others said.
            let since = headUnfitSince ?? now
            headUnfitSince = since
            guard now >= since + patience else { return }
            return propose(.chain(epoch: decision.epoch + 1, Array(members.dropFirst())))
        }
        headUnfitSince = nil
        guard members.allSatisfy(isWhole),
            let newcomer = configuration.nodes.first(where: { !members.contains($0) && isHeard($0) })
        else { return }
        propose(.chain(epoch: decision.epoch + 1, members + [newcomer]))
    }

    /// A head that has not everything has nobody to get it from.
    private func hasLostItsDisk(_ head: NodeName) -> Bool {
        guard let report = reports[head]?.report else { return false }
        return report.epoch == decision.epoch && !report.isFit
    }
}
