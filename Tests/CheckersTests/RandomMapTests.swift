import Determinism
import HistoryModel
import SequentialModels
import Testing

@testable import Checkers

/// Registers and lists between which transactions read and write, from a history to a verdict.
extension RandomHistoryTests {
    @Test(
        "keys that transactions connect are judged as one object, others apart, as if all were one",
        arguments: [3, 6])
    func transactionGroups(keys: Int) throws {
        let count = historyCount(3000, parts: 2)
        var random = SeededRandom.named("groups-\(keys)", seed: randomSeed)
        var (kept, decided) = (0, 0)
        for number in 0..<count {
            let calls = RandomCalls.calls(Self.transactions(on: keys, number), random.split())
            let history = try History(CallEvents(calls, random.split()).events)
            let naive = NaiveModel(SpelledOutMap(), Self.timed(history))
            guard Self.writesInTransactions(history) else { continue }
            let isLinearizable = naive.isLinearizable()
            let verdict = check(history, CheckOptions(guarantees: [.linearizable]))[0]
            if isLinearizable, verdict.reason?.contains("nothing to judge") == true { continue }
            decided += 1
            kept += isLinearizable ? 1 : 0
            guard let flaw = Self.flaw(verdict, isLinearizable, naive, history) else { continue }
            Issue.record("\(flaw) \(verdict): \(HistoryNotation.text(history))")
            return
        }
        #expect(
            decided > count / 2 && kept > decided / 20 && kept < decided * 19 / 20,
            "\(kept) linearizable of \(decided) of \(count)")
    }

    /// What is wrong with a verdict.
    private static func flaw(
        _ verdict: Verdict, _ isLinearizable: Bool, _ naive: NaiveModel<SpelledOutMap>, _ history: History
    ) -> String? {
        guard verdict.judgement == (isLinearizable ? .valid : .invalid) else {
            return isLinearizable ? "false alarm" : "missed"
        }
        let indices = history.operations.filter { $0.outcome != .fail }.map(\.index)
        for anomaly in verdict.anomalies {
            let named = Set(anomaly.evidence.map(\.operation))
            guard naive.isViolation(indices.indices.filter { named.contains(indices[$0]) }) else {
                return "no proof"
            }
        }
        return nil
    }

    private static func writesInTransactions(_ history: History) -> Bool {
        history.operations.contains { operation in
            operation.f == "txn" && operation.outcome != .fail
                && operation.argument.list?.contains { $0.list?.first != "r" } ?? false
        }
    }

    private static func timed(_ history: History) -> [TimedCall] {
        history.operations.filter { $0.outcome != .fail }.map { operation in
            var call = Call(operation)
            call.key = operation.key
            return TimedCall(
                process: Int32(operation.process.client ?? -1), call: history.call(operation.ordinal),
                ret: operation.outcome == .ok ? history.ret(operation.ordinal) : .max, what: call)
        }
    }

    /// Operations on so many keys, of which those with an even number are registers and the others lists; in every third
    /// history all are registers.
    private static func transactions(on keys: Int, _ number: Int) -> RandomModel<SpelledOutMap> {
        let isMixed = !number.isMultiple(of: 3)
        var shape = RandomModel(
            model: SpelledOutMap(), draw: { random, _ in draw(&random, keys, isMixed) }, answers: { _ in [nil] })
        shape.answer = SpelledOutMap.answer
        // Of each key what it held at some time: also what was never there together.
        shape.wrongState = { random, states in
            var mixed: [String: Value] = [:]
            for key in 0..<keys { mixed["k\(key)"] = random.choose(states)["k\(key)"] }
            return mixed
        }
        shape.mostOperations = 6
        return shape
    }

    private static func draw(_ random: inout SeededRandom, _ keys: Int, _ isMixed: Bool) -> Call {
        let first = random.below(keys)
        func isList(_ key: Int) -> Bool { isMixed && key % 2 == 1 }
        let value = Value.int(Int64(1 + random.below(3)))
        if random.chance(1, in: 3) {
            let key = "k\(first)"
            if random.chance(1, in: 2) { return Call(.read, key: key) }
            if isList(first) { return Call(.append, key: key, value) }
            return random.chance(1, in: 3)
                ? Call(.cas, key: key, [.int(Int64(1 + random.below(3))), value]) : Call(.write, key: key, value)
        }
        var micros: [Value] = []
        for _ in 0..<(1 + random.below(3)) {
            // Two neighbours, so that there are several groups, or one key often.
            let key = min(keys - 1, random.chance(1, in: 2) ? first : first ^ 1)
            let word: Value = random.chance(1, in: 2) ? "r" : isList(key) ? "append" : "w"
            let value = Value.int(Int64(1 + random.below(3)))
            micros.append([word, .string("k\(key)"), word == "r" ? nil : value])
        }
        return Call(.txn, .list(micros))
    }
}

/// Registers and lists in one table; what is read must be what is there, `null` for an empty list too.
private struct SpelledOutMap: SequentialModel {
    let initial: [String: Value] = [:]
    let functions: Set<Call.Function> = [.read, .write, .cas, .append, .txn]

    func step(_ state: [String: Value], _ call: Call) -> [String: Value]? {
        var state = state
        let isSaid = call.result.map { $0.list != nil } ?? false
        let micros: [Value] =
            call.function == .txn
            ? (isSaid ? call.result : call.argument)?.list ?? []
            : [[.string(call.function.rawValue), .string(call.key ?? ""), call.argument]]
        for micro in micros.map({ $0.list ?? [] }) {
            let key = micro[1].string ?? ""
            let held = state[key] ?? .null
            switch micro[0].string {
            case "w", "write": state[key] = micro[2]
            case "append": state[key] = .list((held.list ?? []) + [micro[2]])
            case "cas":
                guard micro[2].list?[0] == held else { return nil }
                state[key] = micro[2].list?[1]
            case "r": if isSaid, !Self.same(micro[2], held) { return nil }
            default: if let result = call.result, !Self.same(result, held) { return nil }
            }
        }
        return state
    }

    private static func same(_ seen: Value, _ held: Value) -> Bool { seen == held || seen == [] && held == .null }

    func isRead(_ call: Call) -> Bool {
        call.function == .read
            || call.function == .txn && call.argument.list?.allSatisfy { $0.list?.first == "r" } ?? false
    }

    /// What is answered in a state; each list has one of the two forms of empty.
    static func answer(_ call: Call, _ state: [String: Value]) -> Value? {
        guard call.function == .txn else { return call.function == .read ? state[call.key ?? ""] ?? .null : .none }
        var state = state
        var answers: [Value] = []
        for micro in call.argument.list?.compactMap(\.list) ?? [] {
            let key = micro[1].string ?? ""
            switch micro[0].string {
            case "w": state[key] = micro[2]
            case "append": state[key] = .list((state[key]?.list ?? []) + [micro[2]])
            default: break
            }
            answers.append([micro[0], micro[1], micro[0] == "r" ? state[key] ?? .null : micro[2]])
        }
        return .list(answers)
    }
}
