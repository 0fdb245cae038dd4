import HistoryModel

/// An atomic read of several keys at one node is a prefix of the write order of its timeline: a write that is shown
/// brings all that happened before it.
///
/// The write order is known where sessions and reads-from prove it, where versions have ranks, and where writes are assumed
/// to be in the order of real time; so this is sound.
struct ConsistentPrefixNode {
    private let causes: Causes
    private let ranks: VersionRanks
    private let usesRealTime: Bool
    private var versions: CausalVersions { causes.versions }
    private var table: AccessTable { causes.versions.table }
    private var draft: VerdictDraft

    static func draft(_ causes: Causes, _ ranks: VersionRanks, _ options: CheckOptions) -> VerdictDraft {
        ConsistentPrefixNode(causes, ranks, options).draft
    }

    private init(_ causes: Causes, _ ranks: VersionRanks, _ options: CheckOptions) {
        self.causes = causes
        self.ranks = ranks
        usesRealTime = options.assumesRealTimeWrites
        draft = VerdictDraft(.consistentPrefixNode, options, algorithm: Self.algorithm(ranks, options))
        for row in table.rowsByOperation() where table.isOK(Int(row)) {
            let reads = table.accesses(Int(row)).filter {
                table.kind[$0] == .read && !table.isInternal($0, Int(row))
            }
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
        for access in reads where table.version[access] == AccessTable.unclear {
            draft.doubtUnclear(table.keys, Int(table.key[access]))
        }
        for effect in reads {
            let version = table.version[effect]
            guard version >= 0, !table.isInitial(version) else { continue }
            for other in reads where table.key[other] != table.key[effect] {
                check(Int(table.writer[Int(version)]), other, row)
            }
        }
    }

    /// Judges what a read that shows the write `effect` shows of another key.
    private mutating func check(_ effect: Int, _ access: Int, _ row: Int) {
        let key = Int(table.key[access])
        let needed =
            ranks.isRanked(key) ? causes.highestCauses(of: effect, on: key) : causes.causes(of: effect, on: key)
        guard !needed.isEmpty else { return }
        draft.count("atomic-reads-of-effects")
        let seen = table.version[access]
        let missed = needed.first { isOlder(seen, than: $0, key) && canReplace(seen, effect) }
        guard let missed else { return }
        draft.report(
            Anomaly(
                .brokenPrefix, key: table.keys.names[key],
                tellers(seen, missed, key)
                    + [Anomaly.Step(versions.index(missed), .cause), Anomaly.Step(versions.index(effect), .effect)]
                    + versions.seenWrite(seen) + [Anomaly.Step(versions.index(row), .violatingRead)]))
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

    /// False if what was seen may come after the cause in the order of a later timeline.
    private func canReplace(_ seen: Int32, _ effect: Int) -> Bool {
        guard !table.isInitial(seen) else { return true }
        guard let timeline = causes.timeline(Int(table.writer[Int(seen)])), let limit = causes.timeline(effect)
        else { return false }
        return timeline <= limit
    }
}
