/// A directed graph over small numbers: edges by the node that they leave.
struct Adjacency {
    /// Edges of node `v`: `first[v]..<first[v + 1]`.
    private(set) var first: [Int32]
    /// Where they lead.
    private(set) var target: [Int32]
    /// Their numbers in the order in which they were given.
    private(set) var edge: [Int32]

    init(nodes: Int, from: [Int32], to: [Int32]) {
        precondition(from.count == to.count, "an edge has two ends")
        first = Array(repeating: 0, count: nodes + 1)
        for node in from { first[Int(node) + 1] += 1 }
        for node in 0..<nodes { first[node + 1] += first[node] }
        target = Array(repeating: 0, count: to.count)
        edge = target
        var next = first
        for index in from.indices {
            let place = Int(next[Int(from[index])])
            next[Int(from[index])] += 1
            target[place] = to[index]
            edge[place] = Int32(index)
        }
    }

    var nodeCount: Int { first.count - 1 }

    func edges(_ node: Int) -> Range<Int> { Int(first[node])..<Int(first[node + 1]) }

    /// The strongly connected component of each node, numbered (Tarjan 1972), without recursion: chains may be long.
    func components() -> [Int32] {
        var component = [Int32](repeating: -1, count: nodeCount)
        var index = component
        var low = component
        var next = first
        var path: [Int32] = []
        var stack: [Int32] = []
        var time: Int32 = 0
        var count: Int32 = 0
        for root in 0..<nodeCount where index[root] < 0 {
            path.append(Int32(root))
            while let last = path.last {
                let node = Int(last)
                if index[node] < 0 {
                    index[node] = time
                    low[node] = time
                    time += 1
                    stack.append(last)
                }
                var isDeeper = false
                while next[node] < first[node + 1] {
                    let other = Int(target[Int(next[node])])
                    if index[other] < 0 {
                        path.append(Int32(other))
                        isDeeper = true
                        break
                    }
                    if component[other] < 0 { low[node] = min(low[node], low[other]) }
                    next[node] += 1
                }
                if isDeeper { continue }
                path.removeLast()
                guard low[node] == index[node] else { continue }
                while let member = stack.popLast() {
                    component[Int(member)] = count
                    if member == last { break }
                }
                count += 1
            }
        }
        return component
    }

    /// The edges of a shortest path, empty if there is none or the ends are the same; only edges that `isOpen` admits.
    func path(from start: Int, to end: Int, isOpen: (Int) -> Bool = { _ in true }) -> [Int] {
        guard start != end else { return [] }
        var arrival: [Int32: Int32] = [:]
        var source: [Int32: Int32] = [:]
        var frontier = [Int32(start)]
        while !frontier.isEmpty, arrival[Int32(end)] == nil {
            var next: [Int32] = []
            for node in frontier {
                for place in edges(Int(node)) where isOpen(Int(edge[place])) {
                    let other = target[place]
                    guard other != Int32(start), arrival[other] == nil else { continue }
                    arrival[other] = edge[place]
                    source[other] = node
                    next.append(other)
                }
            }
            frontier = next
        }
        var path: [Int] = []
        var node = Int32(end)
        while node != Int32(start) {
            guard let edge = arrival[node], let from = source[node] else { return [] }
            path.append(Int(edge))
            node = from
        }
        return path.reversed()
    }
}
