import Determinism
import HistoryModel
import SequentialModels
import Testing

@testable import Checkers

/// Containers that are drained against trying all orders of the removals that drains consist of.
extension RandomHistoryTests {
    @Test("drained containers get the verdict of trying all orders", arguments: RandomDrains.Kind.allCases)
    func drainedContainers(kind: RandomDrains.Kind) throws {
        switch kind {
        case .queue: try compare(QueueModel(), kind)
        case .stack: try compare(StackModel(), kind)
        case .priorityQueue: try compare(PriorityQueueModel(), kind)
        }
    }

    private func compare<Model: SequentialModel>(_ model: Model, _ kind: RandomDrains.Kind) throws {
        var random = SeededRandom.named("drains-\(kind)", seed: randomSeed)
        let count = historyCount(1500, parts: 3)
        var broken = 0
        var kept = 0
        for number in 0..<count {
            let history = try History(RandomDrains.events(kind, random.split()))
            let expected = NaiveModel(model, RandomDrains.calls(history, kind)).isLinearizable()
            let verdict = check(history, CheckOptions(guarantees: [.linearizable]))[0]
            broken += expected ? 0 : 1
            kept += expected && verdict.opportunities.contains { $0.name == "answers" && $0.count > 1 } ? 1 : 0
            // Of a priority queue into which nothing is put no priorities are known.
            let isEmpty =
                verdict.opportunities.contains { $0.name == "answers" && $0.count == 0 }
                || kind == .priorityQueue && !history.operations.contains { $0.f == kind.insertion }
            let judgement: Judgement = !expected ? .invalid : isEmpty ? .unknown : .valid
            guard verdict.judgement != judgement else { continue }
            Issue.record("history \(number): not \(judgement): \(HistoryNotation.text(history)) \(verdict)")
            return
        }
        #expect(broken > count / 10 && kept > count / 10, "\(broken) broken and \(kept) kept of \(count)")
    }
}
