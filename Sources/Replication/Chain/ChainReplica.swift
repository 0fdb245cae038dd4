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
/// - A member answers strong reads only while it certainly belongs to the chain and has all that was shown by others.
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
    public internal(set) var committed: LSN
    /// This log holds what the chain has dropped, or the chain goes on without this member.
    var outcast: String?
    /// Whether this member has all that was ever shown to anybody.
    public internal(set) var isComplete: Bool
    /// Nothing was on the disk when it started.
    var isFresh: Bool
    /// The tail of the view before, whose successor is still joining.
    var isActing = false
    var arbiters: ArbiterLink?

    var random: SeededRandom
    var now: Moment = 0
    var effects: [ReplicaEffect] = []
    /// Up to where a flush is under way; `nil`: none is.
    var flushing: LSN?
    var link = ChainLink()
    var waiting: Queue<Waiter> = Queue()
    var queries = ChainQueries()
    var ages: ChainAges
    /// What the predecessor was told last, and when.
    var lastConfirmed: ChainProgress?
    var nextConfirm: Moment = 0
    var nextGreeting: Moment = 0
    /// Whether another member has spoken of the same view since the start.
    var isConfirmed = false
    /// What the predecessor said to have shown; with that this member has joined.
    var floor: Position?
    var incoming: ChainIncoming?
    var installing: Position?
    var saving: Position?
    var savedSnapshot: LSN

    var ship: Valve<LSN> = Valve()
    var shipLimit: LSN = 0
    var received: Valve<(NodeName, ChainMessage)> = Valve()
    var apply: Valve<LSN> = Valve()
    var applyLimit: LSN
    var confirmations: Valve<ChainProgress> = Valve()
    var replies: Valve<(RequestID, ClientAnswer)> = Valve()
    /// As operators want them, whoever the neighbours are.
    var closedGates: Set<GateTarget> = []
    var delays: [GateTarget: DelayRange] = [:]

    var lastState: StateNumber = 0
    var savedState: StateNumber = 0

    /// A member that starts, from nothing or from what its disk holds.
    ///
    /// Gates in `closed` and `delays` hold from the first moment. Throws for stored bytes that no member wrote.
    public init(
        _ configuration: ChainConfiguration, stored found: StoredState = StoredState(), closed: [GateTarget] = [],
        delays: [(GateTarget, DelayRange)] = []
    ) throws(DecodingFailure) {
        self.configuration = configuration
        let recovery = try ChainRecovery(found, configuration)
        view = recovery.view
        isComplete = recovery.isComplete
        isFresh = recovery.isFresh
        log = recovery.log
        clean = recovery.clean
        stored = recovery.stored
        newest = recovery.stored
        committed = recovery.clean.position.lsn
        savedSnapshot = committed
        flushed = log.last.lsn
        ages = ChainAges(old: flushed)
        if !configuration.arbiters.isEmpty {
            arbiters = ArbiterLink(arbiters: configuration.arbiters, lease: configuration.lease)
        }
        applyLimit = flushed
        random = SeededRandom.named("chain " + configuration.name, seed: configuration.seed)
        if view.epoch > 0, !view.order.contains(configuration.name) {
            outcast = "the chain goes on without \(configuration.name)"
        }
        ship.pushLatest(flushed, now: 0, &random)
        closed.forEach { _ = setGate($0, isClosed: true) }
        delays.forEach { _ = setDelay($0.0, $0.1) }
    }

    public var name: NodeName { configuration.name }
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
        case .tick, .connectFailed, .disconnected: break
        case .stateSaved(let number):
            savedState = max(savedState, number)
            // A lease of this view can be had from now on.
            arbiters?.hurry()
        case .snapshotSaved(let position): saved(position)
        case .snapshotInstalled(let position): installed(position)
        case .request(let id, let call): receive(id, call)
        case .abandoned(let id): queries.forget(id)
        case .received(let sender, let message): hear(sender, message)
        case .flushed(let lsn):
            flushed = max(flushed, min(lsn, flushing ?? 0))
            flushing = nil
            ship.pushLatest(flushed, now: now, &random)
            apply.pushLatest(flushed, now: now, &random)
        case .admin(let id, let order): effects.append(.adminReply(id, obey(order)))
        case .accepted(let id), .connected(let id, _), .message(let id, _): effects.append(.close(id))
        }
    }

    /// Everything that became possible through the input.
    private mutating func settle() {
        openReceived()
        beginFirstView()
        takeOver()
        applyEntries()
        answerWaiters()
        forward()
        handOver()
        confirm()
        greet()
        askTail()
        saveSnapshot()
        reportToArbiters()
        while let (id, answer) = replies.pop(now: now) { effects.append(.reply(id, answer)) }
        guard flushing == nil, installing == nil, log.last.lsn > flushed else { return }
        flushing = log.last.lsn
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
        consider(arbiters?.nextWake)
        consider(nextTalk)
        if wantsGreeting { consider(nextGreeting) }
        return wake
    }

    mutating func append(_ entry: LogEntry) {
        log.append(entry)
        ages.came(entry.lsn, now: now, bound: configuration.bound)
        newest.apply(entry)
        effects.append(.append(entry.record))
    }

    /// Shows readers what is durable; at the tail that is what counts.
    private mutating func applyEntries() {
        while let limit = apply.pop(now: now) { applyLimit = max(applyLimit, limit) }
        while stored.position.lsn < min(applyLimit, flushed) { stored.apply(log[stored.position.lsn + 1]) }
        if servesAsTail { committed = max(committed, stored.position.lsn) }
        // At a member that is spliced to the end the gate may still hold back what was confirmed before.
        applyCommitted()
    }

    mutating func record(_ kind: String, _ peer: NodeName?, _ detail: String) {
        effects.append(.record(ReplicaEvent(kind, log.last, peer: peer, detail)))
    }
}

/// What a member knows of its successor.
struct ChainLink: Hashable, Sendable {
    /// What it said last in this view.
    var progress: ChainProgress?
    /// Durable there, and a part of this log; `nil` while that is not known.
    var stored: LSN?
    /// Sent, arrived or not.
    var sent: LSN = 0
    var sentAt: Moment = 0
    /// What is never sent again; only a planted bug sets it.
    var forgotten: LSN = 0
    /// It needs more than the log has.
    var needsCopy = false
    var copy: ChainCopy?
    /// What had been shown when this member stopped to be the tail; what it is told then, and when again.
    var floor: Position?
    var handedAt: Moment = 0
}
