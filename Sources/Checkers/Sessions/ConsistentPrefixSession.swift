import HistoryModel

/// No session sees an effect and afterwards misses its cause: having read a write, it does not read another key as it
/// was before a write that the first one followed; of a set or list, without an element that the first one followed.
///
/// Only what was read counts as seen; own writes belong to `read-your-writes`, the same key to `monotonic-reads`.
struct ConsistentPrefixSession {
    private let causes: Causes
    private var versions: CausalVersions { causes.versions }
    private var table: AccessTable { causes.versions.table }
    private var draft: VerdictDraft
    private var shown: ShownElements
    private let shownAnomalies: Int
    /// By element: the session that has seen it.
    private var seer: [Int32]
    private var steps = 0
    private let limit: Int

    /// What a session has read of one key.
    private struct Seen {
        var reach = CausalClocks.Reach()
        /// Each write once, with the row that read it.
        var versions: [(write: Int, read: Int)] = []
    }

    /// What a session has read, by key and of all keys.
    private struct Known {
        var keys: [Int: Seen] = [:]
        var reach = CausalClocks.Reach()
        /// The keys, those last that were read last.
        var latest: [Int] = []
    }

    static func draft(_ causes: Causes, _ options: CheckOptions) -> VerdictDraft {
        ConsistentPrefixSession(causes, options).draft
    }

    private init(_ causes: Causes, _ options: CheckOptions) {
        self.causes = causes
        shownAnomalies = options.shownAnomalies
        limit = options.limits.steps
        shown = ShownElements(causes.versions.table, causes.writes)
        seer = Array(repeating: -1, count: causes.versions.table.versionCount)
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
        var known = Known()
        for row in rows where table.isOK(row) {
            let reads = table.accesses(row).filter { table.isReadOfOthers($0, row) }
            // What one atomic read shows together is judged as a node's prefix, so compare first and add then.
            for access in reads { check(access, row, known) }
            for access in reads { add(access, row, to: &known) }
        }
    }

    private mutating func add(_ access: Int, _ row: Int, to known: inout Known) {
        let key = Int(table.key[access])
        for write in fresh(access, row) {
            if known.keys[key]?.versions.last?.write == write { continue }
            versions.clocks.extend(&known.keys[key, default: Seen()].reach, with: write)
            versions.clocks.extend(&known.reach, with: write)
            known.keys[key]?.versions.append((write, row))
            steps += 1
        }
        if known.keys[key] != nil, known.latest.last != key { known.latest.append(key) }
    }

    /// The writes that a read shows; of elements those that the session had not seen before.
    private mutating func fresh(_ access: Int, _ row: Int) -> [Int] {
        guard table.kind[access] == .readAll else { return causes.effects(access, row) }
        var writes: [Int] = []
        for place in table.places(access) {
            guard let writer = table.source(place, row), writer != row else { continue }
            let element = Int(table.elements[place])
            if seer[element] != table.owner[row] { writes.append(writer) }
            seer[element] = table.owner[row]
        }
        return writes
    }

    private mutating func check(_ access: Int, _ row: Int, _ known: Known) {
        let reading = Int(table.key[access])
        if table.isUnclear(access) { draft.doubtUnclear(table.keys, reading) }
        guard !known.keys.isEmpty else { return }
        if table.kind[access] == .readAll { shown.look(at: access) }
        steps += 1
        // What all keys together do not show to be older, none of them does.
        guard !latest(reading, known.reach).isEmpty else { return }
        if isOlder(access, known.reach) { find(access, row, known) }
        let hasCause = known.latest.suffix(256).reversed().contains { key in
            guard key != reading, let effects = known.keys[key], let last = effects.versions.last?.write else {
                return false
            }
            steps += 1
            return !latest(reading, effects.reach).isEmpty && !causes.causes(of: last, on: reading).isEmpty
        }
        if hasCause { draft.count("effect-then-cause-reads") }
    }

    /// The latest writes of a key among some causes, of each session.
    private func latest(_ key: Int, _ reach: CausalClocks.Reach) -> [Int] {
        causes.latest(on: key) { versions.clocks.row(reach, session: $0) }
    }

    /// Whether a read shows its key without some of its writes that are among some causes.
    private func isOlder(_ access: Int, _ reach: CausalClocks.Reach) -> Bool {
        if table.kind[access] == .readAll {
            return shown.missing { versions.clocks.row(reach, session: $0) } != nil
        }
        let version = table.version[access]
        return latest(Int(table.key[access]), reach).contains { versions.isOlder(version, than: $0) }
    }

    /// Looks for effects on other keys whose causes the read misses.
    private mutating func find(_ access: Int, _ row: Int, _ known: Known) {
        for (key, effects) in known.keys.sorted(by: { $0.key < $1.key }) where key != Int(table.key[access]) {
            steps += 1
            if isOlder(access, effects.reach), report(access, row, effects) { return }
        }
    }

    /// Finds the first effect that the session had read whose cause is newer than what it reads now.
    private mutating func report(_ access: Int, _ row: Int, _ effects: Seen) -> Bool {
        let key = Int(table.key[access])
        for (effect, read) in effects.versions {
            steps += 1
            guard let (cause, detail) = missed(access, effect) else { continue }
            let version = table.kind[access] == .readAll ? -1 : table.version[access]
            draft.report(
                Anomaly(
                    .effectWithoutCause, key: table.keys.names[key],
                    [Anomaly.Step(versions.index(cause), .cause)] + links(cause, effect) + [
                        Anomaly.Step(versions.index(effect), .effect),
                        Anomaly.Step(versions.index(read), .earlierRead),
                    ] + versions.seenWrite(version)
                        + [Anomaly.Step(versions.index(row), .violatingRead)], detail: detail))
            return true
        }
        return false
    }

    /// Looked for only if it will be shown.
    private func links(_ cause: Int, _ effect: Int) -> [Anomaly.Step] {
        draft.anomalies.count < shownAnomalies ? causes.links(cause, effect) : []
    }

    /// The cause of an effect that a read misses.
    private func missed(_ access: Int, _ effect: Int) -> (cause: Int, detail: String?)? {
        if table.kind[access] == .readAll {
            return causes.missed(by: shown, before: effect).map { ($0.row, versions.missing($0.element)) }
        }
        let version = table.version[access]
        return causes.causes(of: effect, on: Int(table.key[access]))
            .first { versions.isOlder(version, than: $0) }.map { ($0, nil) }
    }
}
