import Determinism
import HistoryModel
import SequentialModels
import Testing

@testable import Checkers

/// The frontier search against trying all orders, for each model.
extension RandomHistoryTests {
    /// Verdicts, orders and counterexamples of the search, with few and with all configurations.
    private func compareSearch<Model: SequentialModel>(
        _ name: String, _ shape: RandomModel<Model>, usual: Int = 2000
    ) {
        let count = historyCount(usual)
        var random = SeededRandom.named("search-\(name)", seed: randomSeed)
        var kept = 0
        for number in 0..<count {
            let calls = RandomCalls.calls(shape, random.split())
            let naive = NaiveModel(shape.model, calls)
            let isLinearizable = naive.isLinearizable()
            kept += isLinearizable ? 1 : 0
            guard let flaw = flaw(shape.model, calls, naive, isLinearizable, width: [1, 2, 32][number % 3]) else {
                continue
            }
            Issue.record("history \(number) of \(name): \(flaw): \(calls)")
            return
        }
        #expect(kept > count / 20 && kept < count * 19 / 20, "\(kept) linearizable of \(count)")
    }

    /// What is wrong with what the search says.
    private func flaw<Model: SequentialModel>(
        _ model: Model, _ calls: [TimedCall], _ naive: NaiveModel<Model>, _ isLinearizable: Bool, width: Int
    ) -> String? {
        var search = ModelSearch(model, firstWidth: width)
        for (position, call) in calls.enumerated() {
            search.add(operation: position, process: call.process, call: call.call, ret: call.ret, call.what)
        }
        var budget = SearchBudget(steps: 10_000_000, bytes: 1 << 30)
        switch search.checkDepthFirst(&budget) {
        case .linearizable(let order):
            if !naive.isCertificate(order ?? []) { return "wrong order \(order ?? []) of the depth-first search" }
        case .violated: if isLinearizable { return "false alarm of the depth-first search" }
        case .undecided(let reason, _): return reason
        }
        switch search.check(wantsOrder: true, &budget) {
        case .linearizable(let order):
            if !isLinearizable { return "missed" }
            return naive.isCertificate(order ?? []) ? nil : "wrong order \(order ?? [])"
        case .violated(let operations, let last, let basis):
            if isLinearizable { return "false alarm" }
            if basis == .others { return "the proof \(operations) leans on others" }
            if let lacking = Self.lacking(operations, calls, model, end: calls[last].ret) {
                return "the proof \(operations) lacks \(lacking)"
            }
            let isProof = operations.contains(last) && naive.isViolation(operations)
            return isProof ? nil : "no proof: \(operations)"
        case .undecided(let reason, _): return reason
        }
    }

    /// What put in, or took out before, a value that a proof about a container shows, and is not in it.
    private static func lacking<Model: SequentialModel>(
        _ operations: [Int], _ calls: [TimedCall], _ model: Model, end: Int32
    ) -> [Int]? {
        guard !model.functions.isDisjoint(with: [.dequeue, .pop, .pollMax]) else { return nil }
        let shown = Set(operations.compactMap { calls[$0].what.result }.filter { !$0.isNull })
        let lacking = calls.indices.filter { place in
            let what = calls[place].what
            guard !operations.contains(place), what.function != .peek, calls[place].call <= end else {
                return false
            }
            return shown.contains(what.argument)
                || what.result.map { shown.contains($0) && calls[place].ret <= end } ?? false
        }
        return lacking.isEmpty ? nil : lacking
    }

    private static func small(_ random: inout SeededRandom) -> Value { .int(Int64(1 + random.below(3))) }
    private static let smallValues: [Value?] = [.some(.null), 1, 2, 3]

    /// A register of few values, with many cas.
    private static var register: RandomModel<CASRegisterModel> {
        RandomModel(
            model: CASRegisterModel(),
            draw: { random, _ in
                switch random.below(4) {
                case 0: Call(.write, small(&random))
                case 1, 2: Call(.cas, [small(&random), small(&random)])
                default: Call(.read)
                }
            }, answers: { $0.isRead ? smallValues : [nil] })
    }

    @Test("the search agrees with trying all orders on registers of few values")
    func searchRegister() { compareSearch("register", Self.register, usual: 3000) }

    @Test("the search agrees with trying all orders on registers with many unknown outcomes")
    func searchUnknownRegister() {
        var shape = Self.register
        shape.indefinite = 7
        compareSearch("unknown register", shape)
    }

    @Test("the search agrees with trying all orders where most operations touch")
    func searchTouching() {
        var shape = Self.register
        shape.touching = 9
        shape.indefinite = 4
        shape.mostOperations = 8
        compareSearch("touching register", shape)
    }

    @Test("of two equal operations the one goes first that the next of its process waits for")
    func searchTwins() {
        let calls = [
            TimedCall(process: 0, call: 0, ret: 5, what: Call(.write, 1)),
            TimedCall(process: 1, call: 0, ret: 5, what: Call(.write, 1)),
            TimedCall(process: 1, call: 5, ret: 9, what: Call(.cas, [1, 2])),
            TimedCall(process: 2, call: 10, ret: 11, what: Call(.read, result: 1)),
        ]
        let model = CASRegisterModel()
        let naive = NaiveModel(model, calls)
        #expect(naive.isLinearizable())
        #expect(flaw(model, calls, naive, true, width: 32) == nil)
    }

    @Test("the search agrees with trying all orders where little touches and reads are frequent")
    func searchReads() {
        var shape = Self.register
        shape.touching = 0
        shape.indefinite = 1
        shape.mostOperations = 9
        shape.draw = { random, _ in
            random.chance(2, in: 3) ? Call(.read) : Call(.write, Self.small(&random))
        }
        compareSearch("reads", shape)
    }

    /// Containers into which few values are put again and again.
    private func compareContainer<Model: SequentialModel>(
        _ model: Model, _ insertion: Call.Function, _ removal: Call.Function
    ) {
        var shape = RandomModel(
            model: model,
            draw: { random, _ in
                switch random.below(9) {
                case 0..<4: Call(insertion, Self.small(&random))
                case 4..<8: Call(removal)
                default: Call(.peek)
                }
            }, answers: { $0.function == insertion ? [nil] : Self.smallValues })
        shape.mostOperations = 8
        shape.indefinite = 2
        compareSearch("\(removal.rawValue)", shape, usual: 1000)
    }

    @Test("the search agrees with trying all orders on queues of few values, and its proofs are whole")
    func searchQueue() { compareContainer(QueueModel(), .enqueue, .dequeue) }

    @Test("the search agrees with trying all orders on stacks of few values, and its proofs are whole")
    func searchStack() { compareContainer(StackModel(), .push, .pop) }

    @Test("the search agrees with trying all orders on priority queues of few values, and its proofs are whole")
    func searchPriorityQueue() { compareContainer(PriorityQueueModel(), .insert, .pollMax) }

    @Test("the search agrees with trying all orders on grow-only sets")
    func searchSet() {
        let sets: [Value?] = [[], [1], [2], [3], [1, 2], [3, 1], [2, 3], [2, 1, 3]]
        compareSearch(
            "set",
            RandomModel(
                model: GrowOnlySetModel(),
                draw: { random, _ in random.chance(1, in: 2) ? Call(.add, Self.small(&random)) : Call(.read) },
                answers: { $0.isRead ? sets : [nil] }))
    }
}
