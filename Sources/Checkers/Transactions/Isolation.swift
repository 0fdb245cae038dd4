/// Decides levels of isolation for the transactions of one history; what several levels need is made once.
struct Isolation {
    /// What is known of one level.
    enum Outcome {
        case kept
        /// Nothing in the list is wrong; there may be more of the same.
        case broken([Violation])
        case undecided(String)

        var isKept: Bool { if case .kept = self { true } else { false } }
    }

    /// One thing that breaks a level.
    enum Violation {
        case finding(Finding)
        case cycle(DependencyCycle)
    }

    let table: TransactionTable
    let reads: ReadsFrom
    let writers: KeyWriters
    /// Versions and dependencies where a version is replaced at once by who read and wrote it.
    let orders: VersionOrders
    let graph: DependencyGraph
    private let isAcyclic: Bool
    private let lostUpdates: [Finding]
    private var outcomes: [Guarantee: Outcome] = [:]
    private var cycles: [CycleQuery: [DependencyCycle]] = [:]
    private var weak: WeakLevels?
    private var prefix: (orders: VersionOrders, graph: DependencyGraph)?

    init(_ table: TransactionTable) {
        self.table = table
        reads = ReadsFrom(table)
        writers = KeyWriters(reads)
        orders = VersionOrders(reads, writers, isImmediate: true)
        graph = DependencyEdges.graph(reads, orders)
        isAcyclic = Components(graph).isAcyclic
        let mayHaveLost = !isAcyclic || orders.keys.contains { $0.isBranched }
        lostUpdates = mayHaveLost ? LostUpdates.findings(reads, writers) : []
    }

    /// Why a level that no violation was found of may be broken all the same.
    var doubts: [String] {
        table.problems
            + reads.doubts.enumerated().compactMap { key, doubt in
                doubt.map { "key \"\(table.keyNames[key])\": \($0)" }
            }
    }

    mutating func outcome(_ level: IsolationLevel) -> Outcome {
        if let known = outcomes[level.guarantee] { return known }
        var outcome = Outcome.kept
        if !isKept(byStrongerThan: level) { outcome = decide(level) }
        outcomes[level.guarantee] = outcome
        return outcome
    }

    /// Whether a level is kept because a stronger one is.
    private mutating func isKept(byStrongerThan level: IsolationLevel) -> Bool {
        for stronger in level.stronger where outcome(stronger).isKept { return true }
        return false
    }

    private mutating func decide(_ level: IsolationLevel) -> Outcome {
        switch level.test {
        case .commitOrder(let test): decideCommitOrder(test)
        case .prefix: decidePrefix()
        case .snapshots(let kinds): decideSnapshots(kinds)
        case .serial(let kinds): decideSerial(kinds)
        }
    }

    // MARK: Serializability and snapshot isolation

    private mutating func decideSerial(_ kinds: EdgeKinds) -> Outcome {
        let found = findings(lostUpdates) + cycles(Self.queries(kinds, isSerial: true))
        guard found.isEmpty else { return .broken(found) }
        let open = orders.keys.contains { $0.looseCount > 1 && !$0.isLooseUnread }
        return open
            ? .undecided("in which order versions were installed does not follow from what was read") : .kept
    }

    private mutating func decideSnapshots(_ kinds: EdgeKinds) -> Outcome {
        let found = findings(lostUpdates) + cycles(Self.queries(kinds, isSerial: false))
        guard found.isEmpty else { return .broken(found) }
        let open = orders.keys.contains { $0.looseCount > 1 }
        return open
            ? .undecided("in which order versions were installed does not follow from what was read") : .kept
    }

    private func findings(_ more: [Finding] = []) -> [Violation] {
        (reads.findings + more).map { .finding($0) }
    }

    /// The searches whose results break a level: first for cycles of the data alone, then with sessions, then with time.
    private static func queries(_ kinds: EdgeKinds, isSerial: Bool) -> [CycleQuery] {
        var queries: [CycleQuery] = []
        for (extra, anchor) in [
            (EdgeKinds(), EdgeKinds()), (.session, .session), ([.session, .realTime], .realTime),
        ]
        where extra.isSubset(of: kinds) {
            let isPlain = extra.isEmpty
            queries.append(CycleQuery(kinds: extra.union(.ww), anchors: isPlain ? .ww : anchor, rule: .order))
            queries.append(
                CycleQuery(kinds: extra.union([.ww, .wr]), anchors: isPlain ? .wr : anchor, rule: .order))
            queries.append(CycleQuery(kinds: extra.union(.data), anchors: isPlain ? .rw : anchor, rule: .snapshots))
            guard isSerial else { continue }
            queries.append(CycleQuery(kinds: extra.union(.data), anchors: .rw, rule: .adjacent))
            queries.append(CycleQuery(kinds: extra.union(.data), anchors: isPlain ? .rw : anchor, rule: .order))
        }
        return queries
    }

    /// The cycles of some searches, the first of each form for each search.
    private mutating func cycles(_ queries: [CycleQuery]) -> [Violation] {
        guard !isAcyclic else { return [] }
        var known: Set<Anomaly.Kind> = []
        var found: [Violation] = []
        for query in queries {
            let cycles = self.cycles[query] ?? query.run(graph)
            self.cycles[query] = cycles
            for cycle in cycles where !known.contains(cycle.form) { found.append(.cycle(cycle)) }
            known.formUnion(cycles.map(\.form))
        }
        return found
    }

    // MARK: Prefix consistency

    private mutating func decidePrefix() -> Outcome {
        let prefix = self.prefix ?? makePrefix()
        self.prefix = prefix
        let query = CycleQuery(kinds: EdgeKinds.data.union(.session), anchors: .all, rule: .prefix)
        let found = findings() + query.run(prefix.graph).map { .cycle($0) }
        guard found.isEmpty else { return .broken(found) }
        let open = prefix.orders.keys.contains { $0.looseCount > 1 && !$0.isLooseUnread }
        return open
            ? .undecided("in which order versions were installed does not follow from what was read") : .kept
    }

    private func makePrefix() -> (orders: VersionOrders, graph: DependencyGraph) {
        let orders = VersionOrders(reads, writers, isImmediate: false)
        return (orders, DependencyEdges.graph(reads, orders))
    }

    // MARK: Read committed, read atomic, causal

    private mutating func decideCommitOrder(_ level: CommitOrder.Level) -> Outcome {
        if weak == nil {
            let prefix = self.prefix ?? makePrefix()
            self.prefix = prefix
            weak = WeakLevels(reads, writers, prefix.graph)
        }
        let findings = reads.findings.filter { level != .readCommitted || $0.breaksReadCommitted }
        let found = findings.map { Violation.finding($0) } + (weak?.cycles(level) ?? []).map { .cycle($0) }
        return found.isEmpty ? .kept : .broken(found)
    }
}

/// A search for cycles of some kinds of edges.
struct CycleQuery: Hashable {
    enum Rule {
        /// Any cycle.
        case order
        /// Cycles with two `rw` edges in a row, as far as a sample shows them.
        case adjacent
        /// Cycles without adjacent `rw` edges.
        case snapshots
        /// Cycles that prefix consistency forbids.
        case prefix
    }

    var kinds: EdgeKinds
    /// Edges that a cycle that is found runs through.
    var anchors: EdgeKinds
    var rule: Rule

    func run(_ graph: DependencyGraph) -> [DependencyCycle] {
        var search: CycleSearch
        switch rule {
        case .order, .adjacent: search = CycleSearch(graph, kinds, isSplit: false)
        case .snapshots:
            search = CycleSearch(SplitGraph.make(graph, kinds, .snapshotIsolation), .all, isSplit: true)
        case .prefix: search = CycleSearch(SplitGraph.make(graph, kinds, .prefix), .all, isSplit: true)
        }
        guard !search.isAcyclic else { return [] }
        if rule == .adjacent { return search.cycles(throughAdjacent: .rw) { $0.form.rawValue } }
        return search.cycles(through: anchors) { $0.form.rawValue }
    }
}
