import Determinism
import HistoryModel
import Testing

@testable import Checkers

/// The checkers of sessions on stores that keep some of the guarantees: none that is kept is ever called broken, and the
/// others are found to be broken.
extension RandomHistoryTests {
    private static let sessionGuarantees: [Guarantee] = [
        .readYourWrites, .monotonicReads, .monotonicWrites, .writesFollowReads,
    ]

    @Test(
        "a store that keeps some session guarantees is accused of breaking others alone",
        arguments: [SimulatedStore.Content.words, .versions, .sets, .shrinkingSets])
    func storesSessions(content: SimulatedStore.Content) throws {
        var random = SeededRandom.named("stores-\(content)", seed: randomSeed)
        let count = historyCount(400, parts: 4)
        var found: [Guarantee: Int] = [:]
        for number in 0..<count {
            let kept = Set(
                Self.sessionGuarantees.indices.filter { number >> $0 & 1 == 1 }.map { Self.sessionGuarantees[$0] })
            let history = try SimulatedStore.history(kept, content, length: 40, random.split())
            // None keeps PRAM, not even one that keeps all four: a write that arrives behind its session's reads may be older,
            // by its time, than what they saw of its key.
            for verdict in check(history, CheckOptions(guarantees: Self.sessionGuarantees + [.pram])) {
                if verdict.judgement == .invalid, kept.isEmpty { found[verdict.guarantee, default: 0] += 1 }
                for anomaly in verdict.anomalies {
                    let accused = anomaly.together.isEmpty ? [verdict.guarantee] : Set(anomaly.together)
                    if !accused.isSubset(of: kept) { continue }
                    Issue.record("history \(number) of \(kept): \(anomaly): \(HistoryNotation.text(history))")
                    return
                }
            }
        }
        for guarantee in Self.sessionGuarantees + (content == .sets || content == .shrinkingSets ? [] : [.pram]) {
            #expect(
                found[guarantee] ?? 0 > count / 100, "\(guarantee) was found broken \(found[guarantee] ?? 0) times")
        }
    }
}
