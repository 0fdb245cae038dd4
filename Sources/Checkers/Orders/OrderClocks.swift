/// How far into each chain of writes every node sees: one vector clock for each (Mattern 1989).
struct OrderClocks {
    private let width: Int
    /// By node and chain: the place of the last write of the chain that comes before the node, 0 for none.
    private var rows: [Int32]

    /// What the clocks of a graph take.
    static func bytes(_ nodes: Int, _ chains: Int) -> Int { 4 * nodes * chains }

    /// `order`: all nodes of the graph, so that edges lead on.
    init(_ graph: DependencyGraph, _ order: [Int32], _ nodes: OrderGraph) {
        let width = nodes.chains.count
        self.width = width
        var rows = [Int32](repeating: 0, count: graph.nodeCount * width)
        for node in order.lazy.map({ Int($0) }) {
            let (own, start) = (Int(nodes.chain[node]), node * width)
            for edge in graph.edges(node) {
                let other = Int(graph.target[edge]) * width
                for entry in 0..<width where rows[start + entry] > rows[other + entry] {
                    rows[other + entry] = rows[start + entry]
                }
                if own >= 0, rows[other + own] < nodes.place[node] { rows[other + own] = nodes.place[node] }
            }
        }
        self.rows = rows
    }

    /// The place of the last write of a chain that comes before a node.
    func last(_ chain: Int, before node: Int) -> Int32 { rows[node * width + chain] }
}

extension DependencyGraph {
    /// All nodes in an order in which edges lead on; `nil` if there is none.
    func topologicalOrder() -> [Int32]? {
        var missing = [Int32](repeating: 0, count: nodeCount)
        for target in target { missing[Int(target)] += 1 }
        var order: [Int32] = []
        order.reserveCapacity(nodeCount)
        for node in 0..<nodeCount where missing[node] == 0 { order.append(Int32(node)) }
        var next = 0
        while next < order.count {
            for edge in edges(Int(order[next])) {
                let target = Int(target[edge])
                missing[target] -= 1
                if missing[target] == 0 { order.append(Int32(target)) }
            }
            next += 1
        }
        return order.count == nodeCount ? order : nil
    }

    /// The shortest way from one node to another, both included; `nil` if there is none.
    func path(_ from: Int, _ to: Int) -> [Int]? {
        var cameFrom: [Int: Int] = [from: from]
        var queue = [from]
        var next = 0
        while next < queue.count, cameFrom[to] == nil || from == to {
            let node = queue[next]
            next += 1
            for edge in edges(node) {
                let target = Int(target[edge])
                guard cameFrom[target] == nil else { continue }
                cameFrom[target] = node
                queue.append(target)
            }
        }
        guard from == to || cameFrom[to] != nil else { return nil }
        var path = [to]
        while let last = path.last, last != from, let before = cameFrom[last] { path.append(before) }
        return path.reversed()
    }
}

/// The writes of each register, chain by chain.
struct ChainWriters {
    /// Groups of key `k`: `firstGroup[k]..<firstGroup[k + 1]`.
    private var firstGroup: [Int32]
    /// By group: its chain.
    private(set) var chain: [Int32] = []
    private var firstWriter: [Int32] = []
    private var writer: [Int32] = []
    private let place: [Int32]

    init(_ nodes: OrderGraph) {
        let (table, writers) = (nodes.facts.table, nodes.facts.writers)
        place = nodes.place
        var byKey = [[Int32]](repeating: [], count: table.keyCount)
        for node in nodes.chains.joined() {
            for entry in writers.entries(nodes.transaction(Int(node))) {
                let key = Int(writers.writtenKey[entry])
                if !table.isList[key] { byKey[key].append(node) }
            }
        }
        firstGroup = [0]
        for nodesOfKey in byKey {
            for node in nodesOfKey {
                if chain.count == Int(firstGroup[firstGroup.count - 1]) || chain.last != nodes.chain[Int(node)] {
                    chain.append(nodes.chain[Int(node)])
                    firstWriter.append(Int32(writer.count))
                }
                writer.append(node)
            }
            firstGroup.append(Int32(chain.count))
        }
        firstWriter.append(Int32(writer.count))
    }

    func groups(_ key: Int) -> Range<Int> { Int(firstGroup[key])..<Int(firstGroup[key + 1]) }

    /// The last write of a group whose place is not above `limit`.
    func last(_ group: Int, upTo limit: Int32) -> Int? {
        let first = Int(firstWriter[group])
        let position = partition(group) { place[$0] > limit }
        return position > first ? Int(writer[position - 1]) : nil
    }

    /// The first write of a group for which `isLate` is true, given that it stays true for all that follow.
    func first(_ group: Int, where isLate: (Int) -> Bool) -> Int? {
        let position = partition(group, isLate)
        return position < Int(firstWriter[group + 1]) ? Int(writer[position]) : nil
    }

    private func partition(_ group: Int, _ isSecond: (Int) -> Bool) -> Int {
        var (low, high) = (Int(firstWriter[group]), Int(firstWriter[group + 1]))
        while low < high {
            let middle = (low + high) / 2
            if isSecond(Int(writer[middle])) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
