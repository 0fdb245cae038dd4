import Determinism

/// A member of a Raft group that keeps keys and values.
///
/// Writes go through the log and are answered when they are committed and applied; reads as `RaftReadMode` says. What is
/// applied is committed and durable here, so that no reader of one member ever sees its state go back: after a start
/// reads wait until the member has applied what it had in its log before.
public struct RaftReplica: Replica {
    public let configuration: RaftConfiguration
    var core: RaftCore
    var machine: RaftMachine
    /// Requests that are under way, and by entry those that wait for it to be applied.
    var requests: [RequestID: Request] = [:]
    var waiting: [LSN: [RequestID]] = [:]
    var deadlines: Queue<(id: RequestID, at: Moment)> = Queue()
    /// Operators' changes of the membership that are not committed.
    var orders: [Order] = []
    /// Reads wait for that entry after a start: the log held it, so readers may have seen it.
    var floor: LSN

    var random: SeededRandom
    var now: Moment = 0
    var effects: [ReplicaEffect] = []
    var apply: Valve<LSN> = Valve()
    var applyLimit: LSN = 0
    var applyPushed: LSN = 0
    var replies: Valve<(RequestID, ClientAnswer)> = Valve()
    var flushes: Valve<LSN> = Valve()
    var links: [RaftLink]

    /// A request that is not answered yet.
    struct Request: Sendable {
        var command: Command
        var token: RaftToken?
        /// The entry to wait for; its term, when it is an entry of this request.
        var lsn: LSN?
        var term: UInt32?
    }

    struct Order: Sendable {
        var id: AdminID
        var change: MembershipChange
        var deadline: Moment
        /// Whether another one, which leads, is to make the change.
        var isForeign = false
    }

    /// A member that starts, from nothing or from what its disk holds.
    ///
    /// Gates in `closed` and `delays` hold from the first moment. Throws for stored bytes that no member wrote.
    public init(
        _ configuration: RaftConfiguration, stored: StoredState = StoredState(), closed: [RaftGate] = [],
        delays: [(RaftGate, DelayRange)] = []
    ) throws(DecodingFailure) {
        self.configuration = configuration
        core = try RaftCore(configuration, stored: stored)
        machine = RaftMachine()
        if let snapshot = stored.snapshot {
            machine = try RaftMachine(decoding: try RaftSnapshot(decoding: snapshot.content).state)
        }
        guard machine.position == core.log.base else { throw DecodingFailure("a snapshot of another position") }
        floor = core.log.last.lsn
        random = SeededRandom.named("raft replica \(configuration.name)", seed: configuration.seed)
        links = configuration.others.map { RaftLink(name: $0) }
        closed.forEach { _ = setGate($0, isClosed: true) }
        delays.forEach { _ = setDelay($0.0, $0.1) }
    }

    public var name: NodeName { configuration.name }

    public mutating func step(_ input: ReplicaInput, at time: NodeTime) -> [ReplicaEffect] {
        core.begin(at: time)
        now = core.now
        take(input)
        openLinks()
        core.settle()
        takeNotices()
        applyEntries()
        giveUp()
        takeNotices()
        collect()
        defer { effects = [] }
        return effects
    }

    private mutating func take(_ input: ReplicaInput) {
        switch input {
        case .tick: break
        case .request(let id, let call): receive(id, call)
        case .abandoned(let id): requests[id] = nil
        case .received(let sender, let message): arrived(message, from: sender)
        case .flushed(let lsn): core.flushed(upTo: lsn)
        case .stateSaved(let number): core.stateSaved(number)
        case .snapshotSaved(let position): core.snapshotSaved(position)
        case .snapshotInstalled(let position): core.snapshotInstalled(position)
        case .admin(let id, let order): obey(id, order)
        case .accepted(let id), .connected(let id, _), .message(let id, _): effects.append(.close(id))
        case .connectFailed, .disconnected: break
        }
    }

    public var nextWake: Moment {
        var wake = core.nextWake
        func consider(_ moment: Moment?) { wake = min(wake, moment ?? .max) }
        consider(apply.nextDue)
        consider(replies.nextDue)
        consider(flushes.nextDue)
        consider(deadlines.first?.at)
        orders.forEach { consider($0.deadline) }
        links.forEach { consider($0.nextDue) }
        return wake
    }

    // MARK: What the core tells

    private mutating func takeNotices() {
        let notices = core.notices
        core.notices = []
        for notice in notices {
            switch notice {
            case .restore(let snapshot): restore(snapshot)
            case .cut(let lsn): floor = min(floor, lsn)
            case .readReady(let id, let index): confirmed(id, index)
            case .readFailed(let id): refer(id)
            case .membership(let membership): finishOrders(membership)
            case .role(let role): if role != .leader { failOrders() }
            }
        }
    }

    private mutating func restore(_ snapshot: StoredSnapshot) {
        guard let state = try? RaftSnapshot(decoding: snapshot.content).state,
            let restored = try? RaftMachine(decoding: state), restored.position == snapshot.position
        else {
            effects.append(.crash("the snapshot at \(snapshot.position) cannot be read"))
            return
        }
        machine = restored
        applyLimit = max(applyLimit, snapshot.position.lsn)
        // What became of entries inside the snapshot cannot be told.
        for lsn in waiting.keys.sorted() where lsn <= snapshot.position.lsn { reached(lsn, nil) }
    }

    // MARK: Applying

    /// Shows readers what is committed and durable, and answers those who waited for it.
    private mutating func applyEntries() {
        // While a snapshot is installed, or if it cannot be read, the log begins later than the state ends.
        let isWhole = machine.position.lsn >= core.log.base.lsn
        if isWhole, core.readable > applyPushed {
            applyPushed = core.readable
            apply.pushLatest(applyPushed, now: now, &random)
        }
        // What is due passes in any case: left where it is, it would ask to be woken at once, again and again.
        while let limit = apply.pop(now: now) { applyLimit = max(applyLimit, limit) }
        guard isWhole else { return }
        let end = min(applyLimit, core.readable)
        while machine.position.lsn < end {
            let lsn = machine.position.lsn + 1
            let entry = core.log[lsn]
            let outcome = machine.apply(entry, at: Position(timeline: entry.term, lsn: lsn))
            reached(lsn, outcome)
        }
        let saved = core.snapshot?.position.lsn ?? 0
        if machine.position.lsn >= saved + LSN(configuration.snapshotEvery), !core.isSavingSnapshot {
            _ = core.compact(machine.encoded, through: machine.position.lsn)
        }
    }

    // MARK: Effects

    /// Takes over what the core wants done, through the gates.
    private mutating func collect() {
        for effect in core.effects {
            switch effect {
            case .send(let peer, let message): leave(message, to: peer)
            case .flush(let lsn) where !flushes.isFree:
                flushes.push(lsn, now: now, &random)
            default: effects.append(effect)
            }
        }
        core.effects = []
        while let lsn = flushes.pop(now: now) { effects.append(.flush(upTo: lsn)) }
        while let (id, answer) = replies.pop(now: now) { effects.append(.reply(id, answer)) }
    }
}
