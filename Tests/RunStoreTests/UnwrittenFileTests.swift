import Checkers
import HistoryModel
import RunStore
import Testing

@Suite struct UnwrittenFileTests {
    static let full = StoreError(.cannotWrite, path: "reports/r/verdict.json", "No space left on device")

    static func run(_ judgement: Judgement, _ expected: RunStore.Expectation = .valid) throws -> StoredRun {
        let expectations = Expectations([.linearizable: expected])
        let verdicts = VerdictFile(
            verdicts: [ExitDecisionTests.verdict(judgement)], expectations: expectations)
        return StoredRun(path: "reports/r", history: try History([]), verdicts: verdicts)
    }

    @Test(
        arguments: [
            (.valid, .valid, .harness), (.unknown, .valid, .harness), (.invalid, .valid, .violation),
            (.invalid, .invalid, .harness), (.valid, .invalid, .violation),
        ] as [(Judgement, RunStore.Expectation, ExitCode)])
    func `a file that cannot be written is an error, and hides no violation`(
        _ judgement: Judgement, _ expected: RunStore.Expectation, code: ExitCode
    ) throws {
        var run = try Self.run(judgement, expected)
        run.note(unwritten: [Self.full])
        let verdicts = try #require(run.verdicts)
        #expect(verdicts.exitCode == code)
        #expect(verdicts.verdicts.map(\.judgement) == [judgement])
        #expect(verdicts.reasons.contains { $0.contains("verdict.json: No space left on device") })
        #expect(verdicts.reasons.count == (code == .violation || judgement == .unknown ? 2 : 1))
    }

    @Test func `both facts are said, the violation first`() throws {
        var run = try Self.run(.invalid)
        run.note(unwritten: [Self.full])
        #expect(
            run.verdicts?.reasons == [
                "linearizable is violated, which was not expected",
                "cannot write reports/r/verdict.json: No space left on device; "
                    + "free space there, or choose another place with --out",
            ])
    }

    @Test func `nothing changes when everything was written`() throws {
        let run = try Self.run(.valid)
        var same = run
        same.note(unwritten: [])
        #expect(same == run)
    }
}
