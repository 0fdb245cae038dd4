import Determinism
import HistoryModel
import Testing

@testable import Checkers

/// The checkers of sessions against their definitions spelled out.
extension RandomHistoryTests {
    private static let words: [RandomSessions.Shape] = [.words, .snapshots, .words, .counters, .versions]

    /// Compares verdicts, and judges every proof by itself.
    private func compare(
        _ guarantee: Guarantee, _ shapes: [RandomSessions.Shape], usual: Int = 2500, least: Int = 50,
        _ isBroken: (History, RandomSessions.Shape) -> Bool?
    ) throws {
        let count = historyCount(usual)
        var random = SeededRandom.named("sessions-\(guarantee.rawValue)", seed: randomSeed)
        var broken = 0
        var kept = 0
        for number in 0..<count {
            let shape = shapes[number % shapes.count]
            let history = try RandomSessions.history(shape, random.split())
            guard let expected = isBroken(history, shape) else { continue }
            let verdict = check(history, Self.options(shape, guarantee))[0]
            broken += expected ? 1 : 0
            kept += !expected && verdict.judgement == .valid ? 1 : 0
            var flaw = expected == (verdict.judgement == .invalid) ? nil : expected ? "missed" : "false alarm"
            if flaw == nil, expected { flaw = try flawOfProofs(verdict, history, shape) }
            guard let flaw else { continue }
            Issue.record("history \(number), \(shape): \(flaw): \(HistoryNotation.text(history)) \(verdict)")
            return
        }
        #expect(broken > count / least && kept > count / least, "\(broken) broken and \(kept) valid of \(count)")
    }

    /// Whether writes are assumed to be in the order of real time.
    private static func options(_ shape: RandomSessions.Shape, _ guarantees: Guarantee...) -> CheckOptions {
        CheckOptions(guarantees: guarantees, assumesRealTimeWrites: shape == .timed)
    }

    /// A proof must be a violation without the rest of the history, and of no fewer guarantees than it says.
    private func flawOfProofs(
        _ verdict: Verdict, _ history: History, _ shape: RandomSessions.Shape
    ) throws -> String? {
        for anomaly in verdict.anomalies {
            let indices = Set(anomaly.evidence.map(\.operation))
            let part = try Self.part(history, indices)
            var options = Self.options(shape, verdict.guarantee)
            // A part must not know more of the order of versions than the whole.
            let table = AccessTable(history, .auto)
            options.versionEvidence = VersionRanks(table, history).evidence(table.keys)
            if check(part, options)[0].judgement != .invalid {
                return "no proof: \(anomaly.evidence.map(\.operation))"
            }
            if verdict.guarantee == .pram, !NaivePram(history, only: indices).isBroken {
                return "an order explains \(indices.sorted())"
            }
            guard verdict.guarantee != .consistentPrefixNode, verdict.guarantee != .pram,
                [.words, .snapshots, .ordered, .timed].contains(shape)
            else { continue }
            let naive = NaiveSessions(history, only: indices)
            let evidence = NaiveSessionVerdicts(history, usesRealTime: shape == .timed).evidence(for: naive)
            let together = anomaly.together.isEmpty ? [verdict.guarantee] : Set(anomaly.together)
            if !naive.breaks(together, evidence: evidence) {
                return "together \(together) can be kept: \(indices.sorted())"
            }
            // An operation of the proof may be a violation in itself, or one that a smaller proof tells.
            let isSmallest =
                !naive.breaks([], evidence: evidence)
                && !verdict.anomalies.contains { Set($0.evidence.map(\.operation)).isStrictSubset(of: indices) }
            for guarantee in together
            where isSmallest && naive.breaks(together.subtracting([guarantee]), evidence: evidence) {
                var others = options
                others.guarantees = Array(together.subtracting([guarantee]))
                if check(part, others).contains(where: { $0.judgement == .invalid }) { continue }
                return "\(guarantee) is not needed: \(indices.sorted())"
            }
        }
        return nil
    }

    /// Some operations of a history, each session as a process of its own.
    static func part(_ history: History, _ indices: Set<Int>) throws -> History {
        let session = NaiveSessions(history, withFailed: true).session
        var events: [Event] = []
        for (number, operation) in history.operations.enumerated() where indices.contains(operation.index) {
            for event in [operation.invocation, operation.completion].compactMap(\.self) {
                var event = event.event
                event.process = .client(session[number])
                events.append(event)
            }
        }
        return try History(events.sorted { $0.index < $1.index })
    }

    @Test("read-your-writes of registers agrees with its definition")
    func sessionsReadYourWrites() throws {
        try compare(.readYourWrites, Self.words) { history, _ in
            let naive = NaiveSessionVerdicts(history)
            return naive.isAbsurd ? nil : naive.breaksReadYourWrites()
        }
    }

    @Test("monotonic-reads of registers agrees with its definition")
    func sessionsMonotonicReads() throws {
        try compare(.monotonicReads, Self.words) { history, _ in
            let naive = NaiveSessionVerdicts(history)
            return naive.isAbsurd ? nil : naive.breaksMonotonicReads()
        }
    }

    @Test("monotonic-writes of registers agrees with its definition")
    func sessionsMonotonicWrites() throws {
        try compare(.monotonicWrites, [.snapshots, .ordered, .versions, .timed]) { history, shape in
            let naive = NaiveSessionVerdicts(history, usesRealTime: shape == .timed)
            return naive.isTorn ? nil : naive.breaksMonotonicWrites()
        }
    }

    @Test("writes-follow-reads of registers agrees with its definition")
    func sessionsWritesFollowReads() throws {
        try compare(.writesFollowReads, [.snapshots, .ordered, .versions, .timed], least: 100) { history, shape in
            let naive = NaiveSessionVerdicts(history, usesRealTime: shape == .timed)
            return naive.isTorn ? nil : naive.breaksWritesFollowReads()
        }
    }

    @Test("opportunities of writes-follow-reads are writes behind reads")
    func sessionsWritesBehindReads() throws {
        var random = SeededRandom.named("writes-behind-reads", seed: randomSeed)
        var counts: [Int: Int] = [:]
        for number in 0..<historyCount(1500) {
            let history = try RandomSessions.history(.snapshots, random.split())
            let naive = NaiveSessionVerdicts(history)
            guard !naive.isAbsurd else { continue }
            let expected = naive.pairsOfWritesAfterReads
            let verdict = check(history, CheckOptions(guarantees: [.writesFollowReads]))[0]
            let count = verdict.opportunities.first { $0.name == "ordered-writes-after-reads" }?.count ?? 0
            counts[min(count, 2), default: 0] += 1
            guard count != expected else { continue }
            Issue.record("history \(number): \(count), not \(expected): \(HistoryNotation.text(history))")
            return
        }
        #expect((0...2).allSatisfy { counts[$0] ?? 0 > 20 }, "\(counts)")
    }

    @Test("consistent-prefix-node with versions and real time agrees with its definition")
    func sessionsPrefixNode() throws {
        try compare(.consistentPrefixNode, [.ordered, .timed]) { history, shape in
            let naive = NaiveSessionVerdicts(history, usesRealTime: shape == .timed)
            return naive.isAbsurd ? nil : naive.breaksConsistentPrefixNode()
        }
    }

    /// Whether sets and lists break a guarantee, each by itself or, in atomic reads, several together.
    private static func breaksWrites(_ history: History, _ guarantee: Guarantee) -> Bool? {
        let causality = NaiveCausality(history)
        guard !causality.isAbsurd else { return nil }
        let naive = NaiveCollections(history)
        return guarantee == .monotonicWrites
            ? naive.breaksMonotonicWrites() || causality.breaksMonotonicWritesAcrossKeys
            : naive.breaksWritesFollowReads() || causality.breaksWritesFollowReadsAcrossKeys
    }

    private static let collections: [RandomSessions.Shape] = [.sets, .lists, .setSnapshots, .listSnapshots]

    @Test("pram of registers agrees with trying all orders for each session")
    func sessionsPram() throws {
        try compare(.pram, [.words, .snapshots, .observers, .counters, .ordered]) { history, _ in
            NaivePram(history).isBroken
        }
    }

    @Test("the session guarantees of sets and lists agree with their definitions")
    func sessionsCollections() throws {
        try compare(.readYourWrites, Self.collections, usual: 800) { history, _ in
            NaiveCollections(history).breaksReadYourWrites()
        }
        try compare(.monotonicReads, Self.collections, usual: 800) { history, _ in
            NaiveCollections(history).breaksMonotonicReads()
        }
        try compare(.monotonicWrites, [.sets, .lists], usual: 800) { history, _ in
            Self.breaksWrites(history, .monotonicWrites)
        }
        try compare(.writesFollowReads, [.sets, .sets, .sets, .lists], usual: 800, least: 100) { history, _ in
            Self.breaksWrites(history, .writesFollowReads)
        }
    }

    @Test("the session guarantees of sets that elements are taken out of hold for all others")
    func sessionsRemovals() throws {
        let shapes: [RandomSessions.Shape] = [.shrinkingSets, .shrinkingSets, .sets]
        try compare(.readYourWrites, shapes, usual: 800) { history, _ in
            NaiveCollections(history).breaksReadYourWrites()
        }
        try compare(.monotonicReads, shapes, usual: 800) { history, _ in
            NaiveCollections(history).breaksMonotonicReads()
        }
        for guarantee in [Guarantee.monotonicWrites, .writesFollowReads] {
            try compare(guarantee, shapes, usual: 800, least: 100) { history, _ in
                Self.breaksWrites(history, guarantee)
            }
        }
    }

    /// Lists alone, which sets would hide: their order counts, too.
    @Test("the session guarantees of lists agree with their definitions")
    func sessionsLists() throws {
        try compare(.monotonicReads, [.lists, .listSnapshots], usual: 800) { history, _ in
            NaiveCollections(history).breaksMonotonicReads()
        }
        for guarantee in [Guarantee.monotonicWrites, .writesFollowReads] {
            try compare(guarantee, [.lists, .listSnapshots], usual: 800, least: 100) { history, _ in
                Self.breaksWrites(history, guarantee)
            }
        }
    }

    private static let severalKeys: [RandomSessions.Shape] = [.setSnapshots, .listSnapshots, .mixed]

    @Test("the session guarantees of several sets and lists agree with their definitions")
    func sessionsAcrossKeys() throws {
        for guarantee in [Guarantee.monotonicWrites, .writesFollowReads] {
            try compare(guarantee, Self.severalKeys, usual: 1000) { history, _ in
                Self.breaksWrites(history, guarantee)
            }
        }
    }

    @Test("the prefixes of sets and lists agree with their definitions")
    func sessionsPrefixes() throws {
        try compare(.consistentPrefixNode, Self.severalKeys, usual: 1000) { history, _ in
            let naive = NaiveCausality(history)
            return naive.isAbsurd ? nil : naive.breaksConsistentPrefixNode
        }
        try compare(.consistentPrefixSession, Self.severalKeys, usual: 1000) { history, _ in
            let naive = NaiveCausality(history)
            return naive.isAbsurd ? nil : naive.breaksConsistentPrefixSession
        }
    }
}
