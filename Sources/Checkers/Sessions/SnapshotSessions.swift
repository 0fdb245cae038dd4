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
        var links: [Int] = []
        /// The guarantees that cannot hold together; empty if it is one alone.
        var together: [Guarantee] = []
    }

    enum Violation {
        /// What is shown is certainly older than the cause.
        case missed(Missed)
        /// Each of several reads shows a version that must be newer than what the next one shows.
        case circle([Missed], links: [Int], together: [Guarantee])
    }

    struct Outcome {
        fileprivate(set) var violations: [Violation] = []
        /// Found and not kept.
        fileprivate(set) var more = 0
        fileprivate(set) var pairs = 0
        /// By key: whether there was a pair.
        fileprivate(set) var isJudged: [Bool]

        fileprivate mutating func count(_ key: Int) {
            pairs += 1
            isJudged[key] = true
        }

        fileprivate mutating func keep(_ violation: @autoclosure () -> Violation, _ shown: Int) {
            if violations.count < shown { violations.append(violation()) } else { more += 1 }
        }
    }

    private(set) var monotonicWrites: Outcome
    private(set) var writesFollowReads: Outcome

    private let order: WriteOrder
    private let writes: WritesByKey
    private let seenKeys: SeenKeys
    /// By place in `writes`: the place of the highest rank up to there in its session.
    private let highest: [Int32]
    private let shown: Int
    private var table: AccessTable { order.table }
    /// Writes that should have been shown unless what is shown is newer.
    private var open: [Missed] = []

    init(_ order: WriteOrder, _ writes: WritesByKey, _ causes: CausalOrder, _ options: CheckOptions) {
        self.order = order
        self.writes = writes
        seenKeys = SeenKeys(order.table, causes)
        highest = writes.highest(order.ranks)
        shown = options.shownAnomalies
        monotonicWrites = Outcome(isJudged: Array(repeating: false, count: order.table.keys.count))
        writesFollowReads = monotonicWrites
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
        guard !open.isEmpty else { return }
        for violation in SnapshotOrder(open, order, writes).violations() { monotonicWrites.keep(violation, shown) }
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
        monotonicWrites.count(key)
        guard cause != version else { return }
        let missed = Missed(cause: cause, effect: effect, shown: version, reader: Int32(row))
        // One transaction in parts is no matter of the order of writes.
        let earlier = last(key, session, upTo: writer(effect) - 1)
        if table.isInitial(version) {
            if earlier != nil { monotonicWrites.keep(.missed(missed), shown) }
        } else if table.owner[writer(version)] == session {
            if writer(version) <= writer(cause) { monotonicWrites.keep(.missed(missed), shown) }
        } else if let earlier, order.ranks.isOlder(version, than: earlier) == true {
            let links = order.ranks.tellers(version, earlier)
            monotonicWrites.keep(
                .missed(
                    Missed(cause: earlier, effect: effect, shown: version, reader: Int32(row), links: links)), shown
            )
        } else {
            open.append(missed)
        }
    }

    /// Judges what is shown against what the effect's session had read before, directly or by way of other reads.
    private mutating func checkSeen(_ version: Int32, _ effect: Int32, _ row: Int) {
        let key = Int(table.versionKey[Int(version)])
        guard seenKeys.follows(writer(effect), key) else { return }
        writesFollowReads.count(key)
        // With all evidence first, which costs little: with less there can be no more.
        let isSuspect = writes.groups(key).contains { group in
            let session = Int(table.owner[writes.row(group.lowerBound)])
            let reach = order.clocks.reach(writer(effect), session: session)
            guard let last = writes.last(group, upTo: reach) else { return false }
            return table.isInitial(version)
                || [last, Int(highest[last])].contains { order.isOlder(version, than: writes.version($0)) }
        }
        guard isSuspect, let missed = missed(version, effect, key, row) else { return }
        writesFollowReads.keep(.missed(missed), shown)
    }

    /// What is missing by writes-follow-reads alone, otherwise what is older by way of monotonic writes.
    private func missed(_ version: Int32, _ effect: Int32, _ key: Int, _ row: Int) -> Missed? {
        for isAlone in [true, false] {
            var proof = CausalPath()
            let found = order.paths.source(of: writer(effect)) { candidate in
                guard let cause = wrote(candidate, key), cause != version else { return false }
                if table.isInitial(version) { return true }
                guard let path = order.proof(version, olderThan: cause),
                    !isAlone || !path.guarantees.contains(.monotonicWrites)
                else { return false }
                proof = path
                return true
            }
            guard let found, let cause = wrote(found.row, key) else { continue }
            return Missed(
                cause: cause, effect: effect, shown: version, reader: Int32(row),
                links: proof.rows + found.path.rows,
                together: isAlone ? [] : [.monotonicWrites, .writesFollowReads])
        }
        return nil
    }

    /// What a row wrote of a key, last if several times.
    private func wrote(_ row: Int, _ key: Int) -> Int32? {
        table.accesses(row).last { table.kind[$0] == .write && Int(table.key[$0]) == key }.map { table.version[$0] }
    }
}
