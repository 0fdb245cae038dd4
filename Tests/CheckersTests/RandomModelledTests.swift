import Determinism
import HistoryModel
import SequentialModels
import Testing

@testable import Checkers

/// Leases, deques, banks and locks without owner, from a history to a verdict.
extension RandomHistoryTests {
    /// Judges random histories, and by trying all orders: a history is linearizable if one of the models explains it.
    private func compareChecked<Model: SequentialModel>(
        _ name: String, _ shape: RandomModel<Model>, _ options: CheckOptions, usual: Int = 1500, parts: Int = 1,
        change: (inout [Event], inout SeededRandom) -> Void = { _, _ in }, models: (History) -> [Model]
    ) throws {
        let count = historyCount(usual, parts: parts)
        var random = SeededRandom.named("checked-\(name)", seed: randomSeed)
        var (kept, decided) = (0, 0)
        for _ in 0..<count {
            let calls = RandomCalls.calls(shape, random.split())
            var events = CallEvents(calls, random.split()).events
            let naives = models(try History(events)).map { NaiveModel($0, Self.calls(events, $0)) }
            change(&events, &random)
            let history = try History(events)
            let verdict = check(history, options)[0]
            guard !naives.isEmpty, verdict.reason?.contains("nothing to judge") != true else { continue }
            let isLinearizable = naives.contains { $0.isLinearizable() }
            decided += 1
            kept += isLinearizable ? 1 : 0
            let indices = history.operations.filter { $0.outcome != .fail && $0.f != "open" }.map(\.index)
            let isProven = verdict.anomalies.allSatisfy { anomaly in
                let named = Set(anomaly.evidence.map(\.operation))
                let positions = indices.indices.filter { named.contains(indices[$0]) }
                return naives.allSatisfy { $0.isViolation(positions) }
            }
            if verdict.judgement == (isLinearizable ? .valid : .invalid), isProven { continue }
            Issue.record("\(name): \(isLinearizable), \(verdict): \(HistoryNotation.text(history))")
            return
        }
        #expect(
            decided > count / 4 && kept > decided / 20 && kept < decided * 19 / 20,
            "\(kept) linearizable of \(decided) of \(count)")
    }

    private static func calls<Model: SequentialModel>(_ events: [Event], _ model: Model) -> [TimedCall] {
        guard let history = try? History(events) else { return [] }
        return history.operations.filter { $0.outcome != .fail }.map { operation in
            TimedCall(
                process: Int32(operation.process.client ?? -1), call: history.call(operation.ordinal),
                ret: operation.outcome == .ok ? history.ret(operation.ordinal) : .max, what: model.call(operation))
        }
    }

    private static var options: CheckOptions { CheckOptions(guarantees: [.linearizable]) }
    private static func small(_ random: inout SeededRandom) -> Value { .int(Int64(1 + random.below(3))) }

    @Test("leases agree with trying all orders")
    func checkedLeases() throws {
        try compareChecked("lease", Self.leases(indefinite: 2), Self.options, usual: 3000) { history in
            history.operations.contains { $0.f == "renew" } ? [LeaseModel()] : []
        }
    }

    @Test("deques agree with trying all orders, and their proofs are violations")
    func checkedDeques() throws {
        let shape = RandomModel(
            model: SpelledOutDeque(),
            draw: { random, _ in
                switch random.below(9) {
                case 0, 1: Call(.pushFront, Self.small(&random))
                case 2, 3: Call(.pushBack, Self.small(&random))
                case 4, 5: Call(.popFront)
                case 6, 7: Call(.popBack)
                default: Call(random.chance(1, in: 2) ? .peekFront : .peekBack)
                }
            }, answers: { $0.function == .pushFront || $0.function == .pushBack ? [nil] : [.some(.null), 1, 2, 3] })
        try compareChecked("deque", shape, Self.options) { _ in [SpelledOutDeque()] }
    }

    @Test("locks without owner agree with trying all orders")
    func checkedLocks() throws {
        let model = MutexModel(hasOwner: false)
        var shape = RandomModel(
            model: model,
            draw: { random, _ in random.chance(1, in: 2) ? Call(.acquire) : Call(.release) },
            answers: { _ in [nil] })
        shape.falsifiesCalls = true
        shape.indefinite = 1
        var options = Self.options
        options.model = .ownerlessLock
        try compareChecked("ownerless", shape, options) { _ in [model] }
    }

    /// Transfers between two accounts, and reads of both.
    private static func bank(_ allowsOverdraft: Bool) -> RandomModel<BankModel> {
        RandomModel(
            model: BankModel(accounts: ["a": 2, "1": 0], allowsOverdraft: allowsOverdraft),
            draw: { random, _ in
                let names: [Value] = random.chance(1, in: 2) ? ["a", 1] : [1, "a"]
                let amount = Value.int(Int64(1 + random.below(2)))
                return random.chance(1, in: 2)
                    ? Call(.read) : Call(.transfer, ["from": names[0], "to": names[1], "amount": amount])
            },
            answers: { call in
                guard call.isRead else { return [nil] }
                let fitting: [Value?] = (allowsOverdraft ? -2...4 : 0...2).map {
                    ["1": .int(2 - $0), "a": .int($0)]
                }
                return fitting + [["1": 1, "a": 2], ["1": 0, "a": 1]]
            })
    }

    /// Reads become transactions of reads.
    private static func asTransactions(_ events: inout [Event]) {
        for place in events.indices where events[place].f == "read" {
            events[place].f = "txn"
            let answer = events[place].value
            events[place].value = [["r", "a", answer["a"] ?? .null], ["r", 1, answer["1"] ?? .null]]
        }
    }

    @Test(
        "banks of which nobody knows what was in them at first agree with trying it all", arguments: [false, true])
    func checkedBanks(allowsOverdraft: Bool) throws {
        var options = Self.options
        options.bank.allowsNegativeBalances = allowsOverdraft
        try compareChecked(
            "bank-\(allowsOverdraft)", Self.bank(allowsOverdraft), options, parts: 4,
            change: { events, random in if random.chance(1, in: 2) { Self.asTransactions(&events) } },
            models: { history in
                guard history.operations.contains(where: { $0.f == "transfer" }) else { return [] }
                return Self.beginnings(history).map { BankModel(accounts: $0, allowsOverdraft: allowsOverdraft) }
            })
    }

    /// What the accounts may have held at first: what some read shows, less what any of the transfers brought.
    private static func beginnings(_ history: History) -> [[String: Int64]] {
        var changes: Set<Int64> = [0]
        for transfer in history.operations where transfer.f == "transfer" && transfer.outcome != .fail {
            let amount = transfer.argument["amount"]?.int ?? 0
            changes.formUnion(changes.map { $0 + (transfer.argument["to"] == "a" ? amount : -amount) })
        }
        let shown = history.operations.filter { $0.f == "read" && $0.outcome == .ok }.map(\.result)
        let beginnings = shown.flatMap { read in
            changes.map { ["a": (read["a"]?.int ?? 0) - $0, "1": (read["1"]?.int ?? 0) + $0] }
        }
        return Array(Set(beginnings))
    }

    @Test("banks that were opened agree with trying all orders", arguments: [false, true])
    func checkedOpenBanks(allowsOverdraft: Bool) throws {
        var options = Self.options
        options.bank.allowsNegativeBalances = allowsOverdraft
        let model = Self.bank(allowsOverdraft).model
        try compareChecked(
            "open-\(allowsOverdraft)", Self.bank(allowsOverdraft), options, parts: 2,
            change: { events, random in
                if random.chance(1, in: 2) { Self.asTransactions(&events) }
                let opening: [EventType] = [.invoke, .ok]
                events =
                    opening.map {
                        Event(
                            index: 0, time: 0, process: .client(50), type: $0, f: "open", value: ["a": 2, "1": 0])
                    } + events
                for place in events.indices {
                    events[place].index = place
                    events[place].time = place < 2 ? Int64(place) : events[place].time + 10
                }
            }, models: { _ in [model] })
    }
}

/// A list of values, put in, seen and taken out at both ends.
private struct SpelledOutDeque: SequentialModel {
    let initial: [Value] = []
    let functions: Set<Call.Function> = []

    func step(_ state: [Value], _ call: Call) -> [Value]? {
        let front: Value = state.isEmpty ? .null : state[0]
        let back: Value = state.isEmpty ? .null : state[state.count - 1]
        switch call.function.rawValue {
        case "push-front": return [call.argument] + state
        case "push-back": return state + [call.argument]
        case "peek-front": return call.result ?? front == front ? state : nil
        case "peek-back": return call.result ?? back == back ? state : nil
        case "pop-front": return call.result ?? front == front ? Array(state.dropFirst()) : nil
        case "pop-back": return call.result ?? back == back ? Array(state.dropLast()) : nil
        default: return nil
        }
    }
}
