import Checkers
import Determinism
import HistoryModel
import Testing

/// Proofs against definitions spelled out: each is a violation on its own, and nothing in it can go.
@Suite("Evidence on random histories")
struct RandomEvidenceTests {
    @Test(
        "what a verdict shows is a violation on its own, and no operation of it can be left out",
        arguments: [Guarantee.linearizable, .readYourWrites, .monotonicReads])
    func minimal(guarantee: Guarantee) throws {
        var random = SeededRandom.named("evidence", seed: randomSeed)
        var judged = 0
        for _ in 0..<3000 {
            let history = try History(RandomHistory.events(.uniqueRegister, random.split()))
            let verdict = check(history, CheckOptions(guarantees: [guarantee]))[0]
            // What only two guarantees together forbid is for the random tests of sessions.
            guard let anomaly = verdict.anomalies.first(where: \.together.isEmpty) else { continue }
            judged += 1
            let named = Set(anomaly.evidence.map(\.operation))
            let superfluous = named.first { operation in
                let rest = named.subtracting([operation])
                return isClosed(rest, history) && isBroken(rest, history, guarantee)
            }
            guard isBroken(named, history, guarantee), superfluous == nil else {
                Issue.record("\(HistoryNotation.text(history)): \(named.sorted()), \(superfluous ?? -1) can go")
                return
            }
        }
        #expect(judged > 100)
    }

    /// Decides a history of only these operations, named by their indices.
    private func isBroken(_ indices: Set<Int>, _ history: History, _ guarantee: Guarantee) -> Bool {
        let part = history.operations.filter { indices.contains($0.index) }.flatMap { operation in
            [operation.invocation.event] + (operation.completion.map { [$0.event] } ?? [])
        }
        guard let part = try? History(part.sorted { $0.index < $1.index }) else { return false }
        switch guarantee {
        case .linearizable: return !NaiveHistory(part).isLinearizable()
        case .readYourWrites: return NaiveSessionVerdicts(part, partOf: history).breaksReadYourWrites()
        default: return NaiveSessionVerdicts(part, partOf: history).breaksMonotonicReads()
        }
    }

    /// True if each value that these operations saw was written by one of them, or by nobody at all.
    private func isClosed(_ indices: Set<Int>, _ history: History) -> Bool {
        history.operations.filter { indices.contains($0.index) }.allSatisfy { reader in
            let seen = reader.f == "cas" ? reader.argument.list?.first ?? .null : reader.result
            return history.operations.allSatisfy { writer in
                let written =
                    writer.f == "cas" ? writer.argument.list?.last : writer.f == "write" ? writer.argument : nil
                return writer.key != reader.key || written != seen || reader.f == "write"
                    || writer.index == reader.index
                    || writer.outcome == .fail || indices.contains(writer.index)
            }
        }
    }
}
