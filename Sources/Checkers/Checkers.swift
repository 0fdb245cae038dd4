public import HistoryModel

/// Judges a history: one verdict for each guarantee that is asked for, in that order.
///
/// Pure: the same history and options give the same verdicts. A guarantee that nothing in the history could have broken
/// is `unknown`, never `valid`.
public func check(_ history: History, _ options: CheckOptions = CheckOptions()) -> [Verdict] {
    let accesses = Accesses(history)
    let sessions = Sessions(history)
    let exercise = Exercise(history, options)
    let finals = FinalReadings(accesses)
    let versions: SessionVersions?
    let trouble: String
    do {
        let order = try HappensBefore(accesses, sessions, options.limits)
        versions = SessionVersions(accesses: accesses, sessions: sessions, order: order)
        trouble = ""
    } catch {
        versions = nil
        trouble = error.reason
    }
    return options.guarantees.map { guarantee in
        let draft =
            switch guarantee {
            case .linearizable: Linearizability.draft(accesses, options)
            case .convergence: Convergence.draft(accesses, options)
            case .readYourWrites: versions.map { ReadYourWrites.draft($0, options) }
            case .monotonicReads: versions.map { MonotonicReads.draft($0, options) }
            case .consistentPrefixNode: versions.map { ConsistentPrefixNode.draft(Causes($0), options) }
            case .consistentPrefixSession: versions.map { ConsistentPrefixSession.draft(Causes($0), options) }
            case .noLostWrites: versions.map { LostWrites.draft($0, finals, options) }
            case .noDirtyReads: versions.map { DirtyReads.draft($0, finals, options) }
            }
        guard let draft else {
            var draft = VerdictDraft(guarantee, options, algorithm: "happens-before")
            draft.doubt(trouble)
            return draft.verdict(exercise, options)
        }
        return draft.verdict(exercise, options)
    }
}
