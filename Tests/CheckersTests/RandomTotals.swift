import Determinism
import HistoryModel

/// Small random histories of queues, banks, counters and identifiers: operations overlap at random, and answers are drawn
/// from what may have been there.
struct RandomTotals {
    enum Shape: CaseIterable {
        /// A queue, drained at the end more often than not.
        case queue
        /// The same with few values, which repeat.
        case repeatedQueue
        case set
        case list
        case bank
        case counter
        /// One slot.
        case calendar
        case ids
    }

    private var random: SeededRandom
    private let shape: Shape
    private var events: [Event] = []
    private var time: Int64 = 0
    private var nextValue: Int64 = 1
    private var put: [Value] = []
    private var open: [Int: Event] = [:]
    private var balances: [Int64] = [4, 4, 4]
    private var sum: Int64 = 0
    private var holder: Value?

    static func events(_ shape: Shape, _ random: SeededRandom) -> [Event] {
        var history = RandomTotals(shape: shape, random: random)
        history.make()
        return history.events
    }

    private init(shape: Shape, random: SeededRandom) {
        self.shape = shape
        self.random = random
    }

    private mutating func make() {
        let processes = 1 + random.below(4)
        var left = 4 + random.below(5)
        while left > 0 || !open.isEmpty {
            let process = random.below(processes)
            if let invocation = open[process] {
                if left == 0, random.chance(1, in: 8) { open[process] = nil } else { complete(process, invocation) }
            } else if left > 0 {
                left -= 1
                invoke(process, operation())
            }
        }
        if shape == .calendar {
            for process in 10...11 { readEnd(process) }
        }
        guard shape == .queue || shape == .repeatedQueue, random.chance(2, in: 3) else { return }
        for process in 10...(10 + random.below(2)) {
            invoke(process, event(random.chance(3, in: 4) ? "drain" : "dequeue"))
            if let invocation = open[process] { complete(process, invocation) }
        }
    }

    private mutating func readEnd(_ process: Int) {
        var read = event("read")
        read.meta = ["final": true]
        invoke(process, read)
        if var invocation = open[process] {
            invocation.meta = .null
            complete(process, invocation)
        }
    }

    private mutating func append(_ event: Event) {
        // Equal times now and then: such operations are concurrent.
        if !random.chance(1, in: 8) { time += 1 }
        var event = event
        event.index = events.count
        event.time = time
        events.append(event)
    }

    private func event(_ f: String, _ value: Value = .null) -> Event {
        Event(
            index: 0, time: 0, process: .client(0), type: .invoke, f: f, key: shape == .bank ? nil : "x",
            value: value)
    }

    private mutating func fresh(repeats: Bool) -> Value {
        let value: Value = .int(repeats ? Int64(1 + random.below(3)) : nextValue)
        nextValue += 1
        put.append(value)
        return value
    }

    private mutating func operation() -> Event {
        switch shape {
        case .queue, .repeatedQueue:
            return random.chance(1, in: 2)
                ? event("enqueue", fresh(repeats: shape == .repeatedQueue))
                : event(random.chance(1, in: 8) ? "drain" : "dequeue")
        case .set, .list:
            if random.chance(1, in: 2) { return event("read") }
            return event(shape == .set ? "add" : "append", fresh(repeats: random.chance(1, in: 4)))
        case .bank:
            if random.chance(1, in: 2) { return event("read") }
            let from = random.below(3)
            let amount = Int64(1 + random.below(3))
            balances[from] -= amount
            balances[(from + 1) % 3] += amount
            return event("transfer", ["from": .int(Int64(from)), "to": .int(Int64((from + 1) % 3))])
        case .counter:
            if random.chance(1, in: 2) { return event("read") }
            let amount = Int64(random.below(6)) - 2
            if amount > 0 || random.chance(1, in: 2) { sum += amount }
            return event("add", .int(amount))
        case .calendar:
            if random.chance(1, in: 3) { return event("read") }
            if random.chance(1, in: 5), !put.isEmpty { return event("rejected", random.choose(put)) }
            return event("reserve", random.chance(1, in: 8) ? fresh(repeats: true) : fresh(repeats: false))
        case .ids: return event("generate")
        }
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
        if event.f == "reserve" { promise(&event) }
        if event.type == .ok { answer(&event) }
        append(event)
    }

    /// The first who asks mostly gets it for good, the others are mostly refused or put off.
    private mutating func promise(_ event: inout Event) {
        let isFirst = holder == nil || holder == event.value
        if event.type == .ok, !isFirst, !random.chance(1, in: 10) {
            event.type = random.chance(1, in: 3) ? .ok : .fail
            if event.type == .ok { event.meta = ["tentative": true] }
        } else if event.type != .fail, isFirst {
            holder = event.value
        }
    }

    private mutating func answer(_ event: inout Event) {
        switch event.f {
        case "dequeue": event.value = random.chance(1, in: 4) ? .null : element()
        case "drain": event.value = .list((0..<random.below(4)).map { _ in element() })
        case "generate": event.value = .int(Int64(random.below(12)))
        case "read": event.value = state()
        default: break
        }
    }

    /// Mostly what was put in and not yet taken out.
    private mutating func element() -> Value {
        if random.chance(1, in: 20) { return random.chance(1, in: 2) ? 99 : .int(nextValue) }
        guard !put.isEmpty else { return 99 }
        let place = random.below(put.count)
        return random.chance(1, in: 12) ? put[place] : put.remove(at: place)
    }

    private mutating func state() -> Value {
        switch shape {
        case .bank:
            var shown = balances
            if random.chance(1, in: 6) { shown[random.below(3)] += Int64(random.below(3)) - 1 }
            var parts = shown.enumerated().map { Value.Member("\($0.offset)", .int($0.element)) }
            if random.chance(1, in: 20) { parts[random.below(3)].value = .null }
            if random.chance(1, in: 4) {
                return .list(parts.map { [.string($0.name), $0.value] })
            }
            return .object(parts)
        case .calendar:
            if random.chance(1, in: 15) { return random.chance(1, in: 2) ? 99 : put.last ?? .null }
            return holder ?? .null
        case .counter: return random.chance(1, in: 12) ? .null : .int(sum + Int64(random.below(3)) - 1)
        default:
            var elements = put.filter { _ in random.chance(4, in: 5) }
            if random.chance(1, in: 6), !elements.isEmpty { elements.append(random.choose(elements)) }
            return .list(elements)
        }
    }
}
