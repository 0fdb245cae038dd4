import Determinism

@testable import Replication

/// Nodes with disks, a network and clients in memory, under virtual time and one seed.
///
/// Disks forget what was not flushed when their node crashes. The network delays, cuts and closes connections; what
/// is sent on one connection arrives in order or not at all, as TCP has it.
struct VirtualCluster {
    struct Disk {
        var snapshot: StoredSnapshot?
        var state: [UInt8]?
        var durable: [StoredRecord] = []
        var buffered: [StoredRecord] = []
    }

    struct Host {
        var node: SingleLeaderReplica?
        var disk = Disk()
        /// Counts starts: what was under way for an earlier life is void.
        var life = 0
    }

    enum Happening {
        case input(host: NodeName, life: Int, ReplicaInput)
        case flush(host: NodeName, life: Int, upTo: LSN)
        case install(host: NodeName, life: Int, StoredSnapshot)
        case save(host: NodeName, life: Int, StoredSnapshot)
        case dial(from: NodeName, life: Int, to: NodeName)
        /// Arrives on the connection, unless it is gone.
        case deliver(link: Int, to: NodeName, PeerMessage)
        case hangUp(link: Int, to: NodeName)
    }

    /// One connection: the same number at both ends.
    struct Link {
        var ends: [NodeName]
        /// A message was lost, so nothing arrives any more; both ends find out by silence.
        var isBroken = false
        /// Who closed it: what that end has sent still arrives, and then the other one hears of it.
        var closedBy: NodeName?
        /// When the last message arrives, by receiver: order is kept.
        var busyUntil: [NodeName: Moment] = [:]
    }

    let names: [NodeName]
    var hosts: [NodeName: Host] = [:]
    var now: Moment = 1_000_000_000
    var random: SeededRandom
    var agenda: [(at: Moment, order: Int, what: Happening)] = []
    var links: [Int: Link] = [:]
    /// Pairs that cannot reach each other.
    var cuts: Set<Set<NodeName>> = []
    var replies: [(host: NodeName, id: RequestID, answer: ClientAnswer)] = []
    var events: [(host: NodeName, event: ReplicaEvent)] = []
    var configure: @Sendable (inout SingleLeaderConfiguration) -> Void
    private var orders = 0
    private var lastLink = 0
    private var lastRequest: RequestID = 0

    init(
        _ count: Int, seed: UInt64, configure: @escaping @Sendable (inout SingleLeaderConfiguration) -> Void
    ) {
        names = (1...count).map { "n\($0)" }
        random = SeededRandom.named("virtual cluster", seed: seed)
        self.configure = configure
        for name in names { hosts[name] = Host() }
    }

    func node(_ name: NodeName) -> SingleLeaderReplica? { hosts[name]?.node }

    // MARK: Life and death

    mutating func start(_ name: NodeName, _ role: Role, following leader: NodeName) {
        var configuration = SingleLeaderConfiguration(name: name, cluster: "c", members: names)
        configure(&configuration)
        let disk = hosts[name]?.disk ?? Disk()
        let stored = StoredState(snapshot: disk.snapshot, records: disk.durable, state: disk.state)
        guard let node = try? SingleLeaderReplica(configuration, role: role, leader: leader, stored: stored) else {
            preconditionFailure("\(name) cannot read what it wrote")
        }
        hosts[name]?.life += 1
        hosts[name]?.node = node
        step(name, .tick)
    }

    mutating func crash(_ name: NodeName, wiping: Bool = false) {
        hosts[name]?.node = nil
        hosts[name]?.life += 1
        hosts[name]?.disk.buffered = []
        if wiping { hosts[name]?.disk = Disk() }
        for (id, link) in links where link.ends.contains(name) { close(id, by: name) }
    }

    mutating func request(_ name: NodeName, _ command: Command) -> RequestID {
        lastRequest += 1
        step(name, .request(lastRequest, ClientCall(command)))
        return lastRequest
    }

    mutating func order(_ name: NodeName, _ command: AdminOrder) { step(name, .admin(1, command)) }

    // MARK: Time

    /// Lets everything happen that is due within so many milliseconds.
    mutating func run(milliseconds: UInt64) {
        let end = now + milliseconds * 1_000_000
        while let next = agenda.indices.min(by: { earlier(agenda[$0], agenda[$1]) }),
            agenda[next].at <= end || nextWake(before: end) != nil
        {
            if let (name, at) = nextWake(before: min(end, agenda[next].at)) {
                now = max(now, at)
                step(name, .tick)
            } else {
                let item = agenda.remove(at: next)
                now = max(now, item.at)
                happen(item.what)
            }
        }
        while let (name, at) = nextWake(before: end) {
            now = max(now, at)
            step(name, .tick)
            if agenda.contains(where: { $0.at <= end }) { return run(milliseconds: (end - now) / 1_000_000) }
        }
        now = end
    }

    private func earlier(
        _ left: (at: Moment, order: Int, what: Happening), _ right: (at: Moment, order: Int, what: Happening)
    ) -> Bool { (left.at, left.order) < (right.at, right.order) }

    private func nextWake(before end: Moment) -> (NodeName, Moment)? {
        names.compactMap { name in node(name).map { (name, $0.nextWake) } }
            .filter { $0.1 <= end }.min { ($0.1, $0.0) < ($1.1, $1.0) }
    }

    private mutating func plan(_ what: Happening, at: Moment) {
        orders += 1
        agenda.append((at, orders, what))
    }

    private mutating func after(_ range: ClosedRange<Int>) -> Moment {
        now + UInt64(range.lowerBound + random.below(range.count)) * 10_000
    }

    private mutating func happen(_ what: Happening) {
        switch what {
        case .input(let name, let life, let input):
            if hosts[name]?.life == life { step(name, input) }
        case .flush(let name, let life, let lsn):
            guard hosts[name]?.life == life else { return }
            let buffered = hosts[name]?.disk.buffered ?? []
            hosts[name]?.disk.durable += buffered.filter { $0.lsn <= lsn }
            hosts[name]?.disk.buffered = buffered.filter { $0.lsn > lsn }
            step(name, .flushed(upTo: lsn))
        case .install(let name, let life, let snapshot):
            guard hosts[name]?.life == life else { return }
            let state = hosts[name]?.disk.state
            hosts[name]?.disk = Disk(snapshot: snapshot, state: state)
            step(name, .snapshotInstalled(snapshot.position))
        case .save(let name, let life, let snapshot):
            guard hosts[name]?.life == life else { return }
            hosts[name]?.disk.snapshot = snapshot
            step(name, .snapshotSaved(snapshot.position))
        case .dial(let from, let life, let to): dial(from, life, to)
        case .deliver(let id, let to, let message):
            guard let link = links[id], !link.isBroken, link.closedBy != to else { return }
            guard !cuts.contains(Set(link.ends)) else {
                // What follows a lost message is never delivered on the same connection.
                links[id]?.isBroken = true
                return
            }
            step(to, .message(ConnectionID(id), message))
        case .hangUp(let id, let to):
            guard links.removeValue(forKey: id) != nil else { return }
            step(to, .disconnected(ConnectionID(id)))
        }
    }

    private mutating func dial(_ from: NodeName, _ life: Int, _ to: NodeName) {
        guard hosts[from]?.life == life else { return }
        guard node(to) != nil, !cuts.contains([from, to]) else {
            step(from, .connectFailed(to: to))
            return
        }
        lastLink += 1
        links[lastLink] = Link(ends: [from, to])
        step(to, .accepted(ConnectionID(lastLink)))
        step(from, .connected(ConnectionID(lastLink), to: to))
    }

    mutating func close(_ id: Int, by name: NodeName) {
        guard let link = links[id], link.closedBy != name else { return }
        let other = link.ends.first { $0 != name && node($0) != nil && !cuts.contains(Set(link.ends)) }
        guard let other, link.closedBy == nil else {
            links[id] = nil
            return
        }
        links[id]?.closedBy = name
        plan(.hangUp(link: id, to: other), at: max(after(1...20), link.busyUntil[other] ?? 0))
    }

    // MARK: Effects

    private mutating func step(_ name: NodeName, _ input: ReplicaInput) {
        guard let effects = hosts[name]?.node?.step(input, at: NodeTime(monotonic: now, wall: 0)),
            let life = hosts[name]?.life
        else { return }
        for effect in effects { execute(effect, name, life) }
    }

    private mutating func execute(_ effect: ReplicaEffect, _ name: NodeName, _ life: Int) {
        switch effect {
        case .append(let record): hosts[name]?.disk.buffered.append(record)
        case .flush(let lsn): plan(.flush(host: name, life: life, upTo: lsn), at: after(5...200))
        case .saveSnapshot(let snapshot):
            plan(.save(host: name, life: life, snapshot), at: after(5...500))
        case .installSnapshot(let snapshot):
            hosts[name]?.disk.buffered = []
            plan(.install(host: name, life: life, snapshot), at: after(5...500))
        case .dropLog(let lsn): hosts[name]?.disk.durable.removeAll { $0.lsn <= lsn }
        case .reply(let id, let answer): replies.append((name, id, answer))
        case .sendOn(let id, let message): send(Int(id), name, message)
        case .connect(let peer): plan(.dial(from: name, life: life, to: peer), at: after(1...50))
        case .close(let id): close(Int(id), by: name)
        case .record(let event): events.append((name, event))
        case .saveState(let state, let number):
            hosts[name]?.disk.state = state
            plan(.input(host: name, life: life, .stateSaved(number)), at: after(5...200))
        case .adminReply, .cutLog, .send, .crash: break
        }
    }

    private mutating func send(_ id: Int, _ name: NodeName, _ message: PeerMessage) {
        guard let link = links[id], link.closedBy == nil, let other = link.ends.first(where: { $0 != name }) else {
            return
        }
        let at = max(after(1...200), links[id]?.busyUntil[other] ?? 0)
        links[id]?.busyUntil[other] = at
        plan(.deliver(link: id, to: other, message), at: at)
    }
}
