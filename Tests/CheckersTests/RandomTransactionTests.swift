import Checkers
import Determinism
import Foundation
import HistoryModel
import Testing

/// Levels of isolation against their definitions, spelled out over all orders.
extension RandomHistoryTests {
    private static let levels: [Guarantee] = Guarantee.isolation

    /// Compares every level on histories of one shape; `largestDoubt`: the share of them that may stay unknown, in percent.
    private func compare(_ shape: RandomTransactions.Shape, usual: Int, largestDoubt: Int) throws {
        let environment = ProcessInfo.processInfo.environment["INQUEST_HISTORIES"]
        let count = environment.flatMap { Int($0) } ?? usual
        var random = SeededRandom.named("isolation-\(shape)", seed: 20_260_101)
        var tally: [Guarantee: (kept: Int, broken: Int, unknown: Int)] = [:]
        for _ in 0..<count {
            let history = try History(RandomTransactions.events(shape, random.split(), transactions: 5))
            let naive = NaiveTransactions(history)
            for verdict in check(history, CheckOptions(guarantees: Self.levels, shownAnomalies: 1000)) {
                let isKept = naive.keeps(verdict.guarantee)
                var sums = tally[verdict.guarantee] ?? (0, 0, 0)
                if isUndecided(verdict) {
                    sums.unknown += 1
                } else if isKept {
                    sums.kept += 1
                } else {
                    sums.broken += 1
                }
                tally[verdict.guarantee] = sums
                guard let flaw = flaw(verdict, isKept, history) else { continue }
                Issue.record("\(verdict.guarantee.rawValue): \(flaw): \(HistoryNotation.text(history))")
                return
            }
        }
        for (level, sums) in tally {
            let isCommon = sums.broken > count / 20 && sums.kept > count / 20
            #expect(
                isCommon && sums.unknown * 100 <= largestDoubt * count, "\(level.rawValue): \(sums) of \(count)")
        }
    }

    /// Unknown for want of a decision, not for want of anything to decide.
    private func isUndecided(_ verdict: Verdict) -> Bool {
        verdict.judgement == .unknown && !(verdict.reason ?? "").hasPrefix("nothing to judge")
    }

    private func flaw(_ verdict: Verdict, _ isKept: Bool, _ history: History) -> String? {
        switch verdict.judgement {
        case .invalid where isKept: "false alarm \(verdict.anomalies)"
        case .invalid:
            verdict.anomalies.lazy.compactMap { anomaly in
                NaiveProof(history).flaw(anomaly, verdict.guarantee).map { "\($0) in \(anomaly)" }
            }.first
        case .valid where !isKept: "missed"
        case .unknown where !isUndecided(verdict) && !isKept: "missed in a history with nothing to judge"
        default: nil
        }
    }

    @Test("isolation of lists agrees with trying all orders")
    func isolationOfLists() throws {
        try compare(.lists, usual: 400, largestDoubt: 10)
    }

    @Test("isolation of registers whose writes follow reads agrees with trying all orders")
    func isolationOfMiniRegisters() throws {
        try compare(.miniRegisters, usual: 400, largestDoubt: 20)
    }

    @Test("isolation of registers agrees with trying all orders")
    func isolationOfRegisters() throws {
        try compare(.registers, usual: 400, largestDoubt: 50)
    }

    @Test("isolation of lists beside registers agrees with trying all orders")
    func isolationOfBoth() throws {
        try compare(.mixed, usual: 400, largestDoubt: 30)
    }
}
