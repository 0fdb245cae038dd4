import Checkers
import RunStore
import Testing

@Suite struct ExitDecisionTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var expected: RunStore.Expectation?
        var judgement: Judgement
        var code: ExitCode
        var testDescription: String { "\(expected?.rawValue ?? "nothing") expected, \(judgement) judged: \(code)" }
    }

    static let table: [Row] = [
        Row(expected: .valid, judgement: .valid, code: .met),
        Row(expected: .valid, judgement: .invalid, code: .violation),
        Row(expected: .valid, judgement: .unknown, code: .unknown),
        Row(expected: .invalid, judgement: .valid, code: .violation),
        Row(expected: .invalid, judgement: .invalid, code: .met),
        Row(expected: .invalid, judgement: .unknown, code: .unknown),
        Row(expected: .any, judgement: .valid, code: .met),
        Row(expected: .any, judgement: .invalid, code: .met),
        Row(expected: .any, judgement: .unknown, code: .unknown),
        Row(expected: nil, judgement: .valid, code: .met),
        Row(expected: nil, judgement: .invalid, code: .violation),
        Row(expected: nil, judgement: .unknown, code: .unknown),
    ]

    static func decide(
        _ verdicts: [Verdict], _ expectations: [Guarantee: RunStore.Expectation] = [:],
        status: RunStatus = RunStatus(.completed), faults: [FaultRecord] = []
    ) -> ExitDecision {
        ExitDecision(
            verdicts: verdicts, expectations: Expectations(expectations), status: status, faults: faults)
    }

    static func verdict(_ judgement: Judgement, _ guarantee: Guarantee = .linearizable) -> Verdict {
        Verdict(guarantee, judgement, reason: judgement == .unknown ? "too few reads" : nil, algorithm: "test")
    }

    static func fault(_ outcome: FaultRecord.Outcome, isRequired: Bool = true) -> FaultRecord {
        FaultRecord(
            id: "p1", kind: "partition", nodes: ["n1"], isRequired: isRequired, plannedAt: 0, outcome: outcome)
    }

    @Test(arguments: table) func `a verdict and its expectation give one code`(_ row: Row) {
        let expectations = row.expected.map { [Guarantee.linearizable: $0] } ?? [:]
        let decision = Self.decide([Self.verdict(row.judgement)], expectations)
        #expect(decision.code == row.code)
        #expect(decision.reasons.isEmpty == (row.code == .met))
    }

    @Test func `algorithms that contradict one another are a fault of the harness, and said first`() {
        var verdict = Self.verdict(.unknown)
        verdict.crossCheck = CrossCheck(.disagrees, algorithm: "other", agreed: 2, detail: "key x")
        let decision = Self.decide([verdict])
        #expect(decision.code == .harness)
        let reason =
            "ALGORITHMS DISAGREE on linearizable, so that one of them is wrong: key x; please report this with the history"
        #expect(decision.reasons.first == reason && decision.reasons.count == 2)
        // A violation that stands is not hidden by it.
        #expect(Self.decide([verdict, Self.verdict(.invalid, .monotonicReads)]).code == .violation)
        for outcome in [CrossCheck.Outcome.agrees, .cannotTell] {
            var verdict = Self.verdict(.valid)
            verdict.crossCheck = CrossCheck(outcome, algorithm: "other", agreed: 1)
            #expect(Self.decide([verdict]).code == .met)
        }
    }

    @Test(
        arguments: [
            (.harnessError, .harness), (.hostNotAsFound, .harness), (.unsupported, .harness),
            (.faultNotProven, .unknown), (.tooLittle, .unknown), (.interrupted, .unknown),
        ] as [(Problem.Kind, ExitCode)])
    func `a problem of the run decides when the verdicts are as expected`(_ kind: Problem.Kind, code: ExitCode) {
        let status = RunStatus(.completed, problems: [Problem(kind, node: "n1", "it broke")])
        #expect(Self.decide([Self.verdict(.valid)], status: status).code == code)
    }

    @Test(
        arguments: [(.running, .unknown), (.interrupted, .unknown), (.failed, .harness), (.completed, .met)]
            as [(RunStatus.State, ExitCode)])
    func `a run that did not end as planned is not 0`(_ state: RunStatus.State, code: ExitCode) {
        #expect(Self.decide([Self.verdict(.valid)], status: RunStatus(state)).code == code)
    }

    @Test(
        arguments: [
            (.running, .valid, .unknown), (.interrupted, .valid, .unknown), (.completed, .valid, .violation),
            (.failed, .valid, .harness), (.interrupted, .invalid, .unknown),
        ] as [(RunStatus.State, Judgement, ExitCode)])
    func `a run that was cut short or failed does not owe the violation that was expected`(
        _ state: RunStatus.State, judgement: Judgement, code: ExitCode
    ) {
        let decision = Self.decide(
            [Self.verdict(judgement)], [.linearizable: .invalid], status: RunStatus(state))
        #expect(decision.code == code)
    }

    @Test func `a run that was cut short does not excuse a violation that nobody expected`() {
        #expect(Self.decide([Self.verdict(.invalid)], status: RunStatus(.interrupted)).code == .violation)
    }

    @Test(
        arguments: [
            (.proven, true, .met), (.notProven, true, .unknown), (.notApplied, true, .unknown),
            (.notProven, false, .met), (.notApplied, false, .met),
        ] as [(FaultRecord.Outcome, Bool, ExitCode)])
    func `a required fault wants proof`(_ outcome: FaultRecord.Outcome, isRequired: Bool, code: ExitCode) {
        let faults = [Self.fault(outcome, isRequired: isRequired)]
        #expect(Self.decide([Self.verdict(.valid)], faults: faults).code == code)
    }

    @Test func `a violation outranks the harness, the harness outranks the unknown`() {
        let broken = RunStatus(.failed, problems: [Problem(.harnessError, "no connection")])
        let unknown = [Self.verdict(.unknown), Self.verdict(.valid, .convergence)]
        let violated = unknown + [Self.verdict(.invalid, .readYourWrites)]
        #expect(Self.decide(violated, status: broken, faults: [Self.fault(.notProven)]).code == .violation)
        #expect(Self.decide(unknown, status: broken, faults: [Self.fault(.notProven)]).code == .harness)
        #expect(Self.decide(unknown, faults: [Self.fault(.notProven)]).code == .unknown)
    }

    @Test func `an expected violation excuses no error`() {
        let broken = RunStatus(.completed, problems: [Problem(.hostNotAsFound, node: "h1", "a rule is left")])
        let decision = Self.decide([Self.verdict(.invalid)], [.linearizable: .invalid], status: broken)
        #expect(decision.code == .harness)
        #expect(decision.reasons == ["h1: a rule is left"])
    }

    @Test func `the reasons for the chosen code come first, and none is dropped`() {
        let decision = Self.decide(
            [Self.verdict(.unknown), Self.verdict(.invalid, .readYourWrites)],
            status: RunStatus(.completed, problems: [Problem(.harnessError, "no connection", advice: "start sshd")])
        )
        #expect(
            decision.reasons == [
                "read-your-writes is violated", "no connection (start sshd)",
                "linearizable is unknown: too few reads",
            ])
    }

    @Test func `what is unknown for one reason is said once`() {
        let decision = Self.decide([Self.verdict(.unknown), Self.verdict(.unknown, .readYourWrites)])
        #expect(decision.reasons == ["linearizable, read-your-writes are unknown: too few reads"])
    }

    @Test func `what nobody asked for and nothing exercised does not decide`() {
        let idle = Verdict(
            .readYourWrites, .unknown, reason: "nothing to judge", algorithm: "",
            opportunities: [Opportunity("reads-after-own-write", 0)])
        let file = VerdictFile.unasked([Self.verdict(.valid), idle])
        #expect(file.exitCode == .met && file.unexercised == [.readYourWrites])
        #expect(VerdictFile.unasked([idle]).exitCode == .unknown)
    }

    @Test func `nothing judged is not 0`() {
        #expect(Self.decide([]).code == .unknown)
    }

    @Test func `an expectation without a verdict is not 0`() {
        let decision = Self.decide([Self.verdict(.valid)], [.convergence: .any])
        #expect(decision.code == .unknown)
        #expect(decision.reasons == ["convergence has an expectation and was not checked"])
    }
}
