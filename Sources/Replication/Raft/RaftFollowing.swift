// What a follower does with the leader's entries.
extension RaftCore {
    mutating func received(_ append: RaftAppend, from sender: NodeName, _ sentTerm: UInt32) {
        guard hear(sender, sentTerm) else { return }
        guard append.entries.last?.term ?? append.previous.timeline <= sentTerm else { return }
        heardRound = max(heardRound, append.round)
        guard installing == nil else { return answerAppend() }
        if let conflict = conflict(append.previous) {
            let answer = RaftAppendAnswer(round: heardRound, match: matched, conflict: conflict)
            return send(.appendAnswer(answer), to: sender)
        }
        guard take(append) else { return }
        answerAppend()
    }

    /// Whether the sender leads this member; who leads an older term is told of this one.
    mutating func hear(_ sender: NodeName, _ sentTerm: UInt32) -> Bool {
        guard sentTerm == term else {
            send(.appendAnswer(RaftAppendAnswer(round: 0, match: 0)), to: sender)
            return false
        }
        guard role != .leader else {
            record("invariant", peer: sender, "two leaders of term \(term)")
            return false
        }
        if role != .follower { stepDown("\(sender) leads") }
        if leader != sender {
            leader = sender
            record("leader", peer: sender, "term \(term)")
        }
        heardAt = now
        restartElectionTimer()
        return true
    }

    /// Why entries behind `previous` cannot be taken.
    private func conflict(_ previous: Position) -> RaftAppendAnswer.Conflict? {
        // What a snapshot stands for is committed, so the leader has the same.
        guard previous.lsn > log.base.lsn, !has(.noPrevlogCheck) else { return nil }
        guard let found = log.term(at: previous.lsn) else {
            return .init(previous: previous.lsn, found: Position(timeline: 0, lsn: log.last.lsn + 1))
        }
        guard found != previous.timeline else { return nil }
        let first = log.firstOfTerm(at: previous.lsn)
        return .init(previous: previous.lsn, found: Position(timeline: found, lsn: first))
    }

    private mutating func take(_ append: RaftAppend) -> Bool {
        var lsn = append.previous.lsn
        let end = lsn + LSN(append.entries.count)
        for entry in append.entries {
            lsn += 1
            guard lsn > log.base.lsn else { continue }
            if lsn <= log.last.lsn, log.term(at: lsn) == entry.term { continue }
            if lsn <= log.last.lsn {
                guard lsn > commitIndex else {
                    record("invariant", "the leader contradicts entry \(lsn), which is committed")
                    return false
                }
                cutLog(after: lsn - 1)
            }
            guard entry.term >= log.last.timeline else { return false }
            self.append(entry)
        }
        if has(.truncateAlways), end >= log.base.lsn { cutLog(after: end) }
        verified = max(verified, min(end, log.last.lsn))
        if has(.noPrevlogCheck) { verified = end }
        advanceCommit(to: min(append.commit, end))
        noteJoined()
        return true
    }

    /// A member whose disk was empty votes again once it has durably what is committed. The leader knows all of that only
    /// when an entry of its own term is.
    mutating func noteJoined() {
        guard joins, installing == nil, hasCommittedInTerm, matched >= commitIndex else { return }
        joins = false
        record("joined", "has what is committed, up to \(commitIndex), and votes again")
        save()
    }

    /// Durable here and equal to the leader's log.
    private var matched: LSN { has(.noPrevlogCheck) ? verified : min(verified, flushed) }

    mutating func answerAppend() {
        guard let leader, leader != name else { return }
        send(.appendAnswer(RaftAppendAnswer(round: heardRound, match: installing == nil ? matched : 0)), to: leader)
    }
}
