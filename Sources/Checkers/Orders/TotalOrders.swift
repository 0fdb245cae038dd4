/// Decides whether one order explains a history, and cuts violations down to the fewest operations.
struct TotalOrders {
    private let facts: OrderFacts
    private let rule: OrderGraph.Rule
    private let kind: Anomaly.Kind
    private let limits: CheckLimits
    /// Attempts that may still be made to leave operations out.
    private var attempts = 0

    /// So many contradictions that have nothing to do with one another are told.
    private static let most = 4

    init(_ facts: OrderFacts, _ rule: OrderGraph.Rule, _ kind: Anomaly.Kind, _ limits: CheckLimits) {
        (self.facts, self.rule, self.kind, self.limits) = (facts, rule, kind, limits)
    }

    mutating func findings() -> OrderFindings {
        var findings = OrderFindings(doubts: facts.doubts)
        findings.violations = facts.reads.findings.map { OrderViolation($0, isPlain: facts.isPlain) }
        var order = ForcedOrder(OrderGraph(facts, rule), limits)
        switch order.run() {
        case .ordered: break
        case .undecided(let reason): findings.doubts.append(reason)
        case .impossible(let graph): findings.violations += violations(order, graph)
        }
        return findings
    }

    private mutating func violations(_ order: ForcedOrder, _ graph: DependencyGraph) -> [OrderViolation] {
        var search = CycleSearch(graph, .all, isSplit: order.nodes.nodesEach == 2)
        guard !search.isAcyclic else { return [violation(order.nodes.isKept)] }
        var told: [Set<Int32>] = []
        var violations: [OrderViolation] = []
        for cycle in search.cycles(through: .all, form: { _ in "" }).prefix(Self.most) {
            let violation = violation(facts.reads.witnessed(OrderCore(order).operations(of: cycle)))
            let operations = Set(violation.steps.map(\.transaction))
            if !told.contains(operations) { violations.append(violation) }
            told.append(operations)
        }
        return violations
    }

    // MARK: The fewest operations

    /// Leaves out operations while what is left has no order.
    private mutating func violation(_ start: [Bool]) -> OrderViolation {
        attempts = 400
        var kept = start.indices.filter { start[$0] }
        var size = max(1, kept.count / 2)
        while attempts > 0 {
            var isSmaller = false
            for first in stride(from: 0, to: kept.count, by: size).reversed() where first < kept.count {
                var rest = kept
                rest.removeSubrange(first..<min(first + size, kept.count))
                guard isImpossible(rest) else { continue }
                kept = rest
                isSmaller = true
            }
            if size == 1, !isSmaller { break }
            if !isSmaller { size = max(1, size / 2) }
        }
        return told(kept)
    }

    /// By transaction: whether it is kept, and known to have happened from what is kept.
    private func mask(_ kept: [Int]) -> [Bool] {
        var mask = [Bool](repeating: false, count: facts.table.count)
        for transaction in kept { mask[transaction] = true }
        return facts.reads.certain(of: mask)
    }

    private mutating func isImpossible(_ kept: [Int]) -> Bool {
        guard attempts > 0, !kept.isEmpty else { return false }
        attempts -= 1
        var smaller = limits
        smaller.steps = min(limits.steps, 500_000)
        var order = ForcedOrder(OrderGraph(facts, rule, only: mask(kept)), smaller)
        return order.run().isImpossible
    }

    private func told(_ kept: [Int]) -> OrderViolation {
        var order = ForcedOrder(OrderGraph(facts, rule, only: mask(kept)), limits)
        var links: [DependencyCycle.Link] = []
        if case .impossible(let graph) = order.run() {
            var search = CycleSearch(graph, .all, isSplit: order.nodes.nodesEach == 2)
            if !search.isAcyclic, let cycle = search.cycles(through: .all, form: { _ in "" }).first {
                links = OrderCore(order).explained(cycle)
            }
        }
        let inCycle = Set(links.map(\.transaction))
        let steps = kept.map { transaction in
            Finding.Step(
                Int32(transaction),
                links.isEmpty ? .conflicting : inCycle.contains(transaction) ? .member : .witness)
        }
        let keys = Set(links.filter { $0.key >= 0 }.map { Int32($0.key) })
        return OrderViolation(kind, key: keys.count == 1 ? keys.first ?? -1 : -1, steps, links: links)
    }
}

/// What the edges of a cycle rest on.
struct OrderCore {
    private let order: ForcedOrder
    /// By edge: the conclusion that added it first.
    private var conclusionOf: [Edge: Int] = [:]

    private struct Edge: Hashable {
        var from: Int32
        var to: Int32
    }

    init(_ order: ForcedOrder) {
        self.order = order
        for (number, conclusion) in order.conclusions.enumerated() {
            let edge = Edge(from: conclusion.from, to: conclusion.to)
            if conclusionOf[edge] == nil { conclusionOf[edge] = number }
        }
    }

    /// The operations without which a cycle would not be known, by transaction.
    func operations(of cycle: DependencyCycle) -> [Bool] {
        var operations = [Bool](repeating: false, count: order.nodes.facts.table.count)
        var pending: [Int] = []
        var isKnown: Set<Int> = []
        var graphs: [Int32: DependencyGraph] = [:]
        for (position, link) in cycle.links.enumerated() {
            operations[link.transaction] = true
            let next = cycle.links[(position + 1) % cycle.links.count].transaction
            pending += conclusions(link.transaction, next)
            if link.kind == .ww, let reader = reader(showing: next, of: link.key) { operations[reader] = true }
        }
        while let number = pending.popLast() {
            guard isKnown.insert(number).inserted else { continue }
            let conclusion = order.conclusions[number]
            let graph = graphs[conclusion.round] ?? order.graph(before: conclusion.round)
            graphs[conclusion.round] = graph
            let path = way(conclusion, graph)
            for node in path where node < order.nodes.operationNodes {
                operations[order.nodes.transaction(node)] = true
            }
            let fact = order.nodes.known[Int(conclusion.fact)]
            operations[order.nodes.transaction(Int(fact.node))] = true
            if fact.writer >= 0 { operations[order.nodes.transaction(Int(fact.writer))] = true }
            for (from, to) in zip(path, path.dropFirst()) {
                for edge in graph.edges(from) where Int(graph.target[edge]) == to && graph.has(edge, .ww) {
                    let written = order.nodes.transaction(to)
                    if let reader = reader(showing: written, of: graph.key(edge)) { operations[reader] = true }
                }
                if let earlier = conclusionOf[Edge(from: Int32(from), to: Int32(to))] { pending.append(earlier) }
            }
        }
        return operations
    }

    /// Says of each conclusion in a cycle which read it follows from.
    func explained(_ cycle: DependencyCycle) -> [DependencyCycle.Link] {
        var links = cycle.links
        for (position, link) in links.enumerated() where link.kind == .commit {
            let next = links[(position + 1) % links.count].transaction
            guard let number = conclusions(link.transaction, next).first else { continue }
            let fact = order.nodes.known[Int(order.conclusions[number].fact)]
            links[position].reader = order.nodes.transaction(Int(fact.node))
        }
        return links
    }

    /// The shortest read of a list that shows what an operation appended, or else the longest.
    private func reader(showing transaction: Int, of key: Int) -> Int? {
        let facts = order.nodes.facts
        let members = facts.versions.keys[key].members
        let place = members.firstIndex(of: Int32(transaction)) ?? members.count
        let readings = facts.reads.readings.filter { Int($0.key) == key }
        let showing = readings.filter { facts.versions.place($0).map { $0 >= place } ?? false }
        let reading = showing.min { $0.length < $1.length } ?? readings.max { $0.length < $1.length }
        return reading.map { Int(facts.table.owner[Int($0.micro)]) }
    }

    /// Why the one is before the other, as far as it was concluded.
    private func conclusions(_ from: Int, _ to: Int) -> [Int] {
        let nodes = order.nodes
        return Set([nodes.reader(from), nodes.writer(from)]).sorted().flatMap { first in
            Set([nodes.reader(to), nodes.writer(to)]).sorted().compactMap { second in
                conclusionOf[Edge(from: Int32(first), to: Int32(second))]
            }
        }
    }

    /// The way that a conclusion rests on, all nodes included.
    private func way(_ conclusion: ForcedOrder.Conclusion, _ graph: DependencyGraph) -> [Int] {
        let fact = order.nodes.known[Int(conclusion.fact)]
        guard conclusion.round > 0 else { return [] }
        return conclusion.to == fact.writer
            ? graph.path(Int(conclusion.from), Int(fact.node)) ?? []
            : graph.path(Int(fact.writer), Int(conclusion.to)) ?? []
    }
}
