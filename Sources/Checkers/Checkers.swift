public import HistoryModel

/// Judges a history: one verdict for each guarantee that is asked for, in that order.
///
/// Pure: the same history and options give the same verdicts. A guarantee that nothing in the history could have broken
/// is `unknown`, never `valid`.
public func check(_ history: History, _ options: CheckOptions = CheckOptions()) -> [Verdict] {
    let exercise = Exercise(history, options)
    let guarantees = options.guarantees ?? Guarantee.applicable(to: history, model: options.model)
    var context = CheckContext(history, options, guarantees)
    let drafts = guarantees.map { context.draft($0) }
    let isLinearizable = drafts.contains { $0.guarantee == .linearizable && $0.isProven }
    return drafts.map { draft in
        let follows = isLinearizable && draft.guarantee.followsFromLinearizable(in: history)
        var verdict = draft.verdict(exercise, options, following: follows ? .linearizable : nil)
        if options.reducesEvidence, !verdict.anomalies.isEmpty { reduce(&verdict, history, context.partOptions()) }
        return verdict
    }
}

/// Cuts the first proofs of a verdict down to what is needed.
private func reduce(_ verdict: inout Verdict, _ history: History, _ options: CheckOptions) {
    var evidence = MinimalEvidence(history, options)
    for place in verdict.anomalies.indices.prefix(MinimalEvidence.most) {
        verdict.anomalies[place] = evidence.reduced(verdict.anomalies[place], verdict.guarantee)
    }
}
