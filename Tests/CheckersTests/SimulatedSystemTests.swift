import Checkers
import HistoryModel
import Testing

@Suite("Simulated systems of known behaviour")
struct SimulatedSystemTests {
    /// What each system breaks, certainly with runs of this length.
    static let broken: [(SimulatedSystem.Mode, Set<Guarantee>)] = [
        (.atomic, []),
        (.staleReads, [.linearizable, .readYourWrites, .monotonicReads, .consistentPrefixSession]),
        (
            .rolledBack,
            [
                .linearizable, .readYourWrites, .monotonicReads, .monotonicWrites, .writesFollowReads,
                .consistentPrefixSession, .noLostWrites, .noDirtyReads,
            ]
        ),
    ]

    @Test(
        "each guarantee is found kept or broken, with enough opportunity", arguments: broken, [UInt64](1...5))
    func verdicts(system: (SimulatedSystem.Mode, Set<Guarantee>), seed: UInt64) throws {
        let history = try SimulatedSystem.history(system.0, seed: seed)
        let verdicts = check(history, CheckOptions(applyMinimums: true, clients: 4))
        for verdict in verdicts {
            let expected: Judgement = system.1.contains(verdict.guarantee) ? .invalid : .valid
            #expect(verdict.judgement == expected, "\(verdict.guarantee.rawValue): \(verdict.reason ?? "")")
        }
    }
}
