import HistoryModel

/// An atomic read of several keys at one node is a prefix of the write order of its timeline: a write that is shown
/// brings all that happened before it.
///
/// The write order is known where sessions and reads-from prove it, so this is sound and needs no order of the system.
struct ConsistentPrefixNode {
    private let causes: Causes
    private var versions: CausalVersions { causes.versions }
    private var table: AccessTable { causes.versions.table }
    private var draft: VerdictDraft

    static func draft(_ causes: Causes, _ options: CheckOptions) -> VerdictDraft {
        ConsistentPrefixNode(causes, options).draft
    }

    private init(_ causes: Causes, _ options: CheckOptions) {
        self.causes = causes
        draft = VerdictDraft(
            .consistentPrefixNode, options,
            algorithm: "atomic reads against happens-before of one timeline (sound, may miss)")
        for row in table.rowsByOperation() where table.isOK(Int(row)) {
            let reads = table.accesses(Int(row)).filter {
                table.kind[$0] == .read && !table.isInternal($0, Int(row))
            }
            if reads.count > 1 { check(reads, Int(row)) }
        }
        for key in 0..<table.keys.count { draft.doubtProblem(table.keys, key) }
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
        let needed = causes.causes(of: effect, on: key)
        guard !needed.isEmpty else { return }
        draft.count("atomic-reads-of-effects")
        let seen = table.version[access]
        let missed = needed.first { versions.isOlder(seen, than: $0) && canReplace(seen, effect) }
        guard let missed else { return }
        draft.report(
            Anomaly(
                .brokenPrefix, key: table.keys.names[key],
                [
                    Anomaly.Step(versions.index(missed), .cause), Anomaly.Step(versions.index(effect), .effect),
                ] + versions.seenWrite(seen) + [Anomaly.Step(versions.index(row), .violatingRead)]))
    }

    /// False if what was seen may come after the cause in the order of a later timeline.
    private func canReplace(_ seen: Int32, _ effect: Int) -> Bool {
        guard !table.isInitial(seen) else { return true }
        guard let timeline = causes.timeline(Int(table.writer[Int(seen)])), let limit = causes.timeline(effect)
        else { return false }
        return timeline <= limit
    }
}
