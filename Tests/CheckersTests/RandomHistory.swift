import Determinism
import HistoryModel

/// Small random histories: operations overlap at random and answers are drawn from what may have been there, so that
/// about half of the histories break something.
struct RandomHistory {
    /// What the operations are.
    enum Shape: CaseIterable {
        case uniqueRegister
        case repeatedRegister
        /// Half of the updates end in info, many of them cas.
        case unknownRegister
        case set
        case repeatedSet
        case twoKeys
        /// Mostly one process that writes x, then y, then x, ...; the others read both.
        case causes
        case ends
        case setEnds
        /// A list whose reads leave out elements.
        case listEnds
        /// A set that elements are taken out of, too.
        case shrinkingEnds
    }

    private var random: SeededRandom
    private let shape: Shape
    private var events: [Event] = []
    private var time: Int64 = 0
    private var nextValue: Int64 = 1
    private var written: [String: [Value]] = [:]
    private var lastKey = "y"
    private var open: [Int: Event] = [:]

    static func events(_ shape: Shape, _ random: SeededRandom) -> [Event] {
        var history = RandomHistory(shape: shape, random: random)
        history.make()
        return history.events
    }

    private init(shape: Shape, random: SeededRandom) {
        self.shape = shape
        self.random = random
    }

    private var hasEnds: Bool { [.ends, .setEnds, .listEnds, .shrinkingEnds].contains(shape) }
    private var isSet: Bool { [.set, .repeatedSet, .setEnds, .listEnds, .shrinkingEnds].contains(shape) }

    private mutating func make() {
        let processes = shape == .causes ? 2 : 1 + random.below(3)
        var left = shape == .causes ? 6 + random.below(4) : (shape == .unknownRegister ? 5 : 3) + random.below(4)
        while left > 0 || !open.isEmpty {
            let process = random.below(processes)
            if let invocation = open[process] {
                if left == 0, random.chance(1, in: 8) { open[process] = nil } else { complete(process, invocation) }
            } else if left > 0 {
                left -= 1
                let writes = shape == .causes ? process == 0 || random.chance(1, in: 8) : random.chance(1, in: 2)
                invoke(process, writes ? update() : read())
            }
        }
        if hasEnds { end() }
    }

    private mutating func append(_ event: Event) {
        // Equal times now and then: such operations are concurrent.
        if !random.chance(1, in: 10) { time += 1 }
        var event = event
        event.index = events.count
        event.time = time
        events.append(event)
    }

    private mutating func key() -> String {
        if shape == .causes, random.chance(4, in: 5) { return lastKey == "x" ? "y" : "x" }
        return shape == .twoKeys || shape == .causes
            ? random.choose(["x", "y"]) : hasEnds ? random.choose(["x", "x", "y"]) : "x"
    }

    private mutating func update() -> Event {
        let key = key()
        lastKey = key
        let repeats = shape == .repeatedRegister || shape == .unknownRegister || shape == .repeatedSet
        let value: Value =
            repeats ? .int(Int64(1 + random.below(shape == .unknownRegister ? 3 : 2))) : .int(nextValue)
        nextValue += 1
        var event = Event(index: 0, time: 0, process: .client(0), type: .invoke, f: "write", key: key, value: value)
        if isSet {
            event.f = shape == .listEnds ? "append" : "add"
            if shape == .shrinkingEnds, written[key] != nil, random.chance(1, in: 3) {
                event.f = "remove"
                event.value = .int(Int64(1 + random.below(Int(nextValue))))
                return event
            }
        } else if random.chance(1, in: shape == .unknownRegister ? 2 : 4) {
            event.f = "cas"
            event.value = [something(key), value]
        }
        written[key, default: []].append(value)
        return event
    }

    private mutating func read() -> Event {
        if shape == .twoKeys || shape == .causes, random.chance(1, in: 3) {
            return Event(
                index: 0, time: 0, process: .client(0), type: .invoke, f: "txn",
                value: [["r", "y", nil], ["r", "x", nil]])
        }
        return Event(index: 0, time: 0, process: .client(0), type: .invoke, f: "read", key: key())
    }

    private mutating func invoke(_ process: Int, _ event: Event) {
        var event = event
        event.process = .client(process)
        append(event)
        open[process] = event
    }

    private mutating func complete(_ process: Int, _ invocation: Event) {
        open[process] = nil
        var event = invocation
        let die = random.below(12)
        event.type = die == 0 ? .fail : die < 3 ? .info : .ok
        if shape == .unknownRegister, event.f != "read", random.chance(1, in: 2) { event.type = .info }
        if event.type == .ok { answer(&event) }
        append(event)
    }

    private mutating func answer(_ event: inout Event) {
        switch event.f {
        case "read": event.value = isSet ? .list(elements(event.key ?? "")) : something(event.key ?? "")
        case "txn": event.value = [["r", "y", something("y")], ["r", "x", something("x")]]
        default: break
        }
    }

    /// A value that may be there: mostly a late one.
    private mutating func something(_ key: String) -> Value {
        let values = [.null] + (written[key] ?? [])
        // Nobody's value, or one that is written later if at all.
        if random.chance(1, in: 30) { return random.chance(1, in: 2) ? 99 : .int(nextValue) }
        if shape != .causes, random.chance(1, in: 2) { return values[values.count - 1] }
        return random.choose(values)
    }

    private mutating func elements(_ key: String) -> [Value] {
        var elements: [Value] = []
        for value in written[key] ?? [] where !elements.contains(value) && random.chance(4, in: 5) {
            elements.append(value)
        }
        // Nobody's element, or one that is added later if at all.
        if random.chance(1, in: 15) { elements.append(random.chance(1, in: 2) ? 99 : .int(nextValue)) }
        return elements
    }

    /// Final reads, or dumps of two nodes.
    private mutating func end() {
        time += 1
        for number in 0..<(1 + random.below(2)) {
            let process = 10 + number
            if random.chance(1, in: 2) {
                let pairs = ["x", "y"].map { [.string($0), contents($0)] as Value }
                var event = Event(
                    index: 0, time: 0, process: .client(process), type: .invoke, f: "dump", node: "n\(number)")
                append(event)
                event.type = .ok
                event.value = .list(pairs.filter { $0.list?.last != .null })
                append(event)
            } else {
                var event = Event(
                    index: 0, time: 0, process: .client(process), type: .invoke, f: "read", key: "x",
                    meta: ["final": true])
                append(event)
                event.type = .ok
                event.value = contents("x")
                event.meta = .null
                append(event)
            }
        }
    }

    private mutating func contents(_ key: String) -> Value {
        isSet ? .list(elements(key)) : something(key)
    }
}
