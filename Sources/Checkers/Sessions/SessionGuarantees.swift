import HistoryModel

/// The four session guarantees (Terry et al., PDIS 1994; Viotti and Vukolić 2016), each key judged by the best evidence that
/// there is for the order of its versions.
struct SessionGuarantees {
    private let table: AccessTable
    private let ranks: VersionRanks
    private let proofs: SessionProofs
    private let options: CheckOptions
    private let ranked: RankedSessions
    private let unranked: UnrankedSessions
    private let collections: CollectionSessions
    private let collectionSnapshots: Result<CollectionSnapshots?, LimitReached>
    private let order: Result<WriteOrder, LimitReached>?
    private let writes: WritesByKey?
    private let snapshots: SnapshotSessions?
    /// Read-your-writes and monotonic reads together, where somebody has asked.
    private var both: VersionCircles?

    init(
        _ table: AccessTable, _ ranks: VersionRanks, _ history: History, _ options: CheckOptions
    ) {
        self.table = table
        self.ranks = ranks
        self.options = options
        proofs = SessionProofs(table: table, ranks: ranks, history: history)
        ranked = RankedSessions(table, ranks, shown: options.shownAnomalies)
        unranked = UnrankedSessions(table, ranks)
        collections = CollectionSessions(table, ranks, options)
        collectionSnapshots = Result { () throws(LimitReached) in try CollectionSnapshots(table, options) }
        let hasSnapshots = (0..<table.count).contains { row in
            table.accesses(row).count { table.kind[$0] == .read } > 1
        }
        guard hasSnapshots || ranks.evidence.contains(.happensBefore) else {
            (order, writes, snapshots) = (nil, nil, nil)
            return
        }
        do throws(LimitReached) {
            let causes = CausalOrder(table)
            let order = try WriteOrder(table, ranks, causes, options)
            let writes = WritesByKey(table)
            self.order = .success(order)
            self.writes = writes
            snapshots = hasSnapshots ? SnapshotSessions(order, writes, causes, options) : nil
        } catch {
            order = .failure(error)
            (writes, snapshots) = (nil, nil)
        }
    }

    /// The draft of one of the four.
    mutating func draft(_ guarantee: Guarantee) -> VerdictDraft {
        var draft = ownDraft(guarantee)
        switch guarantee {
        case .readYourWrites: reportBoth(&draft, besides: .monotonicReads)
        case .monotonicReads: reportBoth(&draft, besides: .readYourWrites)
        default: break
        }
        return draft
    }

    /// What a guarantee says alone, or with the order of writes.
    private func ownDraft(_ guarantee: Guarantee) -> VerdictDraft {
        var draft = VerdictDraft(guarantee, options, algorithm: "")
        switch guarantee {
        case .readYourWrites: readYourWrites(&draft)
        case .monotonicReads: monotonicReads(&draft)
        case .monotonicWrites: monotonicWrites(&draft)
        case .writesFollowReads: writesFollowReads(&draft)
        default: preconditionFailure("\(guarantee.rawValue) is no session guarantee")
        }
        for key in 0..<table.keys.count { draft.doubtProblem(table.keys, key) }
        if let trouble = collections.trouble { draft.doubt(trouble) }
        return draft
    }

    /// What no system does that keeps both guarantees, where neither is broken as it is: then nobody can say which one is.
    private mutating func reportBoth(_ draft: inout VerdictDraft, besides other: Guarantee) {
        let (own, seen) = (unranked.readYourWrites.steps, unranked.monotonicReads.steps)
        guard draft.anomalyCount == 0, !own.isEmpty, !seen.isEmpty, case .success(let order)? = order, let writes
        else { return }
        let circles = both ?? VersionCircles(own + seen, order, writes, options, of: .both)
        both = circles
        if let trouble = circles.trouble { draft.doubt(trouble) }
        guard !circles.found.isEmpty, ownDraft(other).anomalyCount == 0 else { return }
        for case .several(let links) in circles.found {
            draft.report(proofs.circle(links, draft.guarantee, and: [.readYourWrites, .monotonicReads]))
        }
        draft.count(further: circles.more)
    }

    private func readYourWrites(_ draft: inout VerdictDraft) {
        draft.count("reads-after-own-write", ranked.readYourWrites.pairs + unranked.readYourWrites.pairs)
        draft.count("reads-after-own-write", collections.readYourWrites.pairs)
        report(ranked.readYourWrites, &draft) { proofs.missedOwnWrite($0) }
        report(collections.readYourWrites, .missedOwnWrite, &draft)
        report(unranked.readYourWrites, &draft)
        draft.algorithm = words([
            ranked.readYourWrites.isJudged, unranked.readYourWrites.isJudged, collections.readYourWrites.isJudged,
        ])
    }

    private func monotonicReads(_ draft: inout VerdictDraft) {
        draft.count("successive-reads", ranked.monotonicReads.pairs + unranked.monotonicReads.pairs)
        draft.count("successive-reads", collections.monotonicReads.pairs)
        report(ranked.monotonicReads, &draft) { proofs.readWentBack($0) }
        report(collections.monotonicReads, .readWentBack, &draft)
        report(unranked.monotonicReads, &draft)
        draft.algorithm = words([
            ranked.monotonicReads.isJudged, unranked.monotonicReads.isJudged, collections.monotonicReads.isJudged,
        ])
    }

    private func monotonicWrites(_ draft: inout VerdictDraft) {
        draft.count("ordered-own-writes", ranked.monotonicWrites.pairs + collections.monotonicWrites.pairs)
        draft.count("ordered-own-writes", snapshots?.monotonicWrites.pairs ?? 0)
        report(ranked.monotonicWrites, &draft) { proofs.writesOutOfOrder($0) }
        report(collections.monotonicWrites, .writesOutOfOrder, &draft)
        report(snapshots?.monotonicWrites, .writesOutOfOrder, &draft)
        report(\.monotonicWrites, .writesOutOfOrder, "ordered-own-writes", &draft)
        draft.algorithm = words(
            [ranked.monotonicWrites.isJudged, collections.monotonicWrites.isJudged],
            snapshots: snapshots?.monotonicWrites, elements: elementSnapshots?.monotonicWrites, isExact: true)
    }

    private func writesFollowReads(_ draft: inout VerdictDraft) {
        draft.count(
            "ordered-writes-after-reads", ranked.writesFollowReads.pairs + collections.writesFollowReads.pairs)
        draft.count("ordered-writes-after-reads", snapshots?.writesFollowReads.pairs ?? 0)
        report(ranked.writesFollowReads, &draft) { proofs.writeBeforeRead($0) }
        report(collections.writesFollowReads, .writeBeforeItsCause, &draft)
        report(snapshots?.writesFollowReads, .writeBeforeItsCause, &draft)
        report(\.writesFollowReads, .writeBeforeItsCause, "ordered-writes-after-reads", &draft)
        draft.algorithm = words(
            [ranked.writesFollowReads.isJudged, collections.writesFollowReads.isJudged],
            snapshots: snapshots?.writesFollowReads, elements: elementSnapshots?.writesFollowReads, isExact: false)
    }

    private func report(
        _ outcome: RankedSessions.Outcome, _ draft: inout VerdictDraft,
        _ anomaly: (RankedSessions.Finding) -> Anomaly
    ) {
        for finding in outcome.findings { draft.report(anomaly(finding)) }
        draft.count(further: outcome.violations - outcome.findings.count)
    }

    private func report(_ outcome: CollectionSessions.Outcome, _ kind: Anomaly.Kind, _ draft: inout VerdictDraft) {
        for finding in outcome.findings { draft.report(proofs.missingElement(finding, kind)) }
        draft.count(further: outcome.violations - outcome.findings.count)
    }

    private func report(_ outcome: SnapshotSessions.Outcome?, _ kind: Anomaly.Kind, _ draft: inout VerdictDraft) {
        if case .failure(let trouble)? = order { draft.doubt(trouble.reason) }
        guard let outcome else { return }
        for violation in outcome.violations {
            switch violation {
            case .missed(let missed): draft.report(proofs.missed(missed, kind))
            case .circle(let circle, let links, let together):
                draft.report(proofs.circle(circle, links, together, kind))
            }
        }
        draft.count(further: outcome.more)
    }

    private var elementSnapshots: CollectionSnapshots? { (try? collectionSnapshots.get()) ?? nil }

    /// What atomic reads of several keys show of sets and lists.
    private func report(
        _ path: KeyPath<CollectionSnapshots, CollectionSnapshots.Outcome>, _ kind: Anomaly.Kind, _ count: String,
        _ draft: inout VerdictDraft
    ) {
        if case .failure(let trouble) = collectionSnapshots { draft.doubt(trouble.reason) }
        guard let snapshots = elementSnapshots else { return }
        for key in snapshots.isUnclear.indices where snapshots.isUnclear[key] {
            draft.doubtUnclear(table.keys, key)
        }
        let outcome = snapshots[keyPath: path]
        draft.count(count, outcome.pairs)
        for finding in outcome.findings { draft.report(proofs.missed(finding, kind)) }
        draft.count(further: outcome.violations - outcome.findings.count)
    }

    private func report(_ outcome: UnrankedSessions.Outcome, _ draft: inout VerdictDraft) {
        for key in outcome.isUnclear.indices where outcome.isUnclear[key] { draft.doubtUnclear(table.keys, key) }
        let isReads = draft.guarantee == .monotonicReads
        for step in outcome.initial.prefix(options.shownAnomalies) {
            draft.report(isReads ? proofs.readWentBack(step) : proofs.missedOwnWrite(step))
        }
        draft.count(further: max(0, outcome.initial.count - options.shownAnomalies))
        guard !outcome.steps.isEmpty else { return }
        guard case .success(let order)? = order, let writes else {
            if case .failure(let trouble)? = order { draft.doubt(trouble.reason) }
            return
        }
        let circles = VersionCircles(outcome.steps, order, writes, options, of: isReads ? .reads : .ownWrites)
        for circle in circles.found {
            switch circle {
            case .older(let step, let path):
                draft.report(isReads ? proofs.readWentBack(step, path) : proofs.missedOwnWrite(step, path))
            case .again(let step, let row): draft.report(proofs.readAgain(step, row: row))
            case .several(let links): draft.report(proofs.circle(links, draft.guarantee))
            }
        }
        draft.count(further: circles.more)
        if let trouble = circles.trouble { draft.doubt(trouble) }
    }

    // Words.

    /// How the keys were judged, in words.
    private func words(
        _ judged: [[Bool]], snapshots: SnapshotSessions.Outcome? = nil,
        elements: CollectionSnapshots.Outcome? = nil, isExact: Bool = false
    ) -> String {
        let counts = self.counts { key in judged.contains { $0[key] } }
        var parts = VersionEvidence.allCases.compactMap { evidence in
            counts[evidence].map { "\(evidence.words) on \(Self.keys($0)) (\(evidence.strength))" }
        }
        let shown = self.counts { snapshots?.isJudged[$0] ?? false || elements?.isJudged[$0] ?? false }
        parts += VersionEvidence.allCases.compactMap { evidence in
            shown[evidence].map {
                let strength = isExact ? evidence.strength : VersionEvidence.happensBefore.strength
                return "atomic reads by \(evidence.words) on \(Self.keys($0)) (\(strength))"
            }
        }
        if options.assumesRealTimeWrites, counts[.happensBefore] != nil || !shown.isEmpty {
            parts.append("with writes in real-time order, as assumed")
        }
        if ranks.contradictory > 0 {
            parts.append("the system's versions contradict themselves on \(ranks.contradictory) and were not used")
        }
        return parts.isEmpty ? "nothing that orders versions" : parts.joined(separator: ", ")
    }

    /// How many keys were judged by which evidence.
    private func counts(_ isJudged: (Int) -> Bool) -> [VersionEvidence: Int] {
        var counts: [VersionEvidence: Int] = [:]
        for key in 0..<table.keys.count where isJudged(key) { counts[ranks.evidence[key], default: 0] += 1 }
        return counts
    }

    private static func keys(_ number: Int) -> String { number == 1 ? "1 key" : "\(number) keys" }
}

extension VersionEvidence {
    fileprivate var words: String {
        switch self {
        case .numbers: "single-writer counters"
        case .system: "versions given by the system"
        case .positions: "positions in lists"
        case .happensBefore: "happens-before"
        case .elements: "elements"
        case .none: "nothing"
        }
    }

    fileprivate var strength: String { self == .happensBefore ? "sound, may miss" : "exact" }
}

extension VerdictDraft {
    /// Notes that an answer cannot be traced to one write.
    mutating func doubtUnclear(_ keys: KeyTable, _ key: Int) {
        doubt("values of \(keys.title(key)) repeat, so an answer does not tell its write: write unique values")
    }

    /// Notes that a key cannot be judged at all, or not all that is in it.
    mutating func doubtProblem(_ keys: KeyTable, _ key: Int) {
        if let problem = keys.problem[key] { return doubt("\(keys.title(key)) cannot be judged: \(problem)") }
        let removals = keys.removals(key)
        guard removals > 0 else { return }
        doubt(
            "\(removals == 1 ? "1 element" : "\(removals) elements") of \(keys.title(key)) may have been removed, so that "
                + "reads without them prove nothing: all others were judged; ask for one at a time, by contains")
    }
}
