import Checkers
import HistoryModel
public import RunStore

/// `junit.xml`: a test case for each guarantee, each fault and the run itself, for CI systems that show tests.
public enum JUnitReport {
    private enum Outcome { case passed, failure, error }

    private struct Case {
        var group: String
        var name: String
        var outcome: Outcome
        var message: String
    }

    /// The file's bytes. A failure is a violation that was not expected or an expected one that did not appear;
    /// an error is anything that kept the run from an answer.
    public static func render(_ run: StoredRun) -> [UInt8] {
        let cases = cases(run)
        let seconds = Double(run.history.events.last?.time ?? 0) / 1e9
        let markup: Markup = """
            <?xml version="1.0" encoding="UTF-8"?>
            <testsuites><testsuite name="\(run.title)" tests="\(cases.count)" \
            failures="\(cases.count { $0.outcome == .failure })" errors="\(cases.count { $0.outcome == .error })" \
            time="\(seconds)">
            \(cases.map(element))</testsuite></testsuites>

            """
        return markup.bytes
    }

    private static func cases(_ run: StoredRun) -> [Case] {
        let guarantees = (run.verdicts?.verdicts ?? []).map { verdict in
            let expected = run.verdicts?.expectations[verdict.guarantee] ?? .valid
            let isMet = run.verdicts?.isMet(verdict) ?? false
            let message = verdict.reason ?? "is \(verdict.judgement.rawValue), expected \(expected.rawValue)"
            return Case(
                group: "guarantee", name: verdict.guarantee.rawValue,
                outcome: isMet ? .passed : verdict.judgement == .unknown ? .error : .failure, message: message)
        }
        let faults = run.faults.filter(\.isRequired).map { fault in
            Case(
                group: "fault", name: "\(fault.id) (\(fault.kind))",
                outcome: fault.outcome == .proven ? .passed : .error, message: fault.outcome.rawValue)
        }
        return guarantees + faults + [harness(run)]
    }

    private static func harness(_ run: StoredRun) -> Case {
        let status = run.record?.status ?? RunStatus(.completed)
        let problems = status.problems.prefix(40).map(\.sentence)
        let isFine = status.state == .completed && problems.isEmpty && run.verdicts != nil
        let words = run.verdicts == nil ? ["the run was not judged"] : ["the run \(status.state.rawValue)"]
        return Case(
            group: "run", name: "carried out as planned", outcome: isFine ? .passed : .error,
            message: (problems.isEmpty ? words : problems).joined(separator: "; "))
    }

    private static func element(_ item: Case) -> Markup {
        let inner: Markup =
            switch item.outcome {
            case .passed: ""
            case .failure: "<failure message=\"\(item.message)\"/>"
            case .error: "<error message=\"\(item.message)\"/>"
            }
        return "<testcase classname=\"\(item.group)\" name=\"\(item.name)\">\(inner)</testcase>\n"
    }
}
