import Checkers
import HistoryModel
public import RunStore

/// Several runs beside each other on one page: a run and its control, or a demo's three.
public enum ComparisonReport {
    /// One run of the page, small enough that a page of many does not hold their histories.
    public struct Entry: Hashable, Sendable {
        public var title: String
        public var description: String
        /// Where its report is, relative to the page; `nil` if there is none.
        public var link: String?
        public var verdicts: VerdictFile?
        public var faults: [FaultRecord]
        public var operations: Int
        /// Nanoseconds.
        public var length: Int64

        /// What the page says of a run.
        public init(_ run: StoredRun, link: String?) {
            title = run.title
            description = run.record?.description ?? ""
            self.link = link
            verdicts = run.verdicts
            faults = run.faults
            operations = run.history.operations.count
            length = run.history.events.last?.time ?? 0
        }
    }

    /// The page's bytes: one row for each run, one column for each guarantee that any of them checked.
    public static func render(_ entries: [Entry], title: String = "Runs") -> [UInt8] {
        let guarantees = Guarantee.allCases.filter { guarantee in
            entries.contains { $0.verdicts?.verdicts.contains { $0.guarantee == guarantee } ?? false }
        }
        let heads: [Markup] = guarantees.map { "<th scope=\"col\">\($0.rawValue)</th>" }
        let met = entries.count { $0.verdicts?.exitCode == .met }
        let style: Markup = met == entries.count ? "valid" : "invalid"
        let sign = met == entries.count ? "✓" : "✗"
        let main: Markup = """
            <section class="outcome \(style)" aria-label="Outcome"><p class="sign" aria-hidden="true">\(sign)</p>
            <div><h2>\(met) of \(entries.count) runs met every expectation</h2></div></section>
            <section id="verdicts"><div class="sheet scroll" tabindex="0" role="group" aria-label="Table, scrolls sideways">
            <table class="matrix"><thead><tr><th scope="col">Run</th><th scope="col">Outcome</th>\(heads)
            <th scope="col">Faults proven</th><th scope="col">Operations</th></tr></thead>
            <tbody>\(entries.map { row($0, guarantees) })</tbody></table></div></section>
            """
        let subtitle: Markup = "<p class=\"sub\">Each verdict stands beside what was expected of it.</p>"
        return Page.markup(title: title, subtitle: subtitle, main: main, data: nil).bytes
    }

    private static func row(_ entry: Entry, _ guarantees: [Guarantee]) -> Markup {
        let name: Markup = entry.link.map { "<a href=\"\(safe($0))\">\(entry.title)</a>" } ?? "\(entry.title)"
        let description: Markup = entry.description.isEmpty ? "" : "<p>\(Words.cut(entry.description, 300))</p>"
        let proven = entry.faults.count { $0.outcome == .proven }
        return """
            <tr><th scope="row" class="name">\(name)\(description)</th><td>\(outcome(entry))</td>
            \(guarantees.map { cell($0, entry.verdicts) })<td class="n">\(proven) of \(entry.faults.count)</td>
            <td class="n">\(Words.count(entry.operations))<br><span class="muted">\(Words.duration(entry.length))</span></td></tr>

            """
    }

    private static func outcome(_ entry: Entry) -> Markup {
        guard let verdicts = entry.verdicts else { return "<span class=\"chip unknown\">not judged</span>" }
        let words = verdicts.exitCode == .met ? "as expected" : "exit code \(verdicts.exitCode.rawValue)"
        return """
            <span class="chip \(verdicts.exitCode.style)"><span aria-hidden="true">\(verdicts.exitCode.sign)</span> \(words)</span>
            """
    }

    private static func cell(_ guarantee: Guarantee, _ file: VerdictFile?) -> Markup {
        guard let file, let verdict = file.verdicts.first(where: { $0.guarantee == guarantee }) else {
            return "<td><span class=\"muted\">–</span></td>"
        }
        let expected = file.expectations[guarantee]
        let note: Markup = file.isMet(verdict) ? "" : "<span class=\"unmet\">expected \(expected.rawValue)</span>"
        let number: Markup =
            verdict.anomalyCount > 0 ? "<br><span class=\"muted\">\(Words.count(verdict.anomalyCount))</span>" : ""
        return "<td>\(VerdictSection.chip(verdict.judgement))\(number)\(note)</td>"
    }

    /// A link that stays a path: with `./` in front no name is taken for another scheme, such as `javascript:`.
    private static func safe(_ link: String) -> String {
        link.hasPrefix("/") || link.hasPrefix("./") || link.hasPrefix("../") ? link : "./" + link
    }
}
