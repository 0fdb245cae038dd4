/// Looks for contradictions in the order of commits that read committed, read atomic and causal consistency ask for.
struct WeakLevels {
    private let commits: CommitOrder
    /// Sessions and reads-from, and of lists the order of versions.
    private let known: DependencyGraph

    /// `orders`: versions as far as their order is known whatever the level; `nil` if nobody appends.
    init(_ commits: CommitOrder, _ orders: VersionOrders?) {
        self.commits = commits
        var edges = EdgeList()
        for (number, key) in (orders?.keys ?? []).enumerated() { edges.add(key, number) }
        known = edges.source.isEmpty ? commits.base : commits.base.adding(edges)
    }

    /// Cycles that break a level, if any.
    func cycles(_ level: CommitOrder.Level) -> [DependencyCycle] {
        let reasons = CommitReasons(commits, level)
        // Who sees a write of a key does not read the initial state.
        let cycles = reasons.edges.lazy.filter { $0.to < 0 }.prefix(CycleSearch.componentLimit)
            .map { reasons.contradiction($0) }
        let graph = known.adding(reasons.list)
        guard !Components(graph).isAcyclic else { return Array(cycles) }
        for kinds: EdgeKinds in [[.ww], [.ww, .wr], [.ww, .wr, .session], .all] {
            var search = CycleSearch(graph, kinds, isSplit: false)
            guard !search.isAcyclic else { continue }
            return cycles + search.cycles(through: kinds) { $0.form.rawValue }.map(reasons.explained)
        }
        return Array(cycles)
    }
}

extension EdgeList {
    /// Adds `ww` for all that is known of a key's versions.
    mutating func add(_ key: VersionOrders.Key, _ number: Int) {
        for place in key.members.indices.dropFirst() where !key.isEnd[place - 1] {
            add(Int(key.members[place - 1]), Int(key.members[place]), .ww, key: number)
        }
        guard key.headCount > 0 else { return }
        for head in key.looseHeads { add(Int(key.members[key.headCount - 1]), head, .ww, key: number) }
    }
}

/// The commits that follow from what a level lets transactions see, and why.
struct CommitReasons {
    private let commits: CommitOrder
    private(set) var edges: [CommitOrder.Edge]

    init(_ commits: CommitOrder, _ level: CommitOrder.Level, and more: [CommitOrder.Edge] = []) {
        self.commits = commits
        edges = commits.edges(level) + more
    }

    /// The edges of a graph; contradictions have none.
    var list: EdgeList {
        var list = EdgeList()
        for edge in edges where edge.to >= 0 { list.add(Int(edge.from), Int(edge.to), .commit, key: Int(edge.key)) }
        return list
    }

    /// The cycle of a read of the initial state by a transaction that sees a write of the key.
    func contradiction(_ edge: CommitOrder.Edge) -> DependencyCycle {
        let way = sight(Int(edge.from), Int(edge.reader))
        let back = DependencyCycle.Link(transaction: Int(edge.reader), kind: .rw, key: Int(edge.key))
        return DependencyCycle(links: way + [back], knot: way.count + 1)
    }

    /// Adds to the commits of a cycle who read what, and how they saw the other.
    func explained(_ cycle: DependencyCycle) -> DependencyCycle {
        var cycle = cycle
        for (position, link) in cycle.links.enumerated() where link.kind == .commit {
            let next = cycle.links[(position + 1) % cycle.links.count].transaction
            let reason = edges.first { edge in
                Int(edge.from) == link.transaction && Int(edge.to) == next && Int(edge.key) == link.key
            }
            guard let reason else { continue }
            cycle.links[position].reader = Int(reason.reader)
            cycle.links[position].sight = sight(link.transaction, Int(reason.reader))
        }
        return cycle
    }

    /// How a transaction is seen by another one: the shortest way over reads-from and sessions, or because it was over.
    private func sight(_ from: Int, _ to: Int) -> [DependencyCycle.Link] {
        let direct = commits.base.edges(from).first {
            Int(commits.base.target[$0]) == to && commits.base.kind($0) == .wr
        }
        if let direct {
            return [DependencyCycle.Link(transaction: from, kind: .wr, key: commits.base.key(direct))]
        }
        let table = commits.reads.table
        if table.session[from] == table.session[to], from < to {
            return [DependencyCycle.Link(transaction: from, kind: .session, key: -1)]
        }
        let way = commits.path(from, to)
        return way.isEmpty ? [DependencyCycle.Link(transaction: from, kind: .realTime, key: -1)] : way
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
