/// All versions of registers as a graph: which one must be newer than which by what atomic reads show, and what is certain of
/// the order of writes, from the older to the newer.
///
/// Reads that each call another version the newer one, or that call newer what is older by the evidence, make a circle.
struct SnapshotOrder {
    /// What ties two versions.
    private enum Tie {
        /// An atomic read, by its place.
        case step
        /// Monotonic writes.
        case session
        /// Whatever is promised; with the rows that tell it.
        case evidence([Int])
        /// Writes-follow-reads, by way of the read in this row.
        case read(row: Int)
    }

    /// So many circles are looked at: more there are only where transactions are torn in parts.
    private static let attemptLimit = 1000

    private var from: [Int32] = []
    private var to: [Int32] = []
    /// The last edges lead by way of reads: their rows.
    private var readers: [Int32] = []
    /// Where in the edges steps, sessions' orders, and the rest end.
    private var ends = (steps: 0, sessions: 0, evidence: 0)
    private var nodeCount: Int
    private let order: WriteOrder
    private let steps: [SnapshotSessions.Missed]
    private var table: AccessTable { order.table }

    init(_ steps: [SnapshotSessions.Missed], _ order: WriteOrder, _ writes: WritesByKey) {
        self.order = order
        self.steps = steps
        nodeCount = order.table.versionCount
        for step in steps { add(step.cause, step.shown) }
        ends.steps = from.count
        addSessions()
        ends.sessions = from.count
        addReplaced()
        addRanks(writes)
        if order.usesRealTime { addTimes() }
        ends.evidence = from.count
        addReads()
    }

    /// One violation for each knot of reads and writes: first by monotonic writes alone, then of the rest with
    /// writes-follow-reads.
    func violations() -> [SnapshotSessions.Violation] {
        var found: [SnapshotSessions.Violation] = []
        var isTold = [Bool](repeating: false, count: steps.count)
        var attempts = 0
        for edges in [ends.evidence, from.count] where isTold.contains(false) {
            let adjacency = Adjacency(nodes: nodeCount, from: Array(from[..<edges]), to: Array(to[..<edges]))
            let component = adjacency.components()
            var told: Set<Int32> = []
            for index in steps.indices where component[Int(from[index])] == component[Int(to[index])] {
                if isTold[index] { told.insert(component[Int(from[index])]) }
            }
            for index in steps.indices where component[Int(from[index])] == component[Int(to[index])] {
                defer { isTold[index] = true }
                guard !told.contains(component[Int(from[index])]), attempts < Self.attemptLimit else { continue }
                attempts += 1
                guard let circle = circle(index, adjacency) else { continue }
                told.insert(component[Int(from[index])])
                found.append(circle)
            }
        }
        return found
    }

    /// The shortest circle by way of a step, without other steps if there is one; `nil` if it takes no monotonic writes.
    private func circle(_ index: Int, _ adjacency: Adjacency) -> SnapshotSessions.Violation? {
        let (start, end) = (Int(to[index]), Int(from[index]))
        var path = adjacency.path(from: start, to: end) { $0 >= steps.count }
        if path.isEmpty { path = adjacency.path(from: start, to: end) }
        let ties = ([index] + path).map(tie)
        var needsReads = false
        var needsWrites = false
        var links: [Int] = []
        for (edge, tie) in zip([index] + path, ties) {
            switch tie {
            case .step:
                let step = steps[edge]
                needsWrites = needsWrites || table.writer[Int(step.cause)] != table.writer[Int(step.effect)]
            case .session: needsWrites = true
            case .evidence(let rows): links += rows
            case .read(let row):
                needsReads = true
                links.append(row)
            }
            // What lies between: nodes of times aside.
            if Int(from[edge]) < table.versionCount { links.append(Int(table.writer[Int(from[edge])])) }
        }
        guard needsWrites else { return nil }
        let circle = ([index] + path).filter { $0 < steps.count }.map { steps[$0] }
        let together: [Guarantee] = needsReads ? [.monotonicWrites, .writesFollowReads] : []
        guard circle.count == 1, var missed = circle.first else {
            return .circle(circle, links: links, together: together)
        }
        let known = Set([missed.cause, missed.effect, missed.shown].map { Int(table.writer[Int($0)]) })
        missed.links = Set(links).subtracting(known).sorted()
        missed.together = together
        return .missed(missed)
    }

    private func tie(_ edge: Int) -> Tie {
        if edge < ends.steps { return .step }
        if edge < ends.sessions { return .session }
        guard edge < ends.evidence else { return .read(row: Int(readers[edge - ends.evidence])) }
        guard Int(from[edge]) < table.versionCount, Int(to[edge]) < table.versionCount else { return .evidence([]) }
        return .evidence(order.ranks.tellers(from[edge], to[edge]))
    }

    // Edges.

    private mutating func add(_ first: Int32, _ second: Int32) {
        from.append(first)
        to.append(second)
    }

    private func written(_ row: Int) -> [Int32] {
        table.accesses(row).filter { table.kind[$0] == .write }.map { table.version[$0] }
    }

    /// Each session's order of writes.
    private mutating func addSessions() {
        var last: [Int32] = []
        for row in 0..<table.count {
            if row > 0, table.owner[row] != table.owner[row - 1] { last = [] }
            let written = written(row)
            guard !written.isEmpty else { continue }
            for first in last {
                for second in written { add(first, second) }
            }
            last = written
        }
    }

    /// What a cas, or a transaction that writes what it has read, replaces is older in any case.
    private mutating func addReplaced() {
        for row in 0..<table.count {
            for access in table.accesses(row) where table.kind[access] == .write {
                for read in reads(row) where table.key[read] == table.key[access] {
                    add(table.version[read], table.version[access])
                }
            }
        }
    }

    /// What a row reads of others' writes.
    private func reads(_ row: Int) -> [Int] {
        table.accesses(row).filter { read in
            table.kind[read] == .read && table.version[read] >= 0 && !table.isInitial(table.version[read])
                && !table.isInternal(read, row)
        }
    }

    /// The versions of each key that have ranks, in their order.
    private mutating func addRanks(_ writes: WritesByKey) {
        let rank = order.ranks.rank
        for key in 0..<table.keys.count where table.keys.kind[key] == .register && order.ranks.isRanked(key) {
            let versions = writes.range(key).map { writes.version($0) }
                .filter { rank[Int($0)] != VersionRanks.unknown }
                .sorted { (rank[Int($0)], $0) < (rank[Int($1)], $1) }
            for (first, second) in zip(versions, versions.dropFirst()) { add(first, second) }
        }
    }

    /// A node for each time at which a write began leads to that write and to the next such node; a write leads to the first
    /// that comes after its end.
    private mutating func addTimes() {
        let versions = (table.keys.count..<table.versionCount).filter {
            table.keys.kind[Int(table.versionKey[$0])] == .register
        }
        let calls = versions.map { table.call[Int(table.writer[$0])] }
        let places = versions.indices.sorted { (calls[$0], $0) < (calls[$1], $1) }
        for (index, place) in places.enumerated() {
            let time = Int32(table.versionCount + index)
            add(time, Int32(versions[place]))
            if index + 1 < places.count { add(time, time + 1) }
            let ret = table.ret[Int(table.writer[versions[place]])]
            let next = places.partitioningIndex { calls[$0] > ret }
            if next < places.count { add(Int32(versions[place]), Int32(table.versionCount + next)) }
        }
        nodeCount += places.count
    }

    /// From what a session has read to what it writes next.
    private mutating func addReads() {
        var seen: [(version: Int32, row: Int32)] = []
        for row in 0..<table.count {
            if row > 0, table.owner[row] != table.owner[row - 1] { seen = [] }
            seen += reads(row).map { (table.version[$0], Int32(row)) }
            let written = written(row)
            guard !written.isEmpty else { continue }
            for (version, reader) in seen {
                for second in written {
                    add(version, second)
                    readers.append(reader)
                }
            }
            seen = []
        }
    }
}
