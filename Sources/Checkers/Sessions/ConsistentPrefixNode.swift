import HistoryModel

/// An atomic read of several keys at one node is a prefix of the write order of its timeline: a write that is shown
/// brings all that happened before it.
///
/// The write order is known where sessions and reads-from prove it, where versions have ranks, and where writes are assumed
/// to be in the order of real time; so this is sound. Of sets and lists what happened before is elements.
struct ConsistentPrefixNode {
    private let causes: Causes
    private let ranks: VersionRanks
    private let usesRealTime: Bool
    private var versions: CausalVersions { causes.versions }
    private var table: AccessTable { causes.versions.table }
    private var draft: VerdictDraft
    private var shown: ShownElements
    private let shownAnomalies: Int

    static func draft(_ causes: Causes, _ ranks: VersionRanks, _ options: CheckOptions) -> VerdictDraft {
        ConsistentPrefixNode(causes, ranks, options).draft
    }

    private init(_ causes: Causes, _ ranks: VersionRanks, _ options: CheckOptions) {
        self.causes = causes
        self.ranks = ranks
        usesRealTime = options.assumesRealTimeWrites
        shownAnomalies = options.shownAnomalies
        shown = ShownElements(causes.versions.table, causes.writes)
        draft = VerdictDraft(.consistentPrefixNode, options, algorithm: Self.algorithm(ranks, options))
        for row in table.rowsByOperation() where table.isOK(Int(row)) {
            let reads = table.accesses(Int(row)).filter { table.isReadOfOthers($0, Int(row)) }
            if reads.count > 1 { check(reads, Int(row)) }
        }
        for key in 0..<table.keys.count { draft.doubtProblem(table.keys, key) }
    }

    private static func algorithm(_ ranks: VersionRanks, _ options: CheckOptions) -> String {
        let versions = ranks.evidence.contains(.system) ? " and versions given by the system" : ""
        let times = options.assumesRealTimeWrites ? ", with writes in real-time order, as assumed" : ""
        return "atomic reads against happens-before\(versions) of one timeline (sound, may miss)\(times)"
    }

    private mutating func check(_ reads: [Int], _ row: Int) {
        for access in reads where table.isUnclear(access) {
            draft.doubtUnclear(table.keys, Int(table.key[access]))
        }
        let effects = reads.map { causes.effects($0, row) }
        for other in reads {
            if table.kind[other] == .readAll { shown.look(at: other) }
            for (place, effect) in reads.enumerated() where table.key[other] != table.key[effect] {
                if table.kind[other] == .readAll {
                    checkElements(effects[place], other, row)
                } else {
                    check(effects[place], other, row)
                }
            }
        }
    }

    /// Judges what a read that shows the writes `effects` shows of another register.
    private mutating func check(_ effects: [Int], _ access: Int, _ row: Int) {
        let key = Int(table.key[access])
        let seen = table.version[access]
        var isCounted = false
        for effect in effects {
            let needed =
                ranks.isRanked(key) ? causes.highestCauses(of: effect, on: key) : causes.causes(of: effect, on: key)
            guard !needed.isEmpty else { continue }
            if !isCounted { draft.count("atomic-reads-of-effects") }
            isCounted = true
            let missed = needed.first { isOlder(seen, than: $0, key) && canReplace(seen, effect) }
            guard let missed else { continue }
            return report(missed, effect, access, row, versions.seenWrite(seen), tellers(seen, missed, key))
        }
    }

    /// Judges what it shows of another set or list.
    private mutating func checkElements(_ effects: [Int], _ access: Int, _ row: Int) {
        let key = Int(table.key[access])
        let isCounted = effects.contains { effect in
            shown.hasAny { versions.clocks.reach(effect, session: $0) }
                && !causes.causes(of: effect, on: key).isEmpty
        }
        guard isCounted else { return }
        draft.count("atomic-reads-of-effects")
        for effect in effects {
            guard let missed = causes.missed(by: shown, before: effect) else { continue }
            return report(missed.row, effect, access, row, [], [], detail: versions.missing(missed.element))
        }
    }

    private mutating func report(
        _ cause: Int, _ effect: Int, _ access: Int, _ row: Int, _ seen: [Anomaly.Step],
        _ tellers: [Anomaly.Step], detail: String? = nil
    ) {
        draft.report(
            Anomaly(
                .brokenPrefix, key: table.keys.names[Int(table.key[access])],
                tellers + [Anomaly.Step(versions.index(cause), .cause)] + links(cause, effect)
                    + [Anomaly.Step(versions.index(effect), .effect)] + seen + [
                        Anomaly.Step(versions.index(row), .violatingRead)
                    ], detail: detail))
    }

    /// True if what was seen is certainly older than what a row wrote: by their ranks if both have one.
    private func isOlder(_ seen: Int32, than row: Int, _ key: Int) -> Bool {
        guard seen >= 0, !table.isInitial(seen) else { return versions.isOlder(seen, than: row) }
        if let isOlder = causes.written(row, key).flatMap({ ranks.isOlder(seen, than: $0) }) { return isOlder }
        return versions.isOlder(seen, than: row)
            || usesRealTime && table.ret[Int(table.writer[Int(seen)])] < table.call[row]
    }

    /// The reads that told the ranks of what was seen and of what a row wrote.
    private func tellers(_ seen: Int32, _ row: Int, _ key: Int) -> [Anomaly.Step] {
        guard !table.isInitial(seen), let cause = causes.written(row, key) else { return [] }
        return ranks.tellers(seen, cause).map { Anomaly.Step(versions.index($0), .orderWitness) }
    }

    /// Looked for only if it will be shown.
    private func links(_ cause: Int, _ effect: Int) -> [Anomaly.Step] {
        draft.anomalies.count < shownAnomalies ? causes.links(cause, effect) : []
    }

    /// False if what was seen may come after the cause in the order of a later timeline.
    private func canReplace(_ seen: Int32, _ effect: Int) -> Bool {
        guard !table.isInitial(seen) else { return true }
        guard let timeline = causes.timeline(Int(table.writer[Int(seen)])), let limit = causes.timeline(effect)
        else { return false }
        return timeline <= limit
    }
}
