/// Strongly connected components of a graph with only those edges that a mask of kinds lets through.
///
/// Tarjan 1972, without recursion: a cycle exists exactly where a component has several nodes.
struct Components {
    /// By node: the number of its component.
    private(set) var component: [Int32]
    /// The components of several nodes, each with its nodes in ascending order.
    private(set) var cyclic: [[Int32]] = []

    var isAcyclic: Bool { cyclic.isEmpty }

    init(_ graph: DependencyGraph, _ kinds: EdgeKinds = .all) {
        var search = ComponentSearch(graph.nodeCount)
        search.run(graph, kinds)
        component = search.component
        cyclic = search.cyclic
    }
}

private struct ComponentSearch {
    private(set) var component: [Int32]
    private(set) var cyclic: [[Int32]] = []
    /// By node: when it was first met, from 1; 0: not yet.
    private var met: [Int32]
    /// By node: the earliest node on the stack that is known to be reachable.
    private var low: [Int32]
    private var stack: [Int32] = []
    private var path: [(node: Int32, edge: Int32)] = []
    private var clock: Int32 = 0
    private var componentCount: Int32 = 0

    init(_ count: Int) {
        component = [Int32](repeating: -1, count: count)
        met = [Int32](repeating: 0, count: count)
        low = met
    }

    mutating func run(_ graph: DependencyGraph, _ kinds: EdgeKinds) {
        for root in 0..<graph.nodeCount where met[root] == 0 {
            enter(root, graph)
            while let top = path.last { step(Int(top.node), Int(top.edge), graph, kinds) }
        }
    }

    private mutating func enter(_ node: Int, _ graph: DependencyGraph) {
        clock += 1
        met[node] = clock
        low[node] = clock
        stack.append(Int32(node))
        path.append((Int32(node), graph.start[node]))
    }

    /// Follows edges of the node on top of the path until one leads on.
    private mutating func step(_ node: Int, _ first: Int, _ graph: DependencyGraph, _ kinds: EdgeKinds) {
        var edge = first
        let end = Int(graph.start[node + 1])
        while edge < end {
            let target = Int(graph.target[edge])
            if graph.has(edge, kinds) {
                if met[target] == 0 {
                    path[path.count - 1].edge = Int32(edge + 1)
                    return enter(target, graph)
                }
                if component[target] < 0 { low[node] = min(low[node], met[target]) }
            }
            edge += 1
        }
        path.removeLast()
        if let parent = path.last.map({ Int($0.node) }) { low[parent] = min(low[parent], low[node]) }
        if low[node] == met[node] { close(node) }
    }

    private mutating func close(_ root: Int) {
        var members: [Int32] = []
        repeat {
            let node = stack.removeLast()
            component[Int(node)] = componentCount
            members.append(node)
        } while members.last != Int32(root)
        if members.count > 1 { cyclic.append(members.sorted()) }
        componentCount += 1
    }
}
