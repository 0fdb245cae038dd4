import Determinism
import HistoryModel

/// A leader with two followers in a few lines: one log, of which each replica has applied a prefix.
struct SimulatedSystem {
    enum Mode: CaseIterable {
        /// Reads at the leader.
        case atomic
        /// Reads at any replica, however far behind.
        case staleReads
        /// Reads at the leader, which is lost in the middle of the run with the end of its log.
        case rolledBack
    }

    private let mode: Mode
    private var random: SeededRandom
    private var log: [(key: String, value: Value)] = []
    private var applied = [0, 0, 0]
    private var timeline: Int64 = 1
    private var events: [Event] = []

    /// What a client is about: what it asked, and what was answered.
    private struct Client {
        var open: Event?
        var answer: Event?
        var counter: Int64 = 0
        /// The writes and reads that follow one another.
        var plan: [Event] = []
    }

    static func history(_ mode: Mode, seed: UInt64, steps: Int = 1600) throws -> History {
        var system = SimulatedSystem(mode: mode, random: SeededRandom(seed: seed))
        system.run(steps)
        return try History(system.events)
    }

    private init(mode: Mode, random: SeededRandom) {
        self.mode = mode
        self.random = random
    }

    private mutating func run(_ steps: Int) {
        var clients = [Client](repeating: Client(), count: 4)
        for step in 0..<steps {
            if step == steps / 2, mode == .rolledBack { failOver() }
            let number = random.below(clients.count)
            advance(number, &clients[number])
            for follower in 1...2 where random.chance(1, in: 40) {
                applied[follower] = min(applied[follower] + 12, log.count)
            }
        }
        for number in clients.indices where clients[number].open != nil {
            while clients[number].open != nil { advance(number, &clients[number]) }
        }
        applied = [log.count, log.count, log.count]
        end()
    }

    /// Invokes, then executes at one instant, then completes: three steps of a client.
    private mutating func advance(_ number: Int, _ client: inout Client) {
        if let answer = client.answer {
            append(answer)
            client.open = nil
            client.answer = nil
        } else if let invocation = client.open {
            client.answer = execute(invocation)
        } else {
            if client.plan.isEmpty { plan(number, &client) }
            let invocation = client.plan.removeFirst()
            append(invocation)
            client.open = invocation
        }
    }

    private mutating func plan(_ number: Int, _ client: inout Client) {
        func event(_ f: String, _ key: String?, _ value: Value = .null) -> Event {
            Event(index: 0, time: 0, process: .client(number), type: .invoke, f: f, key: key, value: value)
        }
        let other = random.below(4)
        switch random.below(7) {
        case 0, 1:
            client.counter += 1
            client.plan = [
                event("write", "c\(number)", .int(client.counter)),
                event("write", "e\(number)", .int(client.counter)),
            ]
        case 2:
            client.counter += 1
            client.plan = [event("add", "s", .int(client.counter * 10 + Int64(number))), event("read", "s")]
        case 3: client.plan = [event("read", "s")]
        case 4: client.plan = [event("read", "e\(number)"), event("read", "c\(number)")]
        case 5: client.plan = [event("read", "e\(other)"), event("read", "c\(other)")]
        default:
            client.plan = [
                event("txn", nil, [["r", .string("e\(other)"), nil], ["r", .string("c\(other)"), nil]])
            ]
        }
    }

    private mutating func execute(_ invocation: Event) -> Event {
        var answer = invocation
        answer.type = .ok
        answer.meta = ["tli": .int(timeline)]
        if invocation.f != "read", let key = invocation.key {
            log.append((key, invocation.value))
            applied[0] = log.count
            return answer
        }
        let replica = mode == .staleReads ? random.below(3) : 0
        if let key = invocation.key { answer.value = value(key, replica) }
        if invocation.f == "txn" {
            answer.value = .list(
                (invocation.value.list ?? []).compactMap(\.list).map {
                    ["r", $0[1], value($0[1].string ?? "", replica)]
                })
        }
        return answer
    }

    private func value(_ key: String, _ replica: Int) -> Value {
        let entries = log[..<applied[replica]].filter { $0.key == key }
        return key == "s" ? .list(entries.map(\.value)) : entries.last?.value ?? .null
    }

    /// A follower that lacks the last forty entries becomes leader: they are gone.
    private mutating func failOver() {
        let kept = max(0, log.count - 40)
        log.removeLast(log.count - kept)
        applied = applied.map { min($0, kept) }
        applied[0] = kept
        timeline += 1
        append(Event(index: 0, time: 0, process: .nemesis, type: .info, f: "promote"))
    }

    /// Dumps of all replicas.
    private mutating func end() {
        let keys = ((0..<4).flatMap { ["c\($0)", "e\($0)"] } + ["s"]).sorted()
        for replica in 0..<3 {
            var dump = Event(index: 0, time: 0, process: .client(9), type: .invoke, f: "dump", node: "n\(replica)")
            append(dump)
            dump.type = .ok
            dump.value = .list(keys.map { [.string($0), value($0, replica)] })
            append(dump)
        }
    }

    private mutating func append(_ event: Event) {
        var event = event
        event.index = events.count
        event.time = Int64(events.count)
        events.append(event)
    }
}
