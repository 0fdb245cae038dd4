/// Causal consistency: a transaction sees all that led to it over sessions and reads-from.
///
/// One vector clock for each transaction (Mattern 1989), with an entry for each session; clocks that nobody needs any
/// more are used again, so that memory follows the transactions that are still read from. O(n k) for k sessions.
struct CausalSight {
    private let commits: CommitOrder
    private let reads: ReadsFrom
    private let width: Int
    private let groups: SessionWriters
    private(set) var edges: [CommitOrder.Edge] = []
    /// Rows of `width` entries: how far into each session a transaction sees, itself included.
    private var clocks: [Int32] = []
    private var row: [Int32]
    private var free: [Int32] = []
    /// By transaction: how many of its successors have yet to look at its clock.
    private var wanted: [Int32]
    private var sight: [Int32]
    private var previous: [Int32]

    init(_ commits: CommitOrder) {
        self.commits = commits
        reads = commits.reads
        width = commits.sessions.count
        groups = SessionWriters(commits)
        row = [Int32](repeating: -1, count: commits.reads.table.count)
        wanted = row.indices.map { Int32(commits.base.edges($0).count) }
        sight = [Int32](repeating: 0, count: width)
        previous = [Int32](repeating: -1, count: width)
        for transaction in commits.order { visit(Int(transaction)) }
    }

    private mutating func visit(_ transaction: Int) {
        let session = Int(reads.table.session[transaction])
        for entry in sight.indices { sight[entry] = 0 }
        if previous[session] >= 0 { merge(Int(previous[session])) }
        let readings = reads.readings(transaction)
        for reading in readings where reading.writer >= 0 { merge(Int(reading.writer)) }
        for reading in readings { compare(reading, transaction) }
        if previous[session] >= 0 { release(Int(previous[session])) }
        for reading in readings where reading.writer >= 0 { release(Int(reading.writer)) }
        previous[session] = Int32(transaction)
        sight[session] = commits.sequence[transaction]
        if wanted[transaction] > 0 { keep(transaction) }
    }

    private mutating func merge(_ other: Int) {
        let start = Int(row[other]) * width
        for entry in 0..<width { sight[entry] = max(sight[entry], clocks[start + entry]) }
    }

    private mutating func release(_ transaction: Int) {
        wanted[transaction] -= 1
        if wanted[transaction] == 0 { free.append(row[transaction]) }
    }

    private mutating func keep(_ transaction: Int) {
        if let reused = free.popLast() {
            row[transaction] = reused
            let start = Int(reused) * width
            for entry in 0..<width { clocks[start + entry] = sight[entry] }
        } else {
            row[transaction] = Int32(clocks.count / max(1, width))
            clocks += sight
        }
    }

    /// Every writer of the key that is seen commits before the one that was read from.
    private mutating func compare(_ reading: ReadsFrom.Reading, _ reader: Int) {
        let own = reading.writer < 0 ? -1 : Int(row[Int(reading.writer)]) * width
        for group in groups.groups(Int(reading.key)) {
            let session = Int(groups.session[group])
            // What the one that was read from has seen itself needs no further edge.
            guard sight[session] > (own < 0 ? 0 : clocks[own + session]),
                let writer = groups.last(group, upTo: sight[session], commits.sequence),
                writer != reading.writer,
                own < 0 || commits.sequence[Int(writer)] > clocks[own + session]
            else { continue }
            edges.append(
                CommitOrder.Edge(from: writer, to: reading.writer, key: reading.key, reader: Int32(reader)))
        }
    }
}

/// The writers of each key, session by session in program order.
struct SessionWriters {
    /// Groups of key `k`: `firstGroup[k]..<firstGroup[k + 1]`.
    private var firstGroup: [Int32]
    /// By group: its session.
    private(set) var session: [Int32] = []
    private var firstWriter: [Int32] = []
    private var writer: [Int32]

    init(_ commits: CommitOrder) {
        let (table, writers) = (commits.reads.table, commits.writers)
        var next = writers.firstWriter
        writer = [Int32](repeating: 0, count: writers.writer.count)
        for transaction in commits.sessions.joined() {
            for entry in writers.entries(Int(transaction)) {
                let key = Int(writers.writtenKey[entry])
                writer[Int(next[key])] = transaction
                next[key] += 1
            }
        }
        firstGroup = [0]
        for key in 0..<table.keyCount {
            for position in writers.positions(key) {
                let owner = table.session[Int(writer[position])]
                if session.count == Int(firstGroup[key]) || session.last != owner {
                    session.append(owner)
                    firstWriter.append(Int32(position))
                }
            }
            firstGroup.append(Int32(session.count))
        }
        firstWriter.append(Int32(writer.count))
    }

    func groups(_ key: Int) -> Range<Int> { Int(firstGroup[key])..<Int(firstGroup[key + 1]) }

    /// The last writer of a group whose place in its session is not above `limit`.
    func last(_ group: Int, upTo limit: Int32, _ sequence: [Int32]) -> Int32? {
        let first = Int(firstWriter[group])
        var (low, high) = (first, Int(firstWriter[group + 1]))
        while low < high {
            let middle = (low + high) / 2
            if sequence[Int(writer[middle])] <= limit { low = middle + 1 } else { high = middle }
        }
        return low > first ? writer[low - 1] : nil
    }
}
