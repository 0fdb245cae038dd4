/// Orders versions as far as one order of two leads to a cycle, until nothing more follows (as polygraphs are pruned in
/// Cobra, OSDI 2020, and PolySI, PVLDB 16(6), 2023).
///
/// Sound both ways: what it adds has to hold, and a contradiction is one. Needs the closure of the graph, so it is for
/// graphs of moderate size.
struct ForcedVersions {
    enum Outcome {
        /// No order of versions is left: these transactions alone say so.
        case contradiction([Int])
        /// What was added, and whether every pair is in order now.
        case ordered(edges: [Edge], isComplete: Bool)
        /// The closure would be too large.
        case tooLarge
    }

    struct Edge {
        var from: Int
        var to: Int
        /// The round that found it; the edges of the problem itself are of round 0.
        var round: Int
    }

    private let problem: VersionProblem
    private var added: [Edge] = []
    /// By node: positions in `added`.
    private var addedFrom: [Int: [Int]] = [:]
    private var round = 0
    /// How much may still be done: words of the closure that are merged, pairs that are looked at.
    private var work: Int
    /// By node: its column in the closure, -1 if nobody asks for it.
    private var column: [Int32]
    private var words = 0
    private var reach: [UInt64] = []
    private var undecided: [(key: Int, first: Int, second: Int)] = []

    /// Takes half of the memory, and of the steps, each of which is a dozen of its own.
    static func run(_ problem: VersionProblem, _ limits: CheckLimits) -> Outcome {
        var forced = ForcedVersions(problem, work: 6 * min(limits.steps, 1 << 40))
        return forced.run(bytes: limits.bytes / 2)
    }

    private init(_ problem: VersionProblem, work: Int) {
        self.problem = problem
        self.work = work
        column = [Int32](repeating: -1, count: problem.graph.nodeCount)
    }

    private mutating func run(bytes: Int) -> Outcome {
        let pairs = problem.keys.reduce(0) { $0 + $1.first.count * ($1.first.count - 1) / 2 }
        chooseColumns()
        guard pairs * 24 <= bytes, problem.graph.nodeCount * words * 8 <= bytes else { return .tooLarge }
        for (number, key) in problem.keys.enumerated() {
            for second in key.first.indices {
                for first in 0..<second { undecided.append((number, first, second)) }
            }
        }
        while true {
            round += 1
            if let cycle = close() { return .contradiction(explained(cycle)) }
            let count = undecided.count
            if let conflict = decide() { return .contradiction(conflict) }
            if undecided.count == count || undecided.isEmpty { break }
            work -= 16 * count + words * (problem.graph.target.count + added.count)
            // The edges hold, and the search will find a cycle among them if there is one.
            guard work > 0 else { return .ordered(edges: added, isComplete: false) }
        }
        if let cycle = close() { return .contradiction(explained(cycle)) }
        return .ordered(edges: added, isComplete: undecided.isEmpty)
    }

    /// Columns for the nodes that edges between versions may come from.
    private mutating func chooseColumns() {
        var count: Int32 = 0
        for key in problem.keys {
            for segment in key.first.indices {
                let sources = [problem.writeNode(key.last[segment])] + key.readers[segment].map(problem.readNode)
                for node in sources where column[node] < 0 {
                    column[node] = count
                    count += 1
                }
            }
        }
        words = (Int(count) + 63) / 64
    }

    // MARK: Closure

    /// Which of the chosen nodes every node reaches; a cycle, if there is one.
    private mutating func close() -> [Int]? {
        guard let order = topologicalOrder() else { return Array(cycle()) }
        reach = [UInt64](repeating: 0, count: problem.graph.nodeCount * words)
        for node in order.reversed() {
            for edge in problem.graph.edges(node) { merge(Int(problem.graph.target[edge]), into: node) }
            for edge in addedFrom[node] ?? [] { merge(added[edge].to, into: node) }
        }
        return nil
    }

    private mutating func merge(_ target: Int, into node: Int) {
        for word in 0..<words { reach[node * words + word] |= reach[target * words + word] }
        let bit = Int(column[target])
        if bit >= 0 { reach[node * words + bit / 64] |= 1 << UInt64(bit % 64) }
    }

    private func reaches(_ node: Int, _ target: Int) -> Bool {
        let bit = Int(column[target])
        return reach[node * words + bit / 64] >> UInt64(bit % 64) & 1 == 1
    }

    private func topologicalOrder() -> [Int]? {
        var missing = [Int32](repeating: 0, count: problem.graph.nodeCount)
        for target in problem.graph.target { missing[Int(target)] += 1 }
        for edge in added { missing[edge.to] += 1 }
        var order = missing.indices.filter { missing[$0] == 0 }
        var next = 0
        while next < order.count {
            let node = order[next]
            next += 1
            let targets =
                problem.graph.edges(node).map { Int(problem.graph.target[$0]) }
                + (addedFrom[node] ?? []).map { added[$0].to }
            for target in targets {
                missing[target] -= 1
                if missing[target] == 0 { order.append(target) }
            }
        }
        return order.count == problem.graph.nodeCount ? order : nil
    }

    // MARK: Pairs

    /// Puts pairs in order of which one order is impossible; answers a proof if both are.
    private mutating func decide() -> [Int]? {
        var open: [(key: Int, first: Int, second: Int)] = []
        let pairs = undecided
        for pair in pairs {
            let key = problem.keys[pair.key]
            let forward = obstacle(key, pair.first, pair.second)
            let backward = obstacle(key, pair.second, pair.first)
            switch (forward, backward) {
            case (nil, nil): open.append(pair)
            case (let forward?, let backward?):
                let ends = [key.last[pair.first], key.last[pair.second]].map(problem.writeNode)
                return explained(path(forward.to, forward.from) + path(backward.to, backward.from) + ends)
            case (nil, _): add(key, pair.first, pair.second)
            case (_, nil): add(key, pair.second, pair.first)
            }
        }
        undecided = open
        return nil
    }

    /// An edge that would close a cycle if one segment came before the other.
    private func obstacle(_ key: VersionProblem.OpenKey, _ first: Int, _ second: Int) -> (from: Int, to: Int)? {
        problem.edges(key, first, before: second).first { $0.to == $0.from || reaches($0.to, $0.from) }
    }

    private mutating func add(_ key: VersionProblem.OpenKey, _ first: Int, _ second: Int) {
        for edge in problem.edges(key, first, before: second) {
            addedFrom[edge.from, default: []].append(added.count)
            added.append(Edge(from: edge.from, to: edge.to, round: round))
        }
    }

    // MARK: Proofs

    /// Nodes on the shortest way from one node to another over edges known before this round, both included.
    private func path(_ from: Int, _ to: Int) -> [Int] { path(from, to, before: round) }

    private func path(_ from: Int, _ to: Int, before round: Int) -> [Int] {
        var cameFrom = [from: from]
        var queue = [from]
        var next = 0
        while next < queue.count, cameFrom[to] == nil {
            let node = queue[next]
            next += 1
            let targets =
                problem.graph.edges(node).map { Int(problem.graph.target[$0]) }
                + (addedFrom[node] ?? []).filter { added[$0].round < round }.map { added[$0].to }
            for target in targets where cameFrom[target] == nil {
                cameFrom[target] = node
                queue.append(target)
            }
        }
        guard cameFrom[to] != nil else { return [] }
        var nodes = [to]
        while let last = nodes.last, last != from, let before = cameFrom[last] { nodes.append(before) }
        return nodes.reversed()
    }

    /// Some cycle, as its nodes; there is one.
    private func cycle() -> [Int] {
        for edge in added {
            let way = path(edge.to, edge.from, before: round + 1)
            if !way.isEmpty { return way }
        }
        return []
    }

    /// The transactions of a proof, and of all that was needed to know its edges.
    private func explained(_ nodes: [Int]) -> [Int] {
        var transactions: Set<Int> = []
        var pending = [nodes]
        var done: Set<Int> = []
        while let nodes = pending.popLast() {
            transactions.formUnion(nodes.compactMap(problem.transaction))
            for (node, target) in zip(nodes, nodes.dropFirst() + nodes.prefix(1)) {
                guard let edge = addedFrom[node]?.first(where: { added[$0].to == target }),
                    done.insert(edge).inserted
                else { continue }
                pending += reasons(added[edge])
            }
        }
        return transactions.sorted()
    }

    /// The ways that made the other order of a pair impossible, with the writers that the edge is about.
    private func reasons(_ edge: Edge) -> [[Int]] {
        var ways: [[Int]] = []
        for key in problem.keys {
            for (first, second) in pairs(key, edge) {
                let obstacle = problem.edges(key, second, before: first).lazy
                    .map { path($0.to, $0.from, before: edge.round) + [$0.from] }
                    .first { $0.count > 1 && $0[$0.count - 2] == $0[$0.count - 1] }
                guard let obstacle else { continue }
                ways.append(obstacle.dropLast() + [key.last[first], key.last[second]].map(problem.writeNode))
            }
        }
        return ways
    }

    /// The pairs of segments that an edge may stand for.
    private func pairs(_ key: VersionProblem.OpenKey, _ edge: Edge) -> [(Int, Int)] {
        var found: [(Int, Int)] = []
        for second in key.first.indices {
            let next = key.first[second]
            guard problem.replaceNode(next) == edge.to || problem.writeNode(next) == edge.to else { continue }
            for first in key.first.indices where first != second {
                let isMeant = problem.edges(key, first, before: second).contains {
                    $0.from == edge.from && $0.to == edge.to
                }
                if isMeant { found.append((first, second)) }
            }
        }
        return found
    }
}
