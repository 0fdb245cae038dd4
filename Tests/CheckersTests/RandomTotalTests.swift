import Checkers
import Determinism
import HistoryModel
import Testing

/// Queues, banks, counters and identifiers against definitions spelled out.
extension RandomHistoryTests {
    private func compare(
        _ guarantee: Guarantee, _ shapes: [RandomTotals.Shape], usual: Int = 6000,
        _ isBroken: (NaiveTotals) -> Bool
    ) throws {
        let count = historyCount(usual)
        var random = SeededRandom.named("totals-\(guarantee.rawValue)", seed: randomSeed)
        var broken = 0
        var kept = 0
        for number in 0..<count {
            let history = try History(RandomTotals.events(shapes[number % shapes.count], random.split()))
            let expected = isBroken(NaiveTotals(history))
            let verdict = check(history, CheckOptions(guarantees: [guarantee]))[0]
            broken += expected ? 1 : 0
            kept += !expected && verdict.judgement == .valid ? 1 : 0
            guard (verdict.judgement == .invalid) != expected else { continue }
            Issue.record("\(expected ? "missed" : "false alarm"): \(HistoryNotation.text(history)) \(verdict)")
            return
        }
        #expect(broken > count / 10 && kept > count / 10, "\(broken) broken and \(kept) valid of \(count)")
    }

    @Test("total-queue agrees with assigning elements to removals in all ways")
    func totalQueue() throws {
        try compare(.totalQueue, [.queue, .repeatedQueue]) { $0.losesElements() }
    }

    @Test("no-duplicates agrees with counting")
    func noDuplicates() throws {
        try compare(.noDuplicates, [.queue, .repeatedQueue, .set, .list]) { $0.hasDuplicates() }
    }

    @Test("unique-ids agrees with comparing all")
    func uniqueIDs() throws {
        try compare(.uniqueIDs, [.ids]) { $0.repeatsIDs() }
    }

    @Test("bank agrees with adding up")
    func bank() throws {
        try compare(.bank, [.bank]) { $0.breaksBank() }
    }

    @Test("counter agrees with all choices of additions that may have happened")
    func counter() throws {
        try compare(.counter, [.counter]) { $0.exceedsCounter() }
    }

    @Test("calendar agrees with looking for one holder of the slot")
    func calendar() throws {
        try compare(.calendar, [.calendar]) { $0.breaksCalendar() }
    }
}
