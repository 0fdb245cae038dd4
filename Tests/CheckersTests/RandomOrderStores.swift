import Determinism
import HistoryModel

/// A store of one of several models of consistency, with some clients.
struct SimulatedOrders {
    enum Mode: CaseIterable {
        /// Reads see all writes.
        case linearizable
        /// One order of writes; each session sees a growing prefix of it, own writes included.
        case sequential
        /// One order of writes; each read sees any prefix.
        case prefix
        /// Each session has a replica that takes writes with all that led to them; times decide between writes.
        case causal
        /// The same, where the replica's own order decides.
        case weakCausal
    }

    enum Content: CaseIterable {
        /// Registers that are read one by one.
        case registers
        /// Registers that are often read together.
        case snapshots
        case sets
        case lists
        /// Transactions that read and write registers.
        case transactions
    }

    struct Shape {
        var mode: Mode
        var content: Content
        var length: Int
        var processes = 3
        var keys = ["x", "y"]
        /// One answer in so many is something else; 0: none.
        var flaws = 0
        /// One operation in so many has no answer, or none that helps; 0: none.
        var losses = 12
    }

    private struct Write {
        var actions: [(f: String, key: String, value: Value)]
        /// Writes that it comes after.
        var causes: [Int]
        var time: Int
        var owner: Int
    }

    private let shape: Shape
    private var random: SeededRandom
    private var writes: [Write] = []
    /// By process: the writes that it sees, in the order in which they arrived.
    private var replicas: [[Int]]
    /// By process: how often it lost its session.
    private var lives: [Int]
    private var prefixes: [Int]
    private var open: [Int: Event] = [:]
    private var events: [Event] = []
    private var time: Int64 = 0

    static func history(_ shape: Shape, _ random: SeededRandom) throws(HistoryError) -> History {
        var store = SimulatedOrders(shape: shape, random: random)
        store.run()
        return try History(store.events)
    }

    private init(shape: Shape, random: SeededRandom) {
        self.shape = shape
        self.random = random
        replicas = [[Int]](repeating: [], count: shape.processes)
        lives = [Int](repeating: 0, count: shape.processes)
        prefixes = lives
    }

    private var hasLog: Bool { shape.mode == .linearizable || shape.mode == .sequential || shape.mode == .prefix }

    private mutating func run() {
        var left = shape.length
        while left > 0 || !open.isEmpty {
            let process = random.below(shape.processes)
            deliver()
            if let answer = open[process] {
                open[process] = nil
                if left == 0, shape.losses > 0, random.chance(1, in: 8) { continue }
                append(answer)
            } else if left > 0 {
                left -= 1
                let event = invocation(process)
                append(event)
                open[process] = answer(event, process)
            }
        }
    }

    /// Lets a replica take a write that it can take, or a session see more of the log.
    private mutating func deliver() {
        let process = random.below(shape.processes)
        if hasLog {
            prefixes[process] = min(writes.count, prefixes[process] + random.below(3))
            return
        }
        var known = [Bool](repeating: false, count: writes.count)
        for write in replicas[process] { known[write] = true }
        let next = writes.indices.filter { !known[$0] && writes[$0].causes.allSatisfy { known[$0] } }
        if !next.isEmpty, random.chance(1, in: 2) { replicas[process].append(random.choose(next)) }
    }

    // MARK: Operations

    private func client(_ process: Int) -> ProcessID { .client(process + lives[process] * shape.processes) }

    private mutating func invocation(_ process: Int) -> Event {
        var event = Event(index: 0, time: 0, process: client(process), type: .invoke, f: "read")
        event.key = random.choose(shape.keys)
        let isWrite = random.chance(1, in: 2)
        switch shape.content {
        case .registers, .snapshots:
            if isWrite {
                event.f = shape.mode != .prefix && random.chance(1, in: 6) ? "cas" : "write"
                event.value = fresh()
                if event.f == "cas" { event.value = [held(event.key ?? "", process), event.value] }
            } else if shape.content == .snapshots {
                event.f = "txn"
                event.key = nil
                event.value = .list(random.shuffled(shape.keys).prefix(3).map { ["r", .string($0), nil] })
            }
        case .sets, .lists:
            if isWrite {
                event.f = shape.content == .sets ? "add" : "append"
                event.value = fresh()
            }
        case .transactions:
            event.f = "txn"
            event.key = nil
            event.value = .list(
                random.shuffled(shape.keys).prefix(2).map { key in
                    random.chance(1, in: 2) ? ["w", .string(key), fresh()] : ["r", .string(key), nil]
                })
        }
        return event
    }

    private var values = 0

    private mutating func fresh() -> Value {
        if shape.flaws > 0, values > 0, random.chance(1, in: 40) { return .string("v\(values)") }
        values += 1
        return .string("v\(values)")
    }

    /// What the operation brings back; what it writes is written.
    private mutating func answer(_ event: Event, _ process: Int) -> Event {
        var answer = event
        answer.type = .ok
        let die = shape.losses > 0 ? random.below(shape.losses) : 9
        if die == 0 { answer.type = .fail }
        if die == 1 { answer.type = .info }
        if event.f == "cas", held(event.key ?? "", process) != event.value.list?.first { answer.type = .fail }
        if answer.type == .ok || event.f == "cas" && answer.type == .info { read(event, &answer, process) }
        if answer.type == .ok || answer.type == .info && random.chance(1, in: 2) { write(event, process) }
        if answer.type == .info { lives[process] += 1 }
        return answer
    }

    private mutating func read(_ event: Event, _ answer: inout Event, _ process: Int) {
        let sight = sight(process, isUpdate: event.f == "cas" || event.f == "txn" && isWrite(event))
        if event.f == "read" { answer.value = seen(event.key ?? "", sight) }
        guard event.f == "txn" else { return }
        answer.value = .list(
            (event.value.list ?? []).compactMap(\.list).map { micro in
                micro[0] == "r" ? ["r", micro[1], seen(micro[1].string ?? "", sight)] : .list(micro)
            })
    }

    private func isWrite(_ event: Event) -> Bool {
        event.f != "read" && (event.f != "txn" || (event.value.list ?? []).contains { $0.list?.first != "r" })
    }

    private mutating func write(_ event: Event, _ process: Int) {
        guard isWrite(event) else { return }
        var actions: [(f: String, key: String, value: Value)] = []
        switch event.f {
        case "cas": actions = [("w", event.key ?? "", event.value.list?.last ?? nil)]
        case "txn":
            for micro in (event.value.list ?? []).compactMap(\.list) where micro[0] != "r" {
                actions.append(("w", micro[1].string ?? "", micro[2]))
            }
        default: actions = [(event.f == "write" ? "w" : event.f, event.key ?? "", event.value)]
        }
        let causes = replicas[process]
        let latest = causes.map { writes[$0].time }.max() ?? 0
        replicas[process].append(writes.count)
        writes.append(Write(actions: actions, causes: causes, time: latest + 1, owner: process))
        prefixes[process] = writes.count
    }

    // MARK: What is seen

    /// The writes that an operation sees, in the order that decides.
    private mutating func sight(_ process: Int, isUpdate: Bool) -> [Int] {
        switch shape.mode {
        case .linearizable: return Array(writes.indices)
        case .sequential:
            if isUpdate { prefixes[process] = writes.count }
            return Array(writes.indices.prefix(prefixes[process]))
        case .prefix: return Array(writes.indices.prefix(random.below(writes.count + 1)))
        case .causal:
            return replicas[process].sorted {
                (writes[$0].time, writes[$0].owner, $0) < (writes[$1].time, writes[$1].owner, $1)
            }
        case .weakCausal: return replicas[process]
        }
    }

    private mutating func held(_ key: String, _ process: Int) -> Value {
        value(key, hasLog ? Array(writes.indices) : sight(process, isUpdate: true))
    }

    private mutating func seen(_ key: String, _ sight: [Int]) -> Value {
        if shape.flaws > 0, random.chance(1, in: shape.flaws) {
            let some = writes.indices.filter { _ in random.chance(1, in: 2) }
            return value(key, Array(some))
        }
        return value(key, sight)
    }

    private func value(_ key: String, _ sight: [Int]) -> Value {
        var value: Value = shape.content == .sets || shape.content == .lists ? .list([]) : .null
        for action in sight.flatMap({ writes[$0].actions }) where action.key == key {
            value = action.f == "w" ? action.value : .list((value.list ?? []) + [action.value])
        }
        return value
    }

    private mutating func append(_ event: Event) {
        if !random.chance(1, in: 10) { time += 1 }
        var event = event
        event.index = events.count
        event.time = time
        events.append(event)
    }
}
