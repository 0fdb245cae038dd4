import Determinism
import HistoryModel
import SequentialModels

@testable import Checkers

/// Small histories of a container that is drained now and then: a correct one answers, each removal of a drain at a moment
/// of its own, and often one answer is falsified afterwards.
struct RandomDrains {
    enum Kind: CaseIterable {
        case queue, stack, priorityQueue

        var insertion: String { self == .queue ? "enqueue" : self == .stack ? "push" : "insert" }
        var removal: String { self == .queue ? "dequeue" : self == .stack ? "pop" : "poll-max" }
    }

    private struct Open {
        var event: Event
        var taken: [Value] = []
        var isDone = false
    }

    private let kind: Kind
    private var random: SeededRandom
    private var events: [Event] = []
    private var time: Int64 = 0
    private var held: [Int64] = []
    private var open: [Int: Open] = [:]
    private var nextValue: Int64 = 1
    private let repeats: Bool
    /// By process: how often its client had to begin anew, because nobody knew what became of an operation.
    private var lives = [0, 0, 0]

    static func events(_ kind: Kind, _ random: SeededRandom) -> [Event] {
        var drains = RandomDrains(kind, random)
        drains.make()
        if drains.random.chance(1, in: 2) { drains.falsify() }
        return drains.events
    }

    private init(_ kind: Kind, _ random: SeededRandom) {
        self.kind = kind
        self.random = random
        repeats = self.random.chance(1, in: 6)
    }

    private mutating func make() {
        let processes = 1 + random.below(3)
        var left = 4 + random.below(3)
        var drains = 2
        while left > 0 || !open.isEmpty {
            let process = random.below(processes)
            guard let now = open[process] else {
                guard left > 0 else { continue }
                left -= 1
                let isDrain = drains > 0 && random.chance(left < 2 ? 2 : 1, in: 4)
                drains -= isDrain ? 1 : 0
                begin(process, isDrain ? "drain" : random.chance(2, in: 3) ? kind.insertion : kind.removal)
                continue
            }
            if now.isDone || random.chance(1, in: 20) { end(process, now) } else { open[process] = step(now) }
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

    private mutating func begin(_ process: Int, _ f: String) {
        let client = process + 10 * lives[process]
        var event = Event(index: 0, time: 0, process: .client(client), type: .invoke, f: f, key: "q")
        if f == kind.insertion {
            // Priorities go up and down.
            let value = repeats ? nextValue % 2 : kind == .priorityQueue ? nextValue * 5 % 11 : nextValue
            event.value = .int(value)
            nextValue += 1
        }
        append(event)
        open[process] = Open(event: event)
    }

    private mutating func step(_ now: Open) -> Open {
        var now = now
        if let value = now.event.value.int {
            held.append(value)
            now.isDone = true
        } else {
            let taken = take()
            now.taken.append(taken)
            now.isDone = now.event.f != "drain" || taken == .null
        }
        return now
    }

    private mutating func take() -> Value {
        guard !held.isEmpty else { return .null }
        switch kind {
        case .queue: return .int(held.removeFirst())
        case .stack: return .int(held.removeLast())
        case .priorityQueue: return .int(held.remove(at: held.firstIndex(of: held.max() ?? 0) ?? 0))
        }
    }

    /// Nobody knows what became of what has not taken effect wholly.
    private mutating func end(_ process: Int, _ now: Open) {
        open[process] = nil
        var event = now.event
        event.type = now.isDone && !random.chance(1, in: 12) ? .ok : .info
        if event.type == .info { lives[process] += 1 }
        if event.type == .ok, event.f == "drain" { event.value = .list(now.taken.dropLast()) }
        if event.type == .ok, event.f == kind.removal { event.value = now.taken[0] }
        append(event)
    }

    private mutating func falsify() {
        let answers = events.indices.filter {
            events[$0].type == .ok && [kind.removal, "drain"].contains(events[$0].f)
        }
        guard !answers.isEmpty else { return }
        let place = random.choose(answers)
        guard var list = events[place].value.list else {
            events[place].value =
                events[place].value.isNull || random.chance(1, in: 2) ? .int(nextValue - 1) : .null
            return
        }
        switch random.below(3) {
        case 0 where list.count > 1: list.swapAt(0, 1)
        case 1 where !list.isEmpty: list.remove(at: random.below(list.count))
        default: list.insert(.int(1 + Int64(random.below(4))), at: random.below(list.count + 1))
        }
        events[place].value = .list(list)
    }

    /// The calls of a history: of a drain the removals that it consists of, one after the other, of which the last found
    /// nothing; of one of unknown outcome as many as there can be.
    static func calls(_ history: History, _ kind: Kind) -> [TimedCall] {
        var calls: [TimedCall] = []
        let insertion = Call.Function(rawValue: kind.insertion)
        let removal = Call.Function(rawValue: kind.removal)
        let puts = history.operations.count { $0.f == kind.insertion && $0.outcome != .fail }
        for (ordinal, operation) in history.operations.enumerated() {
            let isOk = operation.outcome == .ok
            func add(_ what: Call) {
                calls.append(
                    TimedCall(
                        process: Int32(history.columns.process[ordinal]), call: history.call(ordinal),
                        ret: isOk ? history.ret(ordinal) : .max, what: what))
            }
            switch operation.f {
            case kind.insertion: add(Call(insertion, operation.argument))
            case "drain" where isOk:
                for element in operation.result.list ?? [] { add(Call(removal, result: element)) }
                add(Call(removal, result: .some(.null)))
            case "drain": for _ in 0..<puts { add(Call(removal)) }
            default: add(Call(removal, result: isOk ? .some(operation.result) : .none))
            }
        }
        return calls
    }
}
