/// Why one transaction comes before another.
enum EdgeKind: UInt8, CaseIterable {
    /// It installed the version that the other replaced.
    case ww
    /// The other read the version it installed.
    case wr
    /// It read the version that the other replaced.
    case rw
    /// Earlier in the same session.
    case session
    /// It had completed before the other was invoked.
    case realTime
    /// A third transaction, which came after it, read what the other installed instead of what it wrote itself.
    case commit
}

/// A set of kinds of edges.
struct EdgeKinds: OptionSet, Hashable {
    var rawValue: UInt8

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(_ kind: EdgeKind) { rawValue = 1 << kind.rawValue }

    func contains(_ kind: EdgeKind) -> Bool { rawValue & (1 << kind.rawValue) != 0 }

    static let ww = EdgeKinds(.ww)
    static let wr = EdgeKinds(.wr)
    static let rw = EdgeKinds(.rw)
    static let session = EdgeKinds(.session)
    static let realTime = EdgeKinds(.realTime)
    static let commit = EdgeKinds(.commit)
    static let data: EdgeKinds = [.ww, .wr, .rw]
    static let all = EdgeKinds(rawValue: .max)
}

/// A directed graph over transactions in compressed rows.
///
/// The first `transactionCount` nodes are the transactions of the table. Further nodes stand for nothing that happened:
/// they bundle edges (from all readers of a version to all that may have replaced it, along time), and a path through
/// them is one edge, of the kind and key with which it left its transaction.
struct DependencyGraph {
    let transactionCount: Int
    let nodeCount: Int
    /// Edges of node `n`: `start[n]..<start[n + 1]`.
    let start: [Int32]
    let target: [Int32]
    private let label: [UInt32]

    /// `known`: a graph of the same nodes whose edges come first.
    init(_ edges: EdgeList, after known: DependencyGraph? = nil, transactionCount: Int, nodeCount: Int) {
        self.transactionCount = transactionCount
        self.nodeCount = nodeCount
        let count = edges.source.count + (known?.target.count ?? 0)
        var start = [Int32](repeating: 0, count: nodeCount + 1)
        for node in edges.source { start[Int(node) + 1] += 1 }
        for node in 0..<nodeCount { start[node + 1] += start[node] }
        if let known { for node in 0...nodeCount { start[node] += known.start[node] } }
        self.start = start
        var next = start
        var target = [Int32](repeating: 0, count: count)
        var label = [UInt32](repeating: 0, count: count)
        if let known {
            for node in 0..<nodeCount {
                for edge in known.edges(node) {
                    let place = Int(next[node])
                    target[place] = known.target[edge]
                    label[place] = known.label[edge]
                    next[node] += 1
                }
            }
        }
        for edge in edges.source.indices {
            let node = Int(edges.source[edge])
            let place = Int(next[node])
            target[place] = edges.target[edge]
            label[place] = edges.label[edge]
            next[node] += 1
        }
        self.target = target
        self.label = label
    }

    /// Whether the edge is of one of some kinds.
    func has(_ edge: Int, _ kinds: EdgeKinds) -> Bool {
        kinds.rawValue & (1 << UInt8(truncatingIfNeeded: label[edge] & 7)) != 0
    }

    func kind(_ edge: Int) -> EdgeKind {
        // Labels are made from kinds.
        EdgeKind(rawValue: UInt8(truncatingIfNeeded: label[edge] & 7)) ?? .commit
    }

    /// The key that an edge is about, -1 for none.
    func key(_ edge: Int) -> Int { Int(label[edge] >> 3) - 1 }

    /// The same nodes with edges of some kinds only, and further edges.
    func filtered(_ kinds: EdgeKinds, adding more: EdgeList = EdgeList()) -> DependencyGraph {
        var edges = EdgeList()
        edges.reserveCapacity(target.count + more.source.count)
        for node in 0..<nodeCount {
            for edge in self.edges(node) where has(edge, kinds) {
                edges.add(node, Int(target[edge]), kind(edge), key: key(edge))
            }
        }
        for edge in more.source.indices { edges.add(more, edge) }
        return DependencyGraph(edges, transactionCount: transactionCount, nodeCount: nodeCount)
    }

    /// The same nodes with further edges.
    func adding(_ more: EdgeList) -> DependencyGraph {
        DependencyGraph(more, after: self, transactionCount: transactionCount, nodeCount: nodeCount)
    }

    func edges(_ node: Int) -> Range<Int> { Int(start[node])..<Int(start[node + 1]) }
}

/// Edges in the order in which they were found.
struct EdgeList {
    private(set) var source: [Int32] = []
    private(set) var target: [Int32] = []
    private(set) var label: [UInt32] = []

    mutating func reserveCapacity(_ count: Int) {
        source.reserveCapacity(count)
        target.reserveCapacity(count)
        label.reserveCapacity(count)
    }

    /// Adds an edge of another list.
    mutating func add(_ other: EdgeList, _ edge: Int) {
        source.append(other.source[edge])
        target.append(other.target[edge])
        label.append(other.label[edge])
    }

    mutating func add(_ from: Int, _ to: Int, _ kind: EdgeKind, key: Int = -1) {
        guard from != to else { return }
        source.append(Int32(from))
        target.append(Int32(to))
        label.append(UInt32(key + 1) << 3 | UInt32(kind.rawValue))
    }
}
