/// What the weak levels ask of the order of commits.
///
/// One order of all transactions that extends sessions and reads-from explains the history if for each read of `x` from
/// T1 by T3 every other writer of `x` that T3 *sees* comes before T1. The levels differ in what a transaction sees
/// (Biswas and Enea, OOPSLA 2019). The edges that follow are as few as in AWDIT (Møldrup and Pavlogiannis, PLDI 2025):
/// for each session only its last writer that is seen, and none that sessions and reads-from already imply. The history
/// keeps the level exactly if there is no cycle.
struct CommitOrder {
    enum Level {
        /// What it read from before, in its own program order.
        case readCommitted
        /// What it read from, at any place in it: what is left of read atomic where sessions count for nothing.
        case direct
        /// What it read from, and what came before it in its session.
        case readAtomic
        /// All that led to it over sessions and reads-from.
        case causal
    }

    /// A writer that commits before another one, because of a read; `to` is -1 for the initial state: a contradiction.
    struct Edge {
        var from: Int32
        var to: Int32
        var key: Int32
        /// Who read from `to` though it sees `from`.
        var reader: Int32
    }

    let reads: ReadsFrom
    let writers: KeyWriters
    /// Sessions and reads-from alone.
    let base: DependencyGraph
    /// Transactions in an order of `base`; fewer than are included if it has a cycle.
    private(set) var order: [Int32] = []
    /// By transaction: its place in its session, from 1.
    private(set) var sequence: [Int32]
    /// Included transactions by session, each in program order.
    private(set) var sessions: [[Int32]]

    init(_ reads: ReadsFrom, _ writers: KeyWriters) {
        self.reads = reads
        self.writers = writers
        let table = reads.table
        var edges = EdgeList()
        edges.reserveCapacity(table.count + reads.readings.count)
        sequence = [Int32](repeating: 0, count: table.count)
        sessions = [[Int32]](repeating: [], count: table.sessionCount)
        for transaction in 0..<table.count where reads.isIncluded[transaction] {
            let session = Int(table.session[transaction])
            if let last = sessions[session].last { edges.add(Int(last), transaction, .session) }
            sessions[session].append(Int32(transaction))
            sequence[transaction] = Int32(sessions[session].count)
        }
        for reading in reads.readings where reading.writer >= 0 {
            edges.add(
                Int(reading.writer), Int(table.owner[Int(reading.micro)]), .wr, key: Int(reading.key))
        }
        base = DependencyGraph(edges, transactionCount: table.count, nodeCount: table.count)
        order = Self.order(base, reads.isIncluded)
    }

    /// Whether sessions and reads-from contradict one another: then no level is kept.
    var isCyclic: Bool { order.count < sessions.reduce(0) { $0 + $1.count } }

    /// The edges that a level adds to `base`.
    func edges(_ level: Level) -> [Edge] {
        switch level {
        case .readCommitted: DirectSight(self, isAtomic: false, looksBack: false).edges
        case .direct: DirectSight(self, isAtomic: true, looksBack: false).edges
        case .readAtomic: DirectSight(self, isAtomic: true, looksBack: true).edges
        case .causal: CausalSight(self).edges
        }
    }

    private static func order(_ graph: DependencyGraph, _ isIncluded: [Bool]) -> [Int32] {
        var missing = [Int32](repeating: 0, count: graph.nodeCount)
        for target in graph.target { missing[Int(target)] += 1 }
        var order: [Int32] = []
        order.reserveCapacity(graph.nodeCount)
        for node in 0..<graph.nodeCount where missing[node] == 0 && isIncluded[node] { order.append(Int32(node)) }
        var next = 0
        while next < order.count {
            for edge in graph.edges(Int(order[next])) {
                let target = Int(graph.target[edge])
                missing[target] -= 1
                if missing[target] == 0 { order.append(Int32(target)) }
            }
            next += 1
        }
        return order
    }
}
