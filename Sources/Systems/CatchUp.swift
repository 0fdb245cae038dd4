extension SystemUnderTest {
    /// Waits until every follower can read all that the leader's log holds.
    ///
    /// Nodes that an operator took out of their group are not waited for. To be called when no client writes any more. A gate that is still closed shows here as a follower that stays
    /// behind; the error says which, and by how much. With `areAllThere` the leader must show all of its log, too, which
    /// it may do last of all where followers acknowledge.
    public func waitUntilCaughtUp(
        _ members: [ClusterMember], leader: String, deadline: Duration, areAllThere: Bool = false
    ) async throws(SystemError) {
        if traits.hasManyLeaders { return try await waitUntilAllHaveAll(members, deadline: deadline) }
        let end = ContinuousClock.now + deadline
        guard traits.hasLeader else { return try await waitUntilAtRest(members, end) }
        guard let leading = members.first(where: { $0.site.name == leader }) else {
            preconditionFailure("the leader is one of the members")
        }
        for member in members where member.site.name != leader {
            try await Polling(deadline: end - .now).run { () async throws(SystemError) in
                // The leader is asked each time: a restarted one may begin a new lineage when followers come back.
                let goal = try await status(of: leading.site, via: leading.host)
                guard goal.role == .leader else { throw behind(leading, "does not lead") }
                guard goal.counts(member.site.name) else { return }
                let status = try await status(of: member.site, via: member.host)
                if let flaw = status.lag(behind: goal) { throw behind(member, flaw) }
                if areAllThere, let flaw = goal.lagOfOwn { throw behind(leading, flaw) }
            }
        }
    }

    /// Waits until each has what any of them has.
    private func waitUntilAllHaveAll(_ members: [ClusterMember], deadline: Duration) async throws(SystemError) {
        guard let first = members.first else { return }
        try await Polling(deadline: deadline).run { () async throws(SystemError) in
            var statuses: [NodeStatus] = []
            for member in members { statuses.append(try await status(of: member.site, via: member.host)) }
            if let flaw = NodeStatus.lag(among: statuses) { throw behind(first, flaw) }
        }
    }

    /// Waits until no node knows of anything that has not arrived everywhere.
    private func waitUntilAtRest(
        _ members: [ClusterMember], _ end: ContinuousClock.Instant
    ) async throws(SystemError) {
        for member in members {
            try await Polling(deadline: end - .now).run { () async throws(SystemError) in
                if let reason = try await status(of: member.site, via: member.host).unrest.first {
                    throw behind(member, reason)
                }
            }
        }
    }

    private func behind(_ member: ClusterMember, _ flaw: String) -> SystemError {
        SystemError(.deadline, system: traits.name, node: member.site.name, action: "catch up", flaw)
    }
}

extension NodeStatus {
    /// What keeps each from having what any of them has; `nil` when they have.
    package static func lag(among statuses: [NodeStatus]) -> String? {
        for status in statuses {
            if let reason = status.unrest.first { return "\(status.node): \(reason)" }
        }
        var goal: [String: Int64] = [:]
        for status in statuses { goal.merge(status.progress) { max($0, $1) } }
        for status in statuses {
            for (origin, count) in goal.sorted(by: { $0.key < $1.key }) where status.progress[origin] ?? 0 < count {
                return "\(status.node) has \(status.progress[origin] ?? 0) of \(count) writes of \(origin)"
            }
        }
        return nil
    }

    /// What keeps a leader from showing all of its own log; `nil` when it does.
    package var lagOfOwn: String? { applied >= lsn ? nil : "it shows \(applied) of its own \(lsn)" }

    /// What keeps a follower from having all of the leader's log; `nil` when it has.
    package func lag(behind leader: NodeStatus) -> String? {
        if role != .follower { return "it leads as well" }
        if !isLinked { return "it has no link to its leader, or is receiving a copy" }
        if lineage != leader.lineage {
            return "it is on timeline \(lineage), the leader \(leader.node) on \(leader.lineage)"
        }
        return applied >= leader.lsn ? nil : "it has applied \(applied) of \(leader.lsn)"
    }
}
