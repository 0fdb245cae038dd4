import Checkers
import HistoryModel
public import RunStore

/// `summary.md`: the outcome on half a page, for a CI job's summary.
public enum SummaryReport {
    /// The file's bytes.
    public static func render(_ run: StoredRun) -> [UInt8] {
        var lines = ["# \(escaped(run.title))", ""]
        guard let file = run.verdicts else {
            return Array((lines + ["Not judged yet."]).joined(separator: "\n").utf8) + [10]
        }
        lines += ["**\(escaped(file.headline))** (exit code \(file.exitCode.rawValue))", ""]
        lines += file.reasons.prefix(12).map { "- \(escaped(Words.cut($0, 300)))" }
        lines += [
            "", "| guarantee | verdict | expected | violations | exercised |", "| --- | --- | --- | --- | --- |",
        ]
        lines += file.verdicts.map { row($0, file) }
        lines += [""] + faults(run)
        if let record = run.record {
            lines += ["Run again: `\(record.command.filter { $0 != "`" && !$0.isNewline })`"]
        }
        return Array(lines.joined(separator: "\n").utf8) + [10]
    }

    private static func row(_ verdict: Verdict, _ file: VerdictFile) -> String {
        let counts = verdict.opportunities.prefix(6).map { "\($0.name) \($0.count)" }.joined(separator: ", ")
        let cells = [
            verdict.guarantee.rawValue, "\(verdict.judgement.sign) \(verdict.judgement.rawValue)",
            file.expectations[verdict.guarantee].rawValue, String(verdict.anomalyCount), counts,
        ]
        return "| " + cells.map(escaped).joined(separator: " | ") + " |"
    }

    private static func faults(_ run: StoredRun) -> [String] {
        guard !run.faults.isEmpty else { return [] }
        let lines = run.faults.prefix(20).map { fault in
            "- \(escaped("\(fault.id) (\(fault.kind) on \(Words.list(fault.nodes))): \(fault.outcome.rawValue)"))"
        }
        return ["Faults:", ""] + lines + [""]
    }

    /// Text that stays text in Markdown, and in a table's cell.
    private static func escaped(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\", "`", "*", "_", "[", "]", "|", "#", "~": result += "\\" + String(scalar)
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "&": result += "&amp;"
            case "\u{0}"..."\u{1F}": result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
