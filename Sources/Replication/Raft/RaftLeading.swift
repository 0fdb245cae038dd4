// What a leader does: ship entries, count copies, commit.
extension RaftCore {
    /// Adds to the log of the group, if this member leads it: the position of the entry, committed or not.
    mutating func propose(_ payload: [UInt8]) -> Position? {
        guard canPropose else { return nil }
        append(RaftEntry(term: term, .payload, payload))
        allowShipping()
        return log.last
    }

    var canPropose: Bool {
        role == .leader && transfer == nil && log.last.lsn - min(commitIndex, log.last.lsn) < RaftLimit.unapplied
    }

    /// What the gate before each peer may let through has grown.
    mutating func allowShipping() {
        for index in peers.indices where membership.contains(peers[index].name) {
            peers[index].ship.pushLatest(log.last.lsn, now: now, &random)
        }
    }

    mutating func lead() {
        commit()
        guard role == .leader else { return }
        if now >= nextHeartbeat { beat() }
        guard role == .leader else { return }
        confirmReads()
        promoteLearner()
        for index in peers.indices where membership.contains(peers[index].name) { ship(to: index) }
        finishTransfer()
    }

    // MARK: Rounds

    var quorumRound: UInt64 { reachedByQuorum(own: rounds.current) { $0.round } }

    /// How long ago the last round began that a majority has answered.
    var sinceQuorum: UInt64 {
        let start = rounds.lastStart(answered: quorumRound)
        if has(.leaseWallClock) { return UInt64(max(0, wall - start.wall)) }
        return now - start.at
    }

    private mutating func beat() {
        nextHeartbeat = now + configuration.heartbeat
        if configuration.checkQuorum, sinceQuorum >= configuration.election {
            return stepDown("no majority answers")
        }
        rounds.forget(before: quorumRound)
        beginRound()
    }

    /// Sends everybody a message whose answer proves that this member led after now.
    mutating func beginRound() {
        rounds.begin(now: now, wall: wall)
        for index in peers.indices where membership.contains(peers[index].name) {
            retry(index)
            heartbeat(index)
        }
    }

    /// What was sent and not answered for long is sent again.
    private mutating func retry(_ index: Int) {
        let patience = 2 * configuration.heartbeat
        peers[index].isAwaitingProbe = false
        if let sentAt = peers[index].sending?.sentAt, now >= sentAt + patience {
            peers[index].sending?.sentAt = nil
            // All of it arrived and came to nothing.
            if let sending = peers[index].sending, sending.offset >= sending.total {
                peers[index].sending?.offset = 0
            }
        }
        let peer = peers[index]
        if !peer.isProbing, peer.match + 1 < peer.next, now >= peer.progressAt + patience {
            peers[index].probe(after: peer.match)
        }
    }

    /// Stands on what the peer is known to have, so that nothing under way can contradict it.
    private mutating func heartbeat(_ index: Int) {
        let match = peers[index].match
        guard let matchTerm = log.term(at: match) else {
            // Compacted: only the round counts.
            return send(heartbeat(at: .start, commit: 0), to: peers[index].name)
        }
        let previous = Position(timeline: matchTerm, lsn: match)
        peers[index].sentCommit = min(commitIndex, match)
        send(heartbeat(at: previous, commit: commitIndex), to: peers[index].name)
    }

    private func heartbeat(at previous: Position, commit: LSN) -> RaftMessage.Body {
        .append(RaftAppend(previous: previous, commit: commit, round: rounds.current))
    }

    // MARK: Shipping

    private mutating func ship(to index: Int) {
        while let limit = peers[index].ship.pop(now: now) {
            peers[index].shipLimit = max(peers[index].shipLimit, limit)
        }
        let end = min(peers[index].shipLimit, log.last.lsn)
        while peers[index].next <= end, peers[index].hasRoom, !peers[index].isAwaitingProbe {
            guard peers[index].next > log.base.lsn else { return shipSnapshot(to: index) }
            shipBatch(to: index, through: end)
        }
        if peers[index].next <= log.base.lsn { return shipSnapshot(to: index) }
        probe(index)
        if peers[index].sentCommit < min(commitIndex, peers[index].match) { heartbeat(index) }
    }

    private mutating func shipBatch(to index: Int, through end: LSN) {
        let next = peers[index].next
        guard let before = log.term(at: next - 1) else { return }
        var append = RaftAppend(
            previous: Position(timeline: before, lsn: next - 1), commit: commitIndex, round: rounds.current)
        var bytes = 0
        var lsn = next
        while lsn <= end, append.entries.count < RaftLimit.batchEntries, bytes < RaftLimit.batchBytes {
            append.entries.append(log[lsn])
            bytes += log[lsn].payload.count + 16
            lsn += 1
        }
        peers[index].sentCommit = max(peers[index].sentCommit, min(commitIndex, lsn - 1))
        peers[index].sent(through: lsn - 1, bytes: bytes, now: now)
        send(.append(append), to: peers[index].name)
    }

    /// Asks a peer that has nothing to get where its log agrees.
    private mutating func probe(_ index: Int) {
        let peer = peers[index]
        guard peer.isProbing, !peer.isAwaitingProbe, let before = log.term(at: peer.next - 1) else { return }
        peers[index].isAwaitingProbe = true
        let previous = Position(timeline: before, lsn: peer.next - 1)
        send(heartbeat(at: previous, commit: commitIndex), to: peer.name)
    }

    // MARK: Answers

    mutating func answered(_ answer: RaftAppendAnswer, by sender: NodeName) {
        guard role == .leader, let index = peerIndex(sender), answer.match <= log.last.lsn,
            answer.round <= rounds.current
        else { return }
        peers[index].round = max(peers[index].round, answer.round)
        if let conflict = answer.conflict { return contradicted(index, conflict, in: answer.round) }
        if answer.match >= peers[index].match {
            peers[index].matchRound = max(peers[index].matchRound, answer.round)
        }
        if answer.match > peers[index].match || !peers[index].isProbing {
            peers[index].advance(to: answer.match, now: now)
        } else if answer.match + 1 == peers[index].next {
            peers[index].advance(to: answer.match, now: now)
        }
    }

    /// The peer did not find what stands before the entries: its hint leaves out the rest of a term at once.
    private mutating func contradicted(_ index: Int, _ conflict: RaftAppendAnswer.Conflict, in round: UInt64) {
        let peer = peers[index]
        guard conflict.previous < peer.next else { return }
        if conflict.previous <= peer.match {
            // An answer from before it had that, or it lost it since: its disk was emptied or damaged.
            guard round > peer.matchRound else { return }
            record("lost", peer: peer.name, "had entry \(peer.match), and lacks \(conflict.previous) now")
            peers[index].loseEverything()
        }
        var guess = conflict.found.lsn == 0 ? 0 : conflict.found.lsn - 1
        if conflict.found.timeline > 0,
            let last = log.last(ofTerm: conflict.found.timeline, notAfter: conflict.previous)
        {
            guess = max(guess, last)
        }
        peers[index].probe(after: min(guess, conflict.previous - 1))
    }

    // MARK: Commitment

    /// Copies are counted for entries of the own term alone: an entry of an earlier one may be on a majority and still
    /// be overwritten by a leader that never had it.
    private mutating func commit() {
        let own = membership.voters.contains(name) ? flushed : 0
        let reached = min(reachedByQuorum(own: own) { $0.match }, log.last.lsn)
        guard reached > commitIndex, let reachedTerm = log.term(at: reached) else { return }
        guard reachedTerm == term || has(.commitOldTermByCount) else { return }
        advanceCommit(to: reached)
    }

    mutating func advanceCommit(to lsn: LSN) {
        let before = commitIndex
        commitIndex = max(commitIndex, lsn)
        guard memberships.currentIndex > before, memberships.currentIndex <= commitIndex else { return }
        record("membership", "committed: \(membership.words)")
        notices.append(.membership(membership))
        if role == .leader, !isVoter { stepDown("no longer a member") }
    }
}
