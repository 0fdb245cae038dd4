/// How snapshots and commits of transactions constrain one another.
///
/// Each transaction takes its snapshot, and commits later. What it read or followed had committed before its snapshot;
/// what replaced a version that it read committed after it. A cycle through these moments is a cycle of dependencies in
/// which no two `rw` edges are adjacent (Cerone and Gotsman, JACM 65(2), 2018; nodes as in Viper, EuroSys 2023).
enum SplitGraph {
    enum Rule {
        /// Who installs the next version starts only after the one before has committed: lost updates are forbidden.
        case snapshotIsolation
        /// Commits of one key are in order, and nothing else is asked of writers (Burckhardt et al., ECOOP 2015).
        case prefix
    }

    static func snapshot(_ node: Int) -> Int { 2 * node }
    static func commit(_ node: Int) -> Int { 2 * node + 1 }

    /// The moments of all transactions; `onlyCyclic`: those that are in no cycle of `kinds` at all are left without edges.
    static func make(
        _ graph: DependencyGraph, _ kinds: EdgeKinds, _ rule: Rule, onlyCyclic: Bool = true
    ) -> DependencyGraph {
        let components = onlyCyclic ? Components(graph, kinds) : nil
        let members = components.map { $0.cyclic.joined().map { Int($0) } } ?? Array(0..<graph.nodeCount)
        var edges = EdgeList()
        for member in members {
            if member < graph.transactionCount { edges.add(snapshot(member), commit(member), .commit) }
            for edge in graph.edges(member) where graph.has(edge, kinds) {
                let target = Int(graph.target[edge])
                if let components, components.component[target] != components.component[member] { continue }
                let kind = graph.kind(edge)
                edges.add(
                    leaves(member, kind, graph), enters(target, kind, rule, graph), kind, key: graph.key(edge))
            }
        }
        return DependencyGraph(
            edges, transactionCount: 2 * graph.transactionCount, nodeCount: 2 * graph.nodeCount)
    }

    private static func leaves(_ node: Int, _ kind: EdgeKind, _ graph: DependencyGraph) -> Int {
        node < graph.transactionCount && kind != .rw ? commit(node) : snapshot(node)
    }

    private static func enters(_ node: Int, _ kind: EdgeKind, _ rule: Rule, _ graph: DependencyGraph) -> Int {
        guard node < graph.transactionCount else { return snapshot(node) }
        let isOrder = kind == .ww || kind == .commit
        return kind == .rw || isOrder && rule == .prefix ? commit(node) : snapshot(node)
    }
}
