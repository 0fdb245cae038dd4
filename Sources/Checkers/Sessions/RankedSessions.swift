/// The session guarantees on keys whose versions have ranks: each session's reads and writes of a key against the highest
/// ranks that it has written and read before (Terry et al., PDIS 1994). Exact, in linear time.
struct RankedSessions {
    /// An operation that comes too low, and the operation that it should not be below.
    struct Finding {
        var key: Int32
        /// Rows.
        var earlier: Int32
        var later: Int32
        /// Versions; -1 for a list.
        var higher: Int32
        var lower: Int32
    }

    /// What is known of one guarantee.
    struct Outcome {
        /// The first violations of some sessions, as many as are shown.
        fileprivate(set) var findings: [Finding] = []
        fileprivate(set) var violations = 0
        /// Pairs that could have shown a violation.
        fileprivate(set) var pairs = 0
        /// By key: whether there was such a pair.
        fileprivate(set) var isJudged: [Bool]
    }

    private(set) var readYourWrites: Outcome
    private(set) var monotonicReads: Outcome
    private(set) var monotonicWrites: Outcome
    private(set) var writesFollowReads: Outcome

    private let table: AccessTable
    private let ranks: VersionRanks
    private let isRanked: [Bool]
    private let shown: Int
    /// By access: what it wrote or saw.
    private var rankOf: [Int64]
    /// By key.
    private var written: [Highest]
    private var seen: [Highest]

    /// The highest that the session at hand has written of a key, or seen of it.
    private struct Highest {
        var session: Int32 = -1
        var row: Int32 = -1
        var version: Int32 = -1
        var rank: Int64 = VersionRanks.unknown
    }

    init(_ table: AccessTable, _ ranks: VersionRanks, shown: Int) {
        self.table = table
        self.ranks = ranks
        self.shown = shown
        let keyCount = table.keys.count
        isRanked = (0..<keyCount).map { ranks.isRanked($0) }
        written = Array(repeating: Highest(), count: keyCount)
        seen = written
        let nothing = Outcome(isJudged: Array(repeating: false, count: keyCount))
        readYourWrites = nothing
        monotonicReads = nothing
        monotonicWrites = nothing
        writesFollowReads = nothing
        rankOf = []
        guard isRanked.contains(true) else { return }
        rankOf = Array(repeating: VersionRanks.unknown, count: table.key.count)
        for row in table.rowsByOperation() {
            for access in table.accesses(Int(row)) where isRanked[Int(table.key[access])] {
                rankOf[access] = rank(access)
            }
        }
        for row in 0..<table.count {
            let accesses = table.accesses(row)
            for access in accesses where isRanked[Int(table.key[access])] && !isRead(access) { judge(access, row) }
            guard table.isOK(row) else { continue }
            // A transaction that reads a key again goes on from what it has seen of it.
            for access in accesses where isRanked[Int(table.key[access])] && isRead(access) {
                judge(access, row)
                raise(access, row)
            }
            for access in accesses where isRanked[Int(table.key[access])] && !isRead(access) { raise(access, row) }
        }
    }

    private func isRead(_ access: Int) -> Bool { table.kind[access] == .read || table.kind[access] == .readAll }

    /// What was written or seen; -1 for a list.
    private func version(_ access: Int) -> Int32 { table.kind[access] == .readAll ? -1 : table.version[access] }

    private func rank(_ access: Int) -> Int64 {
        if table.kind[access] == .readAll {
            let length = table.elements[Int(table.list[access])]
            return length == 0 ? VersionRanks.initial : Int64(length)
        }
        let version = Int(table.version[access])
        return version < 0 ? VersionRanks.unknown : ranks.rank[version]
    }

    /// Compares an access with what the session had done before its operation.
    private mutating func judge(_ access: Int, _ row: Int) {
        let key = Int(table.key[access])
        let rank = rankOf[access]
        let isRead = isRead(access)
        guard rank != VersionRanks.unknown, !isRead || table.isOK(row) && !table.isInternal(access, row) else {
            return
        }
        if written[key].session == table.owner[row] {
            if isRead {
                Self.judge(&readYourWrites, written[key], key, version(access), row, rank, shown)
            } else {
                Self.judge(&monotonicWrites, written[key], key, version(access), row, rank, shown)
            }
        }
        guard let seen = seen(access, row) else { return }
        if isRead {
            Self.judge(&monotonicReads, seen, key, version(access), row, rank, shown)
        } else {
            Self.judge(&writesFollowReads, seen, key, version(access), row, rank, shown)
        }
    }

    /// The highest that the session has seen of a key before an access; for what is appended to a list also what the same
    /// transaction read of it.
    private func seen(_ access: Int, _ row: Int) -> Highest? {
        var highest = seen[Int(table.key[access])]
        if highest.session != table.owner[row] { highest = Highest() }
        if table.kind[access] == .append {
            for read in table.accesses(row) where table.key[read] == table.key[access] {
                guard table.kind[read] == .readAll, highest.rank < seenRank(read, row) else { continue }
                highest = Highest(session: table.owner[row], row: Int32(row), rank: seenRank(read, row))
            }
        }
        return highest.rank > VersionRanks.initial ? highest : nil
    }

    /// What a read shows of others: a transaction's own elements stand behind them, and some may be still to come between.
    private func seenRank(_ access: Int, _ row: Int) -> Int64 {
        guard table.kind[access] == .readAll, table.accesses(row).count > 1 else { return rankOf[access] }
        let own = table.accesses(row).filter { table.kind[$0] == .append && table.key[$0] == table.key[access] }
        let others = table.list(access).prefix { element in !own.contains { table.version[$0] == element } }
        return others.isEmpty ? VersionRanks.initial : Int64(others.count)
    }

    /// Notes what an acknowledged operation wrote or saw.
    private mutating func raise(_ access: Int, _ row: Int) {
        let rank = seenRank(access, row)
        guard rank != VersionRanks.unknown else { return }
        let latest = Highest(session: table.owner[row], row: Int32(row), version: version(access), rank: rank)
        let key = Int(table.key[access])
        if isRead(access) {
            guard !table.isInternal(access, row), seen[key].session != latest.session || seen[key].rank < rank
            else { return }
            seen[key] = latest
        } else if written[key].session != latest.session || written[key].rank < rank {
            written[key] = latest
        }
    }

    private static func judge(
        _ outcome: inout Outcome, _ highest: Highest, _ key: Int, _ version: Int32, _ row: Int, _ rank: Int64,
        _ shown: Int
    ) {
        outcome.pairs += 1
        outcome.isJudged[key] = true
        guard rank < highest.rank else { return }
        outcome.violations += 1
        guard outcome.findings.count < shown else { return }
        outcome.findings.append(
            Finding(
                key: Int32(key), earlier: highest.row, later: Int32(row), higher: highest.version, lower: version))
    }
}
