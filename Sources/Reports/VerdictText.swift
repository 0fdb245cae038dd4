import Checkers
public import HistoryModel
public import RunStore

/// The verdicts as text for a terminal: a line for each guarantee, proof below what is violated, the outcome last.
public enum VerdictText {
    /// How many violations of a guarantee are told: one is enough where it was expected.
    static func anomalyLimit(isExpected: Bool) -> Int { isExpected ? 1 : 2 }
    static let stepLimit = 6

    /// Lines that end with a newline; `colour` adds ANSI colours for the judgements.
    public static func render(
        _ file: VerdictFile, history: History, status: RunStatus = RunStatus(.completed),
        faults: [FaultRecord] = [], colour: Bool = false
    ) -> String {
        let index = OperationIndex(history)
        let width = file.verdicts.map(\.guarantee.rawValue.count).max() ?? 0
        let common = OpportunityTable.common(file.verdicts)
        var lines: [String] = []
        // Without any operation every guarantee is unknown for the same reason, which the outcome says.
        let isEmpty = history.operations.isEmpty
        var told: [Anomaly: Guarantee] = [:]
        for verdict in file.verdicts where !isEmpty || verdict.judgement != .unknown {
            lines += self.lines(verdict, file, index, common, &told, width: width, colour: colour)
        }
        if !file.unexercised.isEmpty {
            let names = file.unexercised.map(\.rawValue).joined(separator: ", ")
            lines.append("not judged, since nothing here could have broken them: \(names)")
        }
        if let isolation = KeptIsolation(file.verdicts) { lines += ["", isolation.sentence] }
        if isEmpty { lines.append("no operation was recorded, so nothing was judged") }
        if !isEmpty, file.verdicts.isEmpty { lines.append(nothingToCheck(history)) }
        let isShort = file.verdicts.contains { $0.judgement == .unknown }
        if !isEmpty, !common.isEmpty { lines += ["", "exercised\(counts(common, of: isShort ? .unknown : nil))"] }
        if !faults.isEmpty { lines += [""] + faults.prefix(20).map(line) }
        lines += status.problems.prefix(20).map { "problem: \($0.kind.rawValue): \($0.sentence)" }
        lines += ["", "\(outcome(file, colour: colour)) (exit code \(file.exitCode.rawValue))"]
        if !isEmpty { lines += file.reasons.prefix(12).map { "  \($0)" } }
        return lines.map { plain($0, colour: colour) + "\n" }.joined()
    }

    /// Why no guarantee was found to judge a history by.
    private static func nothingToCheck(_ history: History) -> String {
        var used: [String] = []
        for operation in history.operations where !used.contains(operation.f) && used.count < 12 {
            used.append(operation.f)
        }
        return "nothing was judged: no guarantee is known that operations such as \(Words.list(used)) could break; "
            + "ask for one with --guarantee, or judge them by a model of your own (docs/own-models.md)"
    }

    private static func lines(
        _ verdict: Verdict, _ file: VerdictFile, _ index: OperationIndex, _ common: [Opportunity],
        _ told: inout [Anomaly: Guarantee], width: Int, colour: Bool
    ) -> [String] {
        let name = pad(verdict.guarantee.rawValue, width)
        let judgement = paint(pad(verdict.judgement.rawValue, 7), verdict.judgement, colour)
        let own = verdict.opportunities.filter { !common.contains($0) }
        var lines = ["\(name)  \(judgement)\(note(verdict, file))\(counts(own, of: verdict.judgement))"]
        if let reason = verdict.reason { lines.append("    \(reason)") }
        if verdict.judgement != .unknown, verdict.crossCheck?.outcome != .agrees {
            lines.append("    decided by \(Words.cut(verdict.algorithm, 200))")
        }
        if let crossCheck = verdict.crossCheck { lines.append("    \(words(crossCheck, verdict))") }
        if let power = verdict.power { lines += PowerWords.lines(power).map { "    \($0)" } }
        return lines + violations(verdict, file, index, &told)
    }

    /// The simplest violations of a guarantee. What breaks one level of isolation breaks those above it: it is told once.
    private static func violations(
        _ verdict: Verdict, _ file: VerdictFile, _ index: OperationIndex, _ told: inout [Anomaly: Guarantee]
    ) -> [String] {
        var lines: [String] = []
        let fresh = verdict.simplestFirst.filter { told[$0] == nil }
        let others = Set(verdict.anomalies.compactMap { told[$0] })
        let shown = fresh.prefix(anomalyLimit(isExpected: file.isMet(verdict)))
        for anomaly in shown {
            lines += self.lines(AnomalyWords(anomaly, in: index))
            told[anomaly] = verdict.guarantee
        }
        let rest = verdict.anomalyCount - shown.count
        if shown.isEmpty, !others.isEmpty {
            lines.append("    by what breaks \(Words.list(others.map(\.rawValue).sorted()))")
        } else if rest > 0 {
            lines.append("    and \(Words.count(rest, "further violation"))")
        }
        return lines
    }

    /// Whether the verdict is what somebody said should come out.
    private static func note(_ verdict: Verdict, _ file: VerdictFile) -> String {
        switch file.expectations.stated[verdict.guarantee] {
        case nil: ""
        case .any: "  either expected"
        case let expected?: file.isMet(verdict) ? "  as expected" : "  EXPECTED \(expected.rawValue)"
        }
    }

    private static func words(_ crossCheck: CrossCheck, _ verdict: Verdict) -> String {
        let detail = crossCheck.detail.map { ": \($0)" } ?? ""
        let agreed = crossCheck.agreed > 0 ? "; agreed on \(Words.count(crossCheck.agreed, "key"))" : ""
        return switch crossCheck.outcome {
        case .agrees: "decided by \(verdict.algorithm); cross-check agrees: \(crossCheck.algorithm)"
        case .cannotTell: "cross-check could not tell\(agreed)\(detail)"
        case .disagrees: "CROSS-CHECK DISAGREES\(agreed)\(detail)"
        }
    }

    /// What could have shown a violation. Of a history that is judged without minimums, too few is no fault.
    private static func counts(_ opportunities: [Opportunity], of judgement: Judgement? = nil) -> String {
        let counts = opportunities.prefix(10).map { opportunity in
            let minimum = opportunity.minimum.map { $0 > 0 ? ", least \($0)" : "" } ?? ""
            let mark = opportunity.isEnough ? "" : judgement == .unknown ? ", TOO FEW" : ", few"
            return "\(opportunity.name) \(opportunity.count)\(minimum)\(mark)"
        }
        return counts.isEmpty ? "" : "  (\(counts.joined(separator: "; ")))"
    }

    private static func lines(_ words: AnomalyWords) -> [String] {
        var lines = ["    \(words.lead)"]
        if let together = words.together { lines.append("      \(together)") }
        for step in words.steps.prefix(stepLimit) {
            lines.append("      \(step.number). \(step.roleWords): \(step.sentence)")
        }
        let rest = words.steps.count - stepLimit
        if rest > 0 { lines.append("      and \(Words.count(rest, "further operation"))") }
        if let detail = words.anomaly.detail, !words.lead.contains(detail) {
            lines.append("      \(Words.cut(detail, 300))")
        }
        if let order = words.order { lines.append("      \(order)") }
        if let circumstance = words.circumstance { lines.append("      \(circumstance)") }
        return lines
    }

    private static func line(_ fault: FaultRecord) -> String {
        let proof = fault.evidence.first { $0.when == .applied && $0.holds }
        let evidence = proof.map { ": \($0.observer), \($0.subject): \($0.observation)" } ?? ""
        return
            "fault \(fault.id) (\(fault.kind) on \(Words.list(fault.nodes))) \(fault.outcome.rawValue)\(evidence)"
    }

    private static func outcome(_ file: VerdictFile, colour: Bool) -> String {
        let judgement: Judgement =
            file.exitCode == .met ? .valid : file.exitCode == .violation ? .invalid : .unknown
        return paint(file.headline, judgement, colour)
    }
}

extension VerdictText {
    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    private static func paint(_ text: String, _ judgement: Judgement, _ colour: Bool) -> String {
        guard colour else { return text }
        let code =
            switch judgement {
            case .valid: "32"
            case .invalid: "31"
            case .unknown: "33"
            }
        return "\u{1B}[1;\(code)m\(text)\u{1B}[0m"
    }

    /// Values come from outside: a control character in one must not reach the terminal. Our own colours may.
    private static func plain(_ line: String, colour: Bool) -> String {
        var text = ""
        var scalars = line.unicodeScalars[...]
        while let scalar = scalars.popFirst() {
            if colour, scalar == "\u{1B}", let end = ownColour(scalars) {
                text.unicodeScalars.append(scalar)
                text.unicodeScalars.append(contentsOf: scalars[..<end])
                scalars = scalars[end...]
            } else {
                let isControl = scalar.properties.generalCategory == .control
                text.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
            }
        }
        return text
    }

    /// The end of one of the colour codes that `paint` writes, if the text begins with one.
    private static func ownColour(_ text: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView.Index? {
        for code in ["[1;32m", "[1;31m", "[1;33m", "[0m"] where text.starts(with: code.unicodeScalars) {
            return text.index(text.startIndex, offsetBy: code.unicodeScalars.count)
        }
        return nil
    }
}
