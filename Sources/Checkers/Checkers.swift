public import HistoryModel

/// Judges a history: one verdict for each guarantee that is asked for, in that order.
///
/// Pure: the same history and options give the same verdicts. A guarantee that nothing in the history could have broken
/// is `unknown`, never `valid`.
public func check(_ history: History, _ options: CheckOptions = CheckOptions()) -> [Verdict] {
    let needsAccesses = options.guarantees.contains { $0.restsOnWriteOrder || $0 == .convergence }
    let accesses = needsAccesses ? Accesses(history, options.model) : nil
    let exercise = Exercise(history, options)
    let needsOrder = options.guarantees.contains { $0.restsOnWriteOrder }
    let order = needsOrder ? accesses.map { WriteOrder($0, options) } : nil
    let isIsolated = options.guarantees.contains { Guarantee.isolation.contains($0) }
    var isolation = isIsolated ? IsolationVerdicts(history) : nil
    return options.guarantees.map { guarantee in
        let draft =
            switch guarantee {
            case .linearizable: Linearizability.draft(history, options)
            case .convergence: accesses.map { Convergence.draft($0, options) }
            default: order?.draft(guarantee, options) ?? isolation?.draft(guarantee, options)
            }
        guard let draft else { preconditionFailure("\(guarantee.rawValue) needs the accesses of the history") }
        return reduced(draft.verdict(exercise, options), history, options)
    }
}

/// The verdict with its first proofs cut down to what is needed.
private func reduced(_ verdict: Verdict, _ history: History, _ options: CheckOptions) -> Verdict {
    guard options.reducesEvidence else { return verdict }
    var verdict = verdict
    var evidence = MinimalEvidence(history, options)
    for place in verdict.anomalies.indices.prefix(MinimalEvidence.most) {
        verdict.anomalies[place] = evidence.reduced(verdict.anomalies[place], verdict.guarantee)
    }
    return verdict
}

/// What the checkers need that compare versions, made once for all of them.
private struct WriteOrder {
    private let versions: SessionVersions?
    private let finals: FinalReadings
    /// Why the order could not be made.
    private var trouble = ""

    init(_ accesses: Accesses, _ options: CheckOptions) {
        finals = FinalReadings(accesses)
        do {
            let sessions = Sessions(accesses.history)
            versions = SessionVersions(
                accesses: accesses, sessions: sessions,
                order: try HappensBefore(accesses, sessions, options.limits))
        } catch {
            versions = nil
            trouble = error.reason
        }
    }

    /// `nil` for a guarantee that does not rest on the order of writes.
    func draft(_ guarantee: Guarantee, _ options: CheckOptions) -> VerdictDraft? {
        guard guarantee.restsOnWriteOrder else { return nil }
        guard let versions else {
            var draft = VerdictDraft(guarantee, options, algorithm: "happens-before")
            draft.doubt(trouble)
            return draft
        }
        return switch guarantee {
        case .readYourWrites: ReadYourWrites.draft(versions, options)
        case .monotonicReads: MonotonicReads.draft(versions, options)
        case .consistentPrefixNode: ConsistentPrefixNode.draft(Causes(versions), options)
        case .consistentPrefixSession: ConsistentPrefixSession.draft(Causes(versions), options)
        case .noLostWrites: LostWrites.draft(versions, finals, options)
        case .noDirtyReads: DirtyReads.draft(versions, finals, options)
        default: nil
        }
    }
}

extension Guarantee {
    /// Whether it is judged by the order of single writes.
    fileprivate var restsOnWriteOrder: Bool {
        switch self {
        case .readYourWrites, .monotonicReads, .consistentPrefixNode, .consistentPrefixSession, .noLostWrites,
            .noDirtyReads:
            true
        default: false
        }
    }
}
