import Checkers
import Foundation
import Testing

/// `docs/opportunities.md` is generated from the catalog; `UPDATE_GOLDEN=1` writes it anew.
@Suite struct OpportunityDocumentTests {
    static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("docs/opportunities.md").path

    static var text: String {
        let rows = OpportunityCatalog.rules.map { rule in
            let guarantees =
                rule.guarantees == Guarantee.allCases
                ? "all" : rule.guarantees.map { "`\($0.rawValue)`" }.joined(separator: ", ")
            let minimum = rule.minimum.map(String.init) ?? "none"
            return "| `\(rule.name)` | \(minimum) | \(guarantees) | \(rule.meaning) | \(rule.advice) |"
        }
        return """
            # Opportunities

            A guarantee of a run is `valid` only if there was enough opportunity to violate it. These are the counts that
            stand beside each verdict, and the least of each that is asked for by default. With less, the verdict is
            `unknown`, and what to do is said with it. A count that makes no sense for a history, such as a `cas` where
            none was tried, is left out.

            A workload sets other minimums under `minimums`; `inquest check --minimums` asks for the defaults of a bare
            history file too. This page is generated from `OpportunityCatalog`.

            | count | least | guarantees | what is counted | when there is too little |
            | --- | --- | --- | --- | --- |
            \(rows.joined(separator: "\n"))

            """
    }

    @Test func `the committed page is what the catalog says`() throws {
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] != nil {
            try Self.text.write(toFile: Self.path, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOfFile: Self.path, encoding: .utf8) == Self.text)
    }
}
