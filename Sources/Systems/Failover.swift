extension Promotable {
    /// Promotes the reachable follower that has most of the log and points the others at it; gives its name.
    ///
    /// Takes the nodes that are left, without the old leader. Clients learn of it from their `Topology`, which the
    /// caller updates.
    public func failOver(among members: [ClusterMember]) async throws(SystemError) -> String {
        var followers: [NodeStatus] = []
        var silence: [SystemError] = []
        for member in members {
            do throws(SystemError) {
                let status = try await status(of: member.site, via: member.host)
                if status.role == .follower { followers.append(status) }
            } catch {
                silence.append(error)
            }
        }
        guard let chosen = NodeStatus.furthest(followers)?.node,
            let leader = members.first(where: { $0.site.name == chosen })
        else {
            let reasons = silence.map(\.description).joined(separator: "; ")
            throw SystemError(
                .noCandidate, system: traits.name, node: members.map(\.site.name).joined(separator: ","),
                action: "fail over", "no follower answers. \(reasons)")
        }
        try await promote(leader.site, via: leader.host)
        // One that does not answer now is pointed at the leader when it is started again.
        for member in members
        where member.site.name != chosen && followers.contains(where: { $0.node == member.site.name }) {
            try await follow(leader.site, member.site, via: member.host)
        }
        return chosen
    }
}

extension NodeStatus {
    /// The one with the highest timeline, then position; of equals the first by name.
    static func furthest(_ statuses: [NodeStatus]) -> NodeStatus? {
        statuses.min { left, right in
            (right.timeline, right.lsn, left.node) < (left.timeline, left.lsn, right.node)
        }
    }
}
