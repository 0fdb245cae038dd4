import Determinism
import HistoryModel
import Testing

@testable import Checkers

/// The checkers on systems that are correct: no alarm, and whatever is planted into their histories is found.
extension RandomHistoryTests {
    /// No guarantee of a correct history is called broken, and one violation of each kind against each is found.
    private func examine(_ history: History, _ guarantees: [Guarantee], plantsToo: Bool) throws -> String? {
        let options = CheckOptions(guarantees: guarantees)
        let verdicts = check(history, options)
        if let alarm = verdicts.first(where: { $0.judgement == .invalid }) { return "false alarm: \(alarm)" }
        guard plantsToo else { return nil }
        var measurement = PowerMeasurement(history, options, verdicts: verdicts, plants: 1)
        while measurement.step() {}
        let missed = measurement.power.first { $0.value.caught < $0.value.planted }
        return missed.map { "missed: \($0.key.rawValue): \($0.value)" }
    }

    private func examine(
        _ name: String, _ guarantees: [Guarantee], usual: Int, parts: Int = 1,
        _ make: (UInt64, SeededRandom) throws -> History
    ) throws {
        var random = SeededRandom.named(name, seed: randomSeed)
        for number in 0..<historyCount(usual, parts: parts) {
            let history = try make(random.next(), random.split())
            // A copy for each kind of violation takes a while: one history in ten is enough.
            guard let flaw = try examine(history, guarantees, plantsToo: number % 10 == 0) else { continue }
            Issue.record("history \(number) of \(name): \(flaw): \(HistoryNotation.text(history))")
            return
        }
    }

    @Test("a leader with followers that it reads for keeps every guarantee, and whatever is planted is found")
    func correctLeader() throws {
        try examine("leader", Guarantee.standard, usual: 100) { seed, _ in
            try SimulatedSystem.history(.atomic, seed: seed, steps: 120)
        }
    }

    @Test("transactions one after the other keep every level, and whatever is planted is found")
    func correctTransactions() throws {
        try examine("serial", Guarantee.isolation, usual: 100) { _, random in
            try SerialTransactions.history(12, random)
        }
    }

    @Test("stores that keep all session guarantees are accused of none, and whatever is planted is found")
    func correctStores() throws {
        let guarantees: [Guarantee] = [.readYourWrites, .monotonicReads, .monotonicWrites, .writesFollowReads]
        for content in [SimulatedStore.Content.words, .versions, .sets] {
            try examine("store-\(content)", guarantees, usual: 60, parts: 3) { _, random in
                try SimulatedStore.history(Set(guarantees), content, length: 25, random)
            }
        }
    }
}

/// Transactions one after the other that append to lists and read them; some fail.
enum SerialTransactions {
    static func history(_ length: Int, _ random: SeededRandom) throws -> History {
        var random = random
        var lists: [String: [Value]] = [:]
        var events: [Event] = []
        for number in 1...length {
            let fails = random.chance(1, in: 10)
            var answers: [Value] = []
            for (place, key) in random.shuffled(["x", "y", "z"]).dropLast().enumerated() {
                answers.append(["r", .string(key), .list(lists[key] ?? [])])
                for half in 0..<(random.chance(1, in: 4) ? 2 : 1) where random.chance(2, in: 3) {
                    let value = Value.int(Int64(10 * number + 2 * place + half))
                    if !fails { lists[key, default: []].append(value) }
                    answers.append(["append", .string(key), value])
                }
            }
            let asked = answers.map { $0.list?[0] == "r" ? ["r", $0.list?[1] ?? nil, nil] : $0 }
            for (type, value) in [(EventType.invoke, asked), (fails ? .fail : .ok, fails ? asked : answers)] {
                events.append(
                    Event(
                        index: events.count, time: Int64(events.count), process: .client(number % 4), type: type,
                        f: "txn", value: .list(value)))
            }
        }
        return try History(events)
    }
}
