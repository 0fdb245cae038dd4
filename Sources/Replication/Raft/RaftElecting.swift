import Determinism

// Who leads: pre-votes, votes, terms.
extension RaftCore {
    mutating func receive(from sender: NodeName, _ message: RaftMessage) {
        switch message.body {
        case .askPreVote(let last, let round): askedPreVote(by: sender, message.term, last, round)
        case .preVoteAnswer(let isGranted, let round):
            answeredPreVote(by: sender, message.term, isGranted, round)
        case .askVote(let last, let isForced): askedVote(by: sender, message.term, last, isForced)
        default:
            adopt(message.term)
            // Who is behind learns of the term by the answer, and of what it missed by asking again.
            guard message.term == term || message.isAsking else { return }
            receiveInTerm(from: sender, message)
        }
    }

    private mutating func receiveInTerm(from sender: NodeName, _ message: RaftMessage) {
        switch message.body {
        case .voteAnswer(let isGranted):
            if role == .candidate, isGranted { votes.insert(sender) }
        case .append(let append): received(append, from: sender, message.term)
        case .appendAnswer(let answer): answered(answer, by: sender)
        case .snapshotPart(let part): received(part, from: sender, message.term)
        case .snapshotAnswer(let position, let received, let round):
            answeredPart(position, received, round, by: sender)
        case .askRead(let ticket): askedRead(ticket, by: sender)
        case .readAnswer(let ticket, let index): answeredRead(ticket, index)
        case .campaignNow: if sender == leader, role == .follower { campaign(isForced: true) }
        case .askTransfer: beginTransfer(to: sender)
        case .askMembership: _ = change(.add(sender))
        case .askPreVote, .preVoteAnswer, .askVote: break
        }
    }

    // MARK: Standing for election

    mutating func restartElectionTimer() {
        let spread = Int(configuration.election * configuration.electionSpread / 100)
        electionDeadline = now + configuration.election + (spread > 0 ? UInt64(random.below(spread)) : 0)
        isFounding = isFounding && log.last.lsn == 0 && heardAt == nil
        if isFounding { electionDeadline = now + configuration.heartbeat }
    }

    mutating func checkElection() {
        if role == .preCandidate, isQuorum(votes) { campaign(isForced: false) }
        // The own vote counts once it is durable.
        if role == .candidate, isQuorum(votes), savedNumber == stateNumber { becomeLeader() }
        guard role != .leader, now >= electionDeadline else { return }
        restartElectionTimer()
        if isAskingToJoin { askMembership() }
        guard isVoter, !joins, installing == nil, term < RaftLimit.highestTerm else { return }
        configuration.preVote ? askPreVotes() : campaign(isForced: false)
    }

    private mutating func askPreVotes() {
        role = .preCandidate
        leader = nil
        votes = [name]
        preVoteRound += 1
        record("role", "pre-candidate for term \(term + 1)")
        notices.append(.role(role))
        for peer in membership.voters where peer != name {
            send(.askPreVote(last: log.last, round: preVoteRound), to: peer, term: term + 1)
        }
        if isQuorum(votes) { campaign(isForced: false) }
    }

    /// Stands for election in a new term.
    private mutating func campaign(isForced: Bool) {
        guard isVoter, !joins, installing == nil, term < RaftLimit.highestTerm else { return }
        adopt(term + 1, voting: name)
        role = .candidate
        votes = [name]
        restartElectionTimer()
        record("role", "candidate for term \(term)")
        notices.append(.role(role))
        for peer in membership.voters where peer != name {
            send(.askVote(last: log.last, isForced: isForced), to: peer)
        }
    }

    private mutating func becomeLeader() {
        role = .leader
        leader = name
        rounds = RaftRounds(now: now, wall: wall)
        transfer = nil
        hasInvited = false
        for index in peers.indices { peers[index].restart(next: log.last.lsn + 1) }
        record("role", "leader of term \(term)")
        notices.append(.role(role))
        append(RaftEntry(term: term, .noop))
        allowShipping()
        nextHeartbeat = now
    }

    /// Follows a leader that is not known (yet).
    mutating func stepDown(_ why: String) {
        let was = role
        role = .follower
        leader = nil
        votes = []
        transfer = nil
        guard was != .follower else { return }
        if was == .leader {
            failReads()
            restartElectionTimer()
        }
        record("role", "follower in term \(term): \(why)")
        notices.append(.role(role))
    }

    /// Takes over a higher term, in which nothing has happened here yet.
    mutating func adopt(_ newTerm: UInt32, voting candidate: NodeName? = nil) {
        guard newTerm > term else { return }
        term = newTerm
        vote = candidate
        verified = 0
        heardRound = 0
        incoming = nil
        save()
        record("term", "\(newTerm)")
        if candidate == name { leader = nil } else { stepDown("a higher term") }
    }

    // MARK: Being asked

    /// Whether a leader was heard from so lately that none is wanted.
    private var hasFreshLeader: Bool {
        if role == .leader { return sinceQuorum < configuration.election }
        guard let heardAt else { return false }
        return now < heardAt + configuration.election
    }

    private func isUpToDate(_ last: Position) -> Bool { last >= log.last }

    private mutating func askedPreVote(by sender: NodeName, _ wanted: UInt32, _ last: Position, _ round: UInt64) {
        let isGranted = wanted > term && isUpToDate(last) && !hasFreshLeader && !joins
        send(.preVoteAnswer(isGranted: isGranted, round: round), to: sender, term: isGranted ? wanted : term)
    }

    private mutating func answeredPreVote(
        by sender: NodeName, _ answered: UInt32, _ isGranted: Bool, _ round: UInt64
    ) {
        guard isGranted else { return adopt(answered) }
        guard role == .preCandidate, round == preVoteRound, answered == term + 1 else { return }
        votes.insert(sender)
    }

    private mutating func askedVote(by sender: NodeName, _ wanted: UInt32, _ last: Position, _ isForced: Bool) {
        // Another member may read under its lease for as long as this one keeps its word not to vote.
        if configuration.checkQuorum, !isForced, hasFreshLeader { return }
        guard wanted >= term else { return send(.voteAnswer(isGranted: false), to: sender) }
        let isFitting = isUpToDate(last) || has(.voteWithoutLogCheck)
        let isFree = !joins && (wanted > term || vote == nil || vote == sender)
        guard isFitting, isFree else {
            adopt(wanted)
            return send(.voteAnswer(isGranted: false), to: sender)
        }
        grant(sender, wanted)
    }

    private mutating func grant(_ candidate: NodeName, _ wanted: UInt32) {
        if has(.voteNotPersisted) {
            let answer = RaftMessage(term: wanted, body: .voteAnswer(isGranted: true)).encoded
            emit(answer, to: candidate)
        }
        if wanted > term {
            adopt(wanted, voting: candidate)
        } else if vote == nil {
            vote = candidate
            save()
            stepDown("votes for \(candidate)")
        }
        restartElectionTimer()
        if !has(.voteNotPersisted) { send(.voteAnswer(isGranted: true), to: candidate) }
    }

    // MARK: Majorities

    var quorum: Int {
        let count = membership.voters.count
        return has(.quorumHalf) ? max(1, count / 2) : count / 2 + 1
    }

    func isQuorum(_ names: Set<NodeName>) -> Bool {
        membership.voters.count(where: { names.contains($0) }) >= quorum
    }

    /// The highest number that a majority of the voters has reached, this member counting with `own`.
    func reachedByQuorum(own: UInt64, _ number: (RaftPeer) -> UInt64) -> UInt64 {
        var numbers: [UInt64] = []
        for voter in membership.voters {
            if voter == name {
                numbers.append(own)
            } else {
                numbers.append(peerIndex(voter).map { number(peers[$0]) } ?? 0)
            }
        }
        return numbers.sorted(by: >)[quorum - 1]
    }
}

extension RaftMessage {
    /// Whether a sender of an older term waits for an answer.
    fileprivate var isAsking: Bool {
        switch body {
        case .append, .snapshotPart, .askRead, .askTransfer, .askMembership: true
        default: false
        }
    }
}
