import Determinism

/// One member of a cluster with a leader and followers: a state machine that does nothing by itself.
///
/// The rules that everything rests on:
/// - A leader ships and acknowledges only what is durable in its own log, so that its restart forgets nothing that
///   anybody else knows.
/// - A follower reports an entry as flushed only after the disk said so.
/// - Readers see entries in the order of the log: at the leader up to the last acknowledged one, at a follower up
///   to the last applied one.
/// - A log never forks: entries are accepted only directly behind the position they were written behind, and a node
///   whose log is no prefix of its leader's refuses to follow.
public struct SingleLeaderReplica: Replica {
    public let configuration: SingleLeaderConfiguration
    public internal(set) var role: Role
    /// The highest timeline this node has seen.
    public internal(set) var timeline: UInt32
    /// Whom this node follows; itself when it leads; `nil` when it does not know.
    public internal(set) var leader: NodeName?
    public internal(set) var log: ReplicatedLog
    /// What readers see.
    public internal(set) var applied: Store
    /// The last entry that is durable here.
    public internal(set) var flushed: LSN = 0
    /// Leader: the last entry that has been acknowledged as the policy wants.
    public internal(set) var committed: LSN = 0
    public internal(set) var readiness = Readiness.ready

    var random: SeededRandom
    var now: Moment = 0
    /// The time of day, in nanoseconds since 1970, as this node believes.
    var wall: Int64 = 0
    var effects: [ReplicaEffect] = []
    /// Leader: the state at the end of the log, against which writes are checked.
    var head = Store()
    var isFlushing = false
    /// Leader: entries of the old timeline count as acknowledged once they are durable here.
    var promotionFloor: LSN = 0
    var pending: Queue<Waiter> = Queue()
    var sessionWaiters: [SessionWaiter] = []
    var peers: [Peer]
    var link = LeaderLink.idle(retryAt: 0)
    var connections: [ConnectionID: PeerConnection] = [:]
    var apply: Valve<LSN> = Valve()
    var applyLimit: LSN = 0
    var replies: Valve<(RequestID, ClientAnswer)> = Valve()
    /// What the leader was told on this connection; nothing yet on a new one.
    var lastProgress: Progress?
    var snapshotLSN: LSN = 0
    var isSavingSnapshot = false
    var nextCheck: Moment = 0
    var lastRefusal = ""
    /// What the command line said about the role.
    var words = ""
    /// Who leads by the last order, until it is on its way to the disk.
    var unsavedOrder: RoleOrder?
    var lastState: StateNumber = 0
    /// Where there are arbiters.
    var obedience: Obedience?
    /// As the disk has it: this node led, and its log is not known to be another leader's, too.
    var hasLed = false
    /// Leader: whose word writes wait for.
    var set = SyncSet()
    /// Follower: this log is given up, a copy of the leader's state is to take its place.
    var isRewinding = false
    var failpoints: [String: FailpointAction] = [:]
    /// With a planted bug: the entry that was applied before its turn, and until when the others wait.
    var early: (lsn: LSN, until: Moment)?

    /// Whether reads may be answered.
    public enum Readiness: Hashable, Sendable {
        case ready
        /// Leader: when this is acknowledged again after a restart. Follower: when this is applied.
        case until(LSN)
        /// When a leader has said where its log ends.
        case unknown
        /// Never: this log holds entries that the cluster has dropped.
        case diverged
        /// Not while it has this page layout: its leader goes on with pages that it cannot read.
        case incompatible
    }

    public var name: NodeName { configuration.name }

    public mutating func step(_ input: ReplicaInput, at time: NodeTime) -> [ReplicaEffect] {
        now = max(time.monotonic, now)
        wall = time.wall
        effects = []
        // Before anything else: what is durable in the log was written by the role that is durable beside it.
        saveOrder()
        checkLease()
        switch input {
        case .tick, .abandoned: break
        case .received(let sender, let message): hear(sender, message)
        case .stateSaved(let number): saved(number)
        case .request(let id, let call): receive(id, call)
        case .accepted(let id): accepted(id)
        case .connected(let id, let name): connected(id, name)
        case .connectFailed(let name): connectFailed(name)
        case .disconnected(let id): lost(id)
        case .message(let id, let message): receive(id, message)
        case .flushed(let lsn):
            isFlushing = false
            flushed = max(flushed, min(lsn, log.last.lsn))
            noteFlushed()
        case .snapshotSaved(let position): snapshotSaved(position)
        case .snapshotInstalled(let position): snapshotInstalled(position)
        case .admin(let id, let order): effects.append(.adminReply(id, obey(order)))
        }
        settle()
        defer { effects = [] }
        return effects
    }

    /// Everything that became possible through the event.
    private mutating func settle() {
        checkTime()
        obeyArbiters()
        if role == .leader {
            countProgress()
            commit()
            reviewSet()
            commit()
            answerWaiters()
            ship()
        } else {
            dial()
            openReceived()
            applyEntries()
            reportProgress()
        }
        serveSessions()
        while let (id, answer) = replies.pop(now: now) { effects.append(.reply(id, answer)) }
        flush()
        trim()
        saveSnapshot()
    }

    /// Group commit: one flush at a time, each for all that was appended while the last one ran.
    private mutating func flush() {
        guard !isFlushing, log.last.lsn > flushed, !link.isInstalling else { return }
        isFlushing = true
        effects.append(.flush(upTo: log.last.lsn))
    }

    /// What may be shipped or applied grows with what is durable.
    private mutating func noteFlushed() {
        if role == .leader {
            for index in peers.indices { peers[index].ship.pushLatest(flushed, now: now, &random) }
        } else {
            apply.pushLatest(flushed, now: now, &random)
        }
    }

    /// What the event log of this design speaks of.
    enum EventKind: String, Hashable, Sendable, CaseIterable {
        case role, promote, follow, truncate, gate, delay, diverged, refused
        case badMessage = "bad-message"
        case snapshotSaved = "snapshot-saved"
        case snapshotSent = "snapshot-sent"
        case snapshotInstalled = "snapshot-installed"
        case peerUp = "peer-up"
        case peerDown = "peer-down"
        case staleTimeline = "stale-timeline"
        case caughtUp = "caught-up"
        case lostSuffix = "lost-suffix"
        case syncSet = "sync-set"
    }

    mutating func record(_ kind: EventKind, peer: NodeName? = nil, _ detail: String = "") {
        effects.append(.record(ReplicaEvent(kind.rawValue, log.last, peer: peer, detail)))
    }

    /// An operator's decision that outlives a restart.
    mutating func saveOrder() {
        guard let order = unsavedOrder else { return }
        unsavedOrder = nil
        lastState += 1
        hasLed = order.hasLed
        effects.append(.saveState(order.encoded, lastState))
    }

    /// Whether that bug is switched on.
    func has(_ mutant: Mutant) -> Bool { configuration.mutants.contains(mutant) }

    func peerIndex(_ name: NodeName) -> Int? { peers.firstIndex { $0.name == name } }
}
