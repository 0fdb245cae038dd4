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
        /// Transactions that no order explains, or, without a proof, that had no place where the search came furthest.
        case noOrder([Int], isProof: Bool)
    }

    let table: TransactionTable
    let reads: ReadsFrom
    let writers: KeyWriters
    private let limits: CheckLimits
    private let method: VersionMethod
    /// Versions where one is replaced at once by who read and wrote it, and what follows from them.
    private(set) lazy var orders = VersionOrders(reads, writers, isImmediate: true)
    private(set) lazy var graph = DependencyEdges.graph(reads, orders)
    private lazy var isAcyclic = Components(graph).isAcyclic
    private lazy var lostUpdates = findLostUpdates()
    /// Versions whatever is replaced at once.
    private lazy var prefixOrders = VersionOrders(reads, writers, isImmediate: false)
    /// What sessions and reads-from ask for.
    private lazy var commits = CommitOrder(reads, writers)
    private lazy var weak = WeakLevels(commits, table.isList.contains(true) ? prefixOrders : nil)
    /// Whether the strongest level is kept, as far as that needs no search.
    private lazy var isStrict = hasPlainOrder()
    private var outcomes: [Guarantee: Outcome] = [:]
    private var cycles: [CycleQuery: [DependencyCycle]] = [:]

    /// `method`: another than `.automatic` is for comparing one with the other.
    init(_ table: TransactionTable, _ limits: CheckLimits, method: VersionMethod = .automatic) {
        self.table = table
        self.limits = limits
        self.method = method
        reads = ReadsFrom(table)
        writers = KeyWriters(reads)
    }

    private mutating func findLostUpdates() -> [Finding] {
        let mayBe = !isAcyclic || orders.keys.contains { $0.isBranched }
        return mayBe ? LostUpdates.findings(reads, writers) : []
    }

    private mutating func hasPlainOrder() -> Bool {
        reads.findings.isEmpty && isAcyclic && lostUpdates.isEmpty
            && !orders.keys.contains { $0.looseCount > 1 && !$0.isLooseUnread }
    }

    /// Why a level that no violation was found of may be broken all the same.
    var doubts: [String] {
        table.problems
            + reads.doubts.enumerated().compactMap { key, doubt in
                doubt.map { "key \"\(table.keyNames[key])\": \($0)" }
            }
    }

    /// What is known of a level; asked for the strongest first, it uses that for the weaker ones.
    mutating func outcome(_ level: IsolationLevel) -> Outcome {
        if let known = outcomes[level.guarantee] { return known }
        let isImplied = level.stronger.contains { outcomes[$0.guarantee]?.isKept ?? false }
        let outcome = isImplied ? Outcome.kept : decide(level)
        outcomes[level.guarantee] = outcome
        return outcome
    }

    private mutating func decide(_ level: IsolationLevel) -> Outcome {
        if !level.test.isWeak, isStrict { return .kept }
        return switch level.test {
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
        return decideOpen(.serial, kinds, orders, graph) { $0.looseCount > 1 && !$0.isLooseUnread }
    }

    private mutating func decideSnapshots(_ kinds: EdgeKinds) -> Outcome {
        let found = findings(lostUpdates) + cycles(Self.queries(kinds, isSerial: false))
        guard found.isEmpty else { return .broken(found) }
        return decideOpen(.snapshots, kinds, orders, graph) { $0.looseCount > 1 }
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
        let graph = DependencyEdges.graph(reads, prefixOrders)
        let query = CycleQuery(kinds: EdgeKinds.data.union(.session), anchors: .all, rule: .prefix)
        let found = findings() + query.run(graph).map { .cycle($0) }
        guard found.isEmpty else { return .broken(found) }
        return decideOpen(.prefix, .session, prefixOrders, graph) { $0.looseCount > 1 && !$0.isLooseUnread }
    }

    // MARK: Read committed, read atomic, causal

    private mutating func decideCommitOrder(_ level: CommitOrder.Level) -> Outcome {
        var breaking = reads.findings
        if case .readCommitted = level { breaking.removeAll { !$0.breaksReadCommitted } }
        let cycles = weak.cycles(level)
        let found = breaking.map { Violation.finding($0) } + cycles.map { .cycle($0) }
        return found.isEmpty ? .kept : .broken(found)
    }

    // MARK: Versions without a known order

    /// Decides a level whose known edges have no cycle, where the versions of some keys have no known order.
    private mutating func decideOpen(
        _ rule: VersionProblem.Rule, _ kinds: EdgeKinds, _ orders: VersionOrders, _ graph: DependencyGraph,
        _ isOpen: (VersionOrders.Key) -> Bool
    ) -> Outcome {
        let open = orders.openKeys(isOpen)
        guard !open.isEmpty else { return .kept }
        // Where real time leaves few orders to try, an order is found soonest.
        if !kinds.contains(.realTime), method == .automatic, let strict = IsolationLevel.of(.strictSerializable),
            outcome(strict).isKept
        {
            return .kept
        }
        guard method != .search else {
            return search(VersionProblem(graph.filtered(kinds.union(.data)), open, rule))
        }
        let time = kinds.contains(.realTime) ? TimeOrder(table, open) : nil
        let reasons = CommitReasons(
            commits, kinds.contains(.session) ? .causal : .direct, and: time?.commits ?? [])
        let known = graph.filtered(kinds.union(.data), adding: time?.replacements ?? EdgeList())
            .adding(reasons.list)
        let query = CycleQuery(kinds: .all, anchors: .all, rule: rule.cycles)
        let cycles = query.run(known).map { Violation.cycle(reasons.explained($0)) }
        guard cycles.isEmpty else { return .broken(cycles) }
        return order(VersionProblem(known, open, rule))
    }

    /// A search that ends at its first dead ends, then what follows from pairs of versions, and then a search of all.
    private func order(_ problem: VersionProblem) -> Outcome {
        // That there is no order is told better by the few transactions that contradict one another.
        if method == .automatic, search(problem, window: 64).isKept { return .kept }
        var problem = problem
        switch ForcedVersions.run(problem, limits) {
        case .contradiction(let transactions): return .broken([.noOrder(transactions, isProof: true)])
        case .ordered(_, isComplete: true): return .kept
        case .ordered(let edges, isComplete: false): problem = problem.adding(edges.map { ($0.from, $0.to) })
        case .tooLarge: break
        }
        return search(problem)
    }

    /// `window`: how many of the last choices can be taken back; with fewer than all the search takes few steps, too.
    private func search(_ problem: VersionProblem, window: Int = .max) -> Outcome {
        var limits = limits
        if window < .max { limits.steps = min(limits.steps, 4 * problem.graph.nodeCount + 1000) }
        switch OrderSearch.run(problem, priority: priority(problem.rule), limits, window: window) {
        case .found: return .kept
        case .impossible(let some, let isProof): return .broken([.noOrder(some, isProof: isProof)])
        case .undecided(let reason): return .undecided(reason)
        }
    }

    /// By transaction: a guess at when it took effect.
    private func priority(_ rule: VersionProblem.Rule) -> [Int32] {
        guard rule != .snapshots else { return table.call }
        return table.call.indices.map { transaction in
            let (call, ret) = (table.call[transaction], table.ret[transaction])
            return ret == .max ? call : call + (ret - call) / 2
        }
    }
}

/// How versions without a known order are decided.
enum VersionMethod {
    /// A search that gives up soon, what follows, and a search of all orders.
    case automatic
    /// What follows, and a search of the orders that are left.
    case inference
    /// A search of all orders.
    case search
}

extension VersionProblem.Rule {
    /// The cycles that it forbids.
    fileprivate var cycles: CycleQuery.Rule {
        switch self {
        case .serial: .order
        case .snapshots: .snapshots
        case .prefix: .prefix
        }
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
