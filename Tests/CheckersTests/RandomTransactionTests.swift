import Determinism
import HistoryModel
import Testing

@testable import Checkers

/// Levels of isolation against their definitions, spelled out over all orders.
extension RandomHistoryTests {
    private static let levels: [Guarantee] = Guarantee.isolation

    /// Compares every level on histories of one shape; `largestDoubt`: the share of them that may stay unknown, in percent.
    private func compare(_ shape: RandomTransactions.Shape, usual: Int, largestDoubt: Int) throws {
        let count = historyCount(usual)
        var random = SeededRandom.named("isolation-\(shape)", seed: randomSeed)
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
        // Small histories are decided unless values repeat.
        case .unknown where isUndecided(verdict) && verdict.reason?.contains("more than once") != true:
            verdict.reason
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
        try compare(.mixed, usual: 400, largestDoubt: 15)
    }

    @Test("isolation of transactions that see one another's effects agrees with trying all orders")
    func isolationOfForks() throws {
        try compare(.forks, usual: 400, largestDoubt: 15)
    }

    // MARK: Versions without a known order

    /// Whether a level is kept, `nil` if that is not decided; and whether only orders that were tried say so.
    private func judge(
        _ level: Guarantee, _ table: TransactionTable, _ method: VersionMethod
    ) throws -> (isKept: Bool?, isTried: Bool) {
        var isolation = Isolation(table, CheckLimits(), method: method)
        guard isolation.doubts.isEmpty else { return (nil, false) }
        switch isolation.outcome(try #require(IsolationLevel.of(level))) {
        case .kept: return (true, false)
        case .broken(let violations):
            return (false, violations.contains { if case .noOrder = $0 { true } else { false } })
        case .undecided(let reason):
            Issue.record("\(level.rawValue): \(reason)")
            return (nil, false)
        }
    }

    @Test("a search for the order of versions agrees with trying all orders")
    func searchForVersions() throws {
        let count = historyCount(300)
        var random = SeededRandom.named("searched-versions", seed: randomSeed)
        var (kept, broken, tried) = (0, 0, 0)
        for number in 0..<count {
            let shape: RandomTransactions.Shape = number % 8 == 0 ? .registers : .forks
            let history = try History(RandomTransactions.events(shape, random.split(), transactions: 6))
            let (table, naive) = (TransactionTable(history), NaiveTransactions(history))
            for level in Self.searchedLevels {
                let (isKept, isTried) = try judge(level, table, .search)
                guard let isKept else { continue }
                kept += isKept ? 1 : 0
                broken += isKept ? 0 : 1
                tried += isTried ? 1 : 0
                guard isKept != naive.keeps(level) else { continue }
                Issue.record("\(level.rawValue) is not \(isKept): \(HistoryNotation.text(history))")
                return
            }
        }
        #expect(
            kept > count && broken > count / 3 && tried > count / 10, "\(kept), \(broken), \(tried) of \(count)")
    }

    private static let searchedLevels: [Guarantee] = [
        .prefixConsistency, .snapshotIsolation, .strongSessionSnapshotIsolation, .strongSnapshotIsolation,
        .serializable, .strongSessionSerializable, .strictSerializable,
    ]

    /// Too large for trying all orders: what is inferred is compared with what is searched.
    @Test("what follows for versions agrees with a search for their order")
    func inferredVersions() throws {
        let count = historyCount(400)
        var random = SeededRandom.named("inferred-versions", seed: randomSeed)
        var (kept, broken, tried) = (0, 0, 0)
        for number in 0..<count {
            let shape: RandomTransactions.Shape = number % 4 == 0 ? .registers : .forks
            let history = try History(RandomTransactions.events(shape, random.split(), transactions: 12))
            let table = TransactionTable(history)
            for level in Self.searchedLevels {
                let outcome = try judge(level, table, .inference)
                let searched = try judge(level, table, .search)
                kept += outcome.isKept == true ? 1 : 0
                broken += outcome.isKept == false ? 1 : 0
                tried += searched.isTried ? 1 : 0
                guard outcome.isKept != searched.isKept else { continue }
                Issue.record("\(level.rawValue): \(outcome), \(searched): \(HistoryNotation.text(history))")
                return
            }
        }
        #expect(kept > count && broken > count && tried > count / 5, "\(kept), \(broken), \(tried) of \(count)")
    }
}
