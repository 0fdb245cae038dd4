/// Transactions that all come before one another.
struct DependencyCycle: Hashable {
    /// One transaction, and why it comes before the next one; the last comes before the first.
    struct Link: Hashable {
        var transaction: Int
        var kind: EdgeKind
        /// -1: no key.
        var key: Int
        /// Of a `commit`: the transaction that read what the next one wrote, though it sees this one.
        var reader: Int?
        /// Of a `commit`: how the reader sees this one, link by link from it to the reader.
        var sight: [Link] = []
    }

    var links: [Link]
    /// How many transactions are entangled with these.
    var knot: Int
}

/// Finds short cycles in a graph that has some, through edges of given kinds.
///
/// For a sample of those edges in each component: the shortest way back (breadth first, edges that do not leave a
/// transaction being free). What is found is a shortest cycle through that edge; that there is one is certain, because
/// both its ends are in one component.
struct CycleSearch {
    /// How many components are looked at, and how many edges of each.
    static let componentLimit = 8
    static let anchorLimit = 64

    private let graph: DependencyGraph
    private let kinds: EdgeKinds
    private let components: Components
    /// How many nodes of the graph stand for one transaction.
    private let nodesEach: Int
    private var distance: [Int32]
    private var cameBy: [Int32]
    private var touched: [Int32] = []

    init(_ graph: DependencyGraph, _ kinds: EdgeKinds, isSplit: Bool) {
        self.graph = graph
        self.kinds = kinds
        nodesEach = isSplit ? 2 : 1
        components = Components(graph, kinds)
        distance = [Int32](repeating: -1, count: components.isAcyclic ? 0 : graph.nodeCount)
        cameBy = distance
    }

    var isAcyclic: Bool { components.isAcyclic }

    /// The shortest cycles through edges of the kinds in `anchors`, at most one of each `form` for each component.
    mutating func cycles(
        through anchors: EdgeKinds, form: (DependencyCycle) -> String
    ) -> [DependencyCycle] {
        var found: [DependencyCycle] = []
        for members in components.cyclic.prefix(Self.componentLimit) {
            var best: [String: DependencyCycle] = [:]
            for (node, edge) in sample(members, anchors) {
                guard let cycle = cycle(node, edge, members.count) else { continue }
                let name = form(cycle)
                if best[name].map({ cycle.links.count < $0.links.count }) ?? true { best[name] = cycle }
            }
            found += best.sorted { ($0.value.links.count, $0.key) < ($1.value.links.count, $1.key) }.map(\.value)
        }
        return found
    }

    /// Short cycles in which two edges of a kind follow one another, at most one of each form for each component.
    mutating func cycles(
        throughAdjacent kind: EdgeKind, form: (DependencyCycle) -> String
    ) -> [DependencyCycle] {
        var found: [DependencyCycle] = []
        for members in components.cyclic.prefix(Self.componentLimit) {
            var best: [String: DependencyCycle] = [:]
            for (node, edge) in sample(members, EdgeKinds(kind)) {
                for path in continuations(edge, kind) {
                    guard let cycle = close([edge] + path, from: node, members.count) else { continue }
                    let name = form(cycle)
                    if best[name].map({ cycle.links.count < $0.links.count }) ?? true { best[name] = cycle }
                }
            }
            found += best.sorted { ($0.value.links.count, $0.key) < ($1.value.links.count, $1.key) }.map(\.value)
        }
        return found
    }

    /// The first few ways on from an edge by another one of its kind: edges, those of a bundle between them included.
    private func continuations(_ edge: Int, _ kind: EdgeKind) -> [[Int]] {
        var paths: [[Int]] = []
        let target = Int(graph.target[edge])
        let starts =
            owner(target) != nil
            ? [(target, [Int]())] : graph.edges(target).prefix(2).map { (Int(graph.target[$0]), [$0]) }
        for (node, before) in starts {
            for next in graph.edges(node) where paths.count < 4 && graph.kind(next) == kind {
                guard components.component[Int(graph.target[next])] == components.component[node] else { continue }
                paths.append(before + [next])
            }
        }
        return paths
    }

    /// Some edges within a component, evenly spread.
    private func sample(_ members: [Int32], _ anchors: EdgeKinds) -> [(node: Int, edge: Int)] {
        var inside: [(node: Int, edge: Int)] = []
        for member in members.map({ Int($0) }) where owner(member) != nil {
            for edge in graph.edges(member) where graph.has(edge, anchors) && graph.has(edge, kinds) {
                let target = Int(graph.target[edge])
                guard components.component[target] == components.component[member], !isInner(member, target) else {
                    continue
                }
                inside.append((member, edge))
            }
        }
        let step = max(1, inside.count / Self.anchorLimit)
        return stride(from: 0, to: inside.count, by: step).map { inside[$0] }
    }

    /// The transaction that a node belongs to.
    private func owner(_ node: Int) -> Int? {
        node < graph.transactionCount ? node / nodesEach : nil
    }

    /// Whether an edge joins two moments of one transaction.
    private func isInner(_ node: Int, _ target: Int) -> Bool {
        owner(node) != nil && owner(node) == owner(target)
    }

    private mutating func cycle(_ node: Int, _ anchor: Int, _ size: Int) -> DependencyCycle? {
        close([anchor], from: node, size)
    }

    /// The shortest way back from the end of a path to its beginning that meets none of its nodes.
    private mutating func close(_ path: [Int], from node: Int, _ size: Int) -> DependencyCycle? {
        let start = Int(graph.target[path[path.count - 1]])
        defer { forget() }
        for edge in path.dropLast() {
            let inner = Int(graph.target[edge])
            if inner == node || inner == start { return nil }
            distance[inner] = 0
            touched.append(Int32(inner))
        }
        guard start == node || reach(node, from: start) else { return nil }
        var back: [Int] = []
        var current = node
        while current != start {
            let edge = Int(cameBy[current])
            back.append(edge)
            current = source(edge)
        }
        let links = links(path + back.reversed())
        return links.count > 1 ? DependencyCycle(links: links, knot: size / nodesEach) : nil
    }

    private func source(_ edge: Int) -> Int {
        // The row that holds the edge.
        var (low, high) = (0, graph.nodeCount)
        while low < high {
            let middle = (low + high) / 2
            if Int(graph.start[middle + 1]) <= edge { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func links(_ path: [Int]) -> [DependencyCycle.Link] {
        path.compactMap { edge in
            let (from, to) = (source(edge), Int(graph.target[edge]))
            guard let transaction = owner(from), !isInner(from, to) else { return nil }
            return DependencyCycle.Link(transaction: transaction, kind: graph.kind(edge), key: graph.key(edge))
        }
    }

    /// Breadth first, where only edges that leave a transaction count.
    private mutating func reach(_ goal: Int, from start: Int) -> Bool {
        var near = [Int32(start)]
        var far: [Int32] = []
        var steps: Int32 = 0
        distance[start] = 0
        touched.append(Int32(start))
        while !near.isEmpty {
            while let node = near.popLast().map({ Int($0) }) {
                if distance[node] < steps { continue }
                if node == goal { return true }
                expand(node, steps, &near, &far)
            }
            swap(&near, &far)
            steps += 1
        }
        return false
    }

    private mutating func expand(_ node: Int, _ steps: Int32, _ near: inout [Int32], _ far: inout [Int32]) {
        for edge in graph.edges(node) where graph.has(edge, kinds) {
            let target = Int(graph.target[edge])
            guard components.component[target] == components.component[node] else { continue }
            let isFree = owner(node) == nil || isInner(node, target)
            let length = isFree ? steps : steps + 1
            guard distance[target] < 0 || distance[target] > length else { continue }
            if distance[target] < 0 { touched.append(Int32(target)) }
            distance[target] = length
            cameBy[target] = Int32(edge)
            if isFree { near.append(Int32(target)) } else { far.append(Int32(target)) }
        }
    }

    private mutating func forget() {
        for node in touched { distance[Int(node)] = -1 }
        touched.removeAll(keepingCapacity: true)
    }
}
