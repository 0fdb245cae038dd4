import Determinism

/// One member of a cluster in which several members take writes and tell each other later.
///
/// A leader answers a write when its own disk has it. Records travel along a topology in the order in which each sender
/// applied them; who hears of one already known drops it by (origin, number), and with causal delivery one waits until
/// all that its writer knew is there. What becomes of writes that did not know each other is the policy's business.
///
/// The rules that everything rests on:
/// - A member passes on, and confirms, only what is durable in its own log: a dot is never given twice.
/// - The log holds records in the order in which they were applied, so that a restart gives the same state, even where
///   the policy depends on that order.
/// - A member that has lost writes which others have takes no more: it would give their numbers anew.
public struct MultiReplica: Replica {
    public let configuration: MultiConfiguration
    var store: MultiStore
    var log = MultiLog()
    public internal(set) var flushed: LSN
    /// What of `store.vector` is durable: of a device's own writes those that are decided.
    var durable: VersionVector

    var random: SeededRandom
    var now: Moment = 0
    var wall: Int64 = 0
    /// Tells this life of the member from others; given by the first input.
    var session: UInt64?
    var effects: [ReplicaEffect] = []
    var isFlushing = false
    var waiting: Queue<Waiter> = Queue()

    var hybrid: HybridClock
    var lamport = LamportClock()
    var wallStamps = WallStamps()

    var links: [NodeName: MultiLink] = [:]
    /// What the sources were told last.
    var told: [NodeName: VersionVector] = [:]
    var nextHeartbeat: Moment = 0
    /// Records that cannot be applied yet, by sender in the order in which they came.
    var held: [NodeName: [HeldRecords]] = [:]
    /// Why this member takes no writes any more; `nil` if it does.
    var outcast: String?
    /// Moves of homes that this member asked for, until they have come.
    var wantedHomes: [[UInt8]: String] = [:]
    /// How far this member is that began with an empty disk; `nil` for one that is through.
    var joining: MultiJoining?
    /// Copies that others are being sent.
    var copies: [NodeName: OutgoingCopy] = [:]
    /// The state that goes to the disk next, and whether it is under way.
    var saving: StoredSnapshot?
    var isSaving = false
    /// Up to there a state was saved.
    var savedSnapshot: LSN = 0
    var knowledge = MultiKnowledge()
    /// Deletions that are remembered, in the order in which they were applied.
    var graves: Queue<Grave> = Queue()
    /// What a device has of its own.
    var device = DeviceState()

    var ship: [NodeName: Valve<LSN>] = [:]
    var received: [NodeName: Valve<MultiMessage>] = [:]
    var apply: Valve<HeldRecords> = Valve()
    var confirmations: [NodeName: Valve<VersionVector>] = [:]
    var replies: Valve<(RequestID, ClientAnswer)> = Valve()

    /// Records of one message.
    struct HeldRecords: Sendable {
        var sender: NodeName
        var requires: VersionVector
        var records: [MultiRecord]

        /// Whether all of the other one is in here, as when the same was sent again.
        func holds(_ other: HeldRecords) -> Bool {
            records.count >= other.records.count && records.first?.dot == other.records.first?.dot
        }
    }

    /// A member that starts, from nothing or from what its disk holds.
    ///
    /// Gates in `closed` and `delays` hold from the first moment. Throws for stored bytes that no member wrote.
    public init(
        _ configuration: MultiConfiguration, stored found: StoredState = StoredState(), closed: [GateTarget] = [],
        delays: [(GateTarget, DelayRange)] = []
    ) throws(DecodingFailure) {
        self.configuration = configuration
        store = MultiStore(ConflictRules(policy: configuration.policy, mutants: configuration.mutants))
        hybrid = HybridClock(bound: configuration.clockBound)
        random = SeededRandom.named("multi " + configuration.name, seed: configuration.seed)
        flushed = 0
        durable = VersionVector()
        try recover(found)
        device.isOffline = configuration.startsOffline
        for peer in configuration.targets {
            links[peer] = MultiLink(acknowledged: log.base, cursor: log.base)
            var valve = Valve<LSN>()
            valve.pushLatest(flushed, now: 0, &random)
            ship[peer] = valve
        }
        for peer in configuration.others { received[peer] = Valve() }
        for peer in configuration.sources { confirmations[peer] = Valve() }
        closed.forEach { _ = setGate($0, isClosed: true) }
        delays.forEach { _ = setDelay($0.0, $0.1) }
        effects = []
    }

    private mutating func recover(_ found: StoredState) throws(DecodingFailure) {
        guard found.state.map({ $0 == [1] }) ?? true else { throw DecodingFailure("no such state was saved") }
        if found.isEmpty { joining = MultiJoining() }
        if let snapshot = found.snapshot {
            restore(try MultiState(decoding: snapshot.content, store.rules), at: snapshot.position.lsn)
            savedSnapshot = snapshot.position.lsn
        }
        var reading = hybrid.reading
        for stored in found.records where stored.lsn > savedSnapshot {
            guard stored.lsn == log.last + 1 else {
                throw DecodingFailure("record \(stored.lsn) does not follow \(log.last)")
            }
            let record = try MultiRecord(decoding: stored.payload)
            log.append(record)
            device.note(record, log.last)
            knowledge.note(record)
            bury(record)
            if record.intent == nil { store.apply(record) }
            reading = max(reading, HybridClock.Reading(record.stamp))
            lamport.receive(record.stamp.time)
        }
        hybrid = HybridClock(bound: configuration.clockBound, from: reading)
        flushed = log.last
        durable = store.vector
    }

    public var name: NodeName { configuration.name }
    var role: String { configuration.server != nil ? "replica" : configuration.isLeader ? "leader" : "follower" }

    func has(_ mutant: Mutant) -> Bool { configuration.mutants.contains(mutant) }

    public mutating func step(_ input: ReplicaInput, at time: NodeTime) -> [ReplicaEffect] {
        now = max(now, time.monotonic)
        wall = time.wall
        session = session ?? now &+ random.next()
        effects = []
        take(input)
        settle()
        if device.isCutOff { effects.removeAll { if case .send = $0 { true } else { false } } }
        defer { effects = [] }
        return effects
    }

    private mutating func take(_ input: ReplicaInput) {
        switch input {
        case .tick, .abandoned, .stateSaved, .connectFailed, .disconnected: break
        case .snapshotSaved(let position): saved(position)
        case .snapshotInstalled(let position): installed(position)
        case .request(let id, let call): receive(id, call)
        case .received(let sender, let message): hear(sender, message)
        case .flushed(let lsn): reached(lsn)
        case .admin(let id, let order): effects.append(.adminReply(id, obey(order)))
        case .accepted(let id), .connected(let id, _), .message(let id, _): effects.append(.close(id))
        }
    }

    private mutating func reached(_ lsn: LSN) {
        isFlushing = false
        while flushed < min(lsn, log.last) {
            flushed += 1
            let record = log[flushed]
            guard record.intent == nil else { continue }
            durable.insert(record.dot)
            if let settlement = record.settlement { durable.insert(settlement.dot) }
        }
        for peer in ship.keys.sorted() { ship[peer]?.pushLatest(flushed, now: now, &random) }
    }

    /// Everything that became possible through the input.
    private mutating func settle() {
        openReceived()
        join()
        deliver()
        answerWaiters()
        askForHomes()
        push()
        forgetDeletions()
        saveSnapshot()
        shipRecords()
        confirm()
        while let (id, answer) = replies.pop(now: now) { effects.append(.reply(id, answer)) }
        guard !isFlushing, log.last > flushed else { return }
        isFlushing = true
        effects.append(.flush(upTo: log.last))
    }

    public var nextWake: Moment {
        var wake = nextHeartbeat
        func consider(_ moment: Moment?) { wake = min(wake, moment ?? .max) }
        consider(waiting.first?.deadline)
        if let joining, joining.installing == nil { consider((joining.askedAt ?? 0) + configuration.resend) }
        if !device.pending.isEmpty, !device.isCutOff { consider(device.pushedAt + configuration.resend) }
        consider(apply.nextDue)
        consider(replies.nextDue)
        for valve in ship.values { consider(valve.nextDue) }
        for valve in received.values { consider(valve.nextDue) }
        for valve in confirmations.values { consider(valve.nextDue) }
        for link in links.values where link.cursor > link.acknowledged && link.session != nil {
            consider(link.sentAt + configuration.resend)
        }
        return wake
    }

    // MARK: Records

    /// Takes a record into log and state.
    mutating func append(_ record: MultiRecord) {
        log.append(record)
        effects.append(.append(StoredRecord(timeline: 1, lsn: log.last, kind: 1, payload: record.encoded)))
        device.note(record, log.last)
        guard record.intent == nil else { return }
        knowledge.note(record)
        bury(record)
        for conflict in store.apply(record) { note(conflict) }
    }

    private mutating func note(_ conflict: MultiStore.Conflict) {
        let key = String(decoding: conflict.key.prefix(64), as: UTF8.self)
        let peer = conflict.new.dot.replica == name ? conflict.old.dot.replica : conflict.new.dot.replica
        record("conflict", peer, "\(key): \(conflict.new.dot) and \(conflict.old.dot) knew nothing of each other")
    }

    /// The stamp of a write of this member, by the clock of the policy.
    mutating func stamp() -> Stamp {
        switch has(.lwwWallSkew) ? .lwwWall : configuration.policy {
        case .lwwWall: return wallStamps.next(wall: wall / 1_000_000, replica: name)
        case .lwwLamport: return Stamp(time: lamport.next(), replica: name)
        case .arrival, .lwwHybrid, .priority, .causalPriority, .siblings, .merge, .crdt:
            let reading = hybrid.next(wall: wall)
            return Stamp(time: reading.time, counter: reading.counter, replica: name)
        }
    }

    mutating func record(_ kind: String, _ peer: NodeName?, _ detail: String) {
        effects.append(
            .record(ReplicaEvent(kind, Position(timeline: 1, lsn: log.last), peer: peer, detail)))
    }
}
