import HistoryModel

/// What one checker has found so far.
struct VerdictDraft {
    let guarantee: Guarantee
    private let shown: Int
    /// How it is decided.
    var algorithm: String
    private(set) var anomalies: [Anomaly] = []
    private(set) var anomalyCount = 0
    private var counts: [(name: String, count: Int)] = []
    /// Why no violation does not mean that there is none.
    private(set) var doubts: [String] = []
    /// What an unrelated algorithm said.
    var crossCheck: CrossCheck?
    /// The orders of the objects that were found to have one, if they were asked for.
    var linearization: Linearization?

    init(_ guarantee: Guarantee, _ options: CheckOptions, algorithm: String) {
        self.guarantee = guarantee
        shown = options.shownAnomalies
        self.algorithm = algorithm
    }

    /// Counts a violation, and keeps it if there is room.
    mutating func report(_ anomaly: Anomaly) {
        anomalyCount += 1
        if anomalies.count < shown { anomalies.append(anomaly) }
    }

    /// Counts violations that are not shown.
    mutating func count(further: Int) {
        anomalyCount += max(0, further)
    }

    mutating func count(_ name: String, _ number: Int = 1) {
        if let position = counts.firstIndex(where: { $0.name == name }) {
            counts[position].count += number
        } else {
            counts.append((name, number))
        }
    }

    /// Notes why a part of the history could not be judged, each reason once.
    mutating func doubt(_ reason: String) {
        if !doubts.contains(reason) { doubts.append(reason) }
    }

    func counted(_ name: String) -> Int { counts.first { $0.name == name }?.count ?? 0 }

    /// Whether everything was judged, something could have gone wrong, and nothing did.
    var isProven: Bool {
        anomalyCount == 0 && doubts.isEmpty && counted(OpportunityCatalog.essential(guarantee).name) > 0
    }

    /// The verdict: a proven violation stands whatever else is unknown; `valid` needs that everything was judged and,
    /// when minimums apply, that there was enough of it.
    ///
    /// What could not be judged is decided all the same where a stronger guarantee was proven, `stronger`.
    func verdict(_ exercise: Exercise, _ options: CheckOptions, following stronger: Guarantee? = nil) -> Verdict {
        let opportunities = OpportunityCatalog.rules(guarantee).compactMap { rule -> Opportunity? in
            let isOwn = !exercise.names.contains(rule.name)
            guard let count = isOwn ? counted(rule.name) : exercise.count(rule.name) else { return nil }
            let asked = options.minimums[rule.name] ?? (options.applyMinimums ? rule.minimum : nil)
            return Opportunity(rule.name, count, minimum: asked)
        }
        var verdict = Verdict(
            guarantee, .invalid, algorithm: algorithm, anomalies: anomalies, anomalyCount: anomalyCount,
            opportunities: opportunities)
        verdict.crossCheck = crossCheck
        guard anomalyCount == 0 else { return verdict }
        let isDecided = doubts.isEmpty || stronger != nil
        if let stronger, !doubts.isEmpty { verdict.algorithm = "follows from \(stronger.rawValue)" }
        let reasons = isDecided ? lacks(opportunities, exercise, options) : doubts
        verdict.judgement = reasons.isEmpty ? .valid : .unknown
        verdict.reason = reasons.isEmpty ? nil : Self.joined(reasons)
        verdict.linearization = verdict.judgement == .valid ? linearization : nil
        return verdict
    }

    private func lacks(_ opportunities: [Opportunity], _ exercise: Exercise, _ options: CheckOptions) -> [String] {
        let essential = OpportunityCatalog.essential(guarantee)
        if counted(essential.name) == 0 {
            return ["nothing to judge: \(essential.meaning): none in this history; \(essential.advice)"]
        }
        guard options.applyMinimums else { return [] }
        return opportunities.filter { !$0.isEnough }.map { opportunity in
            let rule = OpportunityCatalog.rule(opportunity.name)
            let place = exercise.place(opportunity.name).map { " (\($0))" } ?? ""
            return "\(opportunity.name) is \(opportunity.count)\(place), the minimum is "
                + "\(opportunity.minimum ?? 0): \(rule?.advice ?? "run longer")"
        }
    }

    private static func joined(_ reasons: [String]) -> String {
        let shown = reasons.prefix(5).joined(separator: "; ")
        return reasons.count > 5 ? "\(shown); and \(reasons.count - 5) more" : shown
    }
}
