import Determinism
import HistoryModel
import SequentialModels
import Testing

@testable import Checkers

/// What is planted breaks its guarantee by the definition spelled out, and is found: on thousands of small histories that
/// keep the guarantee.
@Suite("Planted violations are violations")
struct PlantTruthTests {
    /// Plants each kind into histories that keep a guarantee; `isBroken` decides by the definition.
    ///
    /// `kinds`: those that must have been planted, or the test says nothing. `mayDoubt`: the checker is not complete. `parts`: how
    /// many shapes share the histories that are asked for. `most`: how many kinds are planted into one history, the rarest first.
    private func compare(
        _ guarantee: Guarantee, usual: Int, parts: Int = 1, planted kinds: [PlantKind], mayDoubt: Bool = false,
        most: Int = .max, options set: (inout CheckOptions) -> Void = { _ in },
        _ make: (Int, SeededRandom) throws -> History, isBroken: (History) -> Bool
    ) throws {
        var random = SeededRandom.named("plants-\(guarantee.rawValue)-\(kinds)", seed: randomSeed)
        var options = CheckOptions(guarantees: [guarantee])
        // Whether it is found is asked here; that proofs are small and stand alone, the random tests of each checker ask.
        options.reducesEvidence = false
        set(&options)
        let count = historyCount(usual, parts: parts)
        var planted: [PlantKind: Int] = [:]
        for number in 0..<count {
            let history = try make(number, random.split())
            guard check(history, options)[0].judgement == .valid else { continue }
            var catalog = PlantCatalog(history, options)
            let rarest = catalog.planters(guarantee).sorted { planted[$0.kind] ?? 0 < planted[$1.kind] ?? 0 }
            var left = most
            for planter in rarest where left > 0 {
                guard let changes = planter.changes(guarantee, seed: UInt64(number)) else { continue }
                let copy = try history.changing(changes)
                planted[planter.kind, default: 0] += 1
                left -= 1
                let judgement = check(copy, options)[0].judgement
                let isFound = judgement == .invalid || mayDoubt && judgement == .unknown
                if isFound, isBroken(copy) { continue }
                // What is broken already, and a checker that is only sound did not see, is nothing to plant into.
                if isBroken(history) { continue }
                let flaw = isFound ? "no violation, but found" : isBroken(copy) ? "missed" : "no violation"
                let text = HistoryNotation.text(history)
                Issue.record(
                    "\(guarantee.rawValue), \(planter.kind.rawValue) \(number): \(flaw): \(text): \(changes)")
                return
            }
        }
        for kind in kinds { #expect(planted[kind] ?? 0 > 0, "\(kind.rawValue): \(planted) of \(count)") }
    }

    // MARK: Linearizability

    @Test(
        "on registers and sets",
        arguments: [
            (
                RandomHistory.Shape.uniqueRegister,
                [.staleRead, .nonMonotonicRead, .lostWrite, .rolledBack, .abortedRead]
            ),
            (.repeatedRegister, [.phantomRead]), (.unknownRegister, [.phantomRead]),
            (.set, [.staleRead, .nonMonotonicRead, .lostWrite, .rolledBack, .duplicated, .abortedRead]),
            (.repeatedSet, [.phantomRead]), (.twoKeys, [.staleRead, .nonMonotonicRead]),
        ] as [(RandomHistory.Shape, [PlantKind])])
    func registers(shape: RandomHistory.Shape, kinds: [PlantKind]) throws {
        try compare(.linearizable, usual: 500, parts: 6, planted: kinds) { _, random in
            try History(RandomHistory.events(shape, random))
        } isBroken: {
            !NaiveHistory($0).isLinearizable()
        }
    }

    @Test(
        "on lists, sets, counters and locks",
        arguments: [
            (RandomObject.Shape.list, [.staleRead, .nonMonotonicRead, .reordered, .duplicated]),
            (.replacedList, []), (.repeatedList, []), (.elements, [.staleRead, .phantomRead]),
            (.counter, [.lostWrite, .phantomRead]), (.mixedCounter, []), (.tokens, [.reordered]),
        ] as [(RandomObject.Shape, [PlantKind])])
    func objects(shape: RandomObject.Shape, kinds: [PlantKind]) throws {
        // Which of equal elements was shown cannot always be told.
        let mayDoubt = shape == .repeatedList
        try compare(.linearizable, usual: 500, parts: 7, planted: kinds, mayDoubt: mayDoubt) { _, random in
            try History(ObjectEvents(shape, RandomObject.operations(shape, random), isText: false).events)
        } isBroken: { history in
            var builder = ObjectBuilder(HistoryObjects(history))
            return history.operations.isEmpty ? false : !NaiveObject(shape.kind, builder.build(0)).isLinearizable()
        }
    }

    /// Values that are put in, seen and taken out, with the names of the operations.
    private func containers<Model: SequentialModel>(_ model: Model, _ insertion: String, _ removal: String) throws {
        let kinds: [PlantKind] = [.duplicated, .phantomRead, .lostWrite, .reordered]
        try compare(.linearizable, usual: 1000, planted: kinds) { _, random in
            let shape = RandomModel(
                model: model,
                draw: { random, fresh in
                    let value = Value.int(Int64((fresh * 5) % 11))
                    return random.chance(1, in: 2)
                        ? Call(.init(rawValue: insertion), value) : Call(.init(rawValue: removal))
                },
                answers: { call in
                    call.function.rawValue == insertion ? [nil] : [.some(.null)] + (1...10).map { .int($0) }
                })
            return try Self.history(RandomCalls.calls(shape, random))
        } isBroken: { history in
            !NaiveModel(model, Self.calls(history)).isLinearizable()
        }
    }

    private static func history(_ calls: [TimedCall]) throws -> History {
        var moments: [(instant: Int32, isReturn: Int, call: Int)] = []
        for (number, call) in calls.enumerated() {
            moments.append((call.call, 0, number))
            if call.ret != .max { moments.append((call.ret, 1, number)) }
        }
        moments.sort { ($0.instant, $0.isReturn, $0.call) < ($1.instant, $1.isReturn, $1.call) }
        let events = moments.enumerated().map { index, moment in
            let call = calls[moment.call]
            let value = moment.isReturn == 1 ? call.what.result ?? call.what.argument : call.what.argument
            return Event(
                index: index, time: Int64(moment.instant), process: .client(moment.call),
                type: moment.isReturn == 1 ? .ok : .invoke, f: call.what.function.rawValue, key: "x", value: value)
        }
        return try History(events)
    }

    private static func calls(_ history: History) -> [TimedCall] {
        history.operations.enumerated().map { ordinal, operation in
            let isUpdate = !operation.argument.isNull
            let result: Value? = isUpdate || operation.outcome != .ok ? nil : operation.result
            return TimedCall(
                process: Int32(ordinal), call: history.call(ordinal), ret: history.ret(ordinal),
                what: Call(.init(rawValue: operation.f), operation.argument, result: result))
        }
    }

    @Test("on queues")
    func queues() throws { try containers(QueueModel(), "enqueue", "dequeue") }

    @Test("on stacks")
    func stacks() throws { try containers(StackModel(), "push", "pop") }

    @Test("on priority queues")
    func priorityQueues() throws { try containers(PriorityQueueModel(), "insert", "poll-max") }

    @Test("a refused lock that is given after all is shared")
    func sharedLock() throws {
        let steps = [
            (0, EventType.invoke, "acquire"), (0, .ok, "acquire"), (1, .invoke, "acquire"), (1, .fail, "acquire"),
            (0, .invoke, "release"), (0, .ok, "release"), (1, .invoke, "acquire"), (1, .ok, "acquire"),
        ]
        let history = try History(
            steps.enumerated().map { index, step in
                Event(
                    index: index, time: Int64(index), process: .client(step.0), type: step.1, f: step.2, key: "l",
                    value: .null)
            })
        let power = try #require(measured(history, [.linearizable])[.linearizable])
        #expect(power.tallies.map(\.kind) == [.sharedLock])
        #expect(power.planted == 3 && power.caught == 3)
    }

    // MARK: Sessions and ends

    @Test(
        "on sessions of registers",
        arguments: [
            (.readYourWrites, [.staleRead]), (.monotonicReads, [.nonMonotonicRead, .rolledBack]),
            (.monotonicWrites, [.fracturedRead]), (.writesFollowReads, [.fracturedRead]),
        ] as [(Guarantee, [PlantKind])])
    func sessions(guarantee: Guarantee, kinds: [PlantKind]) throws {
        let shapes: [RandomSessions.Shape] = [.words, .counters, .versions]
        try compare(guarantee, usual: 1000, planted: kinds) { number, random in
            switch number % 5 {
            case 0..<3: try RandomSessions.history(shapes[number % 5], random)
            case 3: try History(RandomHistory.events(.causes, random))
            default: try History(RandomHistory.events(.twoKeys, random))
            }
        } isBroken: { history in
            let naive = NaiveSessionVerdicts(history)
            switch guarantee {
            case .readYourWrites: return naive.breaksReadYourWrites()
            case .monotonicReads: return naive.breaksMonotonicReads()
            case .monotonicWrites: return naive.breaksMonotonicWrites()
            default: return naive.breaksWritesFollowReads()
            }
        }
    }

    @Test(
        "on sessions of lists and sets",
        arguments: [
            (.readYourWrites, [.staleRead]), (.monotonicReads, [.nonMonotonicRead, .rolledBack, .reordered]),
            (.monotonicWrites, [.missingCause, .reordered]), (.writesFollowReads, [.missingCause, .reordered]),
        ] as [(Guarantee, [PlantKind])])
    func collections(guarantee: Guarantee, kinds: [PlantKind]) throws {
        try compare(guarantee, usual: 500, planted: kinds) { number, random in
            try RandomSessions.history(number % 2 == 0 ? .sets : .lists, random)
        } isBroken: { history in
            let naive = NaiveCollections(history)
            switch guarantee {
            case .readYourWrites: return naive.breaksReadYourWrites()
            case .monotonicReads: return naive.breaksMonotonicReads()
            case .monotonicWrites: return naive.breaksMonotonicWrites()
            default: return naive.breaksWritesFollowReads()
            }
        }
    }

    @Test(
        "on several sets and lists",
        arguments: [
            (.monotonicWrites, [.fracturedRead]), (.writesFollowReads, [.fracturedRead]),
            (.consistentPrefixNode, [.missingCause]), (.consistentPrefixSession, [.missingCause]),
        ] as [(Guarantee, [PlantKind])])
    func severalCollections(guarantee: Guarantee, kinds: [PlantKind]) throws {
        try compare(guarantee, usual: 500, planted: kinds) { number, random in
            let isAtomic = guarantee != .consistentPrefixSession
            let shapes: [RandomSessions.Shape] = isAtomic ? [.setSnapshots, .mixed] : [.sets, .lists]
            return try RandomSessions.history(shapes[number % 2], random)
        } isBroken: { history in
            let naive = NaiveCausality(history)
            switch guarantee {
            case .monotonicWrites:
                return NaiveCollections(history).breaksMonotonicWrites() || naive.breaksMonotonicWritesAcrossKeys
            case .writesFollowReads:
                return NaiveCollections(history).breaksWritesFollowReads()
                    || naive.breaksWritesFollowReadsAcrossKeys
            case .consistentPrefixNode: return naive.breaksConsistentPrefixNode
            default: return naive.breaksConsistentPrefixSession
            }
        }
    }

    @Test("on prefixes", arguments: [Guarantee.consistentPrefixNode, .consistentPrefixSession])
    func prefixes(guarantee: Guarantee) throws {
        try compare(guarantee, usual: 1000, planted: [.missingCause]) { number, random in
            try History(RandomHistory.events(number % 2 == 0 ? .causes : .twoKeys, random))
        } isBroken: { history in
            let naive = NaiveHistory(history)
            let isNode = guarantee == .consistentPrefixNode
            return isNode ? naive.breaksConsistentPrefixNode() : naive.breaksConsistentPrefixSession()
        }
    }

    @Test(
        "on ends",
        arguments: [
            (.noLostWrites, [.lostWrite]), (.noDirtyReads, [.phantomRead, .rolledBack, .abortedRead]),
            (.convergence, [.divergedReplica]),
        ] as [(Guarantee, [PlantKind])])
    func ends(guarantee: Guarantee, kinds: [PlantKind]) throws {
        try compare(guarantee, usual: 1200, planted: kinds) { number, random in
            try History(RandomHistory.events(number % 2 == 0 ? .ends : .setEnds, random))
        } isBroken: { history in
            let naive = NaiveHistory(history)
            switch guarantee {
            case .noLostWrites: return naive.losesWrites()
            case .noDirtyReads: return naive.hasDirtyReads()
            default: return naive.diverges()
            }
        }
    }

    // MARK: Orders of operations, and freshness

    @Test("on what sessions know of registers")
    func knowledge() throws {
        let shapes: [RandomSessions.Shape] = [.words, .snapshots, .counters, .observers]
        try compare(
            .pram, usual: 1000,
            planted: [.staleRead, .nonMonotonicRead, .rolledBack, .missingCause, .fracturedRead]
        ) { number, random in
            try RandomSessions.history(shapes[number % 4], random)
        } isBroken: {
            NaivePram($0).isBroken
        }
    }

    @Test(
        "on orders of operations",
        arguments: [
            (.weakCausal, [.staleRead, .nonMonotonicRead, .rolledBack, .missingCause, .fracturedRead, .reordered]),
            (.causal, [.staleRead, .nonMonotonicRead, .rolledBack, .missingCause, .fracturedRead, .reordered]),
            (.sequential, [.staleRead, .nonMonotonicRead, .rolledBack, .missingCause, .fracturedRead, .reordered]),
            (.consistentPrefix, [.missingCause, .fracturedRead, .reordered]), (.noLongFork, [.longFork]),
        ] as [(Guarantee, [PlantKind])])
    func orders(guarantee: Guarantee, kinds: [PlantKind]) throws {
        var contents: [SimulatedOrders.Content] = [.registers, .snapshots, .sets, .lists]
        if ![.causal, .noLongFork].contains(guarantee) { contents.append(.transactions) }
        let modes: [SimulatedOrders.Mode] = [
            .linearizable, .sequential, guarantee == .sequential ? .prefix : .causal,
        ]
        let common: [PlantKind] = guarantee == .noLongFork ? [] : [.phantomRead, .abortedRead]
        // What operations may see is tried out whole.
        let longest = [.causal, .weakCausal].contains(guarantee) ? 6 : 7
        try compare(guarantee, usual: 1500, parts: 10, planted: kinds + common, most: 1) { number, random in
            var random = random
            let shape = SimulatedOrders.Shape(
                mode: modes[number / contents.count % 3], content: contents[number % contents.count],
                length: longest - random.below(3), processes: 2 + random.below(2))
            return try SimulatedOrders.history(shape, random)
        } isBroken: { history in
            let naive = NaiveOrders(history)
            return guarantee == .noLongFork ? naive.hasLongFork() : !naive.keeps(guarantee)
        }
    }

    @Test(
        "a register that is as if never written, although its last write was acknowledged, is no conflict that was kept"
    )
    func conflicts() throws {
        let lines = [
            "p0 w x 1 ok | p1 w x 2 ok | p2 d x=[1,2] ok @n1",
            "p0 w x 1 ok | p1 r x 1 ok | p1 w x 2 ok | p2 r x 2 ok final",
        ]
        for line in lines {
            let power = try #require(measured(try History(notation: line), [.conflictAudit])[.conflictAudit])
            #expect(power.tallies.map(\.kind) == [.lostWrite] && power.planted == 3 && power.caught == 3, "\(line)")
        }
    }

    @Test("on fresh reads, up to a bound", arguments: [false, true], [0, 1])
    func freshness(realTime: Bool, bound: Int) throws {
        let shapes: [RandomSessions.Shape] = [
            .counters, .versions, .sets, .lists, .snapshots, .words, .listSnapshots,
        ]
        let guarantee: Guarantee = bound == 0 ? .noStaleReads : .boundedStaleness
        let kinds: [PlantKind] = bound == 0 ? [.staleRead, .nonMonotonicRead, .lostWrite] : [.staleRead]
        try compare(guarantee, usual: 1000, parts: 2, planted: kinds) {
            $0.assumesRealTimeWrites = realTime
            $0.stalenessBounds = StalenessBounds(versions: bound)
        } _: { number, random in
            try RandomSessions.history(shapes[number % shapes.count], random)
        } isBroken: { history in
            // Repeated values are not told apart; see the test of the checker.
            guard !AccessTable(history).isRepeated.contains(true) else { return true }
            let naive = NaiveStaleness(history)
            return NaiveStaleness.orders(history, naive).contains { key, order in
                if case .realTime = order, !realTime { return false }
                return naive.all(key, order).contains { $0.versions > bound }
            }
        }
    }

    @Test("histories that mean nothing can be planted into")
    func nonsense() throws {
        var random = SeededRandom.named("planted nonsense", seed: randomSeed)
        var planted = 0
        for _ in 0..<historyCount(200, parts: 5) {
            var maker = NonsenseHistory(random.split())
            let power = measured(try History(maker.events()), Guarantee.allCases, plants: 1)
            planted += power.values.reduce(0) { $0 + $1.planted }
        }
        #expect(planted > 0)
    }

    // MARK: Transactions

    private func transactions(_ guarantee: Guarantee, _ shapes: [RandomTransactions.Shape], mayDoubt: Bool) throws {
        let kinds: [PlantKind] = [.phantomRead, .abortedRead, .intermediateRead]
        let parts = Guarantee.isolation.count
        try compare(guarantee, usual: 250, parts: parts, planted: kinds, mayDoubt: mayDoubt) { number, random in
            try History(RandomTransactions.events(shapes[number % shapes.count], random, transactions: 5))
        } isBroken: {
            !NaiveTransactions($0).keeps(guarantee)
        }
    }

    @Test("on transactions of lists", arguments: Guarantee.isolation)
    func lists(guarantee: Guarantee) throws { try transactions(guarantee, [.lists], mayDoubt: false) }

    /// In which order registers were written the data do not always tell.
    @Test("on transactions of registers", arguments: Guarantee.isolation)
    func registers(guarantee: Guarantee) throws {
        try transactions(guarantee, [.miniRegisters, .registers], mayDoubt: true)
    }
}

/// The power of some checkers on a history.
func measured(
    _ history: History, _ guarantees: [Guarantee], plants: Int = 3,
    judge: ((History, CheckOptions) -> Verdict)? = nil
) -> [Guarantee: DetectionPower] {
    let options = CheckOptions(guarantees: guarantees)
    var measurement = PowerMeasurement(
        history, options, verdicts: check(history, options), plants: plants, seed: 1,
        judge: judge ?? { check($0, $1)[0] })
    while measurement.step() {}
    return measurement.power
}
