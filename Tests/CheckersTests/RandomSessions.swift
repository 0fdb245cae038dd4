import Determinism
import HistoryModel

/// Small random histories for the checkers of sessions: some processes that read and write two keys, with answers drawn
/// from what may have been there.
struct RandomSessions {
    enum Shape: CaseIterable {
        /// Values are words, so that they have no order of their own.
        case words
        /// The same, read mostly by txns of both keys, some of which write.
        case snapshots
        /// Each process counts up a key of its own.
        case counters
        /// The system gives versions, mostly in the order of writes.
        case versions
        /// Words, written also by cas and read mostly by txns of both keys; in half of the histories with versions.
        case ordered
        /// The same without versions.
        case timed
        /// Many short operations on three keys; one session in two mostly reads.
        case observers
        case sets
        case lists
        /// A set that elements are taken out of, too.
        case shrinkingSets
        /// Two keys, read mostly by txns of both; those of lists append, too.
        case setSnapshots
        case listSnapshots
        /// The same with a list and a register.
        case mixed
    }

    private var isSets: Bool { shape == .sets || shape == .setSnapshots || shape == .shrinkingSets }
    private var isLists: Bool { shape == .lists || shape == .listSnapshots }

    private func isCollection(_ key: String) -> Bool { isSets || isLists || shape == .mixed && key == "x" }

    private let shape: Shape
    private var random: SeededRandom
    private var events: [Event] = []
    private var time: Int64 = 0
    private var count: Int64 = 0
    private var open: [Int: Event] = [:]
    /// What was written, by key, in the order of invocations.
    private var written: [String: [Value]] = [:]
    /// The order in which lists hold their elements.
    private var lists: [String: [Value]] = [:]
    private var versions: [Value: Int64] = [:]
    private var hasVersions: Bool
    /// Whether answers to writes carry versions; those to reads do in any case.
    private var tellsWrites = true

    static func history(_ shape: Shape, _ random: SeededRandom) throws(HistoryError) -> History {
        var history = RandomSessions(shape: shape, random: random)
        history.make()
        return try History(history.events)
    }

    private init(shape: Shape, random: SeededRandom) {
        self.shape = shape
        self.random = random
        hasVersions = shape == .versions
        if shape == .ordered { hasVersions = self.random.chance(1, in: 2) }
        if hasVersions { tellsWrites = self.random.chance(4, in: 5) }
    }

    private mutating func make() {
        let processes = 2 + random.below(2)
        let isLong = [.setSnapshots, .listSnapshots, .mixed].contains(shape)
        var left =
            (isLong ? 8 : shape == .sets || shape == .shrinkingSets || shape == .observers || isLists ? 6 : 4)
            + random.below(5)
        while left > 0 || !open.isEmpty {
            let process = random.below(processes)
            if let invocation = open[process] {
                if left == 0, random.chance(1, in: 10) {
                    open[process] = nil
                } else {
                    complete(process, invocation)
                }
            } else if left > 0 {
                left -= 1
                invoke(process)
            }
        }
    }

    private mutating func append(_ event: Event) {
        if !random.chance(1, in: 10) { time += 1 }
        var event = event
        event.index = events.count
        event.time = time
        events.append(event)
    }

    private mutating func invoke(_ process: Int) {
        var event = Event(index: 0, time: 0, process: .client(process), type: .invoke, f: "read")
        event.key = shape == .counters && random.chance(1, in: 2) ? "k\(process)" : key()
        let isReader = shape == .observers && process == 0
        let isWrite =
            isReader
            ? random.chance(1, in: 5) : random.chance(shape == .observers ? 4 : 1, in: shape == .observers ? 5 : 2)
        switch shape {
        case .words, .versions, .observers:
            if isWrite {
                event.f = random.chance(1, in: 5) ? "cas" : "write"
                event.value = value(event.key ?? "")
                if event.f == "cas" { event.value = [something(event.key ?? ""), event.value] }
            }
        case .ordered, .timed:
            if isWrite {
                event.f = random.chance(1, in: 3) ? "cas" : "write"
                event.value = value(event.key ?? "")
                if event.f == "cas" { event.value = [something(event.key ?? ""), event.value] }
            } else if random.chance(4, in: 5) {
                event.f = "txn"
                event.key = nil
                event.value = .list(micros(false))
            }
        case .snapshots:
            if isWrite, random.chance(4, in: 5) {
                event.f = "write"
                event.value = value(event.key ?? "")
            } else {
                event.f = "txn"
                event.key = nil
                event.value = .list(micros(isWrite))
            }
        case .counters:
            if isWrite {
                event.f = "write"
                event.key = "k\(process)"
                count += 1
                event.value = .int(count)
                written["k\(process)", default: []].append(event.value)
            }
        case .sets, .lists, .shrinkingSets:
            if shape == .shrinkingSets, let old = written[event.key ?? ""], random.chance(1, in: 8) {
                event.f = "remove"
                event.value = random.choose(old)
            } else if isWrite {
                event.f = shape == .lists ? "append" : "add"
                event.value = value(event.key ?? "")
            }
        case .setSnapshots, .listSnapshots, .mixed:
            if isWrite, isSets || random.chance(3, in: 4) {
                event.f = isSets ? "add" : isCollection(event.key ?? "") ? "append" : "write"
                event.value = value(event.key ?? "")
            } else if isWrite || random.chance(2, in: 3) {
                event.f = "txn"
                event.key = nil
                event.value = .list(collectionMicros(isWrite))
            }
        }
        append(event)
        open[process] = event
    }

    private mutating func key() -> String {
        random.choose(
            shape == .counters ? ["k0", "k1"] : shape == .observers ? ["x", "y", "z"] : ["x", "x", "y"])
    }

    /// A value that nobody has written yet; now and then one that somebody has.
    private mutating func value(_ key: String) -> Value {
        count += 1
        var value: Value = .string("v\(count)")
        if random.chance(1, in: 25), let old = written[key]?.last { value = old }
        written[key, default: []].append(value)
        versions[value] = random.chance(1, in: 6) ? max(1, count - Int64(random.below(4))) : count
        if !lists[key, default: []].contains(value) {
            let place = random.chance(1, in: 4) ? random.below(lists[key, default: []].count + 1) : nil
            lists[key, default: []].insert(value, at: place ?? lists[key, default: []].count)
        }
        return value
    }

    private mutating func micros(_ isWrite: Bool) -> [Value] {
        let keys = random.shuffled(["x", "y"])
        return keys.map { key in
            isWrite && random.chance(1, in: 2) ? ["w", .string(key), value(key)] : ["r", .string(key), nil]
        }
    }

    private mutating func collectionMicros(_ isWrite: Bool) -> [Value] {
        let keys = random.chance(1, in: 4) ? ["x", random.choose(["x", "y"]), "x"] : random.shuffled(["x", "y"])
        return keys.map { key in
            isWrite && random.chance(1, in: 2)
                ? [isCollection(key) ? "append" : "w", .string(key), value(key)] : ["r", .string(key), nil]
        }
    }

    private mutating func something(_ key: String) -> Value {
        let values = [.null] + (written[key] ?? [])
        if random.chance(1, in: 40) { return "nobody's" }
        return random.chance(1, in: 2) ? values[values.count - 1] : random.choose(values)
    }

    private mutating func complete(_ process: Int, _ invocation: Event) {
        open[process] = nil
        var event = invocation
        let die = random.below(14)
        event.type = die == 0 ? .fail : die == 1 ? .info : .ok
        if event.type == .ok { answer(&event) }
        append(event)
    }

    private mutating func answer(_ event: inout Event) {
        let key = event.key ?? ""
        switch event.f {
        case "read":
            switch shape {
            case _ where isCollection(key): event.value = collection(key)
            default: event.value = something(key)
            }
            if hasVersions, !tellsWrites || random.chance(4, in: 5) { event.meta = meta(event.value) }
        case "txn":
            event.value = .list(
                (event.value.list ?? []).compactMap(\.list).map { micro in
                    micro[0] == "r" ? ["r", micro[1], answer(micro[1].string ?? "")] : .list(micro)
                })
        case "write", "cas":
            if hasVersions, tellsWrites {
                event.meta = meta(event.f == "cas" ? event.value.list?.last ?? nil : event.value)
            }
        default: break
        }
    }

    /// What a read in a txn shows.
    private mutating func answer(_ key: String) -> Value {
        isCollection(key) ? collection(key) : something(key)
    }

    private mutating func collection(_ key: String) -> Value { .list(isSets ? elements(key) : beginning(key)) }

    private mutating func meta(_ value: Value) -> Value {
        random.chance(1, in: 40) ? nil : ["version": .int(versions[value] ?? 0)]
    }

    private mutating func elements(_ key: String) -> [Value] {
        var elements: [Value] = []
        for value in written[key] ?? [] where !elements.contains(value) && random.chance(5, in: 6) {
            elements.append(value)
        }
        if random.chance(1, in: 30) { elements.append("nobody's") }
        return elements
    }

    private mutating func beginning(_ key: String) -> [Value] {
        let list = lists[key] ?? []
        var beginning = Array(list.prefix(random.chance(1, in: 2) ? list.count : random.below(list.count + 1)))
        if random.chance(1, in: 20), !beginning.isEmpty { beginning.remove(at: random.below(beginning.count)) }
        // Replicas that do not agree on the order.
        if random.chance(1, in: 12), beginning.count > 1 {
            let place = random.below(beginning.count - 1)
            beginning.swapAt(place, place + 1)
        }
        return beginning
    }
}
