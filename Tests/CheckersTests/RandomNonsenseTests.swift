import Determinism
import Foundation
import HistoryModel
import Testing

@testable import Checkers

/// Histories that mean nothing: any function with any argument and any answer, on any key, with any metadata.
///
/// Whoever checks a file of unknown origin may ask for any guarantee: each gets a verdict, and none stops the program.
extension RandomHistoryTests {
    @Test("any history gets a verdict on every guarantee")
    func nonsense() throws {
        var random = SeededRandom.named("nonsense", seed: randomSeed)
        // A program that stops says nothing: with INQUEST_TRACE set, the last line is the history that stopped it.
        let isTraced = ProcessInfo.processInfo.environment["INQUEST_TRACE"] != nil
        var judgements: [Judgement: Int] = [:]
        // All guarantees of each: a fifth of the histories that others get.
        let count = historyCount(1500, parts: 5)
        for number in 0..<count {
            var maker = NonsenseHistory(random.split())
            let events = maker.events()
            if isTraced { print(number, String(decoding: events.flatMap { JSONLines.line($0) }, as: UTF8.self)) }
            let history = try History(events)
            var options = CheckOptions(guarantees: Guarantee.allCases)
            options.limits.steps = 20_000
            options.wantsLinearization = number.isMultiple(of: 3)
            options.crossChecks = number.isMultiple(of: 5)
            options.assumesRealTimeWrites = number.isMultiple(of: 2)
            for verdict in check(history, options) { judgements[verdict.judgement, default: 0] += 1 }
        }
        #expect(judgements.count == 3 && judgements.values.allSatisfy { $0 > count / 10 }, "\(judgements)")
    }
}

/// Makes one such history.
struct NonsenseHistory {
    private var random: SeededRandom
    private let functions: [String]
    private let values: [Value]
    private let keys: [String?]
    private var free: Set<Int> = [0, 1, 2, 3]
    private var open: [(process: Int, f: String, key: String?, value: Value)] = []

    private static let names = [
        "read", "write", "cas", "append", "add", "increment", "decrement", "remove", "contains", "acquire",
        "release", "enqueue", "dequeue", "push", "pop", "insert", "poll-max", "peek", "drain", "txn", "dump", "get",
        "put", "transfer", "open", "generate", "lock", "renew", "push-front", "pop-back", "word",
    ]
    private static let plain: [Value] = [
        .null, 0, 1, 2, 3, -1, .int(.max), .int(.min), "", "a", "b", "1", true, .double(0.5), .double(.infinity),
    ]

    init(_ random: SeededRandom) {
        var random = random
        // Few functions, values and keys, so that operations have to do with each other.
        functions = (0..<1 + random.below(3)).map { _ in random.choose(Self.names) }
        var values: [Value] = []
        for _ in 0..<4 { values.append(random.choose(Self.plain)) }
        for _ in 0..<4 {
            let parts = (0..<random.below(4)).map { _ in random.choose(values) }
            values.append(.list(parts))
            values.append(
                .list([
                    random.choose(["r", "w", "append", "word"]), random.choose(["x", 1, .null]),
                    parts.first ?? .null,
                ]))
            values.append(.object(parts.enumerated().map { Value.Member("\($0)", $1) }))
        }
        for _ in 0..<4 { values.append(.list((0..<random.below(4)).map { _ in random.choose(values) })) }
        self.values = values
        keys = random.chance(1, in: 2) ? ["x"] : [nil, "x", "y", "1"]
        self.random = random
    }

    mutating func events() -> [Event] {
        var events: [Event] = []
        var time: Int64 = 0
        for index in 0..<2 + random.below(24) {
            if random.chance(2, in: 3) { time += Int64(random.below(3)) }
            let isInvocation = open.isEmpty || !free.isEmpty && random.chance(1, in: 2)
            events.append(isInvocation ? invocation(index, time) : completion(index, time))
        }
        return events
    }

    private mutating func invocation(_ index: Int, _ time: Int64) -> Event {
        let process = random.choose(free.sorted())
        free.remove(process)
        let operation = (process, random.choose(functions), random.choose(keys), random.choose(values))
        open.append(operation)
        return event(index, time, operation, .invoke)
    }

    private mutating func completion(_ index: Int, _ time: Int64) -> Event {
        var operation = open.remove(at: random.below(open.count))
        free.insert(operation.process)
        let type: EventType = random.choose([.ok, .ok, .ok, .fail, .info])
        if random.chance(1, in: 2) { operation.value = random.choose(values) }
        return event(index, time, operation, type)
    }

    private mutating func event(
        _ index: Int, _ time: Int64, _ operation: (process: Int, f: String, key: String?, value: Value),
        _ type: EventType
    ) -> Event {
        Event(
            index: index, time: time, process: .client(operation.process), type: type, f: operation.f,
            key: operation.key, value: operation.value, node: random.choose([nil, "n1", "n2"]), meta: meta())
    }

    private mutating func meta() -> Value {
        guard random.chance(1, in: 2) else { return random.choose([.null, .null, ["final": true], 1]) }
        return .object(
            ["node", "role", "tli", "lsn", "version", "applied", "token", "final"].compactMap { name in
                random.chance(1, in: 2) ? Value.Member(name, random.choose(values)) : nil
            })
    }
}
