import Determinism

@testable import Replication

/// Members of a Raft group with disks, clocks, a network and clients in memory, under virtual time and one seed.
///
/// A crash keeps some prefix of what was written and not yet reported as durable. The network loses, delays, doubles
/// and reorders single messages and can be cut in one direction.
struct RaftCluster {
    enum DiskWork {
        case append(StoredRecord)
        case cut(after: LSN)
        case drop(upTo: LSN)
        case state([UInt8])
        case save(StoredSnapshot)
        case install(StoredSnapshot)
    }

    struct Host {
        var replica: RaftReplica?
        /// Counts starts: what was under way for an earlier life is void.
        var life = 0
        var durable = StoredState()
        /// What was written since, in order, and how much was written and made durable in all.
        var written: [DiskWork] = []
        var writtenCount = 0
        var durableCount = 0
        var diskBusyUntil: Moment = 0
        /// The monotonic clock runs at so many percent since `since`, when it showed `shown`.
        var rate: UInt64 = 100
        var since: Moment = 0
        var shown: Moment = 1_000_000_000
        var wallOffset: Int64 = 0
        var plannedWake: Moment?
        var configuration: RaftConfiguration

        init(_ configuration: RaftConfiguration) { self.configuration = configuration }

        mutating func makeDurable(through count: Int) {
            guard count > durableCount else { return }
            let done = count - durableCount
            for work in written.prefix(done) { durable.take(work) }
            written.removeFirst(done)
            durableCount = count
        }
    }

    enum Happening {
        case wake(NodeName, life: Int)
        case deliver(to: NodeName, from: NodeName, PeerMessage)
        case disk(NodeName, life: Int, through: Int, ReplicaInput)
    }

    struct Cut: Hashable {
        var from: NodeName
        var to: NodeName
    }

    private struct Item {
        var at: Moment
        var order: Int
        var what: Happening
    }

    let names: [NodeName]
    var hosts: [NodeName: Host] = [:]
    var now: Moment = 0
    var random: SeededRandom
    var cuts: Set<Cut> = []
    /// Of a hundred messages; and of delays, in microseconds.
    var lossPercent = 0
    var doublePercent = 0
    var delay: ClosedRange<Int> = 50...2000
    var diskDelay: ClosedRange<Int> = 20...1000
    /// Messages that a test keeps back.
    var keep: ((NodeName, NodeName, PeerMessage) -> Bool)?
    var kept: [(to: NodeName, from: NodeName, message: PeerMessage)] = []
    var answers: [RequestID: (host: NodeName, at: Moment, answer: ClientAnswer)] = [:]
    var outcomes: [AdminID: AdminOutcome] = [:]
    var events: [(host: NodeName, event: ReplicaEvent)] = []
    var invariants: RaftInvariants? = RaftInvariants()
    private var heap: [Item] = []
    private var orders = 0
    private var lastRequest: RequestID = 0
    private var lastOrder: AdminID = 0

    init(
        _ count: Int, spare: Int = 0, seed: UInt64 = 1,
        configure: (inout RaftConfiguration) -> Void = { _ in }
    ) {
        names = (1...(count + spare)).map { "n\($0)" }
        random = SeededRandom.named("raft cluster", seed: seed)
        for name in names {
            var configuration = RaftConfiguration(
                name: name, cluster: "c", members: names, voters: Array(names.prefix(count)))
            configuration.seed = seed
            configure(&configuration)
            hosts[name] = Host(configuration)
        }
    }

    func replica(_ name: NodeName) -> RaftReplica? { hosts[name]?.replica }
    func core(_ name: NodeName) -> RaftCore? { hosts[name]?.replica?.core }
    var leaders: [NodeName] { names.filter { core($0)?.role == .leader } }
    /// The leader of the highest term.
    var leader: NodeName? { leaders.max { (core($0)?.term ?? 0) < (core($1)?.term ?? 0) } }

    // MARK: Life and death

    mutating func startAll() { for name in names where replica(name) == nil { start(name) } }

    mutating func start(_ name: NodeName) {
        guard let host = hosts[name], host.replica == nil,
            let replica = try? RaftReplica(host.configuration, stored: host.durable)
        else { return }
        hosts[name]?.life += 1
        hosts[name]?.plannedWake = nil
        hosts[name]?.replica = replica
        step(name, .tick)
    }

    /// Ends a life. Of what is not known to be durable some first part stays, a random one unless told.
    mutating func crash(_ name: NodeName, keeping: Int? = nil) {
        guard let host = hosts[name], host.replica != nil else { return }
        hosts[name]?.replica = nil
        hosts[name]?.life += 1
        let kept = min(keeping ?? random.below(host.written.count + 1), host.written.count)
        hosts[name]?.makeDurable(through: host.durableCount + kept)
        hosts[name]?.written = []
        hosts[name]?.durableCount = host.writtenCount
    }

    /// A dead node loses its disk; `joins`: it is told so when it starts again.
    mutating func wipe(_ name: NodeName, joins: Bool) {
        crash(name)
        hosts[name]?.durable = StoredState()
        hosts[name]?.configuration.joins = joins
    }

    mutating func request(
        _ name: NodeName, _ command: Command, identity: CallIdentity? = nil, token: [UInt8]? = nil,
        policy: String? = nil
    ) -> RequestID {
        lastRequest += 1
        step(
            name, .request(lastRequest, ClientCall(command, identity: identity, token: token, policy: policy)))
        return lastRequest
    }

    @discardableResult
    mutating func order(_ name: NodeName, _ order: AdminOrder) -> AdminID {
        lastOrder += 1
        step(name, .admin(lastOrder, order))
        return lastOrder
    }

    // MARK: The network

    mutating func cut(_ left: [NodeName], _ right: [NodeName]) {
        for one in left { for other in right { cutOff(one, other) } }
    }

    private mutating func cutOff(_ one: NodeName, _ other: NodeName) {
        cuts.insert(Cut(from: one, to: other))
        cuts.insert(Cut(from: other, to: one))
    }

    mutating func isolate(_ name: NodeName) { cut([name], names.filter { $0 != name }) }

    /// Delivers what was kept back, in the order in which it was sent.
    mutating func release() {
        keep = nil
        let messages = kept
        kept = []
        for item in messages { plan(.deliver(to: item.to, from: item.from, item.message), at: now) }
    }

    // MARK: Clocks

    func clock(_ name: NodeName) -> NodeTime {
        guard let host = hosts[name] else { return NodeTime(monotonic: 0, wall: 0) }
        let shown = host.shown + (now - host.since) * host.rate / 100
        return NodeTime(monotonic: shown, wall: Int64(now) + host.wallOffset)
    }

    mutating func setRate(_ name: NodeName, _ percent: UInt64) {
        let shown = clock(name).monotonic
        hosts[name]?.shown = shown
        hosts[name]?.since = now
        hosts[name]?.rate = percent
        planWake(name)
    }

    /// When the clock of the node will show that.
    private func moment(_ name: NodeName, showing wanted: Moment) -> Moment {
        guard let host = hosts[name], wanted > host.shown else { return now }
        guard wanted < .max / 200 else { return .max }
        return max(now, host.since + ((wanted - host.shown) * 100 + host.rate - 1) / host.rate)
    }

    // MARK: Time

    mutating func run(milliseconds: UInt64) { run(until: now + milliseconds * 1_000_000) }

    mutating func run(until end: Moment) {
        while let first = heap.first, first.at <= end {
            let item = pop()
            now = max(now, item.at)
            happen(item.what)
        }
        now = end
    }

    /// Lets time pass until that holds; whether it does.
    mutating func run(atMost milliseconds: UInt64 = 20_000, until isDone: (RaftCluster) -> Bool) -> Bool {
        let end = now + milliseconds * 1_000_000
        while !isDone(self) {
            guard let first = heap.first, first.at <= end else { return false }
            let item = pop()
            now = max(now, item.at)
            happen(item.what)
        }
        return true
    }

    private mutating func happen(_ what: Happening) {
        switch what {
        case .wake(let name, let life):
            guard hosts[name]?.life == life, let wake = replica(name)?.nextWake else { return }
            hosts[name]?.plannedWake = nil
            if clock(name).monotonic >= wake { step(name, .tick) } else { planWake(name) }
        case .deliver(let to, let from, let message):
            if !cuts.contains(Cut(from: from, to: to)) { step(to, .received(from: from, message)) }
        case .disk(let name, let life, let through, let input):
            guard hosts[name]?.life == life else { return }
            hosts[name]?.makeDurable(through: through)
            step(name, input)
        }
    }

    private mutating func plan(_ what: Happening, at: Moment) {
        orders += 1
        push(Item(at: at, order: orders, what: what))
    }

    private mutating func planWake(_ name: NodeName) {
        guard let host = hosts[name], let wake = host.replica?.nextWake, wake != .max else { return }
        let at = moment(name, showing: wake)
        guard at != .max, at < host.plannedWake ?? .max else { return }
        hosts[name]?.plannedWake = at
        plan(.wake(name, life: host.life), at: at)
    }

    private mutating func drawn(_ microseconds: ClosedRange<Int>) -> Moment {
        UInt64(microseconds.lowerBound + random.below(microseconds.count)) * 1000
    }

    // MARK: Effects

    mutating func step(_ name: NodeName, _ input: ReplicaInput) {
        guard hosts[name]?.replica != nil, let life = hosts[name]?.life else { return }
        let time = clock(name)
        let effects = hosts[name]?.replica?.step(input, at: time) ?? []
        if replica(name)?.isRestless(after: input, effects, at: time) == true {
            // It would go on for ever: the moment does not pass.
            invariants?.foundRestless(name, now)
            return crash(name)
        }
        for effect in effects {
            guard hosts[name]?.life == life else { return }
            execute(effect, name, life)
        }
        // Taken out for the moment, for it looks at everything else.
        var checking = invariants
        invariants = nil
        checking?.check(name, self)
        invariants = checking
        planWake(name)
    }

    mutating func checkMatching() {
        var checking = invariants
        invariants = nil
        checking?.checkMatching(self)
        invariants = checking
    }

    private mutating func execute(_ effect: ReplicaEffect, _ name: NodeName, _ life: Int) {
        switch effect {
        case .append(let record): write(name, .append(record))
        case .cutLog(let lsn): write(name, .cut(after: lsn))
        case .dropLog(let lsn): write(name, .drop(upTo: lsn))
        case .flush(let lsn): sync(name, life, .flushed(upTo: lsn))
        case .saveState(let bytes, let number):
            write(name, .state(bytes))
            sync(name, life, .stateSaved(number))
        case .saveSnapshot(let snapshot):
            write(name, .save(snapshot))
            sync(name, life, .snapshotSaved(snapshot.position))
        case .installSnapshot(let snapshot):
            write(name, .install(snapshot))
            sync(name, life, .snapshotInstalled(snapshot.position))
        case .send(let to, let message): send(message, from: name, to: to)
        case .reply(let id, let answer): answers[id] = (name, now, answer)
        case .adminReply(let id, let outcome): outcomes[id] = outcome
        case .record(let event): events.append((name, event))
        case .crash: crash(name)
        case .sendOn, .connect, .close: break
        }
    }

    private mutating func send(_ message: PeerMessage, from: NodeName, to: NodeName) {
        if let keep, keep(from, to, message) {
            kept.append((to, from, message))
            return
        }
        guard !cuts.contains(Cut(from: from, to: to)), random.below(100) >= lossPercent else { return }
        plan(.deliver(to: to, from: from, message), at: now + drawn(delay))
        if random.below(100) < doublePercent {
            plan(.deliver(to: to, from: from, message), at: now + 20 * drawn(delay))
        }
    }

    // MARK: Disks

    private mutating func write(_ name: NodeName, _ work: DiskWork) {
        hosts[name]?.written.append(work)
        hosts[name]?.writtenCount += 1
    }

    /// One thing after the other, as a disk does them.
    private mutating func sync(_ name: NodeName, _ life: Int, _ input: ReplicaInput) {
        guard let host = hosts[name] else { return }
        let at = max(now, host.diskBusyUntil) + drawn(diskDelay)
        hosts[name]?.diskBusyUntil = at
        plan(.disk(name, life: life, through: host.writtenCount, input), at: at)
    }

    // MARK: The agenda, a heap by time

    private func isEarlier(_ left: Item, _ right: Item) -> Bool { (left.at, left.order) < (right.at, right.order) }

    private mutating func push(_ item: Item) {
        heap.append(item)
        var child = heap.count - 1
        while child > 0, isEarlier(heap[child], heap[(child - 1) / 2]) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    private mutating func pop() -> Item {
        heap.swapAt(0, heap.count - 1)
        let item = heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count {
                if isEarlier(heap[child], heap[least]) { least = child }
            }
            if least == parent { return item }
            heap.swapAt(parent, least)
            parent = least
        }
    }
}

extension StoredState {
    fileprivate mutating func take(_ work: RaftCluster.DiskWork) {
        switch work {
        case .append(let record):
            let last = records.last?.lsn ?? snapshot?.position.lsn ?? 0
            precondition(record.lsn == last + 1, "record \(record.lsn) behind \(last)")
            records.append(record)
        case .cut(let lsn): records.removeAll { $0.lsn > lsn }
        case .drop(let lsn): records.removeAll { $0.lsn <= lsn }
        case .state(let bytes): state = bytes
        case .save(let snapshot): self.snapshot = snapshot
        case .install(let snapshot):
            self.snapshot = snapshot
            records = []
        }
    }
}
