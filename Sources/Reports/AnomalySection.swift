import Checkers
import HistoryModel
import RunStore

/// The violations with their proof: in words, as a picture and as a table.
enum AnomalySection {
    /// How many violations of a guarantee are drawn; further ones are told in a line each.
    static let drawnLimit = 2
    static let listedLimit = 20
    /// How many operations of one proof are told.
    static let stepLimit = 12

    static func markup(_ run: StoredRun, _ index: OperationIndex) -> Markup {
        let violated = (run.verdicts?.verdicts ?? []).filter { $0.judgement == .invalid }
        guard !violated.isEmpty else { return "" }
        return "<section id=\"anomalies\"><h2>Violations</h2>\(violated.map { guarantee($0, index) })</section>\n"
    }

    private static func guarantee(_ verdict: Verdict, _ index: OperationIndex) -> Markup {
        let drawn = verdict.simplestFirst.prefix(drawnLimit).enumerated().map { place, anomaly in
            article(
                AnomalyWords(anomaly, in: index), index, name: "\(verdict.guarantee.rawValue)-\(place + 1)",
                number: "\(place + 1) of \(Words.count(verdict.anomalyCount))")
        }
        return """
            <div id="anomalies-\(verdict.guarantee.rawValue)" class="violated"><h3>\(verdict.guarantee.rawValue)</h3>
            \(drawn)\(further(verdict, index))</div>

            """
    }

    private static func article(
        _ words: AnomalyWords, _ index: OperationIndex, name: String, number: String
    ) -> Markup {
        let detail: Markup =
            words.anomaly.detail.map { "<p class=\"detail\">\(Words.sentence(Words.cut($0, 1_000)))</p>" } ?? ""
        let context = [words.together, words.order, words.circumstance].compactMap { $0 }.joined(separator: " ")
        let circumstance: Markup = context.isEmpty ? "" : "<p class=\"circumstance\">\(context)</p>"
        return """
            <article class="anomaly"><h4>\(number) · \(words.anomaly.kind.rawValue)</h4><p class="lead">\(words.lead)</p>
            \(detail)\(circumstance)\(steps(words, name: name))
            \(TimelineFigure(words, in: index, name: name)?.markup ?? "")</article>

            """
    }

    private static func steps(_ words: AnomalyWords, name: String) -> Markup {
        let items: [Markup] = words.steps.prefix(stepLimit).map { step in
            let style: Markup = step.isTelling ? " class=\"telling\"" : ""
            return """
                <li\(style)><span class="role">\(Words.capital(step.roleWords))</span> \
                <a href="#\(name)-\(step.index)">\(step.sentence)</a></li>

                """
        }
        let rest = words.steps.count - items.count
        let more: Markup = rest > 0 ? "<p>and \(Words.count(rest, "further operation"))</p>" : ""
        return "<ol class=\"steps\">\(items)</ol>\(more)"
    }

    private static func further(_ verdict: Verdict, _ index: OperationIndex) -> Markup {
        let others = verdict.simplestFirst.dropFirst(drawnLimit)
        let hidden = verdict.anomalyCount - min(verdict.anomalies.count, drawnLimit + listedLimit)
        guard !others.isEmpty || hidden > 0 else { return "" }
        let items: [Markup] = others.prefix(listedLimit).map { anomaly in
            let words = AnomalyWords(anomaly, in: index)
            let numbers = anomaly.evidence.prefix(stepLimit).map { String($0.operation) }
            return "<li>\(words.lead) <span class=\"muted\">Operations \(Words.list(numbers))</span></li>\n"
        }
        let note: Markup = hidden > 0 ? "<p class=\"muted\">\(Words.count(hidden)) more are not listed.</p>" : ""
        return """
            <details><summary>\(Words.count(verdict.anomalyCount - min(drawnLimit, verdict.anomalies.count), "further violation"))\
            </summary><ul>\(items)</ul>\(note)</details>

            """
    }
}
