/// The session guarantees on grow-only sets, whose every read shows all elements at one place: exact.
///
/// A session's own elements stay (read-your-writes), so do those it has seen (monotonic reads); an element comes with the
/// earlier ones of its session (monotonic writes) and with those that its session had seen before (writes follow reads).
struct CollectionSessions {
    /// A read that lacks elements that it should have.
    struct Finding {
        var key: Int32
        /// An element that is missing, and how many are.
        var missing: Int32
        var count: Int
        /// Rows: which added or saw the missing element, which added the element that brings it along (-1: the reader's own
        /// session does), and which lacks it.
        var source: Int32
        var effect: Int32
        var reader: Int32
    }

    struct Outcome {
        fileprivate(set) var findings: [Finding] = []
        fileprivate(set) var violations = 0
        fileprivate(set) var pairs = 0
        fileprivate(set) var isJudged: [Bool]
    }

    private(set) var readYourWrites: Outcome
    private(set) var monotonicReads: Outcome
    private(set) var monotonicWrites: Outcome
    private(set) var writesFollowReads: Outcome
    /// Why not everything was looked at.
    private(set) var trouble: String?

    private let table: AccessTable
    private let isSet: [Bool]
    private let shown: Int
    private var sessions: [SessionElements] = []
    /// By key: the sessions that touched it, as places in `sessions`.
    private var byKey: [[Int]]
    /// By element: the read that showed it last.
    private var mark: [Int32]
    private var steps = 0

    /// What one session did with one set.
    private struct SessionElements {
        var session: Int32
        /// Elements and rows, in program order. `added` holds what was acknowledged or seen, `seen` each element once.
        var added: [(element: Int32, row: Int32)] = []
        var seen: [(element: Int32, row: Int32)] = []
    }

    init(_ table: AccessTable, _ ranks: VersionRanks, _ options: CheckOptions) {
        self.table = table
        shown = options.shownAnomalies
        isSet = ranks.evidence.map { $0 == .elements }
        let nothing = Outcome(isJudged: Array(repeating: false, count: table.keys.count))
        readYourWrites = nothing
        monotonicReads = nothing
        monotonicWrites = nothing
        writesFollowReads = nothing
        byKey = Array(repeating: [], count: table.keys.count)
        mark = Array(repeating: -1, count: isSet.contains(true) ? table.elementCount : 0)
        guard isSet.contains(true) else { return }
        for session in 0..<table.sessionCount { checkSession(session) }
        let limit = options.limits.steps
        for access in table.kind.indices where table.kind[access] == .readAll && isSet[Int(table.key[access])] {
            if steps > limit { break }
            checkSources(access)
        }
        if steps > limit {
            trouble = "more than \(limit) steps: raise the step limit or check a shorter history"
        }
    }

    /// True if it is known who added it, and that a row can have seen that.
    private func isTraceable(_ element: Int32, _ row: Int) -> Bool {
        guard Int(element) < table.versionCount, !table.isRepeated[Int(element)] else { return false }
        return table.call[Int(table.writer[Int(element)])] <= table.ret[row]
    }

    // What a session promises itself.

    private mutating func checkSession(_ session: Int) {
        var places: [Int32: Int] = [:]
        var isKnown: Set<Int32> = []
        for row in table.rows(session) {
            for access in table.accesses(row) where isSet[Int(table.key[access])] {
                let key = table.key[access]
                let place = places[key] ?? sessions.count
                if place == sessions.count {
                    places[key] = place
                    sessions.append(SessionElements(session: Int32(session)))
                    byKey[Int(key)].append(place)
                }
                if table.kind[access] == .readAll {
                    checkOwn(access, row, place, &isKnown)
                } else {
                    sessions[place].added.append((table.version[access], Int32(row)))
                }
            }
        }
    }

    private mutating func checkOwn(_ access: Int, _ row: Int, _ place: Int, _ isKnown: inout Set<Int32>) {
        let key = table.key[access]
        for element in table.list(access) { mark[Int(element)] = Int32(access) }
        let own = sessions[place].added.filter { Int($0.row) != row && table.isOK(Int($0.row)) }
        if !own.isEmpty {
            Self.judge(&readYourWrites, missing(own, access), key: key, effect: -1, row, shown)
        }
        let seen = sessions[place].seen
        if !seen.isEmpty {
            Self.judge(&monotonicReads, missing(seen, access), key: key, effect: -1, row, shown)
        }
        for element in table.list(access) where isKnown.insert(element).inserted {
            sessions[place].seen.append((element, Int32(row)))
        }
    }

    private func missing(_ elements: [(element: Int32, row: Int32)], _ access: Int) -> [(
        element: Int32, row: Int32
    )] {
        elements.filter { mark[Int($0.element)] != Int32(access) }
    }

    private static func judge(
        _ outcome: inout Outcome, _ missing: [(element: Int32, row: Int32)], key: Int32, effect: Int32, _ row: Int,
        _ shown: Int
    ) {
        outcome.pairs += 1
        outcome.isJudged[Int(key)] = true
        guard let first = missing.first else { return }
        outcome.violations += 1
        guard outcome.findings.count < shown else { return }
        outcome.findings.append(
            Finding(
                key: key, missing: first.element, count: missing.count, source: first.row, effect: effect,
                reader: Int32(row)))
    }

    // What an element brings along.

    private mutating func checkSources(_ access: Int) {
        let key = table.key[access]
        let row = Int(table.first.partitioningIndex { Int($0) > access } - 1)
        var latest: [Int32: Int32] = [:]
        for element in table.list(access) {
            mark[Int(element)] = Int32(access)
            guard isTraceable(element, row) else { continue }
            let writer = table.writer[Int(element)]
            let owner = table.owner[Int(writer)]
            latest[owner] = max(latest[owner] ?? -1, writer)
        }
        steps += table.list(access).count
        for place in byKey[Int(key)] {
            guard let effect = latest[sessions[place].session] else { continue }
            let added = sessions[place].added.prefix { $0.row < effect }
            let seen = sessions[place].seen.prefix { $0.row < effect }
            steps += added.count + seen.count
            if !added.isEmpty {
                Self.judge(&monotonicWrites, missing(Array(added), access), key: key, effect: effect, row, shown)
            }
            if !seen.isEmpty {
                Self.judge(&writesFollowReads, missing(Array(seen), access), key: key, effect: effect, row, shown)
            }
        }
    }
}
