import Checkers
import RunStore

/// A row for each guarantee: verdict, expectation, what it means and what was exercised.
enum VerdictSection {
    static func markup(_ run: StoredRun) -> Markup {
        guard let verdicts = run.verdicts, !verdicts.verdicts.isEmpty else { return "" }
        let common = OpportunityTable.common(verdicts.verdicts)
        let whole: Markup =
            common.isEmpty
            ? ""
            : "<div class=\"exercised\">\(OpportunityTable.markup(common, caption: "What the run as a whole exercised"))</div>"
        return """
            <section id="verdicts"><h2>Guarantees</h2><div class="guarantees">
            \(verdicts.verdicts.map { row($0, verdicts, common: common) })</div>\(whole)</section>

            """
    }

    private static func row(_ verdict: Verdict, _ file: VerdictFile, common: [Opportunity]) -> Markup {
        let own = verdict.opportunities.filter { !common.contains($0) }
        let isMet = file.isMet(verdict)
        let expected = file.expectations[verdict.guarantee]
        let note = isMet ? "as expected" : "expected \(expected.rawValue)"
        return """
            <article class="guarantee"><div><h3>\(verdict.guarantee.rawValue)</h3><p>\(verdict.guarantee.meaning)</p>
            \(reason(verdict))<p class="how">Decided by \(verdict.algorithm)</p></div>
            <div class="verdict">\(chip(verdict.judgement))
            <span class="expect\(isMet ? "" : " unmet" as Markup)">\(expected == .any ? "either was expected" : note)</span>
            \(found(verdict))\(power(verdict))</div><div>\(OpportunityTable.markup(own, caption: "What could have shown a violation"))</div></article>

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

    /// How far a `valid` can be trusted.
    private static func power(_ verdict: Verdict) -> Markup {
        guard let power = verdict.power else { return "" }
        let missed = PowerWords.missed(power).map { "<p class=\"reason\">\($0)</p>" as Markup }
        let style: Markup = power.caught < power.planted ? "expect unmet" : "expect"
        return
            "<p class=\"\(style)\" title=\"\(PowerWords.kinds(power))\">\(PowerWords.summary(power))</p>\(missed)"
    }

    private static func found(_ verdict: Verdict) -> Markup {
        guard verdict.judgement == .invalid else { return "" }
        return """
            <p class="found"><a href="#anomalies-\(verdict.guarantee.rawValue)">\
            \(Words.count(verdict.anomalyCount, "violation"))</a></p>
            """
    }
}
