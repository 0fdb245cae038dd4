/// Looks for contradictions in the order of commits that read committed, read atomic and causal consistency ask for.
struct WeakLevels {
    private let commits: CommitOrder
    /// Sessions and reads-from, and of lists the order of versions.
    private let known: EdgeList
    private let transactionCount: Int

    /// `graph` has the order of versions as far as it is known whatever the level.
    init(_ reads: ReadsFrom, _ writers: KeyWriters, _ graph: DependencyGraph) {
        commits = CommitOrder(reads, writers)
        transactionCount = reads.table.count
        var known = EdgeList()
        for node in 0..<transactionCount {
            for edge in graph.edges(node) where graph.has(edge, [.ww, .wr, .session]) {
                known.add(node, Int(graph.target[edge]), graph.kind(edge), key: graph.key(edge))
            }
        }
        self.known = known
    }

    /// Cycles that break a level, if any.
    func cycles(_ level: CommitOrder.Level) -> [DependencyCycle] {
        let added = commits.edges(level)
        var edges = known
        var cycles: [DependencyCycle] = []
        for edge in added where edge.to >= 0 {
            edges.add(
                Int(edge.from), Int(edge.to), .commit, key: Int(commits.reads.readings[Int(edge.reading)].key))
        }
        // Who sees a write of a key does not read the initial state.
        for edge in added where edge.to < 0 && cycles.count < CycleSearch.componentLimit {
            cycles.append(contradiction(edge, level))
        }
        let graph = DependencyGraph(edges, transactionCount: transactionCount, nodeCount: transactionCount)
        for kinds: EdgeKinds in [[.ww], [.ww, .wr], [.ww, .wr, .session], .all] {
            var search = CycleSearch(graph, kinds, isSplit: false)
            guard !search.isAcyclic else { continue }
            return cycles + search.cycles(through: kinds) { $0.form.rawValue }.map { explained($0, added, level) }
        }
        return cycles
    }

    /// The cycle of a read of the initial state by a transaction that sees a write of the key.
    private func contradiction(_ edge: CommitOrder.Edge, _ level: CommitOrder.Level) -> DependencyCycle {
        let reading = commits.reads.readings[Int(edge.reading)]
        let reader = Int(commits.reads.table.owner[Int(reading.micro)])
        let way = sight(Int(edge.from), reader, level)
        let back = DependencyCycle.Link(transaction: reader, kind: .rw, key: Int(reading.key))
        return DependencyCycle(links: way + [back], knot: way.count + 1)
    }

    /// Adds to the commits of a cycle who read what, and how they saw the other.
    private func explained(
        _ cycle: DependencyCycle, _ added: [CommitOrder.Edge], _ level: CommitOrder.Level
    ) -> DependencyCycle {
        var cycle = cycle
        for (position, link) in cycle.links.enumerated() where link.kind == .commit {
            let next = cycle.links[(position + 1) % cycle.links.count].transaction
            let reason = added.first { edge in
                Int(edge.from) == link.transaction && Int(edge.to) == next
                    && Int(commits.reads.readings[Int(edge.reading)].key) == link.key
            }
            guard let reason else { continue }
            let reader = Int(commits.reads.table.owner[Int(commits.reads.readings[Int(reason.reading)].micro)])
            cycle.links[position].sight = sight(link.transaction, reader, level)
            cycle.links[position].reader = reader
        }
        return cycle
    }

    /// How a transaction is seen by another one: the shortest way over what the level counts as sight.
    private func sight(_ from: Int, _ to: Int, _ level: CommitOrder.Level) -> [DependencyCycle.Link] {
        let isSession = commits.reads.table.session[from] == commits.reads.table.session[to]
        let direct = commits.base.edges(from).first {
            Int(commits.base.target[$0]) == to && commits.base.kind($0) == .wr
        }
        if let direct {
            return [DependencyCycle.Link(transaction: from, kind: .wr, key: commits.base.key(direct))]
        }
        if isSession { return [DependencyCycle.Link(transaction: from, kind: .session, key: -1)] }
        return commits.path(from, to)
    }
}

extension CommitOrder {
    /// The shortest way from one transaction to another over sessions and reads-from.
    func path(_ from: Int, _ to: Int) -> [DependencyCycle.Link] {
        var cameBy: [Int: (node: Int, edge: Int)] = [:]
        var queue = [from]
        var next = 0
        while next < queue.count, cameBy[to] == nil {
            let node = queue[next]
            next += 1
            for edge in base.edges(node) {
                let target = Int(base.target[edge])
                guard target != from, cameBy[target] == nil else { continue }
                cameBy[target] = (node, edge)
                queue.append(target)
            }
        }
        var links: [DependencyCycle.Link] = []
        var current = to
        while current != from, let step = cameBy[current] {
            links.append(
                DependencyCycle.Link(transaction: step.node, kind: base.kind(step.edge), key: base.key(step.edge)))
            current = step.node
        }
        return links.reversed()
    }
}
