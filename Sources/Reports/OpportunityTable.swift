import Checkers

/// Counts of what could have shown a violation, in the words of the checkers' catalogue, beside their minimums.
enum OpportunityTable {
    static let limit = 30

    /// What every verdict counts alike, so that it is told once: the run's own operations.
    static func common(_ verdicts: [Verdict]) -> [Opportunity] {
        guard let first = verdicts.first, verdicts.count > 1 else { return [] }
        return first.opportunities.filter { opportunity in
            verdicts.dropFirst().allSatisfy { $0.opportunities.contains(opportunity) }
        }
    }

    static func markup(_ opportunities: [Opportunity], caption: Markup) -> Markup {
        guard !opportunities.isEmpty else { return "" }
        return """
            <table class="counts"><caption>\(caption)</caption><tbody>\(opportunities.prefix(limit).map(row))</tbody></table>

            """
    }

    private static func row(_ opportunity: Opportunity) -> Markup {
        let rule = OpportunityCatalog.rule(opportunity.name)
        let minimum = opportunity.minimum.map { $0 > 0 ? "at least \(Words.count($0))" : "" } ?? ""
        let style: Markup = opportunity.isEnough ? "" : " class=\"short\""
        let advice: Markup =
            opportunity.isEnough
            ? "" : "<br><span class=\"advice\">\(rule?.advice ?? "let the run do more of it")</span>"
        return """
            <tr\(style)><th scope="row" title="\(opportunity.name)">\(rule?.meaning ?? opportunity.name)\(advice)</th>\
            <td class="n">\(Words.count(opportunity.count))</td>\
            <td>\(opportunity.isEnough ? minimum : minimum + ": too few")</td></tr>

            """
    }
}
