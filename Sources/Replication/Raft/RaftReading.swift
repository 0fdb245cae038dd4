/// Reads that wait for proof that somebody leads.
struct RaftReads: Sendable {
    enum Origin: Hashable, Sendable {
        case own(RaftReadID)
        case peer(NodeName, RaftReadTicket)
    }

    struct Confirming: Sendable {
        var origin: Origin
        /// What was committed when the round began.
        var index: LSN
        /// Any answer to this round or a later one counts.
        var round: UInt64
    }

    struct Asked: Sendable {
        var ticket: RaftReadTicket
        var reads: [RaftReadID]
    }

    // Leader: first they wait for a round that begins after them, then for its answers.
    var waiting: [Origin] = []
    var confirming: [Confirming] = []

    // Follower: one question at a time for all that came while the last one was under way.
    var queued: [RaftReadID] = []
    var asked: Asked?
    var nextAsk: Moment?
    var lastTicket: UInt64 = 0

    var count: Int { waiting.count + confirming.count + queued.count + (asked?.reads.count ?? 0) }
}

// Read index and lease.
extension RaftCore {
    /// Asks for proof that what is committed now is all that anybody was ever told; `readReady` or `readFailed` tells.
    mutating func read(_ id: RaftReadID) {
        guard reads.count < RaftLimit.reads, role == .leader || leader != nil else {
            return notices.append(.readFailed(id))
        }
        if role != .leader {
            reads.queued.append(id)
        } else if has(.staleLeaderRead) {
            notices.append(.readReady(id, commitIndex))
        } else {
            reads.waiting.append(.own(id))
        }
    }

    /// Whether nobody else can have been elected yet, if clocks are as good as they should be.
    var holdsLease: Bool {
        guard role == .leader, configuration.checkQuorum, transfer == nil, !hasInvited, quorumRound > 0 else {
            return false
        }
        return sinceQuorum < configuration.election * 100 / (100 + configuration.drift)
    }

    // MARK: Leader

    mutating func confirmReads() {
        // Until an entry of its own term is committed, a leader does not know all that its predecessors committed.
        guard hasCommittedInTerm || has(.readindexNoNoop) else { return }
        release()
        while reads.confirming.isEmpty, !reads.waiting.isEmpty {
            let round = has(.readindexOldHeartbeat) ? quorumRound + 1 : rounds.current + 1
            reads.confirming = reads.waiting.map { .init(origin: $0, index: commitIndex, round: round) }
            reads.waiting = []
            if !has(.readindexOldHeartbeat) { beginRound() }
            release()
        }
    }

    private mutating func release() {
        guard !reads.confirming.isEmpty else { return }
        let reached = quorumRound
        let confirmed = reads.confirming.filter { $0.round <= reached }
        guard !confirmed.isEmpty else { return }
        reads.confirming.removeAll { $0.round <= reached }
        for read in confirmed {
            switch read.origin {
            case .own(let id): notices.append(.readReady(id, read.index))
            case .peer(let name, let ticket): send(.readAnswer(ticket, index: read.index), to: name)
            }
        }
    }

    /// A leader that steps down; followers will ask its successor.
    mutating func failReads() {
        for origin in reads.confirming.map(\.origin) + reads.waiting {
            if case .own(let id) = origin { notices.append(.readFailed(id)) }
        }
        reads.confirming = []
        reads.waiting = []
    }

    mutating func askedRead(_ ticket: RaftReadTicket, by sender: NodeName) {
        let origin = RaftReads.Origin.peer(sender, ticket)
        guard role == .leader, reads.count < RaftLimit.reads, !reads.waiting.contains(origin) else { return }
        reads.waiting.append(origin)
    }

    // MARK: Follower

    mutating func askForReads() {
        if role == .leader { return becomeOwnReads() }
        if reads.asked == nil, !reads.queued.isEmpty {
            reads.lastTicket += 1
            reads.asked = .init(ticket: .init(life: life, number: reads.lastTicket), reads: reads.queued)
            reads.queued = []
            reads.nextAsk = now
        }
        guard let asked = reads.asked, let next = reads.nextAsk, now >= next else { return }
        reads.nextAsk = now + configuration.heartbeat
        if let leader { send(.askRead(asked.ticket), to: leader) }
    }

    private mutating func becomeOwnReads() {
        let ids = (reads.asked?.reads ?? []) + reads.queued
        guard !ids.isEmpty else { return }
        reads.asked = nil
        reads.queued = []
        reads.nextAsk = nil
        reads.waiting += ids.map { .own($0) }
        confirmReads()
    }

    mutating func answeredRead(_ ticket: RaftReadTicket, _ index: LSN) {
        guard let asked = reads.asked, asked.ticket == ticket else { return }
        reads.asked = nil
        reads.nextAsk = nil
        asked.reads.forEach { notices.append(.readReady($0, index)) }
    }
}
