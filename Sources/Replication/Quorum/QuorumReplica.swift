import Determinism

/// A member of a leaderless store: every member takes requests and asks the replicas of a key for their word.
///
/// After G. DeCandia and others, "Dynamo: Amazon's Highly Available Key-value Store" (SOSP 2007). What a replica shows or
/// vouches for is durable there. A write that did not reach enough replicas is not undone: its outcome is unknown.
public struct QuorumReplica: Replica {
    public let configuration: QuorumConfiguration
    let ring: QuorumRing
    var store: QuorumStore
    /// What was written to the log and is not readable yet, merged with what is, and how many records that is.
    var ahead: [QuorumPlace: (cell: QuorumCell, records: Int)] = [:]
    /// What the entries take that are not readable yet, by key.
    private var aheadWeights: [[UInt8]: Int] = [:]
    var logEnd: LSN = 0
    var applied: LSN = 0
    var snapshotAt: LSN = 0
    var isSaving = false
    var needsFlush = false
    var onDisk: Queue<Job> = Queue()

    /// Of this start and no other, even if the disk is lost; requests are taken once it is durable. 0 until it has begun.
    var life: UInt64 = 0
    private var lastLife: UInt64?
    var lastState: StateNumber = 0
    var isReady = false
    /// Whether it has what the others have; one that started with an empty disk has not.
    public internal(set) var isComplete = false
    var joining = QuorumJoin()
    var lastTicket: UInt64 = 0
    var reads: [UInt64: QuorumRead] = [:]
    var writes: [UInt64: QuorumWrite] = [:]
    var deadlines: Queue<(number: UInt64, at: Moment)> = Queue()
    var handoffs: [NodeName: Handoff] = [:]
    var peers: [Peer]

    var wallStamps = WallStamps()
    var hybrid: HybridClock
    var random: SeededRandom
    var time = NodeTime(monotonic: 0, wall: 0)
    var now: Moment { time.monotonic }
    var beatAt: Moment = 0
    var syncAt: Moment = 0
    var gcAt: Moment = 0
    var nextPartner = 0
    /// Until then something that left here may be under way.
    var movingUntil: Moment = 0

    var apply: Valve<Job> = Valve()
    var replies: Valve<(RequestID, ClientAnswer)> = Valve()
    var hintGate: Valve<(NodeName, PeerMessage)> = Valve()
    var repairGate: Valve<(NodeName, PeerMessage)> = Valve()
    var syncGate: Valve<(NodeName, PeerMessage)> = Valve()
    var effects: [ReplicaEffect] = []

    /// A record on its way through the disk and the gate `apply`, and who waits for it.
    struct Job: Sendable {
        var lsn: LSN
        var record: QuorumRecord
        var whenDurable: UInt64?
        var whenReadable: Word?
    }

    /// Whom to tell that a write is durable and readable here.
    enum Word: Sendable {
        case peer(NodeName, QuorumTicket, home: NodeName)
        case own(UInt64, home: NodeName)
    }

    struct Handoff: Sendable {
        var number: UInt64
        var entries: [QuorumEntry]
        var sentAt: Moment
    }

    /// Another member, with the gates between it and this one.
    struct Peer: Sendable {
        let name: NodeName
        var heardAt: Moment?
        /// It says that it does not have all yet.
        var isJoining = false
        /// What both had when they last found that they have the same.
        var agreed: UInt64?
        /// When the next part of a comparison is due that was too much for one.
        var comparesAt: Moment?
        var ship: Valve<PeerMessage> = Valve()
        var receive: Valve<PeerMessage> = Valve()
        var answersOut: Valve<PeerMessage> = Valve()
        var answersIn: Valve<PeerMessage> = Valve()
    }

    /// A member that starts, from nothing or from what its disk holds.
    ///
    /// Gates in `closed` and `delays` hold from the first moment. Throws for stored bytes that no member wrote.
    public init(
        _ configuration: QuorumConfiguration, stored: StoredState = StoredState(), closed: [QuorumGate] = [],
        delays: [(QuorumGate, DelayRange)] = []
    ) throws(DecodingFailure) {
        precondition(configuration.flaw == nil, "the configuration is one that can work")
        self.configuration = configuration
        ring = QuorumRing(configuration)
        store = QuorumStore(configuration)
        hybrid = HybridClock(bound: Int64(clamping: configuration.clockBound))
        random = SeededRandom.named("quorum replica \(configuration.name)", seed: configuration.seed)
        peers = configuration.others.map { Peer(name: $0) }
        if let state = stored.state {
            var reader = ByteReader(state)
            lastLife = try reader.number()
            isComplete = reader.isAtEnd
            if !isComplete { _ = try reader.byte() }
            try reader.finish()
        }
        try recover(stored)
        closed.forEach { _ = setGate($0, isClosed: true) }
        delays.forEach { _ = setDelay($0.0, $0.1) }
    }

    /// Lives are counted; where the count may be lost, the first one is the time.
    private mutating func beginLife() {
        guard life == 0 else { return }
        life = max(1, lastLife.map { $0 &+ 1 } ?? UInt64(bitPattern: time.wall))
        saveState()
    }

    private mutating func recover(_ stored: StoredState) throws(DecodingFailure) {
        if let snapshot = stored.snapshot {
            try store.load(snapshot.content)
            snapshotAt = snapshot.position.lsn
            logEnd = snapshotAt
        }
        for record in stored.records where record.lsn > snapshotAt {
            guard record.lsn == logEnd + 1 else { throw DecodingFailure("record \(record.lsn) follows \(logEnd)") }
            try QuorumRecord(record).apply(to: &store)
            logEnd = record.lsn
        }
        applied = logEnd
        // A clock that goes on behind what it gave before would give stamps that lose against those.
        let newest = store.all.compactMap(\.cell.stamp).max()
        if let newest, configuration.versions == .hlc {
            hybrid = HybridClock(bound: hybrid.bound, from: HybridClock.Reading(newest))
        }
    }

    public var name: NodeName { configuration.name }

    func has(_ mutant: Mutant) -> Bool { configuration.mutants.contains(mutant) }

    public mutating func step(_ input: ReplicaInput, at time: NodeTime) -> [ReplicaEffect] {
        self.time = time
        beginLife()
        take(input)
        openPeers()
        applyRecords()
        giveUp()
        handOver()
        join()
        beat()
        compare()
        forget()
        collect()
        defer { effects = [] }
        return effects
    }

    private mutating func take(_ input: ReplicaInput) {
        switch input {
        case .tick, .snapshotInstalled, .connectFailed, .disconnected: break
        case .request(let id, let call): receive(id, call)
        case .abandoned(let id): abandon(id)
        case .received(let sender, let message): arrived(message, from: sender)
        case .flushed(let lsn): flushed(upTo: lsn)
        case .stateSaved: isReady = true
        case .snapshotSaved(let position): saved(position)
        case .admin(let id, let order): effects.append(.adminReply(id, obey(order)))
        case .accepted(let id), .connected(let id, _), .message(let id, _): effects.append(.close(id))
        }
    }

    public var nextWake: Moment {
        var wake = min(beatAt, gcAt)
        func consider(_ moment: Moment?) { wake = min(wake, moment ?? .max) }
        consider(apply.nextDue)
        consider(replies.nextDue)
        [hintGate.nextDue, repairGate.nextDue, syncGate.nextDue].forEach { consider($0) }
        consider(deadlines.first?.at)
        if configuration.antiEntropy != nil { consider(syncAt) }
        for peer in peers {
            consider(peer.comparesAt)
            [peer.ship.nextDue, peer.receive.nextDue, peer.answersIn.nextDue, peer.answersOut.nextDue]
                .forEach { consider($0) }
        }
        return wake
    }

    // MARK: Storing

    /// Writes entries to the log; `word` is given once they are readable here.
    mutating func keep(_ record: QuorumRecord, whenDurable: UInt64? = nil, _ word: Word?) {
        var record = record
        if record.kind == .entries {
            let limit = graceEnd
            record.entries.removeAll {
                isSettled($0) || ($0.cell.isTombstone(before: limit) && isUnknown($0.place))
            }
            if record.entries.isEmpty, whenDurable == nil { return say(word) }
        }
        for entry in record.entries where record.isOwn {
            aheadWeights[entry.key, default: 0] += entry.weight
            let there = newest(entry.place)
            let cell = record.kind == .replacement ? entry.cell : there?.merged(with: entry.cell) ?? entry.cell
            ahead[entry.place] = (cell, (ahead[entry.place]?.records ?? 0) + 1)
        }
        logEnd += 1
        let job = Job(lsn: logEnd, record: record, whenDurable: whenDurable, whenReadable: word)
        effects.append(
            .append(StoredRecord(timeline: 1, lsn: logEnd, kind: record.kind.rawValue, payload: record.payload)))
        needsFlush = true
        onDisk.append(job)
    }

    /// What is written here, readable or not.
    func newest(_ place: QuorumPlace) -> QuorumCell? { ahead[place]?.cell ?? store[place] }

    /// Whether values stay within `SizeLimit.value` when these come; what makes nothing larger always may.
    func hasRoom(for entries: [QuorumEntry]) -> Bool {
        var growth: [[UInt8]: Int] = [:]
        for entry in entries {
            let there = newest(entry.place)
            let cell = there?.merged(with: entry.cell) ?? entry.cell
            let more = cell.weight - (there?.weight ?? -entry.key.count - (entry.element?.count ?? 0))
            if entry.element != nil {
                growth[entry.key, default: 0] += more
            } else if more > 0, cell.weight > SizeLimit.value {
                return false
            }
        }
        return growth.allSatisfy { key, more in
            more <= 0 || store.setWeight(key) + (aheadWeights[key] ?? 0) + more <= SizeLimit.value
        }
    }

    /// Whether it adds nothing to what is readable here.
    private func isSettled(_ entry: QuorumEntry) -> Bool {
        guard ahead[entry.place] == nil, let there = store[entry.place] else { return false }
        return there.merged(with: entry.cell) == there
    }

    private func isUnknown(_ place: QuorumPlace) -> Bool { newest(place) == nil }

    private mutating func flushed(upTo lsn: LSN) {
        while let job = onDisk.first, job.lsn <= lsn {
            onDisk.popFirst()
            if let number = job.whenDurable { spread(number) }
            apply.push(job, now: now, &random)
        }
    }

    private mutating func applyRecords() {
        while let job = apply.pop(now: now) {
            job.record.apply(to: &store)
            for entry in job.record.entries where job.record.isOwn {
                let weight = aheadWeights[entry.key, default: 0] - entry.weight
                aheadWeights[entry.key] = weight > 0 ? weight : nil
                guard let there = ahead[entry.place] else { continue }
                ahead[entry.place] = there.records > 1 ? (there.cell, there.records - 1) : nil
            }
            applied = job.lsn
            say(job.whenReadable)
        }
        guard applied >= snapshotAt + LSN(configuration.snapshotEvery) else { return }
        saveSnapshot()
    }

    mutating func say(_ word: Word?) {
        switch word {
        case nil: break
        case .peer(let peer, let ticket, let home): send(.putAnswer(ticket: ticket, home: home), to: peer)
        case .own(let number, let home):
            has(number, at: home)
            repaired(number, at: home)
        }
    }

    @discardableResult
    mutating func saveSnapshot() -> Bool {
        guard !isSaving, applied > snapshotAt else { return false }
        isSaving = true
        effects.append(
            .saveSnapshot(StoredSnapshot(position: Position(timeline: 1, lsn: applied), content: store.encoded)))
        return true
    }

    private mutating func saved(_ position: Position) {
        isSaving = false
        snapshotAt = max(snapshotAt, position.lsn)
        effects.append(.dropLog(upTo: position.lsn))
    }

    /// Deletions from before then are forgotten.
    private var graceEnd: Int64 {
        let (end, overflow) = time.wall.subtractingReportingOverflow(Int64(clamping: configuration.gcGrace))
        return overflow ? .min : end
    }

    private mutating func forget() {
        guard gcAt <= now else { return }
        gcAt = now + 1_000_000_000
        let forgotten = store.forgetTombstones(before: graceEnd)
        if forgotten > 0 { record("gc", "\(forgotten) deletions forgotten") }
    }

    // MARK: Effects

    mutating func record(_ kind: String, peer: NodeName? = nil, _ detail: String) {
        effects.append(.record(ReplicaEvent(kind, Position(timeline: 1, lsn: logEnd), peer: peer, detail)))
    }

    private mutating func collect() {
        if needsFlush { effects.append(.flush(upTo: logEnd)) }
        needsFlush = false
        while let (id, answer) = replies.pop(now: now) { effects.append(.reply(id, answer)) }
        sendHeld()
    }
}
