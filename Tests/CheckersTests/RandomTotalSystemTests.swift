import Checkers
import Determinism
import HistoryModel
import Testing

/// A queue, a bank, a counter, a set and identifiers that are as they should be, used by clients that do not always learn
/// what came of it.
struct RandomTotalSystem {
    private var random: SeededRandom
    private var events: [Event] = []
    private var time: Int64 = 0
    private var next: Int64 = 1
    private var queue: [Value] = []
    private var set: [Value] = []
    private var balances: [Int64] = [20, 20, 20]
    private var count: Int64 = 0

    private struct Client {
        var process: Int
        var open: Event?
        var answer: Value?
    }

    static func history(_ random: SeededRandom, operations: Int) throws -> History {
        var system = RandomTotalSystem(random: random)
        system.run(operations)
        return try History(system.events)
    }

    private init(random: SeededRandom) { self.random = random }

    private mutating func run(_ operations: Int) {
        var clients = (0..<4).map { Client(process: $0) }
        for _ in 0..<operations {
            let number = random.below(clients.count)
            advance(&clients[number])
        }
        for number in clients.indices { while clients[number].open != nil { advance(&clients[number]) } }
        // Whatever is left comes out.
        var last = Client(process: clients[0].process)
        last.open = event("drain", "q", .null)
        append(last)
        last.answer = .list(queue)
        append(last, .ok)
    }

    private func event(_ f: String, _ key: String, _ value: Value) -> Event {
        Event(index: 0, time: 0, process: .client(0), type: .invoke, f: f, key: key, value: value)
    }

    /// Invokes, then takes effect at one instant or, rarely, never, then ends.
    private mutating func advance(_ client: inout Client) {
        guard let open = client.open else {
            client.open = invocation()
            return append(client)
        }
        if client.answer != nil {
            let isLost = random.chance(1, in: 12)
            append(client, isLost ? .info : .ok)
            end(&client, isLost: isLost)
        } else if random.chance(1, in: 20) {
            let isRefused = random.chance(1, in: 2)
            append(client, isRefused ? .fail : .info)
            end(&client, isLost: !isRefused)
        } else {
            client.answer = execute(open)
        }
    }

    private func end(_ client: inout Client, isLost: Bool) {
        if isLost { client.process += 4 }
        client.open = nil
        client.answer = nil
    }

    private mutating func invocation() -> Event {
        next += 1
        return switch random.below(9) {
        case 0: event("enqueue", "q", .int(next))
        case 1: event("dequeue", "q", .null)
        case 2: event("transfer", "b", ["from": .int(next % 3), "to": .int((next + 1) % 3)])
        case 3: event("read", "b", .null)
        case 4: event("add", "c", .int(Int64(random.below(7)) - 2))
        case 5: event("read", "c", .null)
        case 6: event("add", "s", .int(next))
        case 7: event("read", "s", .null)
        default: event("generate", "i", .null)
        }
    }

    private mutating func execute(_ event: Event) -> Value {
        switch (event.f, event.key) {
        case ("enqueue", _): queue.append(event.value)
        case ("dequeue", _): return queue.isEmpty ? .null : queue.removeFirst()
        case ("transfer", _):
            let (from, to) = (Int(event.value["from"]?.int ?? 0), Int(event.value["to"]?.int ?? 0))
            let amount = min(balances[from], 3)
            balances[from] -= amount
            balances[to] += amount
        case ("read", "b"):
            return .object(balances.enumerated().map { Value.Member("\($0.offset)", .int($0.element)) })
        case ("add", "c"): count += event.value.int ?? 0
        case ("read", "c"): return .int(count)
        case ("add", _): set.append(event.value)
        case ("read", _): return .list(set)
        default:
            next += 1
            return .int(next)
        }
        return event.value
    }

    private mutating func append(_ client: Client, _ type: EventType = .invoke) {
        guard var event = client.open else { return }
        if !random.chance(1, in: 8) { time += 1 }
        event.process = .client(client.process)
        event.type = type
        if type == .ok { event.value = client.answer ?? .null }
        event.index = events.count
        event.time = time
        events.append(event)
    }
}

extension RandomHistoryTests {
    /// The part of a history that is about one key.
    private func part(_ history: History, _ key: String) throws -> History {
        try History(Array(history.events.filter { $0.key == key }))
    }

    private static let keys: [Guarantee: String] = [
        .totalQueue: "q", .noDuplicates: "q", .bank: "b", .counter: "c", .uniqueIDs: "i",
    ]

    @Test("queues, banks, counters and identifiers that are as they should be raise no alarm")
    func totalSystems() throws {
        var random = SeededRandom.named("total-systems", seed: randomSeed)
        for _ in 0..<historyCount(150) {
            let history = try RandomTotalSystem.history(random.split(), operations: random.below(400) + 200)
            for (guarantee, key) in Self.keys {
                let verdict = check(try part(history, key), CheckOptions(guarantees: [guarantee]))[0]
                #expect(verdict.judgement == .valid, "\(verdict)")
            }
        }
    }

    @Test("what is planted into them is found")
    func plantedTotals() throws {
        var random = SeededRandom.named("planted-totals", seed: randomSeed)
        for _ in 0..<historyCount(60) {
            let history = try RandomTotalSystem.history(random.split(), operations: random.below(400) + 200)
            for (guarantee, key) in Self.keys {
                var events = Array(try part(history, key).events)
                guard plant(guarantee, &events) else { continue }
                let verdict = check(try History(events), CheckOptions(guarantees: [guarantee]))[0]
                #expect(verdict.judgement == .invalid, "\(guarantee)")
            }
        }
    }

    /// False if there is no place for it.
    private func plant(_ guarantee: Guarantee, _ events: inout [Event]) -> Bool {
        let answers = events.indices.filter { events[$0].type == .ok && !events[$0].value.isNull }
        switch guarantee {
        case .totalQueue:
            // More elements vanish than removals of unknown outcome and drains can have taken.
            guard !events.contains(where: { $0.f == "drain" && $0.type == .info }) else { return false }
            let puts = Set(events.filter { $0.f == "enqueue" && $0.type == .ok }.map(\.value))
            let taken = answers.filter { events[$0].f == "dequeue" && puts.contains(events[$0].value) }
            let open = events.count { $0.f == "dequeue" && $0.type == .info }
            guard taken.count > open else { return false }
            for place in taken.prefix(open + 1) { events[place].value = .null }
        case .noDuplicates:
            let taken = answers.filter { events[$0].f == "dequeue" }
            guard taken.count > 1, let last = taken.last else { return false }
            events[last].value = events[taken[0]].value
        case .bank:
            let reads = answers.filter { events[$0].f == "read" }
            guard reads.count > 1, let last = reads.last else { return false }
            events[last].value = ["0": 20, "1": 20, "2": 21]
        case .counter:
            guard let last = answers.last(where: { events[$0].f == "read" }) else { return false }
            events[last].value = 100_000
        default:
            guard answers.count > 1 else { return false }
            events[answers[answers.count - 1]].value = events[answers[0]].value
        }
        return true
    }
}
