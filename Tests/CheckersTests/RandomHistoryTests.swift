import Determinism
import HistoryModel
import SequentialModels
import Testing

@testable import Checkers

/// The checkers against definitions spelled out, on tens of thousands of small histories from one fixed seed.
@Suite("Random histories")
struct RandomHistoryTests {
    /// Compares one guarantee on histories of some shapes; says the first disagreements in the notation.
    private func compare(
        _ guarantee: Guarantee, _ shapes: [RandomHistory.Shape], count usual: Int,
        _ isBroken: (NaiveHistory) -> Bool?
    ) throws {
        let count = historyCount(usual)
        var random = SeededRandom.named(guarantee.rawValue, seed: randomSeed)
        var broken = 0
        var kept = 0
        for number in 0..<count {
            let shape = shapes[number % shapes.count]
            let history = try History(RandomHistory.events(shape, random.split()))
            guard let expected = isBroken(NaiveHistory(history)) else { continue }
            let verdict = check(history, CheckOptions(guarantees: [guarantee]))[0]
            broken += expected ? 1 : 0
            kept += !expected && verdict.judgement == .valid ? 1 : 0
            let agrees = expected ? verdict.judgement == .invalid : verdict.judgement != .invalid
            guard !agrees else { continue }
            Issue.record("\(expected ? "missed" : "false alarm"): \(HistoryNotation.text(history)) \(verdict)")
            return
        }
        // Both answers must have come up often, or the comparison says nothing.
        #expect(broken > count / 50 && kept > count / 50, "\(broken) broken and \(kept) valid of \(count)")
    }

    @Test("linearizable agrees with trying all orders")
    func linearizable() throws {
        try compare(
            .linearizable, [.uniqueRegister, .repeatedRegister, .unknownRegister, .set, .repeatedSet, .twoKeys],
            count: 24_000
        ) {
            !$0.isLinearizable()
        }
    }

    @Test("a first attempt that keeps few configurations changes no verdict", arguments: [1, 2])
    func linearizableNarrow(width: Int) throws {
        var random = SeededRandom.named("narrow", seed: randomSeed)
        for _ in 0..<historyCount(5000) {
            let history = try History(RandomHistory.events(.unknownRegister, random.split()))
            var builder = ObjectBuilder(HistoryObjects(history))
            let search = ObjectSearch(CASRegisterModel(), builder.build(0), firstWidth: width)
            var budget = SearchBudget(steps: 1_000_000, bytes: 1 << 30)
            var isLinearizable = false
            if case .linearizable = search.check(&budget).verdict { isLinearizable = true }
            guard isLinearizable != NaiveHistory(history).isLinearizable() else { continue }
            Issue.record("\(isLinearizable ? "missed" : "false alarm"): \(HistoryNotation.text(history))")
            return
        }
    }

    @Test("consistent-prefix-node agrees with its definition")
    func consistentPrefixNode() throws {
        try compare(.consistentPrefixNode, [.causes, .twoKeys], count: 10_000) { $0.breaksConsistentPrefixNode() }
    }

    @Test("consistent-prefix-session agrees with its definition")
    func consistentPrefixSession() throws {
        try compare(.consistentPrefixSession, [.causes, .twoKeys], count: 10_000) {
            $0.breaksConsistentPrefixSession()
        }
    }

    @Test("no-lost-writes agrees with its definition")
    func noLostWrites() throws {
        try compare(.noLostWrites, [.ends, .setEnds, .listEnds, .shrinkingEnds], count: 10_000) {
            $0.isAbsurd ? nil : $0.losesWrites()
        }
    }

    @Test("no-dirty-reads agrees with its definition")
    func noDirtyReads() throws {
        try compare(.noDirtyReads, [.ends, .setEnds, .listEnds, .shrinkingEnds], count: 10_000) {
            $0.isAbsurd ? nil : $0.hasDirtyReads()
        }
    }

    @Test("convergence agrees with comparing dumps")
    func convergence() throws {
        try compare(.convergence, [.ends, .setEnds, .listEnds], count: 10_000) { $0.diverges() }
    }
}
