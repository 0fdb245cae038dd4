/// The page of a campaign: many runs of which only the outcome is kept, as tables.
public struct CampaignPage: Sendable {
    /// How something came out.
    public enum Tone: String, Sendable, CaseIterable {
        case good
        case bad
        case unclear

        fileprivate var style: Markup {
            switch self {
            case .good: "valid"
            case .bad: "invalid"
            case .unclear: "unknown"
            }
        }

        fileprivate var sign: String {
            switch self {
            case .good: "✓"
            case .bad: "✗"
            case .unclear: "?"
            }
        }
    }

    /// A cell: text, stressed if it has a tone, with more in small print below.
    public struct Cell: Sendable {
        public var text: String
        public var tone: Tone?
        public var note: String?

        public init(_ text: String, tone: Tone? = nil, note: String? = nil) {
            self.text = text
            self.tone = tone
            self.note = note
        }
    }

    /// A table; the first cell of each row names it.
    public struct Table: Sendable {
        public var heading: String
        public var columns: [String]
        public var rows: [[Cell]]

        public init(_ heading: String, columns: [String], rows: [[Cell]]) {
            self.heading = heading
            self.columns = columns
            self.rows = rows
        }
    }

    public var title: String
    public var subtitle: String
    /// What came of it all, in a sentence.
    public var outcome: String
    public var tone: Tone
    public var tables: [Table]
    /// What to type for the same.
    public var again: String

    public init(
        title: String, subtitle: String, outcome: String, tone: Tone, tables: [Table], again: String
    ) {
        self.title = title
        self.subtitle = subtitle
        self.outcome = outcome
        self.tone = tone
        self.tables = tables
        self.again = again
    }

    /// The bytes of the page, which needs nothing beside it.
    public var bytes: [UInt8] {
        let tables = tables.filter { !$0.rows.isEmpty }.map(Self.markup)
        let main: Markup = """
            <section class="outcome \(tone.style)" aria-label="Outcome"><p class="sign" aria-hidden="true">\(tone.sign)</p>
            <div><h2>\(outcome)</h2></div></section>
            <div id="verdicts">\(tables)</div>
            """
        let foot: Markup = "Made by Inquest. The same again: <code>\(again)</code>"
        return Page.markup(
            title: title, subtitle: "<p class=\"sub\">\(subtitle)</p>", main: main, data: nil, foot: foot
        ).bytes
    }

    private static func markup(_ table: Table) -> Markup {
        let heads: [Markup] = table.columns.map { "<th scope=\"col\">\($0)</th>" }
        let rows: [Markup] = table.rows.map { row in
            let cells: [Markup] = row.enumerated().map { place, cell in
                place == 0 ? "<th scope=\"row\">\(markup(cell))</th>" : "<td>\(markup(cell))</td>"
            }
            return "<tr>\(cells)</tr>\n"
        }
        return """
            <section><h2>\(table.heading)</h2>
            <div class="sheet scroll" tabindex="0" role="group" aria-label="\(table.heading): table, scrolls sideways">
            <table class="matrix"><thead><tr>\(heads)</tr></thead><tbody>\(rows)</tbody></table></div></section>

            """
    }

    private static func markup(_ cell: Cell) -> Markup {
        let note: Markup = cell.note.map { "<br><span class=\"muted\">\($0)</span>" } ?? ""
        guard let tone = cell.tone else { return "\(cell.text)\(note)" }
        return """
            <span class="chip \(tone.style)"><span aria-hidden="true">\(tone.sign)</span> \(cell.text)</span>\(note)
            """
    }
}
