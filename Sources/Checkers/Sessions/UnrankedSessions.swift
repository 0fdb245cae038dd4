/// Read-your-writes and monotonic reads on registers whose versions nothing orders but the history itself: what sessions
/// did, one step for each time that one of them had a version of a key and then saw another.
///
/// The first of the two cannot be the newer one. No order of a key's versions fits exactly if these steps, with what is
/// certain of the order of writes, form a circle: `VersionCircles` looks for them (CHECKERS.md D).
struct UnrankedSessions {
    struct Step {
        var key: Int32
        /// Versions.
        var earlier: Int32
        var later: Int32
        /// Rows: which wrote or saw the first, and which saw the second.
        var first: Int32
        var second: Int32
    }

    /// What is known of one guarantee.
    struct Outcome {
        /// In the order of rows, without those that are a violation in themselves.
        fileprivate(set) var steps: [Step] = []
        /// Steps back to the initial version, which is older than any.
        fileprivate(set) var initial: [Step] = []
        /// Pairs that could have shown a violation.
        fileprivate(set) var pairs = 0
        /// By key: whether there was such a pair.
        fileprivate(set) var isJudged: [Bool]
        /// By key: whether an answer could not be traced to one write.
        fileprivate(set) var isUnclear: [Bool]
    }

    private(set) var readYourWrites: Outcome
    private(set) var monotonicReads: Outcome

    private let table: AccessTable
    /// By key: what the session at hand wrote of it last, and saw of it last.
    private var written: [Latest]
    private var seen: [Latest]

    private struct Latest {
        var session: Int32 = -1
        var row: Int32 = -1
        var version: Int32 = -1
    }

    init(_ table: AccessTable, _ ranks: VersionRanks) {
        self.table = table
        let nothing = [Bool](repeating: false, count: table.keys.count)
        readYourWrites = Outcome(isJudged: nothing, isUnclear: nothing)
        monotonicReads = readYourWrites
        written = Array(repeating: Latest(), count: table.keys.count)
        seen = written
        let isUnranked = ranks.evidence.map { $0 == .happensBefore }
        guard isUnranked.contains(true) else { return }
        for row in 0..<table.count where table.isOK(row) {
            for access in table.accesses(row) where isUnranked[Int(table.key[access])] {
                if table.kind[access] == .read, !table.isInternal(access, row) { read(access, row) }
                if table.kind[access] == .write { write(access, row) }
            }
        }
    }

    private mutating func write(_ access: Int, _ row: Int) {
        written[Int(table.key[access])] = Latest(
            session: table.owner[row], row: Int32(row), version: table.version[access])
    }

    private mutating func read(_ access: Int, _ row: Int) {
        let key = Int(table.key[access])
        let version = table.version[access]
        let session = table.owner[row]
        // What a transaction has written itself says nothing of others.
        if written[key].session == session {
            if written[key].row == Int32(row) { return }
            Self.note(&readYourWrites, written[key], key, version, row)
        }
        if version == AccessTable.unclear { monotonicReads.isUnclear[key] = true }
        if seen[key].session == session {
            Self.note(&monotonicReads, seen[key], key, version, row)
        }
        guard version >= 0, !table.isInitial(version) else { return }
        seen[key] = Latest(session: session, row: Int32(row), version: version)
    }

    private static func note(_ outcome: inout Outcome, _ latest: Latest, _ key: Int, _ version: Int32, _ row: Int) {
        outcome.pairs += 1
        outcome.isJudged[key] = true
        if version == AccessTable.unclear { outcome.isUnclear[key] = true }
        guard version >= 0, version != latest.version else { return }
        let step = Step(
            key: Int32(key), earlier: latest.version, later: version, first: latest.row, second: Int32(row))
        if version == Int32(key) { outcome.initial.append(step) } else { outcome.steps.append(step) }
    }
}
