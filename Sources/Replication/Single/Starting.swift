import Determinism

/// Who leads by the last order, with the words of the command line that it was given beside.
struct RoleOrder: Hashable, Sendable {
    var words: String
    var role: Role
    var leader: NodeName?
    /// Whether the node leads, or has led and its log is not known to be its new leader's, too.
    var hasLed: Bool
    /// The epoch of the arbiters that this node has promised.
    var promised: UInt32

    /// What a command line says.
    init(commandLine role: Role, _ leader: NodeName?) {
        let words = role == .leader ? "leader" : "follower \(leader ?? "-")"
        self.init(words: words, role: role, leader: leader, hasLed: role == .leader)
    }

    init(words: String, role: Role, leader: NodeName?, hasLed: Bool, promised: UInt32 = 0) {
        self.promised = promised
        self.hasLed = hasLed
        self.words = words
        self.role = role
        self.leader = leader
    }

    var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.text(words)
        writer.byte(role == .leader ? 1 : hasLed ? 2 : 0)
        writer.text(leader ?? "")
        writer.number(UInt64(promised))
        return writer.bytes
    }

    init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        let words = try reader.text()
        let (role, hasLed): (Role, Bool)
        switch try reader.byte() {
        case 0: (role, hasLed) = (.follower, false)
        case 1: (role, hasLed) = (.leader, true)
        case 2: (role, hasLed) = (.follower, true)
        case let other: throw DecodingFailure("role of unknown kind \(other)")
        }
        let leader = try reader.text()
        let promised = try reader.timeline()
        try reader.finish()
        self.init(
            words: words, role: role, leader: leader.isEmpty ? nil : leader, hasLed: hasLed, promised: promised)
    }
}

/// What was found on disk.
struct RecoveredState: Sendable {
    var snapshot: SingleLeaderSnapshot?
    /// Without gaps; reaching at least to the snapshot, or empty.
    var entries: [LogEntry]
    /// Whether the node led when it last ran: entries at the end of its log may be in nobody else's.
    var hasLed: Bool

    init(snapshot: SingleLeaderSnapshot? = nil, entries: [LogEntry] = [], hasLed: Bool = false) {
        self.snapshot = snapshot
        self.entries = entries
        self.hasLed = hasLed
    }

    var isEmpty: Bool { snapshot == nil && entries.isEmpty }
}

extension RecoveredState {
    /// Reads what a disk holds. Throws `DecodingFailure` for bytes that this design did not write.
    init(_ stored: StoredState, hasLed: Bool) throws(DecodingFailure) {
        var snapshot: SingleLeaderSnapshot?
        if let found = stored.snapshot {
            snapshot = try SingleLeaderSnapshot(encoded: found.content)
            guard snapshot?.start == found.position else {
                throw DecodingFailure("a snapshot of another position than its name")
            }
        }
        try stored.check(reaching: snapshot?.store.position ?? .start)
        var entries: [LogEntry] = []
        entries.reserveCapacity(stored.records.count)
        for record in stored.records { entries.append(try LogEntry(record)) }
        if let first = entries.first, let history = snapshot?.history,
            first.position.timeline < history.timeline(at: first.lsn - 1)
        {
            throw DecodingFailure("record \(first.position) is older than the history of its timelines")
        }
        self.init(snapshot: snapshot, entries: entries, hasLed: hasLed)
    }
}

extension SingleLeaderReplica {
    /// A node that starts, from nothing or from what its disk holds.
    ///
    /// `role` and `leader` are what the command line says. An order that was given while the node ran is newer than
    /// the same command line as before, so it holds on. Gates that are `closed` and delays hold from the first moment:
    /// a follower that restarts with a closed apply gate serves what it recovered and nothing newer.
    ///
    /// Throws `DecodingFailure` for stored bytes that this design did not write.
    public init(
        _ configuration: SingleLeaderConfiguration, role: Role, leader: NodeName?, stored: StoredState,
        closed: [GateTarget] = [], delays: [(GateTarget, DelayRange)] = []
    ) throws(DecodingFailure) {
        let told = RoleOrder(commandLine: role, leader)
        let found = try stored.state.map { (bytes) throws(DecodingFailure) in try RoleOrder(decoding: bytes) }
        let hasLed = found?.hasLed ?? true
        guard configuration.arbiters.isEmpty else {
            self.init(
                configuration, role: .follower, leader: nil, recovered: try RecoveredState(stored, hasLed: hasLed),
                closed: closed, delays: delays)
            remember(found)
            return
        }
        var order = found.flatMap { $0.words == told.words ? $0 : nil } ?? told
        order.hasLed = order.hasLed || found?.hasLed == true
        self.init(
            configuration, role: order.role, leader: order.leader,
            recovered: try RecoveredState(stored, hasLed: hasLed), closed: closed, delays: delays)
        self.words = told.words
        self.hasLed = order.hasLed
        unsavedOrder = order == found ? nil : order
    }

    /// Goes on with what the arbiters were promised, and waits for their word.
    private mutating func remember(_ found: RoleOrder?) {
        var own = Obedience(link: ArbiterLink(arbiters: configuration.arbiters, lease: configuration.lease))
        own.promised = found?.promised ?? 0
        own.promising = own.promised
        obedience = own
        words = "arbiters"
        self.hasLed = found?.hasLed ?? false
        if fences { timeline = max(timeline, own.promised) }
    }

    init(
        _ configuration: SingleLeaderConfiguration, role: Role, leader: NodeName?,
        recovered: RecoveredState = RecoveredState(), closed: [GateTarget] = [],
        delays: [(GateTarget, DelayRange)] = []
    ) {
        self.configuration = configuration
        self.role = role
        hasLed = role == .leader
        self.leader = role == .leader ? configuration.name : leader
        random = SeededRandom.named("node " + configuration.name, seed: configuration.seed)
        peers = configuration.others.map(Peer.init(name:))
        (log, applied) = Self.rebuilt(recovered, configuration)
        timeline = max(1, log.last.timeline)
        flushed = log.last.lsn
        snapshotLSN = recovered.snapshot?.start.lsn ?? 0
        applyLimit = flushed
        role == .leader ? startLeading() : startFollowing(recovered)
        closed.forEach { _ = setGate($0, isClosed: true) }
        delays.forEach { _ = setDelay($0.0, $0.1) }
    }

    private static func rebuilt(
        _ recovered: RecoveredState, _ configuration: SingleLeaderConfiguration
    ) -> (ReplicatedLog, Store) {
        var store = configuration.own(recovered.snapshot?.store ?? Store())
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
