/// Which writes each write of a register comes after, by what the history itself proves: the order within sessions, and that
/// a write comes before everything that its readers do afterwards. Times are no evidence. With all in scope, what is put into
/// sets and lists counts as writes, too, and whoever reads an element as its reader.
///
/// Vector clocks (Mattern 1989; per session as in AWDIT, PLDI 2025), one entry for each session that writes. An entry is the
/// row of the last write of that session that is known, -1 for none.
struct CausalClocks {
    let table: AccessTable
    /// By session: its entry, -1 if it writes nothing.
    private var entry: [Int32]
    private var width = 0
    /// By row that writes: the clock that says what came before it from other sessions; -1 for other rows.
    private var stamp: [Int32]
    /// Clocks that do not change any more, one after the other.
    private var arena: [Int32] = []
    /// By session: what it knows, while it goes on; and whether the last clock in the arena says so too.
    private var known: [[Int32]]
    private var last: [Int32]
    private let circular: Set<Int>
    private let scope: CausalScope
    private let limit: Int

    /// No row has been entered yet.
    init(_ table: AccessTable, _ order: CausalOrder, limit: Int) {
        self.table = table
        self.limit = limit
        circular = order.circular
        scope = order.scope
        entry = Array(repeating: -1, count: table.sessionCount)
        stamp = Array(repeating: -1, count: table.count)
        for version in table.keys.count..<table.versionCount {
            let row = Int(table.writer[version])
            guard scope == .all || table.keys.kind[Int(table.versionKey[version])] == .register else { continue }
            guard entry[Int(table.owner[row])] < 0 else { continue }
            entry[Int(table.owner[row])] = Int32(width)
            width += 1
        }
        known = Array(repeating: [], count: table.sessionCount)
        last = Array(repeating: -1, count: table.sessionCount)
    }

    /// All rows entered. Throws when it needs more memory than the limits allow.
    init(_ table: AccessTable, _ order: CausalOrder, _ limits: CheckLimits) throws(LimitReached) {
        self.init(table, order, limit: limits.bytes)
        for row in order.rows { try enter(Int(row)) }
    }

    /// Takes the next row in causal order: its session learns what it reads, and what it writes is stamped.
    mutating func enter(_ row: Int) throws(LimitReached) {
        let session = Int(table.owner[row])
        for access in table.accesses(row) where scope == .all && table.kind[access] == .readAll {
            for place in table.places(access) where !circular.contains(table.key.count + place) {
                guard let writer = table.source(place, row), Int(table.owner[writer]) != session else { continue }
                learn(session, writer)
            }
        }
        for access in table.accesses(row) where table.kind[access] == .read {
            let version = table.version[access]
            guard version >= 0, !table.isInitial(version), !circular.contains(access) else { continue }
            let writer = Int(table.writer[Int(version)])
            if Int(table.owner[writer]) != session { learn(session, writer) }
        }
        guard entry[session] >= 0, writes(row) else { return }
        if last[session] < 0 { try remember(session) }
        stamp[row] = last[session]
    }

    private func writes(_ row: Int) -> Bool {
        table.accesses(row).contains {
            table.kind[$0] == .write || scope == .all && [.add, .append].contains(table.kind[$0])
        }
    }

    private mutating func learn(_ session: Int, _ writer: Int) {
        if known[session].isEmpty { known[session] = Array(repeating: -1, count: width) }
        let own = Int(entry[Int(table.owner[writer])])
        guard known[session][own] < Int32(writer) else { return }
        let first = Int(stamp[writer]) * width
        for place in 0..<width where known[session][place] < arena[first + place] {
            known[session][place] = arena[first + place]
        }
        known[session][own] = Int32(writer)
        last[session] = -1
    }

    private mutating func remember(_ session: Int) throws(LimitReached) {
        guard 4 * (arena.count + width) <= limit else {
            throw LimitReached(
                reason: "the order of writes over \(width) writing sessions needs more than "
                    + "\(limit >> 20) MiB: raise the memory limit or check a shorter history")
        }
        last[session] = Int32(arena.count / max(width, 1))
        if known[session].isEmpty {
            arena.append(contentsOf: repeatElement(-1, count: width))
        } else {
            arena.append(contentsOf: known[session])
        }
    }

    /// How far into a session the causes of a row that writes reach: the row of the last write of it that comes before, at
    /// most; below the session's rows if none does.
    func reach(_ row: Int, session: Int) -> Int {
        if Int(table.owner[row]) == session { return row - 1 }
        guard entry[session] >= 0, stamp[row] >= 0 else { return -1 }
        return Int(arena[Int(stamp[row]) * width + Int(entry[session])])
    }

    /// True if the history proves that what the first row wrote came before what the second wrote.
    func precedes(_ first: Int, _ second: Int) -> Bool {
        first != second && reach(second, session: Int(table.owner[first])) >= first
    }

    /// How far into a session that reaches which a row knows that has just been entered; its own writes are not among it.
    func known(_ row: Int, session: Int) -> Int {
        let owner = Int(table.owner[row])
        if owner == session { return row - 1 }
        guard entry[session] >= 0, !known[owner].isEmpty else { return -1 }
        return Int(known[owner][Int(entry[session])])
    }

    /// All that came before some writes, those included: how far into each writing session they reach.
    struct Reach {
        fileprivate var clock: [Int32] = []

        init() {}
    }

    /// Adds a row that writes, and its causes.
    func extend(_ reach: inout Reach, with row: Int) {
        let own = Int(entry[Int(table.owner[row])])
        guard own >= 0, stamp[row] >= 0 else { return }
        if reach.clock.isEmpty { reach.clock = Array(repeating: -1, count: width) }
        let first = Int(stamp[row]) * width
        for place in 0..<width where reach.clock[place] < arena[first + place] {
            reach.clock[place] = arena[first + place]
        }
        reach.clock[own] = max(reach.clock[own], Int32(row))
    }

    /// How far into a session it reaches: a row, -1 for not at all.
    func row(_ reach: Reach, session: Int) -> Int {
        guard entry[session] >= 0, !reach.clock.isEmpty else { return -1 }
        return Int(reach.clock[Int(entry[session])])
    }
}
