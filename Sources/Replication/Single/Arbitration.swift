// How a node obeys arbiters, where it has some. An epoch of theirs is a timeline here.
//
// The rules:
// - A higher epoch is made durable here before the arbiters are told that it was heard of. From the moment on at which it
//   is heard of, nothing is taken from leaders of earlier ones (`--fence on`), and nobody leads an earlier one.
// - A node leads when the decision names it, it has promised that epoch and it holds a lease; with `--demote on` no longer
//   than the lease, which is looked at before anything else is done.
extension SingleLeaderReplica {
    /// What a node keeps of its conversation with the arbiters.
    struct Obedience: Sendable {
        var link: ArbiterLink
        /// The highest epoch that is durable here, and that is on its way to the disk.
        var promised: UInt32 = 0
        var promising: UInt32 = 0
        /// The state that holds `promising`.
        var promise: StateNumber = 0
        /// An operator has named this node.
        var isOrdered = false
        /// An operator wants another one to lead.
        var isLaidDown = false
    }

    var fences: Bool { configuration.fences && !has(.noFencing) }

    mutating func hear(_ sender: NodeName, _ message: PeerMessage) {
        guard ArbiterMessage.isKind(message.kind) else { return }
        // Whoever is to lead has no lease yet.
        if obedience?.link.receive(from: sender, message, at: now) ?? false { obedience?.link.hurry() }
    }

    mutating func saved(_ number: StateNumber) {
        guard let own = obedience, number >= own.promise, own.promised < own.promising else { return }
        obedience?.promised = own.promising
        obedience?.link.hurry()
    }

    /// Whether this node may lead now.
    private func holdsLease(_ own: Obedience) -> Bool { own.link.holdsLease(of: timeline, at: now) }

    /// Ends leading when the lease is over: before anything is done that only a leader does.
    mutating func checkLease() {
        guard role == .leader, configuration.demotes, let own = obedience, !holdsLease(own) else { return }
        resign("the lease has ended")
    }

    /// Does what is decided, as far as it is due, and reports.
    mutating func obeyArbiters() {
        guard let decision = obedience?.link.decision else { return }
        promise(decision.epoch)
        if let own = obedience, decision.epoch > 0, own.promised == decision.epoch {
            if decision.leader != nil, decision.leader != name { obedience?.isLaidDown = false }
            if decision.leader == name {
                takeOver(own)
            } else if let other = decision.leader, leader != other || role == .leader, !link.isInstalling {
                changeLeader(to: other)
                record(.follow, peer: other)
            }
        }
        report()
    }

    private mutating func promise(_ epoch: UInt32) {
        guard let own = obedience, epoch > own.promising else { return }
        obedience?.promising = epoch
        if role == .leader {
            resign("epoch \(epoch) begins")
        } else if fences, leader != nil, !link.isInstalling {
            if let id = link.connection { hangUp(id, "epoch \(epoch) begins") }
            link = .idle(retryAt: now)
            leader = nil
        }
        if fences { timeline = max(timeline, epoch) }
        unsavedOrder = RoleOrder(words: words, role: .follower, leader: nil, hasLed: hasLed, promised: epoch)
        saveOrder()
        obedience?.promise = lastState
    }

    private mutating func takeOver(_ own: Obedience) {
        guard role == .follower, isFit(own.link.decision), own.link.holdsLease(of: own.promised, at: now),
            log.last.timeline <= own.promised
        else { return }
        obedience?.isOrdered = false
        lead(timeline: own.promised)
    }

    /// Whether this node could lead: it holds a whole state of the cluster's branch. One that holds nothing could only
    /// while nobody has led.
    private func isFit(_ decision: ArbiterDecision) -> Bool {
        guard !link.isInstalling, !isRewinding, obedience?.isLaidDown != true, readiness != .diverged else {
            return false
        }
        if case .loading = link { return false }
        if case .until(let lsn) = readiness, role == .follower, log.last.lsn < lsn { return false }
        return log.last.lsn > 0 || decision.former == nil
    }

    private mutating func report() {
        guard let own = obedience else { return }
        let decision = own.link.decision
        let isNamed = decision.leader == name && decision.epoch == own.promised
        let isFit = isFit(decision)
        let report = obedience?.link.report(
            epoch: own.promised, position: log.position(at: flushed), isFit: isFit,
            wantsLease: isNamed && (isFit || role == .leader), isOrdered: own.isOrdered, at: now)
        if let report { effects.append(.send(to: report.to, report.1)) }
    }

    /// When the arbiters must be heard of again, or the lease ends.
    var obedienceWake: Moment {
        guard let own = obedience else { return .max }
        guard role == .leader, configuration.demotes else { return own.link.nextWake }
        return min(own.link.nextWake, own.link.leaseEnd(of: timeline) ?? now)
    }

    /// This node leads no longer, and does not know who does.
    mutating func resign(_ reason: String) {
        stopLeading()
        forgetPeers("no longer leads")
        leader = nil
        record(.role, "no longer leads: \(reason)")
    }
}
