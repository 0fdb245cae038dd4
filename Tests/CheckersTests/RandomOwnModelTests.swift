import Determinism
import HistoryModel
import SequentialModels
import Testing

@testable import Checkers

/// From a history and a model to a verdict, for each model that comes along.
extension RandomHistoryTests {
    /// Judges random histories by a model, and by trying all orders of all operations under a model that judges all objects
    /// as one.
    private func compareModel<Model: SequentialModel, Whole: SequentialModel>(
        _ name: String, _ model: Model, _ shape: RandomModel<Whole>, usual: Int = 1500
    ) throws {
        let count = historyCount(usual)
        var random = SeededRandom.named("model-\(name)", seed: randomSeed)
        var kept = 0
        var decided = 0
        for _ in 0..<count {
            let calls = RandomCalls.calls(shape, random.split())
            let history = try History(CallEvents(calls, random.split()).events)
            let naive = NaiveModel(shape.model, timedCalls(history, shape.model))
            let isLinearizable = naive.isLinearizable()
            let verdict = Checkers.linearizable(history, model: model)
            guard verdict.judgement != .unknown else {
                guard verdict.reason?.contains("nothing to judge") == true, isLinearizable else {
                    Issue.record("\(name): \(verdict.reason ?? ""): \(HistoryNotation.text(history))")
                    return
                }
                continue
            }
            decided += 1
            kept += isLinearizable ? 1 : 0
            let named = Set(verdict.anomalies.first?.evidence.map(\.operation) ?? [])
            let ordinals = history.operations.filter { $0.outcome != .fail }.map(\.index)
            let isProof = naive.isViolation(ordinals.indices.filter { named.contains(ordinals[$0]) })
            if verdict.judgement == (isLinearizable ? .valid : .invalid), isLinearizable || isProof { continue }
            Issue.record("\(name): \(isLinearizable), \(verdict): \(HistoryNotation.text(history))")
            return
        }
        #expect(kept > decided / 20 && kept < decided * 19 / 20, "\(kept) linearizable of \(decided) of \(count)")
    }

    /// What the operations of a history that did not fail did.
    private func timedCalls<Model: SequentialModel>(_ history: History, _ model: Model) -> [TimedCall] {
        history.operations.filter { $0.outcome != .fail }.map { operation in
            TimedCall(
                process: Int32(operation.process.client ?? -1), call: history.call(operation.ordinal),
                ret: operation.outcome == .ok ? history.ret(operation.ordinal) : .max, what: model.call(operation))
        }
    }

    private static func small(_ random: inout SeededRandom) -> Value { .int(Int64(1 + random.below(3))) }
    private static let values: [Value?] = [.some(.null), 1, 2, 3]
    private static let truths: [Value?] = [true, false]

    private static func registers(transactions: Bool) -> RandomModel<MapModel> {
        RandomModel(
            model: MapModel(),
            draw: { random, _ in
                let key = random.choose(["x", "y"])
                return switch random.below(transactions ? 7 : 4) {
                case 0: Call(.write, key: key, Self.small(&random))
                case 1: Call(.cas, key: key, [Self.small(&random), Self.small(&random)])
                case 2, 3: Call(.read, key: key)
                case 4: Call(.txn, [["r", "x", nil], ["w", "y", Self.small(&random)]])
                case 5: Call(.txn, [["r", "x", nil], ["r", "y", nil]])
                default:
                    Call(
                        .txn,
                        [["w", "x", Self.small(&random)], ["r", "x", nil], ["w", "y", Self.small(&random)]])
                }
            },
            answers: { call in
                switch call.function {
                case .read: values
                case .txn: values.flatMap { x in values.map { y in answer(call.argument, x, y) } }
                default: [nil]
                }
            })
    }

    /// A transaction with these values for what it reads of `x` and `y`.
    private static func answer(_ txn: Value, _ x: Value?, _ y: Value?) -> Value {
        .list(
            (txn.list ?? []).map { micro in
                guard let parts = micro.list, parts[0] == "r" else { return micro }
                return ["r", parts[1], (parts[1] == "x" ? x : y) ?? .null]
            })
    }

    @Test("registers of several keys are judged apart as they are together")
    func modelRegisters() throws {
        try compareModel("registers", CASRegisterModel(), Self.registers(transactions: false))
    }

    @Test("transactions on several registers are judged as a map")
    func modelMap() throws {
        var shape = Self.registers(transactions: true)
        shape.mostOperations = 6
        try compareModel("map", MapModel(), shape)
    }

    private static func set(reads: Bool) -> RandomModel<SetModel> {
        let sets: [Value?] = [[], [1], [2], [3], [1, 2], [3, 1], [2, 3], [2, 1, 3]]
        return RandomModel(
            model: SetModel(),
            draw: { random, _ in
                switch random.below(reads ? 5 : 4) {
                case 0, 1: Call(.add, Self.small(&random))
                case 2: Call(.remove, Self.small(&random))
                case 3: Call(.contains, Self.small(&random))
                default: Call(.read)
                }
            }, answers: { $0.function == .read ? sets : truths })
    }

    @Test("sets that are read as a whole")
    func modelSet() throws { try compareModel("set", SetModel(), Self.set(reads: true)) }

    @Test("elements of a set are judged apart as they are together")
    func modelElements() throws {
        try compareModel("elements", SetModel(isReadWhole: false), Self.set(reads: false))
    }

    @Test("lists", arguments: [false, true])
    func modelList(isText: Bool) throws {
        if isText {
            let texts: [Value?] = ["", "a", "b", "ab", "ba", "aa", "bab", "aba"]
            try compareModel(
                "text", TextModel(),
                RandomModel(
                    model: TextModel(),
                    draw: { random, _ in
                        let text: Value = random.chance(1, in: 2) ? "a" : "b"
                        return switch random.below(5) {
                        case 0: Call("put", text)
                        case 1, 2: Call(.append, text)
                        default: Call("get")
                        }
                    }, answers: { $0.function == "get" ? texts : [nil] }))
        } else {
            let lists: [Value?] = [[], [1], [2], [1, 2], [2, 1], [1, 3], [3], [1, 2, 3], [3, 2, 1]]
            try compareModel(
                "list", ListModel(),
                RandomModel(
                    model: ListModel(),
                    draw: { random, _ in random.chance(1, in: 2) ? Call(.append, Self.small(&random)) : Call(.read)
                    },
                    answers: { $0.isRead ? lists : [nil] }))
        }
    }

    @Test("counters that go up and down")
    func modelCounter() throws {
        try compareModel(
            "counter", CounterModel(),
            RandomModel(
                model: CounterModel(),
                draw: { random, _ in
                    switch random.below(5) {
                    case 0: Call(.increment)
                    case 1: Call(.add, Self.small(&random))
                    case 2: Call(.decrement, Self.small(&random))
                    default: Call(.read)
                    }
                }, answers: { $0.isRead ? (-4...6).map { .int($0) } : [nil] }))
    }

    @Test("locks with an owner, who may come back, and without", arguments: [0, 1, 2])
    func modelMutex(kind: Int) throws {
        let model = MutexModel(hasOwner: kind > 0, isReentrant: kind == 2)
        var shape = RandomModel(
            model: model,
            draw: { random, _ in random.chance(1, in: 2) ? Call(.acquire) : Call(.release) },
            answers: { _ in [nil] })
        shape.tellsProcesses = kind > 0
        shape.falsifiesCalls = true
        shape.indefinite = 1
        try compareModel("mutex \(kind)", model, shape)
    }

    /// Leases of two owners, with at most so many calls of unknown outcome.
    static func leases(indefinite: Int) -> RandomModel<LeaseModel> {
        var shape = RandomModel(
            model: LeaseModel(),
            draw: { random, _ in
                let owner: Value = random.chance(1, in: 2) ? "a" : "b"
                return switch random.below(4) {
                case 0, 1: Call(.acquire, owner)
                case 2: Call(.renew, [owner, Self.small(&random)])
                default: Call(.release, [owner, Self.small(&random)])
                }
            }, answers: { $0.function == .acquire ? (1...4).map { .int($0) } : [nil] })
        shape.indefinite = indefinite
        return shape
    }

    @Test("leases with tokens")
    func modelLease() throws {
        try compareModel("lease", LeaseModel(), Self.leases(indefinite: 3))
    }

    @Test("transfers between accounts", arguments: [false, true])
    func modelBank(allowsOverdraft: Bool) throws {
        let model = BankModel(accounts: ["a": 2, "1": 0], allowsOverdraft: allowsOverdraft)
        try compareModel(
            "bank", model,
            RandomModel(
                model: model,
                draw: { random, _ in
                    let names: [Value] = random.chance(1, in: 2) ? ["a", 1] : [1, "a"]
                    let amount = Value.int(Int64(1 + random.below(2)))
                    return random.chance(1, in: 2)
                        ? Call(.read) : Call(.transfer, ["from": names[0], "to": names[1], "amount": amount])
                },
                answers: { call in
                    call.isRead ? (-2...4).map { ["1": .int(2 - $0), "a": .int($0)] } : [nil]
                }))
    }
}

/// The events of random calls, with operations that failed among them.
struct CallEvents {
    private(set) var events: [Event] = []

    init(_ calls: [TimedCall], _ random: SeededRandom) {
        var random = random
        // At one instant the operations of a process are in their order, and so are the lines.
        var moments = calls.indices.map { (instant: calls[$0].call, place: 2 * $0) }
        moments += calls.indices.filter { calls[$0].ret != .max }.map { (calls[$0].ret, 2 * $0 + 1) }
        // Of half of those that nobody saw end it is said that nobody did.
        moments += calls.indices.filter { calls[$0].ret == .max && $0 % 2 == 0 }.map {
            (calls[$0].call + 1, 2 * $0 + 1)
        }
        moments.sort { $0 < $1 }
        for moment in moments {
            let position = moment.place / 2
            let call = calls[position]
            let end = call.ret == .max ? EventType.info : .ok
            add(call, moment.instant, moment.place % 2 == 0 ? .invoke : end, call.process)
            if random.chance(1, in: 12) {
                add(call, moment.instant, .invoke, 1000 + Int32(events.count))
                add(call, moment.instant, .fail, 999 + Int32(events.count))
            }
        }
    }

    private mutating func add(_ call: TimedCall, _ time: Int32, _ type: EventType, _ process: Int32) {
        let what = call.what
        events.append(
            Event(
                index: events.count, time: Int64(time), process: .client(Int(process)), type: type,
                f: what.function.rawValue, key: what.key,
                value: type == .ok ? what.result ?? what.argument : what.argument))
    }
}
