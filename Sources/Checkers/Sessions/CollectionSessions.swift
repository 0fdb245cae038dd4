/// The session guarantees on sets and lists that only grow, whose every read shows all elements at one place: exact.
///
/// A session's own elements stay (read-your-writes), so do those it has seen (monotonic reads); an element comes with the
/// earlier ones of its session (monotonic writes) and with those that its session had seen before (writes follow reads). In a
/// list these stand before it, and what a session reads begins with what it had read before.
struct CollectionSessions {
    /// What is wrong with an element.
    enum Flaw {
        /// It is missing, and so many are.
        case missing(Int)
        /// It stood at the first of two places, counted from 1, and now stands at the second.
        case moved(Int, Int)
        /// It stands behind an element that came after it.
        case behind(Int32)
    }

    /// A read that lacks elements that it should have, or has them in another order.
    struct Finding {
        var key: Int32
        var element: Int32
        var flaw: Flaw
        /// Rows: which added or saw the element, which added the one that brings it along (-1: the reader's own session
        /// does), and which gives the violation away.
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
    /// By element: the read that showed it last, and where in its answer it stood first.
    private var mark: [Int32]
    private var place: [Int32]
    private var steps = 0

    /// What one session did with one set.
    private struct SessionElements {
        var session: Int32
        /// Elements and rows, in program order. `added` holds what was acknowledged or seen, `seen` each element once.
        var added: [Element] = []
        var seen: [Element] = []
        /// The last read, and how many elements of others it showed before the first that its transaction had put there.
        var read: (access: Int, row: Int32, count: Int)?
    }

    /// What was added or seen, and by which row.
    private struct Element {
        var element: Int32
        var row: Int32
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
        place = mark
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
                let number = places[key] ?? sessions.count
                if number == sessions.count {
                    places[key] = number
                    sessions.append(SessionElements(session: Int32(session)))
                    byKey[Int(key)].append(number)
                }
                if table.kind[access] == .readAll {
                    checkOwn(access, row, number, &isKnown)
                } else {
                    sessions[number].added.append(Element(element: table.version[access], row: Int32(row)))
                }
            }
        }
    }

    /// Notes what a read shows, and where.
    private mutating func show(_ access: Int) {
        for (number, element) in table.list(access).enumerated() where mark[Int(element)] != Int32(access) {
            mark[Int(element)] = Int32(access)
            place[Int(element)] = Int32(number)
        }
    }

    private func isList(_ access: Int) -> Bool { table.keys.kind[Int(table.key[access])] == .list }

    private mutating func checkOwn(_ access: Int, _ row: Int, _ session: Int, _ isKnown: inout Set<Int32>) {
        let key = table.key[access]
        show(access)
        let own = sessions[session].added.filter { Int($0.row) != row && table.isOK(Int($0.row)) }
        if !own.isEmpty {
            Self.judge(&readYourWrites, missing(own, access, key: key, effect: -1, row), key, shown)
        }
        let seen = sessions[session].seen
        if !seen.isEmpty {
            let finding =
                missing(seen, access, key: key, effect: -1, row) ?? moved(sessions[session].read, access, row)
            Self.judge(&monotonicReads, finding, key, shown)
        }
        // What a transaction appended itself it may have seen before anybody else's place was settled.
        let others = table.list(access).prefix { !isOwn($0, row) }
        sessions[session].read = (access, Int32(row), others.count)
        for element in others where isKnown.insert(element).inserted {
            sessions[session].seen.append(Element(element: element, row: Int32(row)))
        }
    }

    private func isOwn(_ element: Int32, _ row: Int) -> Bool {
        Int(element) < table.versionCount
            && table.accesses(row).contains {
                table.kind[$0] == .append && table.version[$0] == element
            }
    }

    /// The first of some elements that a read lacks.
    private func missing(
        _ elements: [Element], _ access: Int, key: Int32, effect: Int32, _ row: Int
    ) -> Finding? {
        let missing = elements.filter { mark[Int($0.element)] != Int32(access) }
        guard let first = missing.first else { return nil }
        return Finding(
            key: key, element: first.element, flaw: .missing(missing.count), source: first.row, effect: effect,
            reader: Int32(row))
    }

    /// The first element of a list that is no longer where the session's last read had it.
    private func moved(_ earlier: (access: Int, row: Int32, count: Int)?, _ access: Int, _ row: Int) -> Finding? {
        guard let earlier, isList(access) else { return nil }
        let list = Array(table.list(access))
        let known = table.list(earlier.access).prefix(earlier.count)
        for (number, element) in known.enumerated() where number >= list.count || list[number] != element {
            let now = number < list.count ? list[number...].firstIndex(of: element) : nil
            return Finding(
                key: table.key[access], element: element,
                flaw: now.map { .moved(number + 1, $0 + 1) } ?? .missing(1), source: earlier.row, effect: -1,
                reader: Int32(row))
        }
        return nil
    }

    private static func judge(_ outcome: inout Outcome, _ finding: Finding?, _ key: Int32, _ shown: Int) {
        outcome.pairs += 1
        outcome.isJudged[Int(key)] = true
        guard let finding else { return }
        outcome.violations += 1
        if outcome.findings.count < shown { outcome.findings.append(finding) }
    }

    // What an element brings along.

    private mutating func checkSources(_ access: Int) {
        let key = table.key[access]
        let row = Int(table.first.partitioningIndex { Int($0) > access } - 1)
        show(access)
        // By session: what it added, in its order; of a set only the last.
        var effects: [Int32: [Element]] = [:]
        for element in table.list(access) where isTraceable(element, row) {
            let writer = table.writer[Int(element)]
            effects[table.owner[Int(writer)], default: []].append(Element(element: element, row: writer))
        }
        steps += table.list(access).count
        for number in byKey[Int(key)] {
            guard let effects = effects[sessions[number].session]?.sorted(by: { $0.row < $1.row }),
                let last = effects.last
            else { continue }
            let added = sessions[number].added.prefix { $0.row < last.row }
            let seen = sessions[number].seen.prefix { $0.row <= last.row }
            steps += added.count + seen.count
            if !added.isEmpty {
                let finding =
                    missing(Array(added), access, key: key, effect: last.row, row)
                    ?? behind(added, effects, access, row) { $0 < $1 }
                Self.judge(&monotonicWrites, finding, key, shown)
            }
            if !seen.isEmpty {
                let finding =
                    missing(Array(seen), access, key: key, effect: last.row, row)
                    ?? behind(seen, effects, access, row) { $0 <= $1 }
                Self.judge(&writesFollowReads, finding, key, shown)
            }
        }
    }

    /// The first element of a session in a list that stands before one of its causes, which all are in the list.
    private func behind(
        _ causes: ArraySlice<Element>, _ effects: [Element], _ access: Int, _ row: Int,
        isCause: (Int32, Int32) -> Bool
    ) -> Finding? {
        guard isList(access) else { return nil }
        var next = causes.startIndex
        var furthest: Element?
        for effect in effects {
            while next < causes.endIndex, isCause(causes[next].row, effect.row) {
                let cause = causes[next]
                if furthest.map({ place[Int($0.element)] < place[Int(cause.element)] }) ?? true { furthest = cause }
                next += 1
            }
            guard let furthest, place[Int(furthest.element)] > place[Int(effect.element)] else { continue }
            return Finding(
                key: table.key[access], element: furthest.element, flaw: .behind(effect.element),
                source: furthest.row, effect: effect.row, reader: Int32(row))
        }
        return nil
    }
}
