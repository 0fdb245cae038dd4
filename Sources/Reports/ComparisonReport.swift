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

    /// The page's bytes: one column for each run, one row for each guarantee that any of them checked.
    public static func render(_ entries: [Entry], title: String = "Runs") -> [UInt8] {
        let guarantees = Guarantee.allCases.filter { guarantee in
            entries.contains { $0.verdicts?.verdicts.contains { $0.guarantee == guarantee } ?? false }
        }
        let met = entries.count { $0.verdicts?.exitCode == .met }
        let style: Markup = met == entries.count ? "valid" : "invalid"
        let sign = met == entries.count ? "✓" : "✗"
        let heads: [Markup] = entries.map { "<th scope=\"col\">\(name($0))</th>" }
        let rows: [Markup] = guarantees.map { guarantee in
            row("\(guarantee.rawValue)", entries.map { cell(guarantee, $0.verdicts) })
        }
        let main: Markup = """
            <section class="outcome \(style)" aria-label="Outcome"><p class="sign" aria-hidden="true">\(sign)</p>
            <div><h2>\(met) of \(entries.count) runs met every expectation</h2></div></section>
            <section id="verdicts"><div class="sheet scroll" tabindex="0" role="group" aria-label="Table, scrolls sideways">
            <table class="matrix"><thead><tr><th scope="col">Guarantee</th>\(heads)</tr></thead>
            <tbody>\(row("Outcome", entries.map(outcome)))\(rows)\(row("Faults proven", entries.map(proven)))
            \(row("Operations", entries.map(size)))</tbody></table></div></section>
            <section id="runs"><h2>The runs</h2><div class="sheet"><dl>\(entries.map(description))</dl></div></section>
            """
        let subtitle: Markup = "<p class=\"sub\">Each verdict stands beside what was expected of it.</p>"
        return Page.markup(title: title, subtitle: subtitle, main: main, data: nil).bytes
    }

    private static func row(_ head: Markup, _ cells: [Markup]) -> Markup {
        let columns: [Markup] = cells.map { "<td>\($0)</td>" }
        return "<tr><th scope=\"row\">\(head)</th>\(columns)</tr>\n"
    }

    private static func name(_ entry: Entry) -> Markup {
        entry.link.map { "<a href=\"\(safe($0))\">\(entry.title)</a>" } ?? "\(entry.title)"
    }

    private static func description(_ entry: Entry) -> Markup {
        "<dt>\(name(entry))</dt><dd>\(Words.cut(entry.description, 600))</dd>\n"
    }

    private static func proven(_ entry: Entry) -> Markup {
        "\(entry.faults.count { $0.outcome == .proven }) of \(entry.faults.count)"
    }

    private static func size(_ entry: Entry) -> Markup {
        "\(Words.count(entry.operations))<br><span class=\"muted\">\(Words.duration(entry.length))</span>"
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
            return "<span class=\"muted\">–</span>"
        }
        let expected = file.expectations[guarantee]
        let note: Markup = file.isMet(verdict) ? "" : "<span class=\"unmet\">expected \(expected.rawValue)</span>"
        let number: Markup =
            verdict.anomalyCount > 0 ? "<br><span class=\"muted\">\(Words.count(verdict.anomalyCount))</span>" : ""
        return "\(VerdictSection.chip(verdict.judgement))\(number)\(note)"
    }

    /// A link that stays a path: with `./` in front no name is taken for another scheme, such as `javascript:`.
    private static func safe(_ link: String) -> String {
        link.hasPrefix("/") || link.hasPrefix("./") || link.hasPrefix("../") ? link : "./" + link
    }
}
