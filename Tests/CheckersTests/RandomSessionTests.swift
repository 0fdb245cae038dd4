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
            let verdict = check(history, CheckOptions(guarantees: [guarantee]))[0]
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

    /// A proof must be a violation without the rest of the history, and of no fewer guarantees than it says.
    private func flawOfProofs(
        _ verdict: Verdict, _ history: History, _ shape: RandomSessions.Shape
    ) throws -> String? {
        for anomaly in verdict.anomalies {
            let indices = Set(anomaly.evidence.map(\.operation))
            let part = try Self.part(history, indices)
            if check(part, CheckOptions(guarantees: [verdict.guarantee]))[0].judgement != .invalid {
                return "no proof: \(anomaly.evidence.map(\.operation))"
            }
            guard shape == .words || shape == .snapshots else { continue }
            let naive = NaiveSessions(history, only: indices)
            let together = anomaly.together.isEmpty ? [verdict.guarantee] : Set(anomaly.together)
            if !naive.breaks(together) { return "together \(together) can be kept: \(indices.sorted())" }
            // An operation of the proof may be a violation in itself, or one that a smaller proof tells.
            let isSmallest =
                !naive.breaks([])
                && !verdict.anomalies.contains { Set($0.evidence.map(\.operation)).isStrictSubset(of: indices) }
            for guarantee in together where isSmallest && naive.breaks(together.subtracting([guarantee])) {
                let others = CheckOptions(guarantees: Array(together.subtracting([guarantee])))
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
        try compare(.monotonicWrites, [.snapshots, .versions]) { history, _ in
            let naive = NaiveSessionVerdicts(history)
            return naive.isAbsurd ? nil : naive.breaksMonotonicWrites()
        }
    }

    @Test("writes-follow-reads of registers agrees with its definition")
    func sessionsWritesFollowReads() throws {
        try compare(.writesFollowReads, [.snapshots, .versions], least: 100) { history, _ in
            let naive = NaiveSessionVerdicts(history)
            return naive.isAbsurd ? nil : naive.breaksWritesFollowReads()
        }
    }

    @Test("the session guarantees of sets and lists agree with their definitions")
    func sessionsCollections() throws {
        try compare(.readYourWrites, [.sets, .lists], usual: 800) { history, _ in
            NaiveCollections(history).breaksReadYourWrites()
        }
        try compare(.monotonicReads, [.sets, .lists], usual: 800) { history, _ in
            NaiveCollections(history).breaksMonotonicReads()
        }
        try compare(.monotonicWrites, [.sets, .lists], usual: 800) { history, _ in
            NaiveCollections(history).breaksMonotonicWrites()
        }
        try compare(.writesFollowReads, [.sets, .sets, .sets, .lists], usual: 800, least: 100) { history, _ in
            NaiveCollections(history).breaksWritesFollowReads()
        }
    }
}
