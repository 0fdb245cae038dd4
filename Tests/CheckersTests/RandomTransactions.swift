import Determinism
import HistoryModel

/// Small random histories of transactions: they read snapshots of one sequence of commits, fresh or stale, and now and
/// then something that never was.
struct RandomTransactions {
    enum Shape: CaseIterable {
        case lists
        /// Every write follows a read of its key.
        case miniRegisters
        case registers
        case mixed
        /// Blind writes to one key or both, and reads of both, often of states that were never there together.
        case forks
    }

    /// How transactions see what others committed.
    private enum Sight: CaseIterable {
        /// At their end: strictly serializable.
        case fresh
        /// One snapshot each, from their beginning.
        case snapshot
        /// One snapshot each, some of them old.
        case stale
        /// Any state for each read.
        case wild
    }

    private struct Client {
        var event: Event
        var snapshot: Int
    }

    private var random: SeededRandom
    private let shape: Shape
    private let sight: Sight
    private var events: [Event] = []
    private var time: Int64 = 0
    private var nextValue: Int64 = 1
    /// What keys held after each commit.
    private var states: [[String: Value]] = [[:]]
    private var open: [Int: Client] = [:]
    private let isFlawed: Bool
    private let hasEnds: Bool

    /// With ends, final reads of all keys come last.
    static func events(
        _ shape: Shape, _ random: SeededRandom, transactions: Int, hasEnds: Bool = false
    ) -> [Event] {
        var random = random
        let sight = shape == .forks && random.chance(1, in: 2) ? .wild : random.choose(Sight.allCases)
        var history = RandomTransactions(
            random: random, shape: shape, sight: sight, isFlawed: random.chance(1, in: shape == .forks ? 6 : 4),
            hasEnds: hasEnds)
        history.make(2 + random.below(transactions - 1))
        if hasEnds { for process in 10...(10 + random.below(2)) { history.end(process) } }
        return history.events
    }

    private init(random: SeededRandom, shape: Shape, sight: Sight, isFlawed: Bool, hasEnds: Bool) {
        (self.random, self.shape, self.sight, self.isFlawed) = (random, shape, sight, isFlawed)
        self.hasEnds = hasEnds
    }

    private mutating func make(_ count: Int) {
        let processes = 1 + random.below(4)
        var left = count
        while left > 0 || !open.isEmpty {
            let process = random.below(processes)
            if let client = open[process] {
                open[process] = nil
                if left > 0 || !random.chance(1, in: 10) { complete(client) }
            } else if left > 0 {
                left -= 1
                invoke(process)
            }
        }
    }

    /// Mostly all that was committed.
    private mutating func end(_ process: Int) {
        // The question or the answer says so.
        let metas: [Value] = random.shuffled([["final": true], nil])
        var event = Event(
            index: 0, time: 0, process: .client(process), type: .invoke, f: "txn",
            value: [["r", "x", nil], ["r", "y", nil]], meta: metas[0])
        time += 1
        append(event)
        event.type = .ok
        event.meta = metas[1]
        event.value = .list(
            ["x", "y"].map { key in
                let value = states[states.count - 1][key] ?? .null
                return ["r", .string(key), random.chance(1, in: 3) ? flawed(value) : value]
            })
        append(event)
    }

    private mutating func append(_ event: Event) {
        if !random.chance(1, in: 10) { time += 1 }
        var event = event
        event.index = events.count
        event.time = time
        events.append(event)
    }

    private mutating func invoke(_ process: Int) {
        let event = Event(
            index: 0, time: 0, process: .client(process), type: .invoke, f: "txn", value: .list(micros()))
        append(event)
        let old = sight == .stale && random.chance(1, in: 2)
        open[process] = Client(event: event, snapshot: old ? random.below(states.count) : states.count - 1)
    }

    private mutating func micros() -> [Value] {
        if shape == .forks { return fork() }
        var micros: [Value] = []
        for _ in 0..<(1 + random.below(3)) {
            let key = random.choose(["x", "x", "y"])
            let isList = shape == .lists || shape == .mixed && key == "x"
            guard random.chance(1, in: 2) else {
                micros.append(["r", .string(key), nil])
                continue
            }
            if shape == .miniRegisters { micros.append(["r", .string(key), nil]) }
            // A value may be written again, once in a while.
            let value = isFlawed && nextValue > 1 && random.chance(1, in: 8) ? nextValue - 1 : nextValue
            nextValue = value + 1
            micros.append([isList ? "append" : "w", .string(key), .int(value)])
        }
        return micros
    }

    private mutating func fork() -> [Value] {
        let keys = random.shuffled(["x", "y"])
        let reads = keys.map { ["r", .string($0), nil] as Value }
        nextValue += 1
        let writes = keys.map { ["w", .string($0), .int(nextValue)] as Value }
        return switch random.below(6) {
        case 0: [writes[0]]
        case 1, 2: writes
        case 3: [reads[0], writes[1]]
        default: reads
        }
    }

    private mutating func complete(_ client: Client) {
        var event = client.event
        let die = random.below(12)
        event.type = die == 0 ? .fail : die < 3 ? .info : .ok
        let base = sight == .fresh ? states.count - 1 : client.snapshot
        let seen = read(event, base)
        if event.type == .ok { event.value = .list(seen) }
        // An info may have happened, and so may, in a bad system, a failure.
        if event.type == .ok || event.type == .info && random.chance(1, in: 2)
            || event.type == .fail && isFlawed && random.chance(1, in: 2)
        {
            commit(client.event)
        }
        append(event)
    }

    /// The micro-operations with answers.
    private mutating func read(_ event: Event, _ base: Int) -> [Value] {
        var own: [Value] = []
        var answers: [Value] = []
        for micro in (event.value.list ?? []).compactMap(\.list) {
            guard micro[0] == "r" else {
                own.append(.list(micro))
                answers.append(.list(micro))
                continue
            }
            let from = sight == .wild && random.chance(1, in: 3) ? random.below(states.count) : base
            let state = own.reduce(states[from]) { Self.apply($1, to: $0) }
            let value = (state[micro[1].string ?? ""] ?? .null)
            answers.append([micro[0], micro[1], isFlawed && random.chance(1, in: 6) ? flawed(value) : value])
        }
        return answers
    }

    private mutating func flawed(_ value: Value) -> Value {
        // With ends, lists are lists all along.
        guard var list = value.list ?? (hasEnds ? [] : nil) else {
            return random.chance(1, in: 2) ? .int(99) : .int(nextValue - 1)
        }
        switch random.below(4) {
        case 0: list.append(random.chance(1, in: 2) ? 99 : .int(nextValue - 1))
        case 1: if !list.isEmpty { list.remove(at: random.below(list.count)) }
        case 2: list = random.shuffled(list)
        default: list.append(list.first ?? 99)
        }
        return .list(list)
    }

    private mutating func commit(_ event: Event) {
        states.append((event.value.list ?? []).reduce(states[states.count - 1]) { Self.apply($1, to: $0) })
    }

    private static func apply(_ micro: Value, to state: [String: Value]) -> [String: Value] {
        guard let parts = micro.list, let key = parts[1].string, parts[0] != "r" else { return state }
        var state = state
        state[key] = parts[0] == "append" ? .list((state[key]?.list ?? []) + [parts[2]]) : parts[2]
        return state
    }
}
