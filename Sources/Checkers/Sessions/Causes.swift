import HistoryModel

/// Which write of one key is among the causes of a write of another: it was acknowledged to, or read by, somebody whose
/// later writes led there.
struct Causes {
    let versions: CausalVersions
    private let timelines: Timelines
    let writes: WritesByKey
    /// By place in `writes`: the place of the highest rank up to there in its session.
    private let highest: [Int32]
    private let paths: CausalPathSearch
    private var table: AccessTable { versions.table }

    init(_ versions: CausalVersions, _ ranks: VersionRanks) {
        self.versions = versions
        timelines = Timelines(versions.history)
        writes = WritesByKey(versions.table)
        highest = writes.highest(ranks)
        paths = CausalPathSearch(versions.table, .all, limit: 2_000_000)
    }

    /// The rows of the latest writes of a key, one for each session that some causes reach; `reached` says how far they reach
    /// into a session.
    func latest(on key: Int, reached: (Int) -> Int) -> [Int] {
        writes.groups(key).compactMap { group in
            let session = Int(table.owner[writes.row(group.lowerBound)])
            return writes.last(group, upTo: reached(session)).map { writes.row($0) }
        }
    }

    /// The rows of the latest writes of a key before a row that writes, on that one's timeline, one for each session.
    ///
    /// A cause on another timeline may have been lost in a failover before the effect was written: then it is missing
    /// from the order that the effect belongs to, and `no-lost-writes` tells.
    func causes(of effect: Int, on key: Int) -> [Int] {
        writes.groups(key).compactMap { group in
            let session = Int(table.owner[writes.row(group.lowerBound)])
            let reached = versions.clocks.reach(effect, session: session)
            guard let last = writes.last(group, upTo: reached) else { return nil }
            return (group.lowerBound...last).last { areSame(writes.row($0), effect) }.map { writes.row($0) }
        }
    }

    /// The same, and the ones with the highest ranks, where these are others.
    func highestCauses(of effect: Int, on key: Int) -> [Int] {
        let latest = causes(of: effect, on: key)
        let others: [Int] = latest.compactMap { row in
            let group = writes.groups(key).first { table.owner[writes.row($0.lowerBound)] == table.owner[row] }
            return group.flatMap { writes.last($0, upTo: row) }.map { writes.row(Int(highest[$0])) }
        }
        return latest + others.filter { !latest.contains($0) && areSame($0, effect) }
    }

    /// What a row wrote of a key, last if several times.
    func written(_ row: Int, _ key: Int) -> Int32? {
        table.accesses(row).last { table.kind[$0] == .write && Int(table.key[$0]) == key }.map { table.version[$0] }
    }

    /// The first element that a read lacks although it was put there before a row that writes, on that one's timeline.
    func missed(by shown: ShownElements, before effect: Int) -> (element: Int32, row: Int)? {
        shown.missing(upTo: { versions.clocks.reach(effect, session: $0) }) { areSame(writes.row($0), effect) }
            .map { (writes.version($0), writes.row($0)) }
    }

    /// The rows of others that wrote what a read shows: of several elements, of each session and timeline the last.
    func effects(_ access: Int, _ row: Int) -> [Int] {
        if table.kind[access] == .read {
            let version = table.version[access]
            return version >= 0 && !table.isInitial(version) ? [Int(table.writer[Int(version)])] : []
        }
        return table.lastWriters(access, row) { timeline($0) ?? -1 }
    }

    /// The operations that lead from one write to another, where sets and lists are among what was read: `MinimalEvidence`
    /// does not find those.
    func links(_ first: Int, _ second: Int) -> [Anomaly.Step] {
        guard table.keys.hasElements, let path = paths.path(from: first, to: second) else { return [] }
        return path.rows.map { Anomaly.Step(versions.index($0), .orderWitness) }
    }

    /// The timeline of a row, `nil` if nobody knows.
    func timeline(_ row: Int) -> Int64? { timelines.timeline(Int(table.operation[row])) }

    private func areSame(_ first: Int, _ second: Int) -> Bool {
        timelines.areSame(Int(table.operation[first]), Int(table.operation[second]))
    }
}
