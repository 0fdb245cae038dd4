/// Compares what was said of each object with what an unrelated algorithm says.
struct AlgorithmComparison {
    private var budget: SearchBudget
    private var algorithms = AlgorithmCounts()
    private var agreed = 0
    private var contradictions: [String] = []
    /// Why nothing can be said of an object.
    private var open: [String] = []

    init(_ options: CheckOptions) { budget = SearchBudget(options.limits) }

    /// Says if another algorithm contradicts.
    mutating func compare(_ first: JudgedObject, _ judge: some AlgorithmJudge, _ title: String) -> String? {
        guard let algorithm = judge.second(to: first.algorithm) else {
            open.append("\(title): no second algorithm takes it")
            return nil
        }
        let second = judge.judge(by: algorithm, &budget)
        algorithms.count(second.name)
        switch (Self.isLinearizable(first.verdict), Self.isLinearizable(second.verdict)) {
        case (let one?, let other?) where one == other: agreed += 1
        case (let one?, let other?):
            let contradiction =
                "\(title): \(first.name) says that it is \(Self.word(one)), \(second.name) that it is \(Self.word(other))"
            contradictions.append(contradiction)
            return "two algorithms contradict one another, so that one of them is wrong: \(contradiction)"
        case (nil, let other?):
            open.append("\(title): \(second.name) alone came to an end, and says that it is \(Self.word(other))")
        case (_, nil): open.append("\(title): \(second.name): \(Self.reason(second.verdict))")
        }
        return nil
    }

    /// `nil` if nobody can say.
    private static func isLinearizable(_ verdict: ObjectVerdict) -> Bool? {
        switch verdict {
        case .linearizable: true
        case .violated: false
        case .undecided: nil
        }
    }

    private static func word(_ isLinearizable: Bool) -> String {
        isLinearizable ? "linearizable" : "not linearizable"
    }

    private static func reason(_ verdict: ObjectVerdict) -> String {
        if case .undecided(let reason) = verdict { reason } else { "" }
    }

    /// What it came to.
    var result: CrossCheck {
        let outcome: CrossCheck.Outcome =
            !contradictions.isEmpty ? .disagrees : open.isEmpty && agreed > 0 ? .agrees : .cannotTell
        let reasons = contradictions.isEmpty ? open : contradictions
        let rest = reasons.count > 3 ? "; and \(reasons.count - 3) more" : ""
        let detail = reasons.prefix(3).joined(separator: "; ") + rest
        return CrossCheck(
            outcome, algorithm: algorithms.text, agreed: agreed, detail: detail.isEmpty ? nil : detail)
    }
}
