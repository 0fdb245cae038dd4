import Checkers
import RunStore

/// A row for each guarantee: verdict, expectation, what it means and what was exercised.
enum VerdictSection {
    static func markup(_ run: StoredRun) -> Markup {
        guard let verdicts = run.verdicts, !verdicts.verdicts.isEmpty else { return "" }
        return """
            <section id="verdicts"><h2>Guarantees</h2><div class="guarantees">
            \(verdicts.verdicts.map { row($0, verdicts) })</div></section>

            """
    }

    private static func row(_ verdict: Verdict, _ file: VerdictFile) -> Markup {
        let isMet = file.isMet(verdict)
        let expected = file.expectations[verdict.guarantee]
        let note = isMet ? "as expected" : "expected \(expected.rawValue)"
        return """
            <article class="guarantee"><div><h3>\(verdict.guarantee.rawValue)</h3><p>\(verdict.guarantee.meaning)</p>
            \(reason(verdict))<p class="how">Decided by \(verdict.algorithm)</p></div>
            <div class="verdict">\(chip(verdict.judgement))
            <span class="expect\(isMet ? "" : " unmet" as Markup)">\(expected == .any ? "either was expected" : note)</span>
            \(found(verdict))</div><div>\(opportunities(verdict))</div></article>

            """
    }

    static func chip(_ judgement: Judgement) -> Markup {
        let style: Markup =
            switch judgement {
            case .valid: "valid"
            case .invalid: "invalid"
            case .unknown: "unknown"
            }
        return
            "<span class=\"chip \(style)\"><span aria-hidden=\"true\">\(judgement.sign)</span> \(judgement.rawValue)</span>"
    }

    private static func reason(_ verdict: Verdict) -> Markup {
        verdict.reason.map { "<p class=\"reason\">\($0)</p>" } ?? ""
    }

    private static func found(_ verdict: Verdict) -> Markup {
        guard verdict.judgement == .invalid else { return "" }
        return """
            <p class="found"><a href="#anomalies-\(verdict.guarantee.rawValue)">\
            \(Words.count(verdict.anomalyCount, "violation"))</a></p>
            """
    }

    private static func opportunities(_ verdict: Verdict) -> Markup {
        guard !verdict.opportunities.isEmpty else { return "" }
        let rows: [Markup] = verdict.opportunities.prefix(24).map { opportunity in
            let minimum = opportunity.minimum.map { "at least \(Words.count($0))" } ?? ""
            let style: Markup = opportunity.isEnough ? "" : " class=\"short\""
            return """
                <tr\(style)><th scope="row">\(opportunity.name)</th><td class="n">\(Words.count(opportunity.count))</td>\
                <td>\(opportunity.isEnough ? minimum : minimum + ": too few")</td></tr>

                """
        }
        return """
            <table class="counts"><caption>What could have shown a violation</caption><tbody>\(rows)</tbody></table>

            """
    }
}
