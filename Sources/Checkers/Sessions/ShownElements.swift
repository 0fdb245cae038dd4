/// What one read of a set or list shows, set against all that was put there.
///
/// Elements that several put there count as shown: nobody knows whose they are.
struct ShownElements {
    private let table: AccessTable
    private let writes: WritesByKey
    /// By element: the read that showed it last.
    private var mark: [Int32]
    private var access: Int32 = -1
    /// Of the key, by session that puts something there: its places, and the first of them that is not shown.
    private var groups: [Range<Int>] = []
    private var gaps: [Int] = []

    /// Nothing has been looked at yet.
    init(_ table: AccessTable, _ writes: WritesByKey) {
        self.table = table
        self.writes = writes
        mark = Array(repeating: -1, count: table.keys.hasElements ? table.elementCount : 0)
    }

    /// Looks at a read.
    mutating func look(at access: Int) {
        self.access = Int32(access)
        for element in table.list(access) { mark[Int(element)] = self.access }
        groups = writes.groups(Int(table.key[access]))
        gaps = groups.map { group in group.first { !isShown($0) } ?? group.upperBound }
    }

    private func isShown(_ place: Int) -> Bool {
        let element = Int(writes.version(place))
        return mark[element] == access || table.isRepeated[element]
    }

    /// True if an element is not shown, and only one operation put it there.
    func lacks(_ element: Int32) -> Bool { mark[Int(element)] != access && !table.isRepeated[Int(element)] }

    private func session(_ group: Int) -> Int32 { table.owner[writes.row(groups[group].lowerBound)] }

    /// Whether anything was put there up to a row of each session.
    func hasAny(upTo row: (Int) -> Int) -> Bool {
        groups.indices.contains { writes.row(groups[$0].lowerBound) <= row(Int(session($0))) }
    }

    /// Whether anything was put there by one session, before a row of it.
    func hasAny(of session: Int32, before row: Int) -> Bool {
        groups.indices.contains { self.session($0) == session && writes.row(groups[$0].lowerBound) < row }
    }

    /// The first place of one session before a row of it that is not shown.
    func missing(of session: Int32, before row: Int) -> Int? {
        guard let group = groups.indices.first(where: { self.session($0) == session }) else { return nil }
        return gaps[group] < groups[group].upperBound && writes.row(gaps[group]) < row ? gaps[group] : nil
    }

    /// The first place up to a row of each session that is not shown and satisfies a condition.
    func missing(upTo row: (Int) -> Int, where condition: (Int) -> Bool = { _ in true }) -> Int? {
        for (group, places) in groups.enumerated() where gaps[group] < places.upperBound {
            let last = row(Int(session(group)))
            for place in gaps[group]..<places.upperBound {
                guard writes.row(place) <= last else { break }
                if !isShown(place), condition(place) { return place }
            }
        }
        return nil
    }
}

extension KeyTable {
    /// Whether there are sets or lists.
    var hasElements: Bool { kind.contains { $0 == .set || $0 == .list } }
}

extension AccessTable {
    /// The rows of others that put there what a read of a set or list shows: of each session, and each mark that rows have,
    /// the last, in the order of rows.
    func lastWriters(_ access: Int, _ row: Int, _ mark: (Int) -> Int64 = { _ in 0 }) -> [Int] {
        struct Group: Hashable {
            var session: Int32
            var mark: Int64
        }
        var last: [Group: Int] = [:]
        for place in places(access) {
            guard let writer = source(place, row), writer != row else { continue }
            let group = Group(session: owner[writer], mark: mark(writer))
            last[group] = max(last[group] ?? -1, writer)
        }
        return last.values.sorted()
    }

    /// True for a read, unless it shows what its own operation wrote to a register.
    func isReadOfOthers(_ access: Int, _ row: Int) -> Bool {
        kind[access] == .readAll || kind[access] == .read && !isInternal(access, row)
    }

    /// True if a read does not tell who wrote what it shows, because several did.
    func isUnclear(_ access: Int) -> Bool {
        guard kind[access] == .readAll else { return version[access] == Self.unclear }
        return list(access).contains { Int($0) < versionCount && isRepeated[Int($0)] }
    }
}
