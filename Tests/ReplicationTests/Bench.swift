import Determinism

@testable import Replication

/// One node with everything around it under the test's control.
struct Bench {
    var node: SingleLeaderReplica
    var now: Moment = 1_000_000_000
    /// All effects so far that nobody took.
    var effects: [ReplicaEffect] = []
    private var requests: RequestID = 0

    init(_ node: SingleLeaderReplica) { self.node = node }

    /// A node `n1` of three, with the given policy.
    static func leader(
        _ change: (inout SingleLeaderConfiguration) -> Void = { _ in }, recovered: RecoveredState = RecoveredState()
    ) -> Bench {
        var configuration = SingleLeaderConfiguration(name: "n1", cluster: "c", members: ["n1", "n2", "n3"])
        change(&configuration)
        return Bench(SingleLeaderReplica(configuration, role: .leader, leader: nil, recovered: recovered))
    }

    static func follower(
        _ name: NodeName = "n2", recovered: RecoveredState = RecoveredState(), closed: [GateTarget] = [],
        delays: [(GateTarget, DelayRange)] = [], _ change: (inout SingleLeaderConfiguration) -> Void = { _ in }
    ) -> Bench {
        var configuration = SingleLeaderConfiguration(name: name, cluster: "c", members: ["n1", "n2", "n3"])
        change(&configuration)
        return Bench(
            SingleLeaderReplica(
                configuration, role: .follower, leader: "n1", recovered: recovered, closed: closed,
                delays: delays))
    }

    mutating func step(_ input: ReplicaInput) {
        effects += node.step(input, at: NodeTime(monotonic: now, wall: 0))
    }

    /// The other end of a connection says something.
    mutating func say(_ id: ConnectionID, timeline: UInt32, _ message: SingleLeaderMessage) {
        step(.message(id, message.encoded(epoch: UInt64(timeline))))
    }

    mutating func request(_ command: Command) -> RequestID {
        requests += 1
        step(.request(requests, ClientCall(command)))
        return requests
    }

    mutating func pass(milliseconds: UInt64) {
        now += milliseconds * 1_000_000
        step(.tick)
    }

    /// The disk finishes what was asked of it.
    mutating func flushAll() {
        while let index = effects.firstIndex(where: { if case .flush = $0 { true } else { false } }) {
            guard case .flush(let lsn) = effects.remove(at: index) else { return }
            step(.flushed(upTo: lsn))
        }
    }

    /// A follower says hello to this leader and is welcome.
    mutating func join(_ name: NodeName, _ id: ConnectionID, at position: Position = .start) {
        step(.accepted(id))
        say(
            id, timeline: position.timeline,
            .hello(cluster: "c", name: name, format: formatVersion, position: position))
    }

    /// This follower's dialling succeeds and the leader welcomes it.
    mutating func meetLeader(_ id: ConnectionID, end: LSN, timeline: UInt32 = 1) {
        step(.tick)
        step(.connected(id, to: node.leader ?? ""))
        say(id, timeline: timeline, .welcome(from: node.log.last, end: end))
    }

    mutating func report(_ id: ConnectionID, received: LSN, flushed: LSN) {
        let progress = Progress(received: received, flushed: flushed, applied: 0)
        say(id, timeline: 1, .progress(progress))
    }

    /// Takes the answer to a request; `nil` when there is none yet.
    mutating func answer(_ id: RequestID) -> ClientAnswer? {
        for (index, effect) in effects.enumerated() {
            if case .reply(id, let answer) = effect {
                effects.remove(at: index)
                return answer
            }
        }
        return nil
    }

    mutating func reply(_ id: RequestID) -> Reply? { answer(id)?.reply }

    /// Asks and takes the answer that must come at once.
    mutating func ask(_ command: Command) -> Reply? { reply(request(command)) }

    /// Messages sent on a connection that nobody took.
    mutating func takeSent(_ id: ConnectionID) -> [SingleLeaderMessage] {
        var messages: [SingleLeaderMessage] = []
        effects.removeAll {
            guard case .sendOn(id, let message) = $0, let message = try? SingleLeaderMessage(message) else {
                return false
            }
            messages.append(message)
            return true
        }
        return messages
    }

    /// Entries sent on a connection that nobody took.
    mutating func takeEntries(_ id: ConnectionID) -> [LogEntry] {
        takeSent(id).flatMap { message -> [LogEntry] in
            guard case .append(_, let entries) = message else { return [] }
            return entries
        }
    }

    var events: [SingleLeaderReplica.EventKind] {
        effects.compactMap {
            if case .record(let event) = $0 { SingleLeaderReplica.EventKind(rawValue: event.kind) } else { nil }
        }
    }

    /// Who leads by the states that were saved.
    var orders: [RoleOrder] {
        effects.compactMap {
            if case .saveState(let bytes, _) = $0 { try? RoleOrder(decoding: bytes) } else { nil }
        }
    }

    func isClosed(_ id: ConnectionID) -> Bool {
        effects.contains { if case .close(id) = $0 { true } else { false } }
    }
}

extension AdminOrder {
    static func setGate(_ target: GateTarget, isClosed: Bool) -> AdminOrder {
        .gate(target.name, isClosed: isClosed)
    }
    static func setDelay(_ target: GateTarget, _ range: DelayRange?) -> AdminOrder { .delay(target.name, range) }
}

extension Command {
    static func put(_ key: String, _ value: String) -> Command {
        .set(key: Array(key.utf8), value: Array(value.utf8))
    }
    static func read(_ key: String) -> Command { .get(key: Array(key.utf8)) }
    static func swap(_ key: String, _ old: String?, _ new: String) -> Command {
        .compareAndSet(key: Array(key.utf8), old: old.map { Array($0.utf8) }, new: Array(new.utf8))
    }
    static func add(_ key: String, _ element: String) -> Command {
        .add(key: Array(key.utf8), elements: [Array(element.utf8)])
    }
}

extension Reply {
    static func text(_ value: String?) -> Reply { .value(value.map { Array($0.utf8) }) }

    var failure: FailureCode? { if case .failed(let code, _) = self { code } else { nil } }
    var uncertainty: UnknownCode? { if case .unknown(let code, _) = self { code } else { nil } }
}

/// A log of puts to `x`, `1`, `2`, ... on timeline 1.
func puts(_ lsns: ClosedRange<LSN>, timeline: UInt32 = 1) -> [LogEntry] {
    lsns.map {
        LogEntry(
            Position(timeline: timeline, lsn: $0),
            .put(key: Array("x".utf8), value: Array(String($0).utf8)))
    }
}
