// Who belongs to the group, and handing over the lead.
//
// One member at a time: any majority before such a change meets any majority after it. That holds only from one
// membership to the next, so a change waits until the last one is committed, and until the leader has committed an entry
// of its own term: a leader that has not might build on a change that another leader is just replacing.
extension RaftCore {
    /// Begins a change; the reason why not otherwise. A new member learns first and votes when it has caught up.
    mutating func change(_ change: MembershipChange) -> String? {
        guard role == .leader else { return "does not lead" + (leader.map { "; \($0) does" } ?? "") }
        guard hasCommittedInTerm else { return "has committed nothing in its term yet" }
        guard isSettled || has(.twoConfigChanges) else { return "the last change is not committed yet" }
        switch change {
        case .add(let name):
            guard !membership.contains(name) else { return "\(name) is a member already" }
            propose(membership.adding(learner: name))
        case .remove(let name):
            guard membership.contains(name) else { return "\(name) is no member" }
            guard let rest = membership.removing(name) else { return "nobody would be left" }
            propose(rest)
        }
        return nil
    }

    private var isSettled: Bool { memberships.currentIndex <= commitIndex }

    private mutating func propose(_ membership: RaftMembership) {
        append(RaftEntry(term: term, .membership, membership.encoded))
        record("membership", "appended: \(membership.words)")
        allowShipping()
    }

    /// A learner that has all that is committed becomes a voter.
    mutating func promoteLearner() {
        guard hasCommittedInTerm, isSettled, transfer == nil else { return }
        let ready = membership.learners.first { name in
            peerIndex(name).map { peers[$0].match >= commitIndex } ?? false
        }
        if let ready { propose(membership.promoting(ready)) }
    }

    /// Members that the log names and the configuration does not.
    mutating func meetMembers() {
        for name in membership.voters + membership.learners where name != self.name && peerIndex(name) == nil {
            peers.append(RaftPeer(name, next: log.last.lsn + 1))
        }
    }

    /// Asks whoever leads to be taken in, now and as often as elections would be due.
    mutating func askMembership() {
        isAskingToJoin = true
        for peer in peers { send(.askMembership, to: peer.name) }
    }

    // MARK: Handing over

    /// Makes the voter leader that has most of the log; `false` if there is none beside this one.
    mutating func handOver() -> Bool {
        let others = peers.filter { membership.voters.contains($0.name) }
        guard let best = others.max(by: { ($0.match, $1.name) < ($1.match, $0.name) }) else { return false }
        beginTransfer(to: best.name)
        return true
    }

    /// Makes a member leader as soon as it has the whole log; nothing is proposed in the meantime.
    mutating func beginTransfer(to name: NodeName) {
        guard role == .leader, transfer == nil, membership.voters.contains(name), name != self.name else { return }
        transfer = RaftTransfer(to: name, deadline: now + configuration.election)
        record("transfer", peer: name, "is to lead")
    }

    mutating func finishTransfer() {
        guard let running = transfer else { return }
        guard now < running.deadline, let index = peerIndex(running.to) else { return transfer = nil }
        guard !running.isInvited, peers[index].match == log.last.lsn else { return }
        transfer?.isInvited = true
        // However late it arrives, the invitation breaks what the lease rests on, so there is none in this term.
        hasInvited = true
        send(.campaignNow, to: running.to)
    }
}

/// The lead is being handed over.
struct RaftTransfer: Hashable, Sendable {
    var to: NodeName
    var deadline: Moment
    var isInvited = false
}
