public import Checkers

/// The exit codes of every command that judges.
public enum ExitCode: Int32, Hashable, Sendable, Codable, CaseIterable {
    /// Every expectation was met.
    case met = 0
    /// An unexpected violation, or an expected one that did not appear.
    case violation = 1
    /// Something is unknown, was not exercised enough, or rests on a fault that was not proven.
    case unknown = 2
    /// The harness failed or a host was not left as found.
    case harness = 3
    case usage = 64
    case malformed = 65
}

extension ExitCode {
    /// The exit code of several runs: the one that takes precedence.
    public static func combined(_ codes: [ExitCode]) -> ExitCode {
        let precedence: [ExitCode] = [.violation, .harness, .unknown]
        return precedence.first(where: codes.contains) ?? .met
    }
}

/// The exit code of a run, with everything that speaks for it and for the codes it outranks.
///
/// The order of precedence is 1, 3, 2, 0: an error never hides a violation, and an expected violation never excuses
/// an error.
public struct ExitDecision: Hashable, Sendable {
    public var code: ExitCode
    /// Sentences, those for the chosen code first; empty when the code is 0.
    public var reasons: [String]

    public init(
        verdicts: [Verdict], expectations: Expectations, status: RunStatus, faults: [FaultRecord]
    ) {
        var found: [(code: ExitCode, reason: String)] = []
        let isCutShort = status.state != .completed
        found += verdicts.filter { $0.judgement != .unknown }.compactMap {
            Self.judge($0, expected: expectations.stated[$0.guarantee], isCutShort: isCutShort)
        }
        found += Self.unknown(verdicts)
        found += Self.missing(verdicts, expectations)
        found += verdicts.compactMap(Self.judgeCrossCheck)
        found += Self.judge(status)
        found += faults.compactMap(Self.judge)
        let precedence: [ExitCode] = [.violation, .harness, .unknown]
        code = precedence.first { code in found.contains { $0.code == code } } ?? .met
        reasons = precedence.flatMap { code in found.filter { $0.code == code }.map(\.reason) }
    }

    /// What one verdict says beside what was expected of it.
    ///
    /// `unknown` is 2 whatever was expected. It is not 1 when a violation was expected: "did not appear" is the
    /// answer `valid`, a search that found none; `unknown` is no answer, and the remedy is another run rather than a
    /// bug report. And `any` accepts either answer, but wants one. Nor is it 1 in a run that was cut short or failed: what
    /// the plan expects may belong to the part that did not take place. `expected` is `nil` where nobody said anything,
    /// and then `valid` is.
    static func judge(
        _ verdict: Verdict, expected: Expectation?, isCutShort: Bool = false
    ) -> (ExitCode, String)? {
        let name = verdict.guarantee.rawValue
        return switch (verdict.judgement, expected ?? .valid) {
        case (.unknown, _): (.unknown, "\(name) is unknown: \(reason(verdict))")
        case (.invalid, .valid):
            (.violation, "\(violated(verdict))\(expected == nil ? "" : ", which was not expected")")
        case (.valid, .invalid) where isCutShort:
            (.unknown, "\(name) was expected to be violated and is valid as far as the run went")
        case (.valid, .invalid): (.violation, "\(name) was expected to be violated and is valid")
        case (.valid, .valid), (.invalid, .invalid), (.valid, .any), (.invalid, .any): nil
        }
    }

    private static func violated(_ verdict: Verdict) -> String {
        let names = verdict.violatedTogether.map(\.rawValue)
        guard let last = names.last, names.count > 1 else { return "\(verdict.guarantee.rawValue) is violated" }
        return "\(names.dropLast().joined(separator: ", ")) and \(last) together are violated"
    }

    /// A sentence for each reason, naming all that is unknown because of it.
    private static func unknown(_ verdicts: [Verdict]) -> [(ExitCode, String)] {
        let unknown = verdicts.filter { $0.judgement == .unknown }
        return Dictionary(grouping: unknown.indices) { reason(unknown[$0]) }
            .sorted { ($0.value.first ?? 0) < ($1.value.first ?? 0) }
            .map { reason, places in
                let names = places.map { unknown[$0].guarantee.rawValue }.joined(separator: ", ")
                return (.unknown, "\(names) \(places.count == 1 ? "is" : "are") unknown: \(reason)")
            }
    }

    private static func reason(_ verdict: Verdict) -> String { verdict.reason ?? "no reason was given" }

    /// Two algorithms that contradict one another are a fault of the harness, whatever was expected.
    private static func judgeCrossCheck(_ verdict: Verdict) -> (ExitCode, String)? {
        guard let crossCheck = verdict.crossCheck, crossCheck.outcome == .disagrees else { return nil }
        let detail = crossCheck.detail.map { ": \($0)" } ?? ""
        return (
            .harness,
            "ALGORITHMS DISAGREE on \(verdict.guarantee.rawValue), so that one of them is wrong\(detail); "
                + "please report this with the history"
        )
    }

    private static func missing(
        _ verdicts: [Verdict], _ expectations: Expectations
    ) -> [(ExitCode, String)] {
        if verdicts.isEmpty { return [(.unknown, "no guarantee was checked")] }
        let judged = Set(verdicts.map(\.guarantee))
        return Guarantee.allCases.filter { expectations.stated[$0] != nil && !judged.contains($0) }
            .map { (.unknown, "\($0.rawValue) has an expectation and was not checked") }
    }

    private static func judge(_ status: RunStatus) -> [(ExitCode, String)] {
        var found = status.problems.map { ($0.kind.exitCode, $0.sentence) }
        switch status.state {
        case .completed: break
        case .running: found.append((.unknown, "the controller was killed before the end of the run"))
        case .interrupted where !status.problems.contains { $0.kind == .interrupted }:
            found.append((.unknown, "the run was interrupted before its end"))
        case .interrupted: break
        case .failed where !found.contains { $0.0 == .harness }:
            found.append((.harness, "the harness could not carry out the plan"))
        case .failed: break
        }
        return found
    }

    private static func judge(_ fault: FaultRecord) -> (ExitCode, String)? {
        guard fault.isRequired else { return nil }
        return switch fault.outcome {
        case .proven: nil
        case .notProven: (.unknown, "fault \(fault.id) (\(fault.kind)) is not proven to have taken hold")
        case .notApplied: (.unknown, "fault \(fault.id) (\(fault.kind)) was not applied")
        }
    }
}

extension Problem.Kind {
    /// The exit code that a problem of this kind leads to unless another outranks it.
    public var exitCode: ExitCode {
        switch self {
        case .harnessError, .hostNotAsFound, .unsupported: .harness
        case .faultNotProven, .tooLittle, .interrupted: .unknown
        }
    }
}

extension Problem {
    /// The problem in one line, naming its node.
    public var sentence: String {
        (node.map { "\($0): " } ?? "") + message + (advice.map { " (\($0))" } ?? "")
    }
}
