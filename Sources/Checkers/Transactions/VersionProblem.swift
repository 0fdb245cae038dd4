/// What is left to decide where reads do not tell in which order the versions of some keys were installed: whether there
/// is an order of them that leaves no cycle.
///
/// The nodes are those of a graph of dependencies, or snapshots and commits (`SplitGraph`).
struct VersionProblem {
    /// Which nodes the order of two versions joins.
    enum Rule {
        /// Transactions.
        case serial
        /// The commit of the first, the snapshot of the second.
        case snapshots
        /// Commits.
        case prefix
    }

    /// A key whose versions have no known order.
    struct OpenKey {
        var key: Int
        /// By loose segment: its first and its last transaction, and who read the last one's version.
        var first: [Int32] = []
        var last: [Int32] = []
        var readers: [[Int32]] = []
        /// All writers, and by writer all transactions that read its version.
        var writers: [Int32] = []
        var readersOf: [[Int32]] = []
        /// The transactions that read the initial state.
        var initialReaders: [Int32] = []
    }

    let rule: Rule
    let transactionCount: Int
    /// All that is known, for the edges that the level counts.
    let graph: DependencyGraph
    let keys: [OpenKey]

    /// `known`: the graph of all transactions, with the edges that the level counts.
    init(_ known: DependencyGraph, _ keys: [OpenKey], _ rule: Rule) {
        self.rule = rule
        self.keys = keys
        transactionCount = known.transactionCount
        graph =
            switch rule {
            case .serial: known
            case .snapshots: SplitGraph.make(known, .all, .snapshotIsolation, onlyCyclic: false)
            case .prefix: SplitGraph.make(known, .all, .prefix, onlyCyclic: false)
            }
    }

    private init(_ graph: DependencyGraph, of problem: VersionProblem) {
        rule = problem.rule
        transactionCount = problem.transactionCount
        keys = problem.keys
        self.graph = graph
    }

    /// The same problem with more known.
    func adding(_ edges: [(from: Int, to: Int)]) -> VersionProblem {
        var list = EdgeList()
        for edge in edges { list.add(edge.from, edge.to, .commit) }
        return VersionProblem(graph.adding(list), of: self)
    }

    /// Where a transaction reads.
    func readNode(_ transaction: Int32) -> Int {
        rule == .serial ? Int(transaction) : SplitGraph.snapshot(Int(transaction))
    }

    /// Where a transaction installs its versions.
    func writeNode(_ transaction: Int32) -> Int {
        rule == .serial ? Int(transaction) : SplitGraph.commit(Int(transaction))
    }

    /// Where the writer of a version has to find the one before it installed.
    func replaceNode(_ transaction: Int32) -> Int {
        switch rule {
        case .serial: Int(transaction)
        case .snapshots: SplitGraph.snapshot(Int(transaction))
        case .prefix: SplitGraph.commit(Int(transaction))
        }
    }

    /// The edges that follow if one segment of a key comes before another one.
    func edges(_ key: OpenKey, _ first: Int, before second: Int) -> [(from: Int, to: Int)] {
        let next = key.first[second]
        var edges = [(from: writeNode(key.last[first]), to: replaceNode(next))]
        for reader in key.readers[first] where reader != next {
            edges.append((from: readNode(reader), to: writeNode(next)))
        }
        return edges
    }

    /// The transaction that a node belongs to, `nil` for nodes that only bundle edges.
    func transaction(_ node: Int) -> Int? {
        let transaction = rule == .serial ? node : node / 2
        return transaction < transactionCount ? transaction : nil
    }
}

extension VersionOrders {
    /// The keys of which `isOpen` says that their order matters and is not known.
    func openKeys(_ isOpen: (Key) -> Bool) -> [VersionProblem.OpenKey] {
        var positions: [Int: Int] = [:]
        var open: [VersionProblem.OpenKey] = []
        for (number, key) in keys.enumerated() where isOpen(key) {
            positions[number] = open.count
            var entry = VersionProblem.OpenKey(key: number)
            entry.writers = key.members
            entry.readersOf = [[Int32]](repeating: [], count: key.members.count)
            open.append(entry)
        }
        guard !open.isEmpty else { return [] }
        for reading in reads.readings {
            guard let position = positions[Int(reading.key)], let place = place(reading) else { continue }
            let reader = reads.table.owner[Int(reading.micro)]
            if place < 0 {
                if open[position].initialReaders.last != reader { open[position].initialReaders.append(reader) }
            } else if open[position].readersOf[place].last != reader {
                open[position].readersOf[place].append(reader)
            }
        }
        for position in open.indices { addSegments(&open[position]) }
        return open
    }

    private func addSegments(_ open: inout VersionProblem.OpenKey) {
        let key = keys[open.key]
        for place in key.headCount..<key.members.count {
            if place == key.headCount || key.isEnd[place - 1] { open.first.append(key.members[place]) }
            guard key.isEnd[place] else { continue }
            open.last.append(key.members[place])
            open.readers.append(open.readersOf[place])
        }
    }
}
