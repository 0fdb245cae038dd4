import Determinism

/// The consensus of one member: a log that all members come to agree on, whatever its entries mean.
///
/// After D. Ongaro and J. Ousterhout, "In Search of an Understandable Consensus Algorithm" (2014), and D. Ongaro's thesis
/// "Consensus: Bridging Theory and Practice" (2014): pre-vote and check-quorum (9.6, 6.2), read index and lease (6.4),
/// snapshots in parts (5), changes of one member at a time with learners (4), leadership transfer (3.10).
///
/// Its user gives it inputs, calls `settle()`, and takes over what is in `effects` and `notices`; then it applies entries
/// up to `readable`.
///
/// The rules that everything rests on:
/// - A message leaves only when the term and vote under which it was written are durable.
/// - A member speaks of an entry as its own only when the disk said so.
/// - The log is cut only where it contradicts the leader, never at or before what is committed.
/// - A leader counts copies only for entries of its own term; earlier ones are committed with them.
struct RaftCore: Sendable {
    enum Role: String, Hashable, Sendable {
        case follower
        /// Asks whether it could win an election.
        case preCandidate = "pre-candidate"
        case candidate, leader
    }

    let configuration: RaftConfiguration
    var role = Role.follower
    var leader: NodeName?
    var log: RaftLog
    var memberships: RaftMembershipLog

    // What is saved as a whole.
    var term: UInt32
    var vote: NodeName?
    /// Counts starts of this member.
    var life: UInt64
    /// The last state that was to be saved, and the last one that is.
    var stateNumber: StateNumber = 0
    var savedNumber: StateNumber = 0
    /// The last term in which this member voted for itself, durably.
    var ownVoteTerm: UInt32 = 0

    /// The last entry that is durable here.
    var flushed: LSN
    /// The flush that is under way and the last entry it may vouch for: cuts lower it.
    var flushing: LSN?
    /// A snapshot that replaces the log is on its way to the disk; until then nothing is appended or applied.
    var installing: StoredSnapshot?
    /// The last snapshot that is durable.
    var snapshot: StoredSnapshot?
    /// A snapshot of the own state on its way to the disk.
    var saving: StoredSnapshot?
    var incoming: RaftIncomingSnapshot?

    /// The last entry known to be committed.
    var commitIndex: LSN
    /// Follower: up to there the log equals that of the leader of this term.
    var verified: LSN = 0
    /// Follower: the last round heard of.
    var heardRound: UInt64 = 0
    /// When a leader was last heard from, in any term; a start counts, for it may have been heard just before.
    var heardAt: Moment?
    var electionDeadline: Moment = .max
    /// The first voter of a new group does not wait before it stands for election, so that a group soon has a leader.
    var isFounding: Bool
    /// The disk was empty in a group that has existed, and what is committed has not all come yet.
    var joins: Bool
    /// Who said yes, to a pre-vote or a vote.
    var votes: Set<NodeName> = []
    var preVoteRound: UInt64 = 0

    // Leader.
    var peers: [RaftPeer]
    var nextHeartbeat: Moment = 0
    var rounds = RaftRounds()
    var transfer: RaftTransfer?
    /// An operator wants this member to be one, and the log does not say yet that it is.
    var isAskingToJoin = false
    /// Somebody was invited to lead in this term, so a lease proves nothing.
    var hasInvited = false

    var reads = RaftReads()

    var failpoints: Set<String> = []
    var random = SeededRandom(seed: 0)
    var now: Moment = 0
    var wall: Int64 = 0
    var hasStarted = false
    var outbox: Queue<Held> = Queue()
    var effects: [ReplicaEffect] = []
    var notices: [RaftNotice] = []

    /// A message that waits until a state is durable.
    struct Held: Sendable {
        var number: StateNumber
        var to: NodeName
        var message: PeerMessage
    }

    /// A member that starts, from nothing or from what its disk holds.
    init(_ configuration: RaftConfiguration, stored: StoredState = StoredState()) throws(DecodingFailure) {
        self.configuration = configuration
        let recovered = try RaftRecovery(stored, configuration)
        log = recovered.log
        memberships = recovered.memberships
        snapshot = stored.snapshot
        (term, vote, life) = (recovered.term, recovered.vote, recovered.life)
        flushed = recovered.log.last.lsn
        commitIndex = recovered.log.base.lsn
        peers = configuration.others.map { RaftPeer($0, next: recovered.log.last.lsn + 1) }
        ownVoteTerm = recovered.vote == configuration.name ? recovered.term : 0
        // Another member may count on this one not to vote soon after it heard from a leader.
        heardAt = stored.isEmpty ? nil : 0
        joins = recovered.joins
        isFounding = stored.isEmpty && !joins && configuration.voters.first == configuration.name
    }

    var name: NodeName { configuration.name }
    var membership: RaftMembership { memberships.current }
    var isVoter: Bool { membership.voters.contains(name) }

    func has(_ mutant: Mutant) -> Bool { configuration.mutants.contains(mutant) }

    /// The last entry that may be applied here: committed, and durable so that a restart shows readers nothing older.
    var readable: LSN {
        if installing != nil { return 0 }
        if has(.applyUncommitted), role != .leader { return min(verified, log.last.lsn) }
        return min(commitIndex, flushed, log.last.lsn)
    }

    /// Whether the leader knows all that was committed before its time.
    var hasCommittedInTerm: Bool { log.term(at: commitIndex) == term }

    // MARK: Inputs

    /// What the clocks say now; before every other input.
    mutating func begin(at time: NodeTime) {
        now = max(now, time.monotonic)
        wall = time.wall
        guard !hasStarted else { return }
        hasStarted = true
        life += 1
        random = SeededRandom.named("raft \(name) life \(life)", seed: configuration.seed)
        if heardAt != nil { heardAt = now }
        save()
        restartElectionTimer()
        if isFounding { electionDeadline = now }
        record("life", "number \(life), term \(term), members \(membership.words)")
    }

    mutating func receive(from sender: NodeName, _ bytes: PeerMessage) {
        guard sender != name, let message = try? RaftMessage(decoding: bytes) else {
            record("refused", peer: sender, "a message that cannot be read")
            return
        }
        receive(from: sender, message)
    }

    mutating func stateSaved(_ number: StateNumber) {
        savedNumber = max(savedNumber, min(number, stateNumber))
        noteOwnVote()
        while let first = outbox.first, first.number <= savedNumber {
            outbox.popFirst()
            emit(first.message, to: first.to)
        }
    }

    mutating func flushed(upTo lsn: LSN) {
        guard let limit = flushing else { return }
        flushing = nil
        flushed = max(flushed, min(lsn, limit, log.last.lsn))
        if role != .leader {
            noteJoined()
            answerAppend()
        }
    }

    /// Everything that became possible or due.
    mutating func settle() {
        checkElection()
        if role == .leader { lead() }
        askForReads()
        flush()
    }

    /// When a `tick` is wanted at the latest.
    var nextWake: Moment {
        guard hasStarted else { return 0 }
        var wake = role == .leader ? nextHeartbeat : electionDeadline
        if let ask = reads.nextAsk { wake = min(wake, ask) }
        guard role == .leader else { return wake }
        for peer in peers where membership.contains(peer.name) { wake = min(wake, peer.ship.nextDue ?? .max) }
        return wake
    }

    // MARK: Disk

    /// One flush at a time, each for all that was appended while the last one ran.
    private mutating func flush() {
        guard flushing == nil, installing == nil, log.last.lsn > flushed else { return }
        flushing = log.last.lsn
        effects.append(.flush(upTo: log.last.lsn))
    }

    mutating func append(_ entry: RaftEntry) {
        log.append(entry)
        let position = log.last
        if entry.kind == .membership, let membership = try? RaftMembership(decoding: entry.payload) {
            memberships.append(membership, at: position.lsn)
            meetMembers()
        }
        effects.append(
            .append(
                StoredRecord(
                    timeline: position.timeline, lsn: position.lsn, kind: entry.kind.rawValue,
                    payload: entry.payload)))
    }

    mutating func cutLog(after lsn: LSN) {
        guard lsn < log.last.lsn else { return }
        record("truncate", "after \(lsn), the log ended at \(log.last)")
        log.cut(after: lsn)
        memberships.cut(after: lsn)
        flushed = min(flushed, lsn)
        flushing = flushing.map { min($0, lsn) }
        verified = min(verified, lsn)
        effects.append(.cutLog(after: lsn))
        notices.append(.cut(after: lsn))
    }

    /// Term, vote and life, as they are now.
    mutating func save() {
        stateNumber += 1
        let state = RaftRecovery.encode(term: term, vote: vote, life: life, joins: joins)
        effects.append(.saveState(state, stateNumber))
    }

    // MARK: Speaking

    mutating func send(_ body: RaftMessage.Body, to peer: NodeName, term other: UInt32? = nil) {
        let message = RaftMessage(term: other ?? term, body: body).encoded
        if savedNumber == stateNumber {
            emit(message, to: peer)
        } else if outbox.count < RaftLimit.outbox {
            outbox.append(Held(number: stateNumber, to: peer, message: message))
        }
    }

    mutating func emit(_ message: PeerMessage, to peer: NodeName) {
        effects.append(.send(to: peer, message))
        switch RaftMessage.Kind(rawValue: message.kind) {
        case .voteAnswer:
            noteVote(message, for: peer)
            reach("raft.vote.afterSend")
        case .appendAnswer: reach("raft.append.afterSend")
        default: break
        }
    }

    /// A vote is one once it is on its way: before that a crash may forget it.
    private mutating func noteVote(_ message: PeerMessage, for candidate: NodeName) {
        guard let vote = try? RaftMessage(decoding: message), vote.body == .voteAnswer(isGranted: true) else {
            return
        }
        record("vote", peer: candidate, "term \(vote.term)")
    }

    /// The vote for itself goes nowhere: it is one once it is durable, for then it counts.
    private mutating func noteOwnVote() {
        guard vote == name, savedNumber == stateNumber, ownVoteTerm < term else { return }
        ownVoteTerm = term
        record("vote", peer: name, "term \(term)")
    }

    mutating func record(_ kind: String, peer: NodeName? = nil, _ detail: String) {
        effects.append(.record(ReplicaEvent(kind, log.last, peer: peer, detail)))
    }

    /// Places where a failpoint can end the process.
    static let failpointNames: Set<String> = ["raft.vote.afterSend", "raft.append.afterSend"]

    /// Ends the process where a failpoint says so.
    mutating func reach(_ failpoint: String) {
        if failpoints.contains(failpoint) { effects.append(.crash("failpoint \(failpoint)")) }
    }

    func peerIndex(_ name: NodeName) -> Int? { peers.firstIndex { $0.name == name } }
}

/// What the user of a `RaftCore` is told beside its effects.
enum RaftNotice: Hashable, Sendable {
    /// The state up to there is this; it is durable, and what was applied before is void.
    case restore(StoredSnapshot)
    /// These entries will not come.
    case cut(after: LSN)
    /// A read may be answered from the state once so much is applied.
    case readReady(RaftReadID, LSN)
    /// Nobody could say; nothing was done.
    case readFailed(RaftReadID)
    case role(RaftCore.Role)
    /// A membership has been committed.
    case membership(RaftMembership)
}

/// A read, named by the user of the core.
typealias RaftReadID = UInt64
