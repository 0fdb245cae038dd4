import Checkers
import Determinism
import HistoryModel
import Testing

/// Lists that transactions append to and read, with final reads, against definitions spelled out.
extension RandomHistoryTests {
    private func compare(_ guarantee: Guarantee, _ isBroken: (NaiveListEnds) -> Bool) throws {
        try compareVerdicts(guarantee, "list-ends-\(guarantee.rawValue)", usual: 6000, least: 50) { random in
            let history = try History(
                RandomTransactions.events(.lists, random.split(), transactions: 6, hasEnds: true))
            return (history, isBroken(NaiveListEnds(history)))
        }
    }

    /// Compares verdicts with a definition: `make` gives histories with whether they break the guarantee. One in `least` must, and
    /// one in ten must be found to keep it.
    func compareVerdicts(
        _ guarantee: Guarantee, _ name: String, usual: Int, least: Int,
        _ make: (inout SeededRandom) throws -> (history: History, isBroken: Bool)
    ) throws {
        let count = historyCount(usual)
        var random = SeededRandom.named(name, seed: randomSeed)
        var broken = 0
        var kept = 0
        for number in 0..<count {
            let (history, expected) = try make(&random)
            let verdict = check(history, CheckOptions(guarantees: [guarantee]))[0]
            broken += expected ? 1 : 0
            kept += !expected && verdict.judgement == .valid ? 1 : 0
            guard (verdict.judgement == .invalid) != expected else { continue }
            let flaw = expected ? "missed" : "false alarm"
            Issue.record("history \(number): \(flaw): \(HistoryNotation.text(history)) \(verdict)")
            return
        }
        #expect(broken > count / least && kept > count / 10, "\(broken) broken and \(kept) valid of \(count)")
    }

    @Test("no-lost-writes of lists that transactions append to agrees with its definition")
    func listEndsLost() throws { try compare(.noLostWrites) { $0.losesWrites() } }

    @Test("no-dirty-reads of lists that transactions append to agrees with its definition")
    func listEndsDirty() throws { try compare(.noDirtyReads) { $0.hasDirtyReads() } }

    @Test("no-duplicates of lists that transactions append to agrees with counting")
    func listEndsDuplicates() throws { try compare(.noDuplicates) { $0.hasDuplicates() } }
}
