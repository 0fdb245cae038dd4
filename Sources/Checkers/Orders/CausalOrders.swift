/// Causal consistency of reads and writes with unique values, in O(n k) for k sessions that write.
///
/// What an operation knows is its session, what it read, and all that led to that. The patterns are those of Bouajjani
/// and others ("On verifying causal consistency", POPL 2017): a circle of causes, a read of the initial state or of a
/// replaced version by who knows of a later write. One order of all writes is asked for beside (causal convergence) as
/// in AWDIT (Møldrup and Pavlogiannis, PLDI 2025): what a reader knows comes before what it read.
struct CausalOrders {
    let nodes: OrderGraph
    private let facts: OrderFacts
    private let base: DependencyGraph
    private let writers: ChainWriters
    private let limits: CheckLimits
    /// `nil` if causes go in a circle, or if there are too many sessions.
    private var clocks: OrderClocks?
    private var stale: [Stale] = []

    /// A write that a reader knows of and that its read does not show.
    struct Stale {
        /// Nodes.
        var reader: Int
        var missed: Int
        /// What was read instead, -1: the initial state, or a list or set without it.
        var seen: Int
        var key: Int
    }

    /// So many violations are told; the rest are counted.
    private static let most = 20

    init(_ facts: OrderFacts, _ limits: CheckLimits) {
        self.facts = facts
        self.limits = limits
        nodes = OrderGraph(facts, .causes)
        base = nodes.graph()
        writers = ChainWriters(nodes)
        guard OrderClocks.bytes(base.nodeCount, nodes.chains.count) <= limits.bytes,
            let order = base.topologicalOrder()
        else { return }
        let clocks = OrderClocks(base, order, nodes)
        self.clocks = clocks
        for fact in nodes.known { compare(fact, clocks) }
        var ofLists = [[ReadsFrom.Reading]](repeating: [], count: facts.table.keyCount)
        for reading in facts.reads.readings where facts.table.isList[Int(reading.key)] {
            ofLists[Int(reading.key)].append(reading)
        }
        for key in ofLists.indices where !ofLists[key].isEmpty { compareList(key, ofLists[key], clocks) }
        if facts.isPlain { for read in facts.oddLists { compare(read, clocks) } }
    }

    // MARK: Reads

    private mutating func compare(_ fact: OrderGraph.Fact, _ clocks: OrderClocks) {
        let (reader, seen) = (Int(fact.node), Int(fact.writer))
        for group in writers.groups(Int(fact.key)) {
            let chain = Int(writers.chain[group])
            guard let missed = writers.last(group, upTo: clocks.last(chain, before: reader)), missed != seen,
                seen < 0 || isBefore(seen, missed, clocks)
            else { continue }
            stale.append(Stale(reader: reader, missed: missed, seen: seen, key: Int(fact.key)))
            break
        }
    }

    /// Whether a write comes before another node.
    private func isBefore(_ write: Int, _ other: Int, _ clocks: OrderClocks) -> Bool {
        clocks.last(Int(nodes.chain[write]), before: other) >= nodes.place[write]
    }

    /// Reads of a list show all appends that they know of.
    private mutating func compareList(_ key: Int, _ readings: [ReadsFrom.Reading], _ clocks: OrderClocks) {
        var place: [Int32: Int] = [:]
        for (number, member) in facts.head(key).enumerated() { place[member] = number }
        // By chain: its appends with the highest place among them and those before.
        var appends: [Int32: [(node: Int, highest: Int)]] = [:]
        for position in facts.writers.positions(key) {
            let writer = facts.writers.writer[position]
            let chain = nodes.chain[Int(writer)]
            let highest = max(place[writer] ?? .max, appends[chain]?.last?.highest ?? -1)
            appends[chain, default: []].append((Int(writer), highest))
        }
        let chains = appends.sorted { $0.key < $1.key }
        for reading in readings {
            guard let shown = facts.versions.place(reading) else { continue }
            let reader = Int(facts.table.owner[Int(reading.micro)])
            for (chain, own) in chains {
                let limit = clocks.last(Int(chain), before: reader)
                let count = own.partitioningIndex { nodes.place[$0.node] > limit }
                guard count > 0, own[count - 1].highest > shown,
                    let missed = own[..<count].first(where: { $0.highest > shown })
                else { continue }
                stale.append(Stale(reader: reader, missed: missed.node, seen: -1, key: key))
                break
            }
        }
    }

    private mutating func compare(_ read: OrderFacts.OddList, _ clocks: OrderClocks) {
        let shown = Set(read.writers)
        for position in facts.writers.positions(read.key) {
            let writer = Int(facts.writers.writer[position])
            guard !shown.contains(writer), isBefore(writer, read.transaction, clocks) else { continue }
            stale.append(Stale(reader: read.transaction, missed: writer, seen: -1, key: read.key))
            break
        }
    }

    // MARK: Findings

    /// Weak causal consistency, and with `converging` causal convergence.
    func findings(converging: Bool) -> OrderFindings {
        var findings = OrderFindings(doubts: facts.doubts)
        for finding in facts.reads.findings {
            // Lists that replicas put in order by themselves are judged by what they show; see `oddLists`.
            guard finding.kind != .incompatibleOrder || converging && !facts.isPlain else {
                if !facts.isPlain {
                    findings.doubts.append("two reads show the elements of a list in different orders")
                }
                continue
            }
            findings.violations.append(OrderViolation(finding, isPlain: facts.isPlain))
        }
        guard let clocks else {
            if OrderClocks.bytes(base.nodeCount, nodes.chains.count) > limits.bytes {
                findings.doubts.append("there are too many sessions that write: \(nodes.chains.count)")
            } else {
                findings.violations += circles(base, .causalityCycle)
            }
            return findings
        }
        findings.violations += stale.prefix(Self.most).compactMap(told)
        findings.further = max(0, stale.count - Self.most)
        // Without one order of all writes each list counts by itself.
        for list in listsShown { findings.violations += contradiction(list.key, list.writers, clocks) }
        guard converging, findings.violations.isEmpty else { return findings }
        findings.violations = circles(withLists(EdgeList()), .causalityCycle)
        if findings.violations.isEmpty {
            findings.violations = circles(withLists(commits(clocks)), .commitOrderCycle)
        }
        return findings
    }

    /// The longest read of each list, and those that disagree with it.
    private var listsShown: [(key: Int, writers: [Int])] {
        let keys = facts.table.isList.indices.filter { facts.table.isList[$0] }
        return keys.map { ($0, facts.head($0).map { Int($0) }) }
            + (facts.isPlain ? facts.oddLists.map { ($0.key, $0.writers) } : [])
    }

    /// Two elements of a list, of which the first was appended by who knew of the second.
    private func contradiction(_ key: Int, _ writers: [Int], _ clocks: OrderClocks) -> [OrderViolation] {
        // By chain: the earliest of its appends that stand further back.
        var later = [(place: Int32, writer: Int)](repeating: (.max, -1), count: nodes.chains.count)
        for writer in writers.reversed() {
            for (chain, next) in later.enumerated() where clocks.last(chain, before: writer) >= next.place {
                guard let way = links(next.writer, writer) else { continue }
                let back = DependencyCycle.Link(transaction: writer, kind: .ww, key: key)
                return [circle(way + [back], .causalityCycle)]
            }
            let (chain, place) = (Int(nodes.chain[writer]), nodes.place[writer])
            if place < later[chain].place { later[chain] = (place, writer) }
        }
        return []
    }

    /// Causes, with the orders in which lists show their elements.
    private func withLists(_ more: EdgeList) -> DependencyGraph {
        var edges = more
        for list in listsShown {
            for (earlier, later) in zip(list.writers, list.writers.dropFirst()) {
                edges.add(earlier, later, .ww, key: list.key)
            }
        }
        return nodes.graph(with: edges)
    }

    /// What a reader knows of a key comes before what it read.
    private func commits(_ clocks: OrderClocks) -> EdgeList {
        var edges = EdgeList()
        for fact in nodes.known where fact.writer >= 0 {
            let own = Int(fact.writer)
            for group in writers.groups(Int(fact.key)) {
                let chain = Int(writers.chain[group])
                guard let before = writers.last(group, upTo: clocks.last(chain, before: Int(fact.node))),
                    before != own, clocks.last(chain, before: own) < nodes.place[before]
                else { continue }
                edges.add(before, own, .commit, key: Int(fact.key))
            }
        }
        return edges
    }

    // MARK: Proofs

    private func told(_ stale: Stale) -> OrderViolation? {
        guard let way = links(stale.missed, stale.reader) else { return nil }
        let back = DependencyCycle.Link(transaction: stale.reader, kind: .rw, key: stale.key)
        var steps = [Finding.Step(Int32(stale.missed), .expectedWrite)]
        if stale.seen >= 0, let before = links(stale.seen, stale.missed) {
            steps =
                before.enumerated().map { place, link in
                    Finding.Step(Int32(link.transaction), place == 0 ? .seenWrite : .witness)
                } + steps
        }
        steps += way.dropFirst().map { Finding.Step(Int32($0.transaction), .witness) }
        steps.append(Finding.Step(Int32(stale.reader), .violatingRead))
        return OrderViolation(
            stale.seen < 0 ? .missedCause : .replacedRead, key: Int32(stale.key), Self.once(steps),
            links: way + [back])
    }

    /// Each operation once, as what it was named last.
    private static func once(_ steps: [Finding.Step]) -> [Finding.Step] {
        var seen: Set<Int32> = []
        return steps.reversed().filter { seen.insert($0.transaction).inserted }.reversed()
    }

    /// The shortest way from one operation to another over sessions and reads.
    private func links(_ from: Int, _ to: Int) -> [DependencyCycle.Link]? {
        guard let path = base.path(from, to) else { return nil }
        return zip(path, path.dropFirst()).compactMap { node, next in
            guard node < nodes.operationNodes, let edge = base.edges(node).first(where: { base.target[$0] == next })
            else { return nil }
            return DependencyCycle.Link(transaction: node, kind: base.kind(edge), key: base.key(edge))
        }
    }

    private func circles(_ graph: DependencyGraph, _ kind: Anomaly.Kind) -> [OrderViolation] {
        var search = CycleSearch(graph, .all, isSplit: false)
        guard !search.isAcyclic else { return [] }
        return search.cycles(through: .all, form: { _ in "" }).map { circle(explained($0.links), kind) }
    }

    private func circle(_ links: [DependencyCycle.Link], _ kind: Anomaly.Kind) -> OrderViolation {
        var steps = links.map { Finding.Step(Int32($0.transaction), .member) }
        for (position, link) in links.enumerated() {
            let next = links[(position + 1) % links.count].transaction
            for witness in witnesses(link, next) where !steps.contains(where: { $0.transaction == Int32(witness) })
            {
                steps.append(Finding.Step(Int32(witness), .witness))
            }
        }
        let keys = Set(links.filter { $0.key >= 0 }.map { Int32($0.key) })
        return OrderViolation(kind, key: keys.count == 1 ? keys.first ?? -1 : -1, steps, links: links)
    }

    /// Says of each write that must come before another who knew it and read the other.
    private func explained(_ links: [DependencyCycle.Link]) -> [DependencyCycle.Link] {
        guard let clocks else { return links }
        var links = links
        for (position, link) in links.enumerated() where link.kind == .commit {
            let next = links[(position + 1) % links.count].transaction
            let fact = nodes.known.first { fact in
                Int(fact.writer) == next && Int(fact.key) == link.key
                    && isBefore(link.transaction, Int(fact.node), clocks)
            }
            guard let fact else { continue }
            links[position].reader = Int(fact.node)
            links[position].sight = self.links(link.transaction, Int(fact.node)) ?? []
        }
        return links
    }

    /// Who shows that one came before the other, beside these two.
    private func witnesses(_ link: DependencyCycle.Link, _ next: Int) -> [Int] {
        switch link.kind {
        case .commit: return (link.reader.map { [$0] } ?? []) + link.sight.dropFirst().map(\.transaction)
        case .ww:
            // The shortest list that shows both.
            let (table, lists) = (facts.table, facts.reads.lists)
            let shown = table.kind.indices.filter { micro in
                guard Int(table.key[micro]) == link.key, lists.isRead(micro) else { return false }
                let writers = table.list(micro).map { table.writer(Int(table.elements[$0])) }
                guard let first = writers.firstIndex(of: link.transaction) else { return false }
                return writers[first...].contains(next)
            }
            return shown.min { table.listCount[$0] < table.listCount[$1] }.map { [Int(table.owner[$0])] } ?? []
        default: return []
        }
    }
}
