import Determinism
import HistoryModel
import SequentialModels
import Testing

@testable import Checkers

/// The searches against trying all orders, on objects of every kind.
extension RandomHistoryTests {
    @Test(
        "both searches agree with trying all orders on objects of every kind",
        arguments: RandomObject.Shape.allCases)
    func searchObjects(shape: RandomObject.Shape) {
        var random = SeededRandom.named("search-\(shape)", seed: randomSeed)
        let count = historyCount(600)
        var kept = 0
        for _ in 0..<count {
            var operations = RandomObject.operations(shape, random.split())
            // Intervals of other objects than locks were moved about: each operation gets a process of its own.
            if shape.kind != .mutex { operations.process = operations.process.indices.map { Int32($0) } }
            let naive = NaiveObject(shape.kind, operations)
            let isLinearizable = naive.isLinearizable()
            kept += isLinearizable ? 1 : 0
            guard let model = SearchedModel(shape.kind.objectKind, operations) else { continue }
            for search in [SearchedModel.Search.frontier, .depthFirst] {
                var budget = SearchBudget(CheckLimits())
                let flaw: String?
                switch model.check(operations, by: search, wantsOrder: true, &budget).verdict {
                case .linearizable(let order):
                    flaw = order.map(naive.isCertificate) == true ? nil : "wrong order \(order ?? [])"
                case .violated(let violations):
                    let isProof = search == .depthFirst || naive.isViolation(violations[0].operations)
                    flaw = isLinearizable ? "false alarm" : isProof ? nil : "no proof: \(violations)"
                case .undecided(let reason): flaw = reason
                }
                guard let flaw else { continue }
                Issue.record("\(search) of \(shape): \(flaw): \(operations)")
                return
            }
        }
        #expect(kept > count / 50 && kept < count * 49 / 50, "\(kept) linearizable of \(count)")
    }

    @Test(
        "cross-checks never disagree",
        arguments: [RandomHistory.Shape.uniqueRegister, .unknownRegister, .set, .twoKeys])
    func crossChecks(shape: RandomHistory.Shape) throws {
        var random = SeededRandom.named("cross-check-\(shape)", seed: randomSeed)
        var options = CheckOptions(guarantees: [.linearizable])
        options.crossChecks = true
        var agreed = 0
        let count = historyCount(600)
        for _ in 0..<count {
            let history = try History(RandomHistory.events(shape, random.split()))
            let crossCheck = check(history, options)[0].crossCheck
            agreed += crossCheck?.outcome == .agrees ? 1 : 0
            guard crossCheck?.outcome == .disagrees else { continue }
            Issue.record("\(crossCheck?.detail ?? ""): \(HistoryNotation.text(history))")
            return
        }
        #expect(agreed > count / 2, "\(agreed) of \(count)")
    }
}

extension NaiveObject.Kind {
    fileprivate var objectKind: ObjectKind {
        switch self {
        case .register: .register
        case .list: .list
        case .set: .set
        case .elements: .elements
        case .counter: .counter
        case .mutex: .mutex
        }
    }
}
