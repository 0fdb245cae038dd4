/// Whether one session, the observer, could have seen the writes of all sessions in one order: it contains each session's
/// order of writes and what the observer did, and explains what the observer read.
///
/// Whatever comes before a read and wrote its key comes before the write that it shows. This is added until nothing changes;
/// a circle, or the initial value of a key of which a write comes before, is a violation. If there is none an order exists:
/// behind what comes before the first read comes that read, then what else comes before the second one, and so on; the
/// write that a read shows is the last of its key by then (compare the hb relation of causal memory in Bouajjani and
/// others, POPL 2017). So it is exact for unique values, in O(n k) for n operations and k sessions where nothing is to be
/// added to what sessions did.
struct ObserverOrder {
    /// A read that no order explains.
    struct Violation {
        var row: Int
        var access: Int
    }

    /// How far into each writing session something reaches: the row of the last write, -1 for none.
    private typealias Clock = [Int32]

    /// What comes before a write of a session and all later ones.
    private struct Bound {
        var row: Int32
        var clock: Clock
    }

    private let sessions: WritingSessions
    private let observer: Int
    /// By writing session, in the order of rows.
    private var bounds: [[Bound]]
    private var isChanged = true
    private(set) var violation: Violation?
    /// Reads and writes compared.
    private(set) var steps = 0
    /// Of reads that something is known of before: their number.
    private(set) var reads = 0
    /// Rows of writes that came before a read of their key and are not what it shows.
    private(set) var replaced: Set<Int> = []
    private var table: AccessTable { sessions.table }

    /// Looks at the rows of a session that are wanted, until the first violation or the limit of steps.
    init(_ sessions: WritingSessions, _ observer: Int, limit: Int, where isWanted: (Int) -> Bool = { _ in true }) {
        self.sessions = sessions
        self.observer = observer
        bounds = Array(repeating: [], count: sessions.count)
        let rows = sessions.table.rows(observer).filter(isWanted)
        while isChanged, violation == nil, steps <= limit {
            isChanged = false
            reads = 0
            pass(rows)
        }
    }

    private mutating func pass(_ rows: [Int]) {
        var known = Clock(repeating: -1, count: sessions.count)
        for row in rows where violation == nil {
            if table.isOK(row) {
                let shown = sessions.reads(row)
                for access in shown where !table.isInitial(table.version[access]) {
                    learn(&known, Int(table.writer[Int(table.version[access])]))
                }
                for access in shown { judge(access, row, known) }
            }
            guard let entry = sessions.entry(observer),
                table.accesses(row).contains(where: { table.kind[$0] == .write })
            else { continue }
            takeOver(&known, entry, row)
            raise(entry, Int32(row), known)
            known[entry] = Int32(row)
        }
    }

    /// What comes before a write of the observer comes before all that it did afterwards; not before what a cas read, for other
    /// writes may come between that and what it wrote.
    private func takeOver(_ known: inout Clock, _ entry: Int, _ row: Int) {
        guard let bound = bound(entry, Int32(row)) else { return }
        for place in known.indices where place != entry {
            known[place] = max(known[place], bounds[entry][bound].clock[place])
        }
    }

    /// What a row reads brings all along that comes before it.
    private func learn(_ known: inout Clock, _ writer: Int) {
        guard let entry = sessions.entry(Int(table.owner[writer])) else { return }
        join(&known, entry, writer)
    }

    private func join(_ clock: inout Clock, _ entry: Int, _ row: Int) {
        clock[entry] = max(clock[entry], Int32(row))
        guard let bound = bound(entry, Int32(row)) else { return }
        for place in clock.indices { clock[place] = max(clock[place], bounds[entry][bound].clock[place]) }
    }

    /// The place of the last bound of a session that holds for a row.
    private func bound(_ entry: Int, _ row: Int32) -> Int? {
        let place = bounds[entry].partitioningIndex { $0.row > row }
        return place > 0 ? place - 1 : nil
    }

    /// Puts what came before a read and wrote its key before the write that it shows.
    private mutating func judge(_ access: Int, _ row: Int, _ known: Clock) {
        let version = table.version[access]
        var isComparable = false
        for group in sessions.groups[Int(table.key[access])] {
            steps += 1
            guard known[group.entry] >= 0,
                let last = sessions.writes.last(group.places, upTo: Int(known[group.entry]))
            else { continue }
            isComparable = true
            let earlier = sessions.writes.row(last)
            guard violation == nil, sessions.writes.version(last) != version else { continue }
            replaced.insert(earlier)
            if table.isInitial(version) {
                violation = Violation(row: row, access: access)
                return
            }
            put(earlier, group.entry, before: Int(table.writer[Int(version)]))
            if isCircular(Int(table.writer[Int(version)])) { violation = Violation(row: row, access: access) }
        }
        reads += isComparable ? 1 : 0
    }

    private mutating func put(_ earlier: Int, _ from: Int, before writer: Int) {
        guard writer != earlier, let entry = sessions.entry(Int(table.owner[writer])) else { return }
        var clock = Clock(repeating: -1, count: sessions.count)
        join(&clock, from, earlier)
        raise(entry, Int32(writer), clock)
    }

    /// True if a write comes before itself.
    private func isCircular(_ writer: Int) -> Bool {
        guard let entry = sessions.entry(Int(table.owner[writer])), let bound = bound(entry, Int32(writer)) else {
            return false
        }
        return bounds[entry][bound].clock[entry] >= Int32(writer)
    }

    /// Notes what comes before a write, and so before all later ones of its session.
    private mutating func raise(_ entry: Int, _ row: Int32, _ clock: Clock) {
        var place = bounds[entry].partitioningIndex { $0.row >= row }
        if place == bounds[entry].count || bounds[entry][place].row != row {
            let before = place > 0 ? bounds[entry][place - 1].clock : Clock(repeating: -1, count: sessions.count)
            guard clock.indices.contains(where: { clock[$0] > before[$0] }) else { return }
            bounds[entry].insert(Bound(row: row, clock: before), at: place)
        }
        while place < bounds[entry].count {
            var isRaised = false
            for index in clock.indices where bounds[entry][place].clock[index] < clock[index] {
                bounds[entry][place].clock[index] = clock[index]
                isRaised = true
            }
            guard isRaised else { return }
            isChanged = true
            place += 1
        }
    }
}

/// What the writes of registers are to every observer.
struct WritingSessions {
    /// The writes of one session to one key.
    struct Group {
        var entry: Int
        var places: Range<Int>
    }

    let table: AccessTable
    let writes: WritesByKey
    /// By key.
    let groups: [[Group]]
    /// How many sessions write.
    let count: Int
    /// By session: its number among those that write, -1 for none.
    private let entries: [Int32]

    init(_ table: AccessTable) {
        self.table = table
        let writes = WritesByKey(table)
        self.writes = writes
        var entries = [Int32](repeating: -1, count: table.sessionCount)
        var count = 0
        for row in 0..<table.count where entries[Int(table.owner[row])] < 0 {
            guard table.accesses(row).contains(where: { table.kind[$0] == .write }) else { continue }
            entries[Int(table.owner[row])] = Int32(count)
            count += 1
        }
        self.entries = entries
        self.count = count
        groups = (0..<table.keys.count).map { key in
            guard table.keys.kind[key] == .register else { return [] }
            return writes.groups(key).map { places in
                Group(entry: Int(entries[Int(table.owner[writes.row(places.lowerBound)])]), places: places)
            }
        }
    }

    func entry(_ session: Int) -> Int? { entries[session] < 0 ? nil : Int(entries[session]) }

    /// What a row shows of registers, where it is known who wrote it; what it wrote itself aside.
    func reads(_ row: Int) -> [Int] {
        table.accesses(row).filter {
            table.kind[$0] == .read && table.version[$0] >= 0 && !table.isInternal($0, row)
        }
    }
}
