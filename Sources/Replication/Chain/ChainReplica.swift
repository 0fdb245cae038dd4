import Determinism

/// One member of a chain: writes enter at the head and pass every member before they count at the tail.
///
/// After R. van Renesse and F. Schneider, "Chain Replication for Supporting High Throughput and Availability" (OSDI 2004),
/// and J. Terrace and M. Freedman, "Object Storage on CRAQ" (USENIX ATC 2009). The head answers a write when it hears that
/// the tail has it, which is when the tail would have answered, or later.
///
/// The rules that everything rests on:
/// - A member passes on, and confirms, only what is durable in its own log: what the tail has, all have for good.
/// - A log never forks: entries are taken only directly behind those that they were written behind.
/// - Whoever speaks for another view is not heard.
public struct ChainReplica: Replica {
    public let configuration: ChainConfiguration
    public internal(set) var view: ChainView
    var log: ReplicatedLog
    /// The state at the end of the log, against which the head checks writes.
    var newest = Store()
    /// What is durable here and shown to those who may see all of it.
    var stored: Store
    /// What is known to be at the tail.
    var clean: Store
    public internal(set) var flushed: LSN
    public internal(set) var committed: LSN = 0
    /// This log holds what the chain has dropped, or the chain goes on without this member.
    var outcast: String?

    var random: SeededRandom
    var now: Moment = 0
    var effects: [ReplicaEffect] = []
    var isFlushing = false
    var link = ChainLink()
    var waiting: Queue<Waiter> = Queue()
    var queries = ChainQueries()
    /// What the predecessor was told last, and when.
    var lastConfirmed: Confirmed?
    var nextConfirm: Moment = 0

    var ship: Valve<LSN> = Valve()
    var shipLimit: LSN = 0
    var received: Valve<(NodeName, ChainMessage)> = Valve()
    var apply: Valve<LSN> = Valve()
    var applyLimit: LSN
    var confirmations: Valve<Confirmed> = Valve()
    var replies: Valve<(RequestID, ClientAnswer)> = Valve()
    /// As operators want them, whoever the neighbours are.
    var closedGates: Set<GateTarget> = []
    var delays: [GateTarget: DelayRange] = [:]

    private var lastState: StateNumber = 0

    struct Confirmed: Hashable, Sendable {
        var stored: LSN
        var committed: LSN
    }

    /// A member that starts, from nothing or from what its disk holds.
    ///
    /// Gates in `closed` and `delays` hold from the first moment. Throws for stored bytes that no member wrote.
    public init(
        _ configuration: ChainConfiguration, stored found: StoredState = StoredState(), closed: [GateTarget] = [],
        delays: [(GateTarget, DelayRange)] = []
    ) throws(DecodingFailure) {
        self.configuration = configuration
        guard found.snapshot == nil else { throw DecodingFailure("a chain keeps no snapshots") }
        view = ChainView(epoch: 1, order: configuration.order)
        if let state = found.state { view = try ChainView(decoding: state) }
        log = ReplicatedLog()
        stored = Store()
        for record in found.records {
            guard record.lsn == log.last.lsn + 1, record.timeline >= log.last.timeline else {
                throw DecodingFailure("record \(record.position) does not follow \(log.last)")
            }
            let entry = try LogEntry(record)
            log.append(entry)
            stored.apply(entry)
        }
        clean = Store()
        newest = stored
        flushed = log.last.lsn
        applyLimit = flushed
        random = SeededRandom.named("chain " + configuration.name, seed: configuration.seed)
        ship.pushLatest(flushed, now: 0, &random)
        closed.forEach { _ = setGate($0, isClosed: true) }
        delays.forEach { _ = setDelay($0.0, $0.1) }
    }

    public var name: NodeName { configuration.name }
    var isHead: Bool { view.head == name }
    var isTail: Bool { view.tail == name }

    func has(_ mutant: Mutant) -> Bool { configuration.mutants.contains(mutant) }

    public mutating func step(_ input: ReplicaInput, at time: NodeTime) -> [ReplicaEffect] {
        now = max(now, time.monotonic)
        effects = []
        take(input)
        settle()
        defer { effects = [] }
        return effects
    }

    private mutating func take(_ input: ReplicaInput) {
        switch input {
        case .tick, .stateSaved, .snapshotSaved, .snapshotInstalled, .connectFailed, .disconnected: break
        case .request(let id, let call): receive(id, call)
        case .abandoned(let id): queries.forget(id)
        case .received(let sender, let message): hear(sender, message)
        case .flushed(let lsn):
            isFlushing = false
            flushed = max(flushed, min(lsn, log.last.lsn))
            ship.pushLatest(flushed, now: now, &random)
            apply.pushLatest(flushed, now: now, &random)
        case .admin(let id, let order): effects.append(.adminReply(id, obey(order)))
        case .accepted(let id), .connected(let id, _), .message(let id, _): effects.append(.close(id))
        }
    }

    /// Everything that became possible through the input.
    private mutating func settle() {
        openReceived()
        applyEntries()
        answerWaiters()
        forward()
        confirm()
        askTail()
        while let (id, answer) = replies.pop(now: now) { effects.append(.reply(id, answer)) }
        guard !isFlushing, log.last.lsn > flushed else { return }
        isFlushing = true
        effects.append(.flush(upTo: log.last.lsn))
    }

    public var nextWake: Moment {
        var wake = nextConfirm
        func consider(_ moment: Moment?) { wake = min(wake, moment ?? .max) }
        consider(waiting.first?.deadline)
        consider(queries.nextWake(configuration.resend))
        consider(ship.nextDue)
        consider(received.nextDue)
        consider(apply.nextDue)
        consider(confirmations.nextDue)
        consider(replies.nextDue)
        if link.sent > link.stored ?? 0 { consider(link.sentAt + configuration.resend) }
        return wake
    }

    mutating func append(_ entry: LogEntry) {
        log.append(entry)
        newest.apply(entry)
        effects.append(.append(entry.record))
    }

    /// Shows readers what is durable; at the tail that is what counts.
    private mutating func applyEntries() {
        while let limit = apply.pop(now: now) { applyLimit = max(applyLimit, limit) }
        while stored.position.lsn < min(applyLimit, flushed) { stored.apply(log[stored.position.lsn + 1]) }
        if isTail, outcast == nil { committed = max(committed, stored.position.lsn) }
        // At a member that is spliced to the end the gate may still hold back what was confirmed before.
        applyCommitted()
    }

    // MARK: Views

    /// Goes on with another view, from the disk on.
    mutating func adopt(_ next: ChainView) {
        guard next.epoch > view.epoch else { return }
        view = next
        lastState += 1
        effects.append(.saveState(next.encoded, lastState))
        record("view", nil, "epoch \(next.epoch): \(next.order.joined(separator: " "))")
        let sent = link.sent
        link = ChainLink()
        if has(.noResendAfterSplice) { (link.sent, link.forgotten) = (sent, sent) }
        lastConfirmed = nil
        nextConfirm = now
        queries.askAgain()
        fitValves()
        if !next.order.contains(name) { outcast = "the chain goes on without \(name)" }
        if !isHead { deposeWaiters() }
    }

    mutating func record(_ kind: String, _ peer: NodeName?, _ detail: String) {
        effects.append(.record(ReplicaEvent(kind, log.last, peer: peer, detail)))
    }
}

/// What a member knows of its successor.
struct ChainLink: Hashable, Sendable {
    /// Durable there; `nil` before it has said so in this view.
    var stored: LSN?
    /// Sent, arrived or not.
    var sent: LSN = 0
    var sentAt: Moment = 0
    /// What is never sent again; only a planted bug sets it.
    var forgotten: LSN = 0
}
