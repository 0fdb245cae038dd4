import Checkers
import HistoryModel
import RunStore

/// The banner: the outcome in words, and why the exit code is not 0.
enum OutcomeSection {
    static func markup(_ run: StoredRun) -> Markup {
        guard let verdicts = run.verdicts else {
            return """
                <section class="outcome unknown" aria-label="Outcome"><p class="sign" aria-hidden="true">?</p><div>
                <h2>Not judged yet</h2><p>The run's directory holds no <code>verdict.json</code>. Run \
                <code>inquest check</code> on it.</p></div></section>

                """
        }
        let reasons: [Markup] = verdicts.reasons.prefix(12).map { "<li>\(Words.cut($0, 400))</li>" }
        return """
            <section class="outcome \(verdicts.exitCode.style)" aria-label="Outcome">
            <p class="sign" aria-hidden="true">\(verdicts.exitCode.sign)</p><div><h2>\(verdicts.headline)</h2>
            <p>\(meaning(verdicts))</p>\(reasons.isEmpty ? "" : "<ul>\(reasons)</ul>" as Markup)</div>
            <p class="code"><span>exit code</span> \(verdicts.exitCode.rawValue)</p></section>

            """
    }

    private static func meaning(_ verdicts: VerdictFile) -> String {
        let judged = verdicts.verdicts
        let parts = Judgement.allCases.compactMap { judgement -> String? in
            let number = judged.count { $0.judgement == judgement }
            return number == 0 ? nil : "\(number) \(judgement.rawValue)"
        }
        let met = judged.count { verdicts.isMet($0) }
        return "\(Words.count(judged.count, "guarantee")) judged: \(Words.list(parts)); "
            + "\(met) of \(judged.count) as expected."
    }
}

extension ExitCode {
    var sign: String {
        switch self {
        case .met: "✓"
        case .violation: "✗"
        case .unknown: "?"
        case .harness, .usage, .malformed: "!"
        }
    }

    /// The name of its colours.
    var style: Markup {
        switch self {
        case .met: "valid"
        case .violation: "invalid"
        case .unknown: "unknown"
        case .harness, .usage, .malformed: "broken"
        }
    }
}

/// What was wrong with the run itself, before anything else is read.
enum ProblemSection {
    static func markup(_ run: StoredRun) -> Markup {
        let problems = run.record?.status.problems ?? []
        guard !problems.isEmpty || !run.notes.isEmpty else { return "" }
        let items: [Markup] = problems.prefix(40).map { problem in
            let node = problem.node.map { "\($0): " } ?? ""
            let advice: Markup = problem.advice.map { " <span class=\"advice\">\($0)</span>" } ?? ""
            return "<li><b>\(problem.kind.rawValue)</b> \(node)\(Words.cut(problem.message, 2_000))\(advice)</li>"
        }
        let notes: [Markup] = run.notes.prefix(20).map { "<li>\($0)</li>" }
        return """
            <section id="problems" class="problems"><h2>About the run itself</h2>
            <p>These do not alter any verdict.</p><ul>\(items)\(notes)</ul></section>

            """
    }
}

/// The run in a handful of numbers.
enum FactStrip {
    /// How many operations the clients began while they worked, and how long that was: deployment and the last phase
    /// say nothing about a rate.
    private static func work(_ run: StoredRun) -> (operations: Int, nanoseconds: Int64) {
        guard let work = run.record?.phases.first(where: { $0.name == "work" }), work.start < work.end else {
            return (run.history.operations.count, run.history.events.last?.time ?? 0)
        }
        let operations = run.history.operations.count { (work.start...work.end).contains($0.invocation.time) }
        return (operations, work.end - work.start)
    }

    static func markup(_ run: StoredRun, _ activity: ActivityBuckets) -> Markup {
        let total = activity.total
        let (worked, length) = work(run)
        let seconds = max(0.001, Double(length) / 1e9)
        let proven = run.faults.count { $0.outcome == .proven }
        let outcomes =
            "\(Words.count(total.ok)) ok · \(Words.count(total.info)) info · \(Words.count(total.fail)) fail"
        let slow = total.latency.quantile(0.99).map { "99 % within \(Words.duration($0))" } ?? ""
        var facts: [(name: String, number: String, note: String)] = [
            ("Operations", Words.count(total.all), outcomes),
            ("Per second", Words.count(Int(Double(worked) / seconds)), "over \(Words.duration(length))"),
            ("Median latency", total.latency.quantile(0.5).map(Words.duration) ?? "–", slow),
        ]
        if !run.faults.isEmpty {
            let kinds = Set(run.faults.map(\.kind)).sorted().prefix(4)
            facts.append(("Faults proven", "\(proven) of \(run.faults.count)", Words.list(Array(kinds))))
        }
        let items: [Markup] = facts.map {
            "<div><dt>\($0.name)</dt><dd>\($0.number)</dd><dd class=\"note\">\($0.note)</dd></div>"
        }
        return "<dl class=\"facts\">\(items)</dl>\n"
    }
}
