import Checkers
import Foundation
import HistoryModel
import RunStore
import Testing

@testable import Reports

@Suite struct PowerWordsTests {
    private static func verdict(_ power: DetectionPower) -> Verdict {
        var verdict = Verdict(.linearizable, .valid, algorithm: "zones")
        verdict.power = power
        return verdict
    }

    private static let missed = DetectionPower([
        DetectionPower.Tally(.staleRead, planted: 3),
        DetectionPower.Tally(
            .reordered, planted: 2,
            missed: [DetectionPower.Miss(seed: 7, changes: "operation 3 (read <x>) answers 1 instead of 2")]),
    ])

    @Test("the terminal says how many planted violations were found, and which were not")
    func text() throws {
        let history = try History(notation: "p0 w x 1 ok")
        let file = VerdictFile(verdicts: [Self.verdict(Self.missed)])
        let text = VerdictText.render(file, history: history)
        #expect(
            text.contains(
                """
                    finds 4 of 5 planted violations (stale-read 3, reordered 1 of 2)
                    MISSED reordered of seed 7: operation 3 (read <x>) answers 1 instead of 2

                """))
        let nothing = DetectionPower([], reason: "nothing could be planted (stale-read: nothing was read)")
        let short = VerdictText.render(VerdictFile(verdicts: [Self.verdict(nothing)]), history: history)
        #expect(short.contains("    nothing could be planted (stale-read: nothing was read)\n"))
    }

    @Test("verdict.json keeps the power as it is")
    func stored() throws {
        let file = VerdictFile(verdicts: [
            Self.verdict(Self.missed), Self.verdict(DetectionPower([], reason: "no")),
        ])
        #expect(try JSONDecoder().decode(VerdictFile.self, from: Data(file.bytes)) == file)
    }

    @Test("the report says it beside the verdict, with what was missed, and escapes values")
    func page() throws {
        let history = try History(notation: "p0 w x 1 ok")
        let run = StoredRun(
            path: "reports/x", history: history, faults: [],
            verdicts: VerdictFile(verdicts: [Self.verdict(Self.missed)]))
        let html = VerdictSection.markup(run).text
        #expect(html.contains("finds 4 of 5 planted violations"))
        #expect(html.contains("stale-read 3, reordered 1 of 2"))
        #expect(html.contains("MISSED reordered of seed 7: operation 3 (read &lt;x&gt;)"))
    }
}
