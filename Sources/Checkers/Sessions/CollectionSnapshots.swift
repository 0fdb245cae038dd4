/// Monotonic writes and writes follow reads by atomic reads of several keys of which some are sets or lists: what shows a
/// write shows on the other keys what came before it in its session, or what its session had read before it.
///
/// An element that is missing needs no order of versions. Of registers that are read beside it only two cases count, which
/// need none either: the initial value, and an earlier write of the very session. Separate reads may go to several servers
/// and prove neither.
struct CollectionSnapshots {
    /// A write that should have been shown.
    struct Finding {
        /// Versions: the one that should have been shown, and what is shown of the key; an initial one for elements.
        var cause: Int32
        var shown: Int32
        /// Rows: which wrote the effect, and which shows it without its cause.
        var effect: Int
        var reader: Int
        /// Rows that tie the cause to the effect.
        var links: [Int]
        var isElement: Bool
    }

    struct Outcome {
        fileprivate(set) var findings: [Finding] = []
        fileprivate(set) var violations = 0
        fileprivate(set) var pairs = 0
        /// By key: whether there was such a pair.
        fileprivate(set) var isJudged: [Bool] = []

        fileprivate mutating func count(_ key: Int32) {
            pairs += 1
            isJudged[Int(key)] = true
        }

        fileprivate mutating func keep(_ finding: Finding, _ shown: Int) {
            violations += 1
            if findings.count < shown { findings.append(finding) }
        }
    }

    private(set) var monotonicWrites = Outcome()
    private(set) var writesFollowReads = Outcome()
    /// By key: whether an atomic read shows elements of it that several operations put there.
    private(set) var isUnclear: [Bool]

    private let table: AccessTable
    private let clocks: CausalClocks
    private let paths: CausalPathSearch
    private let writes: WritesByKey
    private let shown: Int
    private var elements: ShownElements
    /// By session and key: the first row that read something there.
    private var firstRead: [Place: Int] = [:]

    private struct Place: Hashable {
        var session: Int32
        var key: Int32
    }

    /// How many rows a search for the operations of one proof looks at.
    private static let pathLimit = 2_000_000

    /// `nil` if there are no such reads.
    init?(_ table: AccessTable, _ options: CheckOptions) throws(LimitReached) {
        let rows = (0..<table.count).filter { Self.isSnapshot(table, $0) }
        guard !rows.isEmpty else { return nil }
        self.table = table
        clocks = try CausalClocks(table, CausalOrder(table, .all), options.limits)
        paths = CausalPathSearch(table, .all, limit: Self.pathLimit)
        writes = WritesByKey(table)
        shown = options.shownAnomalies
        elements = ShownElements(table, writes)
        isUnclear = Array(repeating: false, count: table.keys.count)
        monotonicWrites.isJudged = isUnclear
        writesFollowReads.isJudged = isUnclear
        noteReads()
        for row in rows { check(row) }
    }

    private static func isSnapshot(_ table: AccessTable, _ row: Int) -> Bool {
        let accesses = table.accesses(row)
        guard accesses.count > 1, table.isOK(row), accesses.contains(where: { table.kind[$0] == .readAll }) else {
            return false
        }
        let reads = accesses.filter { table.isReadOfOthers($0, row) }
        return reads.contains { table.key[$0] != table.key[reads[0]] }
    }

    private mutating func noteReads() {
        for row in 0..<table.count {
            for access in table.accesses(row) where table.isReadOfOthers(access, row) {
                let place = Place(session: table.owner[row], key: table.key[access])
                guard firstRead[place] == nil, showsAnything(access, row) else { continue }
                firstRead[place] = row
            }
        }
    }

    private func showsAnything(_ access: Int, _ row: Int) -> Bool {
        guard table.kind[access] == .readAll else {
            return table.version[access] >= 0 && !table.isInitial(table.version[access])
        }
        return table.places(access).contains { table.source($0, row).map { $0 != row } ?? false }
    }

    private mutating func check(_ row: Int) {
        let reads = table.accesses(row).filter { table.isReadOfOthers($0, row) }
        let effects = reads.map { writers($0, row) }
        for other in reads {
            let isElements = table.kind[other] == .readAll
            if isElements {
                elements.look(at: other)
                if table.isUnclear(other) { isUnclear[Int(table.key[other])] = true }
            }
            for (place, access) in reads.enumerated() where table.key[access] != table.key[other] {
                // Two registers are for `SnapshotSessions`.
                guard isElements || table.kind[access] == .readAll else { continue }
                for effect in effects[place] {
                    checkOwn(other, effect, row)
                    checkSeen(other, effect, row)
                }
            }
        }
    }

    /// The rows of others that wrote what a read shows: of elements, of each session the last.
    private func writers(_ access: Int, _ row: Int) -> [Int] {
        if table.kind[access] == .readAll { return table.lastWriters(access, row) }
        let version = table.version[access]
        return version >= 0 && !table.isInitial(version) ? [Int(table.writer[Int(version)])] : []
    }

    /// Judges what is shown against what the effect's session had written before.
    private mutating func checkOwn(_ access: Int, _ effect: Int, _ row: Int) {
        let session = table.owner[effect]
        let cause: Int32?
        if table.kind[access] == .readAll {
            guard elements.hasAny(of: session, before: effect) else { return }
            cause = elements.missing(of: session, before: effect).map { writes.version($0) }
        } else {
            guard let last = last(Int(table.key[access]), session, before: effect) else { return }
            cause = isOlder(table.version[access], than: last, of: session) ? last : nil
        }
        monotonicWrites.count(table.key[access])
        guard let cause else { return }
        monotonicWrites.keep(finding(cause, access, effect, row, []), shown)
    }

    /// The version of a register that a session wrote last before a row.
    private func last(_ key: Int, _ session: Int32, before row: Int) -> Int32? {
        let group = writes.groups(key).first { table.owner[writes.row($0.lowerBound)] == session }
        return group.flatMap { writes.last($0, upTo: row - 1) }.map { writes.version($0) }
    }

    private func isOlder(_ version: Int32, than last: Int32, of session: Int32) -> Bool {
        guard version >= 0 else { return false }
        if table.isInitial(version) { return true }
        let writer = table.writer[Int(version)]
        return table.owner[Int(writer)] == session && writer < table.writer[Int(last)]
    }

    /// Judges what is shown against what the effect's session had read before, directly or by way of other reads.
    private mutating func checkSeen(_ access: Int, _ effect: Int, _ row: Int) {
        let key = table.key[access]
        if let first = firstRead[Place(session: table.owner[effect], key: key)], first <= effect {
            writesFollowReads.count(key)
        }
        // With all evidence first, which costs little: with less there can be no more.
        guard mayMiss(access, effect) else { return }
        let found = paths.source(of: effect) { missed($0, access) != nil }
        guard let found, let cause = missed(found.row, access) else { return }
        writesFollowReads.keep(finding(cause, access, effect, row, found.path.rows), shown)
    }

    private func mayMiss(_ access: Int, _ effect: Int) -> Bool {
        if table.kind[access] == .readAll {
            return elements.missing { clocks.reach(effect, session: $0) } != nil
        }
        let key = Int(table.key[access])
        guard table.version[access] >= 0, table.isInitial(table.version[access]) else { return false }
        return writes.groups(key).contains { group in
            let session = Int(table.owner[writes.row(group.lowerBound)])
            return writes.last(group, upTo: clocks.reach(effect, session: session)) != nil
        }
    }

    /// What a row wrote of the key of a read that the read does not show.
    private func missed(_ row: Int, _ access: Int) -> Int32? {
        table.accesses(row).first { write in
            guard table.key[write] == table.key[access] else { return false }
            switch table.kind[write] {
            case .write: return true
            case .add, .append: return elements.lacks(table.version[write])
            case .read, .readAll: return false
            }
        }.map { table.version[$0] }
    }

    private func finding(_ cause: Int32, _ access: Int, _ effect: Int, _ row: Int, _ links: [Int]) -> Finding {
        let isElement = table.kind[access] == .readAll
        return Finding(
            cause: cause, shown: isElement ? table.key[access] : table.version[access], effect: effect, reader: row,
            links: links, isElement: isElement)
    }
}
