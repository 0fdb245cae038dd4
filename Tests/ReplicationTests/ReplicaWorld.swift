import Determinism
import ReplicationTesting
import Testing

@testable import Replication

/// Members of any designs that talk in single messages, with disks and clocks, under virtual time and one seed.
///
/// A crash forgets what was not reported as durable. The network loses, delays, doubles and reorders messages and can be
/// cut in one direction.
struct ReplicaWorld {
    struct Host {
        var replica: (any Replica)?
        var life = 0
        var durable = StoredState()
        /// What was written in this life and may not be durable yet, in order.
        var written: [ReplicaEffect] = []
        var rate: UInt64 = 100
        var since: Moment = 0
        var shown: Moment = 1_000_000_000
        var plannedWake: Moment?
        let make: @Sendable (StoredState) throws(DecodingFailure) -> any Replica
    }

    struct Direction: Hashable {
        var from: NodeName
        var to: NodeName
    }

    private enum Happening {
        case wake(NodeName, life: Int)
        case deliver(to: NodeName, from: NodeName, PeerMessage)
        case disk(NodeName, life: Int, ReplicaInput)
    }

    private(set) var names: [NodeName] = []
    private(set) var hosts: [NodeName: Host] = [:]
    private(set) var now: Moment = 0
    var random: SeededRandom
    var cuts: Set<Direction> = []
    var lossPercent = 0
    /// Bytes of the largest message that was sent.
    var largestMessage = 0
    var doublePercent = 0
    /// Nodes whose disk takes a hundred times as long.
    var slowDisks: Set<NodeName> = []
    /// How far the wall clocks of nodes are ahead, in nanoseconds.
    var wallAhead: [NodeName: Int64] = [:]
    /// Called after every step, with who made it.
    var watch: ((ReplicaWorld, NodeName) -> Void)?
    private(set) var answers: [RequestID: ClientAnswer] = [:]
    private var lastRequest: RequestID = 0
    private var pending: [(at: Moment, order: Int, what: Happening)] = []
    private var orders = 0

    init(seed: UInt64) { random = SeededRandom.named("replica world", seed: seed) }

    mutating func add(
        _ name: NodeName, _ make: @escaping @Sendable (StoredState) throws(DecodingFailure) -> any Replica
    ) {
        names.append(name)
        hosts[name] = Host(make: make)
    }

    func replica(_ name: NodeName) -> (any Replica)? { hosts[name]?.replica }

    mutating func startAll() { for name in names { start(name) } }

    mutating func start(_ name: NodeName) {
        guard let host = hosts[name], host.replica == nil, let replica = try? host.make(host.durable) else {
            return
        }
        hosts[name]?.replica = replica
        hosts[name]?.plannedWake = nil
        step(name, .tick)
    }

    mutating func crash(_ name: NodeName) {
        hosts[name]?.replica = nil
        hosts[name]?.life += 1
        hosts[name]?.written = []
    }

    /// Takes everything from the disk of a node that is not running.
    mutating func wipe(_ name: NodeName) { hosts[name]?.durable = StoredState() }

    mutating func request(
        _ name: NodeName, _ command: Command, policy: String? = nil, context: [UInt8]? = nil
    ) -> RequestID {
        lastRequest += 1
        step(name, .request(lastRequest, ClientCall(command, context: context, policy: policy)))
        return lastRequest
    }

    mutating func setState(_ name: NodeName, _ state: [UInt8]) { hosts[name]?.durable.state = state }

    mutating func isolate(_ name: NodeName, both: Bool = true) {
        for other in names where other != name {
            cuts.insert(Direction(from: name, to: other))
            if both { cuts.insert(Direction(from: other, to: name)) }
        }
    }

    // MARK: Clocks

    func clock(_ name: NodeName) -> NodeTime {
        guard let host = hosts[name] else { return NodeTime(monotonic: 0, wall: 0) }
        return NodeTime(
            monotonic: host.shown + (now - host.since) * host.rate / 100,
            wall: Int64(now) + wallAhead[name, default: 0])
    }

    mutating func setRate(_ name: NodeName, _ percent: UInt64) {
        let shown = clock(name).monotonic
        hosts[name]?.shown = shown
        hosts[name]?.since = now
        hosts[name]?.rate = percent
        planWake(name)
    }

    private mutating func planWake(_ name: NodeName) {
        guard let host = hosts[name], let wake = host.replica?.nextWake, wake < .max / 200 else { return }
        let wait = wake > host.shown ? ((wake - host.shown) * 100 + host.rate - 1) / host.rate : 0
        let at = max(now + 1, host.since + wait)
        guard at < host.plannedWake ?? .max else { return }
        hosts[name]?.plannedWake = at
        plan(.wake(name, life: host.life), at: at)
    }

    // MARK: Time

    mutating func run(milliseconds: UInt64) {
        let end = now + milliseconds * 1_000_000
        while let next = earliest, pending[next].at <= end {
            let item = pending.remove(at: next)
            now = max(now, item.at)
            happen(item.what)
        }
        now = end
    }

    private var earliest: Int? {
        pending.indices.min { (pending[$0].at, pending[$0].order) < (pending[$1].at, pending[$1].order) }
    }

    private mutating func plan(_ what: Happening, at: Moment) {
        orders += 1
        pending.append((at, orders, what))
    }

    private mutating func happen(_ what: Happening) {
        switch what {
        case .wake(let name, let life):
            guard hosts[name]?.life == life else { return }
            hosts[name]?.plannedWake = nil
            step(name, .tick)
        case .deliver(let to, let from, let message):
            if !cuts.contains(Direction(from: from, to: to)) { step(to, .received(from: from, message)) }
        case .disk(let name, let life, let input):
            guard hosts[name]?.life == life else { return }
            settleDisk(name, input)
            step(name, input)
        }
    }

    mutating func step(_ name: NodeName, _ input: ReplicaInput) {
        let time = clock(name)
        guard let effects = hosts[name]?.replica?.step(input, at: time) else { return }
        if hosts[name]?.replica?.isRestless(after: input, effects, at: time) == true {
            Issue.record("\(name) has nothing to do at \(now) and asks to be woken at once")
        }
        for effect in effects { execute(effect, name) }
        planWake(name)
        watch?(self, name)
    }

    private mutating func execute(_ effect: ReplicaEffect, _ name: NodeName) {
        let life = hosts[name]?.life ?? 0
        let later = now + UInt64(50 + random.below(2000)) * (slowDisks.contains(name) ? 100_000 : 1000)
        switch effect {
        case .send(let to, let message):
            largestMessage = max(largestMessage, message.payload.count)
            for _ in 0..<(random.below(100) < doublePercent ? 2 : 1) where random.below(100) >= lossPercent {
                let delay = UInt64(50 + random.below(3000)) * 1000
                plan(.deliver(to: to, from: name, message), at: now + delay)
            }
        case .append, .cutLog, .dropLog: hosts[name]?.written.append(effect)
        case .flush(let lsn): plan(.disk(name, life: life, .flushed(upTo: lsn)), at: later)
        case .saveState(_, let number):
            hosts[name]?.written.append(effect)
            plan(.disk(name, life: life, .stateSaved(number)), at: later)
        case .saveSnapshot(let snapshot), .installSnapshot(let snapshot):
            hosts[name]?.written.append(effect)
            let input: ReplicaInput =
                if case .saveSnapshot = effect {
                    .snapshotSaved(snapshot.position)
                } else {
                    .snapshotInstalled(snapshot.position)
                }
            plan(.disk(name, life: life, input), at: later)
        case .crash: crash(name)
        case .reply(let id, let answer): answers[id] = answer
        case .sendOn, .connect, .close, .adminReply, .record: break
        }
    }

    /// Everything up to what the input speaks of is durable now.
    private mutating func settleDisk(_ name: NodeName, _ input: ReplicaInput) {
        guard let host = hosts[name] else { return }
        let last = host.written.lastIndex { effect in
            switch (effect, input) {
            case (.append(let record), .flushed(let lsn)): record.lsn <= lsn
            case (.saveState(_, let number), .stateSaved(let saved)): number == saved
            case (.saveSnapshot(let snapshot), .snapshotSaved(let position)): snapshot.position == position
            case (.installSnapshot(let snapshot), .snapshotInstalled(let position)): snapshot.position == position
            default: false
            }
        }
        guard let last else { return }
        for effect in host.written[...last] { hosts[name]?.durable.take(effect) }
        hosts[name]?.written.removeFirst(last + 1)
    }
}
