import HistoryModel

/// Of registers: whatever was written without knowledge of each other is kept side by side, or merged by a write that knew
/// both; nothing goes silently.
///
/// An acknowledged write may be gone at the end only if some other write knew of it: its session had written or seen that
/// value, as the answer or among its siblings, or by what it had seen there was a way to it over sessions and reads-from.
/// What a system that lets the last one win drops is a violation here, whatever it promises.
struct ConflictAudit {
    private let versions: CausalVersions
    private let finals: FinalReadings
    private var table: AccessTable { versions.table }
    private var history: History { versions.history }
    private var draft: VerdictDraft
    /// Versions that a session had seen among siblings before it wrote the key.
    private var merged: Set<Int32> = []

    /// A write of a register that was not refused.
    private struct Write {
        var row: Int
        var version: Int32
        var owner: Int32
    }

    static func draft(_ versions: CausalVersions, _ finals: FinalReadings, _ options: CheckOptions) -> VerdictDraft
    {
        ConflictAudit(versions, finals, options).draft
    }

    private init(_ versions: CausalVersions, _ finals: FinalReadings, _ options: CheckOptions) {
        self.versions = versions
        self.finals = finals
        draft = VerdictDraft(
            .conflictAudit, options,
            algorithm: "final values and siblings against happens-before (sound, may miss)")
        noteSiblings()
        let writes = writesByKey()
        for key in table.keys.elementsFirst where table.keys.kind[key] == .register { check(key, writes[key]) }
    }

    /// By key, in the order of their invocations.
    private func writesByKey() -> [[Write]] {
        var writes = [[Write]](repeating: [], count: table.keys.count)
        for row in table.rowsByOperation().map(Int.init) {
            for access in table.accesses(row) where table.kind[access] == .write {
                writes[Int(table.key[access])].append(
                    Write(row: row, version: table.version[access], owner: Int32(table.owner[row])))
            }
        }
        return writes
    }

    /// Walks through the sessions: what one has seen among siblings is known to what it writes then.
    private mutating func noteSiblings() {
        guard history.values.ref(of: .string("sibling")) != nil else { return }
        let values = ValueVersions(table, history)
        var seen: [Int64: Set<Int32>] = [:]
        for row in table.rowsByOperation().map(Int.init) {
            let operation = Int(table.operation[row])
            for access in table.accesses(row) {
                let key = Int(table.key[access])
                let place = Int64(table.owner[row]) << 32 | Int64(key)
                if table.kind[access] == .write {
                    merged.formUnion(seen[place, default: []].subtracting([table.version[access]]))
                } else if table.isOK(row), let told = history.operations[operation].meta["sibling"] {
                    draft.count("answers-with-siblings")
                    for value in told.list ?? [told] {
                        let version = values.version(values.spelling(value, key), key, seenBy: operation)
                        if version >= 0 { seen[place, default: []].insert(version) }
                    }
                }
            }
        }
    }

    private mutating func check(_ key: Int, _ writes: [Write]) {
        guard table.keys.problem[key] == nil else { return draft.doubtProblem(table.keys, key) }
        for (first, second) in zip(writes, writes.dropFirst()) where first.owner != second.owner {
            if !versions.clocks.precedes(first.row, second.row) { draft.count("unknowing-writes") }
        }
        // Who knows a write of a session knows the earlier ones: the last of each session tells.
        var last: [Int32: Int] = [:]
        for write in writes { last[write.owner] = write.row }
        let ends = last.sorted { $0.key < $1.key }.map(\.value)
        for write in writes where table.isOK(write.row) {
            let operation = Int(table.operation[write.row])
            let later = finals.readings[key].filter { history.completed(operation, before: $0.operation) }
            guard let end = later.first else { continue }
            draft.count("writes-audited")
            let isKnown =
                merged.contains(write.version)
                || ends.contains { $0 != write.row && versions.clocks.precedes(write.row, $0) }
            guard !isKnown else { continue }
            let shown = Set(later.flatMap { [$0.version] + $0.siblings })
            if shown.contains(AccessTable.unclear) { draft.doubtUnclear(table.keys, key) }
            guard !shown.contains(write.version), !shown.contains(AccessTable.unclear) else { continue }
            draft.report(
                Anomaly(
                    .lostWrite, key: table.keys.names[key],
                    [Anomaly.Step(versions.index(write.row), .expectedWrite)] + versions.seenWrite(end.version)
                        + [Anomaly.Step(versions.index(operation: end.operation), .finalRead)],
                    detail: "no other write knew of it, and none of \(later.count) final reads and dumps shows it"))
        }
    }
}
