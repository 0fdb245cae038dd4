/// Monotonic writes and writes follow reads on registers, by atomic reads of several keys: what shows a write shows what
/// came before it in its session, or what its session had read before it.
///
/// Separate reads may go to several servers and prove neither (CHECKERS.md D, first trap).
struct SnapshotSessions {
    /// A write that should have been shown.
    struct Missed {
        /// Versions: the one that should have been shown, the one that brings it along, and what is shown of the key.
        var cause: Int32
        var effect: Int32
        var shown: Int32
        /// The row of the read.
        var reader: Int32
        /// Rows that tie the cause to the effect, and what is shown to the cause.
        var links: [Int]
    }

    enum Violation {
        /// What is shown is certainly older than the cause.
        case missed(Missed)
        /// Each of several reads shows a version that must be newer than what the next one shows.
        case circle([Missed])
    }

    struct Outcome {
        fileprivate(set) var violations: [Violation] = []
        /// Found and not kept.
        fileprivate(set) var more = 0
        fileprivate(set) var pairs = 0

        fileprivate mutating func keep(_ violation: @autoclosure () -> Violation, _ shown: Int) {
            if violations.count < shown { violations.append(violation()) } else { more += 1 }
        }
    }

    private(set) var monotonicWrites = Outcome()
    private(set) var writesFollowReads = Outcome()

    private let order: WriteOrder
    private let writes: WritesByKey
    private let shown: Int
    private var table: AccessTable { order.table }
    /// Writes that should have been shown unless what is shown is newer.
    private var open: [Missed] = []

    init(_ order: WriteOrder, _ writes: WritesByKey, _ options: CheckOptions) {
        self.order = order
        self.writes = writes
        shown = options.shownAnomalies
        let table = order.table
        for row in 0..<table.count where table.isOK(row) && table.accesses(row).count > 1 {
            let reads = table.accesses(row).filter { access in
                let version = Int(table.version[access])
                guard table.kind[access] == .read, version >= 0 else { return false }
                return version < table.keys.count || Int(table.writer[version]) != row
            }
            for effect in reads where !table.isInitial(table.version[effect]) {
                for other in reads where table.key[other] != table.key[effect] {
                    checkOwn(table.version[other], table.version[effect], row)
                    checkSeen(table.version[other], table.version[effect], row)
                }
            }
        }
        findCircles()
    }

    private func writer(_ version: Int32) -> Int { Int(table.writer[Int(version)]) }

    /// The version of a key that a session wrote last, up to a row.
    private func last(_ key: Int, _ session: Int32, upTo row: Int) -> Int32? {
        let group = writes.groups(key).first { table.owner[writes.row($0.lowerBound)] == session }
        return group.flatMap { writes.last($0, upTo: row) }.map { writes.version($0) }
    }

    /// Judges what is shown against what the effect's session had written before.
    private mutating func checkOwn(_ version: Int32, _ effect: Int32, _ row: Int) {
        let key = Int(table.versionKey[Int(version)])
        let session = table.owner[writer(effect)]
        guard let cause = last(key, session, upTo: writer(effect)) else { return }
        monotonicWrites.pairs += 1
        guard cause != version else { return }
        let missed = Missed(cause: cause, effect: effect, shown: version, reader: Int32(row), links: [])
        let isOwn = !table.isInitial(version) && table.owner[writer(version)] == session
        // One transaction in parts is no matter of the order of writes.
        if table.isInitial(version), last(key, session, upTo: writer(effect) - 1) == nil { return }
        if table.isInitial(version) || isOwn && writer(version) <= writer(cause) {
            monotonicWrites.keep(.missed(missed), shown)
        } else if !isOwn {
            open.append(missed)
        }
    }

    /// Judges what is shown against what the effect's session had read before, directly or by way of other reads.
    private mutating func checkSeen(_ version: Int32, _ effect: Int32, _ row: Int) {
        let key = Int(table.versionKey[Int(version)])
        // With all evidence first, which costs little: with less there can be no more.
        let causes = writes.groups(key).compactMap { group -> Int? in
            let session = Int(table.owner[writes.row(group.lowerBound)])
            return writes.last(group, upTo: order.clocks.reach(writer(effect), session: session))
        }
        guard !causes.isEmpty else { return }
        writesFollowReads.pairs += 1
        let isOlder = causes.contains { place in
            table.isInitial(version) || order.clocks.precedes(writer(version), writes.row(place))
        }
        guard isOlder else { return }
        var first: CausalPath?
        let found = order.paths.source(of: writer(effect)) { candidate in
            guard let cause = wrote(candidate, key), cause != version else { return false }
            if table.isInitial(version) { return true }
            guard order.clocks.precedes(writer(version), candidate) else { return false }
            first = order.paths.source(of: candidate) { $0 == writer(version) }?.path
            return first != nil
        }
        guard let found, let cause = wrote(found.row, key) else { return }
        let links = (first?.rows ?? []) + found.path.rows
        writesFollowReads.keep(
            .missed(Missed(cause: cause, effect: effect, shown: version, reader: Int32(row), links: links)), shown)
    }

    /// What a row wrote of a key, last if several times.
    private func wrote(_ row: Int, _ key: Int) -> Int32? {
        table.accesses(row).last { table.kind[$0] == .write && Int(table.key[$0]) == key }.map { table.version[$0] }
    }

    /// Reads that each call another version the newer one, round in a circle.
    private mutating func findCircles() {
        guard open.count > 1 else { return }
        var from = open.map(\.cause)
        var to = open.map(\.shown)
        addOrder(&from, &to)
        let adjacency = Adjacency(nodes: table.versionCount, from: from, to: to)
        let component = adjacency.components()
        var told: Set<Int32> = []
        for index in open.indices where component[Int(from[index])] == component[Int(to[index])] {
            guard told.insert(component[Int(from[index])]).inserted else { continue }
            let path = adjacency.path(from: Int(to[index]), to: Int(from[index]))
            let circle = ([index] + path).filter { $0 < open.count }.map { open[$0] }
            monotonicWrites.keep(.circle(circle), shown)
        }
    }

    /// Each session's order of writes, and that what a cas replaces is older in any case.
    private func addOrder(_ from: inout [Int32], _ to: inout [Int32]) {
        var last: [Int32] = []
        for row in 0..<table.count {
            if row > 0, table.owner[row] != table.owner[row - 1] { last = [] }
            let written = table.accesses(row).filter { table.kind[$0] == .write }
            for access in written {
                for version in last + replaced(access, row) {
                    from.append(version)
                    to.append(table.version[access])
                }
            }
            if !written.isEmpty { last = written.map { table.version[$0] } }
        }
    }

    private func replaced(_ access: Int, _ row: Int) -> [Int32] {
        table.accesses(row).filter { read in
            table.kind[read] == .read && table.key[read] == table.key[access] && table.version[read] >= 0
                && !table.isInitial(table.version[read]) && !table.isInternal(read, row)
        }.map { table.version[$0] }
    }
}
