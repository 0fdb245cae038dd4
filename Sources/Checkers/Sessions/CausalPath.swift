/// How the history proves that one write came before another: the fewest operations that lead from one to the other.
struct CausalPath {
    /// The rows between the two, in their order.
    fileprivate(set) var rows: [Int] = []
    /// True if it takes that a session's writes are ordered as it made them.
    fileprivate(set) var needsMonotonicWrites = false
    /// True if it takes that a write comes after what its session had read.
    fileprivate(set) var needsWritesFollowReads = false

    /// Of operations that prove it whatever is promised.
    init(_ rows: [Int] = []) { self.rows = rows }

    /// The guarantees that it takes.
    var guarantees: [Guarantee] {
        (needsMonotonicWrites ? [.monotonicWrites] : []) + (needsWritesFollowReads ? [.writesFollowReads] : [])
    }
}

/// Looks for paths, as few guarantees as possible first.
struct CausalPathSearch {
    private let table: AccessTable
    private let scope: CausalScope
    private let limit: Int

    /// `limit` is how many rows a search may look at.
    init(_ table: AccessTable, _ scope: CausalScope = .registers, limit: Int) {
        self.table = table
        self.scope = scope
        self.limit = limit
    }

    /// The path from one row that writes to another; `nil` if there is none within the limit. Of monotonic writes and
    /// writes-follow-reads, the first that does alone.
    func path(from start: Int, to end: Int, readsFirst: Bool = false) -> CausalPath? {
        for (writes, reads) in [(!readsFirst, readsFirst), (readsFirst, !readsFirst), (true, true)] {
            var search = Search(table, scope, usesWrites: writes, usesReads: reads, limit: limit)
            if let path = search.run(from: { $0 == start }, to: end) { return path }
        }
        return nil
    }

    /// The nearest row that writes and satisfies a condition, and from which only reads lead to `end`.
    func source(of end: Int, where condition: (Int) -> Bool) -> (row: Int, path: CausalPath)? {
        var search = Search(table, scope, usesWrites: false, usesReads: true, limit: limit)
        guard let path = search.run(from: condition, to: end), let start = search.start else { return nil }
        return (start, path)
    }

    /// One search backwards, nearest rows first.
    private struct Search {
        private let table: AccessTable
        private let scope: CausalScope
        private let usesWrites: Bool
        private let usesReads: Bool
        private var left: Int
        /// By row that writes: its distance, the row to which it leads, and by way of which read, -1 for none.
        private var next: [Int: (distance: Int, row: Int, read: Int)] = [:]
        private var distance = 0
        /// By session: up to where its rows have been looked at.
        private var scanned: [Int32: Int] = [:]
        private(set) var start: Int?

        init(_ table: AccessTable, _ scope: CausalScope, usesWrites: Bool, usesReads: Bool, limit: Int) {
            self.table = table
            self.scope = scope
            self.usesWrites = usesWrites
            self.usesReads = usesReads
            left = limit
        }

        mutating func run(from isStart: (Int) -> Bool, to end: Int) -> CausalPath? {
            // Rows at distance d, d + 1 and d + 2: a step by way of a read takes two operations.
            var levels: [[Int]] = [[end], [], []]
            next[end] = (0, -1, -1)
            while levels.contains(where: { !$0.isEmpty }), left > 0 {
                for row in levels.removeFirst() where next[row]?.distance == distance {
                    if row != end, isStart(row) {
                        start = row
                        return path(from: row)
                    }
                    expand(row, &levels)
                }
                levels.append([])
                distance += 1
            }
            return nil
        }

        private mutating func expand(_ row: Int, _ levels: inout [[Int]]) {
            // A cas comes after what it replaces, whatever is promised; what else a txn reads, its writes follow.
            for writer in replaced(row) { reach(writer, row, -1, &levels[0]) }
            if usesReads { for writer in writers(row) { reach(writer, row, row, &levels[0]) } }
            let owner = table.owner[row]
            let known = scanned[owner] ?? table.rows(Int(owner)).lowerBound
            guard row > known else { return }
            scanned[owner] = row
            for earlier in (known..<row).reversed() where left > 0 {
                left -= 1
                if usesWrites, writes(earlier) { reach(earlier, row, -1, &levels[0]) }
                guard usesReads, table.isOK(earlier) else { continue }
                for writer in writers(earlier) { reach(writer, row, earlier, &levels[1]) }
            }
        }

        private mutating func reach(_ row: Int, _ target: Int, _ read: Int, _ level: inout [Int]) {
            let steps = distance + (read < 0 || read == target ? 1 : 2)
            guard steps < next[row]?.distance ?? .max else { return }
            next[row] = (steps, target, read)
            level.append(row)
        }

        private func writes(_ row: Int) -> Bool {
            table.accesses(row).contains {
                table.kind[$0] == .write || scope == .all && [.add, .append].contains(table.kind[$0])
            }
        }

        /// The writers of what a row reads.
        private func writers(_ row: Int) -> [Int] {
            let ofRegisters = writers(row) { _ in true }
            guard scope == .all else { return ofRegisters }
            let lists = table.accesses(row).filter { table.kind[$0] == .readAll }
            return ofRegisters
                + lists.flatMap { table.places($0).compactMap { table.source($0, row) } }.filter { $0 != row }
        }

        /// The writers of what a row reads of a key that it writes too.
        private func replaced(_ row: Int) -> [Int] {
            writers(row) { access in
                table.accesses(row).contains { table.kind[$0] == .write && table.key[$0] == table.key[access] }
            }
        }

        private func writers(_ row: Int, _ isWanted: (Int) -> Bool) -> [Int] {
            table.accesses(row).compactMap { access in
                let version = table.version[access]
                guard table.kind[access] == .read, version >= 0, !table.isInitial(version), isWanted(access) else {
                    return nil
                }
                let writer = Int(table.writer[Int(version)])
                return writer == row ? nil : writer
            }
        }

        private func path(from start: Int) -> CausalPath {
            var path = CausalPath()
            var row = start
            while let step = next[row], step.row >= 0 {
                if step.read >= 0 {
                    path.needsWritesFollowReads = true
                    if step.read != step.row { path.rows.append(step.read) }
                } else if !replaced(step.row).contains(row) {
                    path.needsMonotonicWrites = true
                }
                row = step.row
                if let after = next[row], after.row >= 0 { path.rows.append(row) }
            }
            return path
        }
    }
}
