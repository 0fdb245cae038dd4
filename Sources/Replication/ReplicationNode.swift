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
public struct ReplicationNode: Sendable {
    public let configuration: NodeConfiguration
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
    var effects: [Effect] = []
    /// Leader: the state at the end of the log, against which writes are checked.
    var head = Store()
    var isFlushing = false
    /// Leader: entries of the old timeline count as acknowledged once they are durable here.
    var promotionFloor: LSN = 0
    var pending: Queue<Waiter> = Queue()
    var peers: [Peer]
    var link = LeaderLink.idle(retryAt: 0)
    var connections: [ConnectionID: PeerConnection] = [:]
    var apply: Valve<LSN> = Valve()
    var applyLimit: LSN = 0
    var replies: Valve<(RequestID, Answer)> = Valve()
    /// What the leader was told on this connection; nothing yet on a new one.
    var lastProgress: Progress?
    var snapshotLSN: LSN = 0
    var isSavingSnapshot = false
    var nextCheck: Moment = 0
    var lastRefusal = ""

    /// Whether reads may be answered.
    public enum Readiness: Hashable, Sendable {
        case ready
        /// Leader: when this is acknowledged again after a restart. Follower: when this is applied.
        case until(LSN)
        /// When a leader has said where its log ends.
        case unknown
        /// Never: this log holds entries that the cluster has dropped.
        case diverged
    }

    /// A client that waits until `lsn` is acknowledged.
    struct Waiter: Sendable {
        var request: RequestID
        var lsn: LSN
        var deadline: Moment
        var answer: Answer
        /// Whether an entry was written, rather than state observed.
        var isWrite: Bool
    }

    /// Takes one event and says what is to be done about it. `now` never runs backwards.
    public mutating func step(_ input: NodeInput, now: Moment) -> [Effect] {
        self.now = max(now, self.now)
        effects = []
        switch input {
        case .tick: break
        case .request(let id, let command): receive(id, command)
        case .accepted(let id): accepted(id)
        case .connected(let id, let name): connected(id, name)
        case .connectFailed(let name): connectFailed(name)
        case .disconnected(let id): lost(id)
        case .message(let id, let timeline, let message): receive(id, timeline, message)
        case .flushed(let lsn):
            isFlushing = false
            flushed = max(flushed, min(lsn, log.last.lsn))
            noteFlushed()
        case .snapshotSaved(let position): snapshotSaved(position)
        case .snapshotInstalled(let position): snapshotInstalled(position)
        case .admin(let id, let command): effects.append(.adminReply(id, obey(command)))
        }
        settle()
        defer { effects = [] }
        return effects
    }

    /// Everything that became possible through the event.
    private mutating func settle() {
        checkTime()
        if role == .leader {
            countProgress()
            commit()
            answerWaiters()
            ship()
        } else {
            dial()
            openReceived()
            applyEntries()
            reportProgress()
        }
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

    mutating func record(_ kind: NodeEvent.Kind, peer: NodeName? = nil, _ detail: String = "") {
        effects.append(.record(NodeEvent(kind, log.last, peer: peer, detail)))
    }

    func peerIndex(_ name: NodeName) -> Int? { peers.firstIndex { $0.name == name } }
}

/// What was found on disk.
public struct RecoveredState: Sendable {
    public var snapshot: Snapshot?
    /// Without gaps; reaching at least to the snapshot, or empty.
    public var entries: [LogEntry]
    /// Whether the node led when it last ran: entries at the end of its log may be in nobody else's.
    public var hasLed: Bool

    public init(snapshot: Snapshot? = nil, entries: [LogEntry] = [], hasLed: Bool = false) {
        self.snapshot = snapshot
        self.entries = entries
        self.hasLed = hasLed
    }

    public var isEmpty: Bool { snapshot == nil && entries.isEmpty }
}

extension ReplicationNode {
    /// A node that starts, from nothing or from what its disk holds.
    ///
    /// `isClosed` gates and delays hold from the first moment: a follower that restarts with a closed apply gate
    /// serves what it recovered and nothing newer.
    public init(
        _ configuration: NodeConfiguration, role: Role, leader: NodeName?,
        recovered: RecoveredState = RecoveredState(), closed: [GateTarget] = [],
        delays: [(GateTarget, DelayRange)] = []
    ) {
        self.configuration = configuration
        self.role = role
        self.leader = role == .leader ? configuration.name : leader
        random = SeededRandom.named("node " + configuration.name, seed: configuration.seed)
        peers = configuration.others.map(Peer.init(name:))
        (log, applied) = Self.rebuilt(recovered)
        timeline = max(1, log.last.timeline)
        flushed = log.last.lsn
        snapshotLSN = recovered.snapshot?.start.lsn ?? 0
        applyLimit = flushed
        role == .leader ? startLeading() : startFollowing(recovered)
        closed.forEach { _ = setGate($0, isClosed: true) }
        delays.forEach { _ = setDelay($0.0, $0.1) }
    }

    private static func rebuilt(_ recovered: RecoveredState) -> (ReplicatedLog, Store) {
        var store = recovered.snapshot?.store ?? Store()
        let history = recovered.snapshot?.history ?? TimelineHistory()
        var base = store.position
        if let first = recovered.entries.first {
            base = Position(timeline: history.timeline(at: first.lsn - 1), lsn: first.lsn - 1)
        }
        precondition(base.lsn <= store.position.lsn, "entries between snapshot and log are missing")
        var log = ReplicatedLog(base: base, history: history)
        for entry in recovered.entries {
            log.append(entry)
            if entry.lsn > store.position.lsn { store.apply(entry) }
        }
        precondition(log.last.lsn == store.position.lsn, "the log ends before the snapshot")
        return (log, store)
    }

    /// Without followers' word a restarted leader cannot know which of its last entries were acknowledged. It
    /// neither hides those (a reader may have seen them) nor shows them (they may be lost): it refuses reads until
    /// all of its log is acknowledged again.
    private mutating func startLeading() {
        head = applied
        guard configuration.ack != .async, configuration.visibility == .acked else {
            committed = configuration.ack == .async ? flushed : 0
            return
        }
        readiness = log.last.lsn == 0 ? .ready : .until(log.last.lsn)
    }

    private mutating func startFollowing(_ recovered: RecoveredState) {
        if recovered.isEmpty || recovered.hasLed {
            readiness = .unknown
        } else if let snapshot = recovered.snapshot, snapshot.end > applied.position.lsn {
            readiness = .until(snapshot.end)
        }
    }
}
