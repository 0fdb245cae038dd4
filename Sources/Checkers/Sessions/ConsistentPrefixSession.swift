import HistoryModel

/// No session sees an effect and afterwards misses its cause: having read a write, it does not read another key as it
/// was before a write that the first one followed.
///
/// Only what was read counts as seen; own writes belong to `read-your-writes`, the same key to `monotonic-reads`.
struct ConsistentPrefixSession {
    private let causes: Causes
    private var versions: CausalVersions { causes.versions }
    private var table: AccessTable { causes.versions.table }
    private var draft: VerdictDraft
    private var steps = 0
    private let limit: Int

    /// What a session has read of one key.
    private struct Seen {
        var reach = CausalClocks.Reach()
        /// Each write once, with the row that read it.
        var versions: [(write: Int, read: Int)] = []
    }

    static func draft(_ causes: Causes, _ options: CheckOptions) -> VerdictDraft {
        ConsistentPrefixSession(causes, options).draft
    }

    private init(_ causes: Causes, _ options: CheckOptions) {
        self.causes = causes
        limit = options.limits.steps
        draft = VerdictDraft(
            .consistentPrefixSession, options,
            algorithm: "reads of sessions against happens-before of one timeline (sound, may miss)")
        for session in 0..<table.sessionCount where steps < limit { check(table.rows(session)) }
        if steps >= limit {
            draft.doubt("more than \(limit) steps: raise the step limit or check a shorter history")
        }
        for key in 0..<table.keys.count { draft.doubtProblem(table.keys, key) }
    }

    private mutating func check(_ rows: Range<Int>) {
        var seen: [Int: Seen] = [:]
        for row in rows where table.isOK(row) {
            let reads = table.accesses(row).filter { table.kind[$0] == .read && !table.isInternal($0, row) }
            // What one atomic read shows together is judged as a node's prefix, so compare first and add then.
            for access in reads { check(access, row, seen) }
            for access in reads {
                let version = table.version[access]
                guard version >= 0, !table.isInitial(version) else { continue }
                add(Int(table.writer[Int(version)]), row, to: &seen[Int(table.key[access]), default: Seen()])
            }
        }
    }

    private func add(_ write: Int, _ read: Int, to seen: inout Seen) {
        guard seen.versions.last?.write != write else { return }
        versions.clocks.extend(&seen.reach, with: write)
        seen.versions.append((write, read))
    }

    private mutating func check(_ access: Int, _ row: Int, _ seen: [Int: Seen]) {
        let reading = Int(table.key[access])
        let version = table.version[access]
        if version == AccessTable.unclear { draft.doubtUnclear(table.keys, reading) }
        var hasCause = false
        for (key, effects) in seen.sorted(by: { $0.key < $1.key }) where key != reading {
            let latest = causes.latest(on: reading) { versions.clocks.row(effects.reach, session: $0) }
            steps += 1
            guard !latest.isEmpty, let last = effects.versions.last?.write else { continue }
            hasCause = hasCause || !causes.causes(of: last, on: reading).isEmpty
            guard latest.contains(where: { versions.isOlder(version, than: $0) }), report(access, row, effects)
            else { continue }
            break
        }
        if hasCause { draft.count("effect-then-cause-reads") }
    }

    /// Finds the first effect that the session had read whose cause is newer than what it reads now.
    private mutating func report(_ access: Int, _ row: Int, _ effects: Seen) -> Bool {
        let key = Int(table.key[access])
        let version = table.version[access]
        for (effect, read) in effects.versions {
            steps += 1
            let missed = causes.causes(of: effect, on: key).first { versions.isOlder(version, than: $0) }
            guard let missed else { continue }
            draft.report(
                Anomaly(
                    .effectWithoutCause, key: table.keys.names[key],
                    [
                        Anomaly.Step(versions.index(missed), .cause),
                        Anomaly.Step(versions.index(effect), .effect),
                        Anomaly.Step(versions.index(read), .earlierRead),
                    ] + versions.seenWrite(version)
                        + [Anomaly.Step(versions.index(row), .violatingRead)]))
            return true
        }
        return false
    }
}
