/// Whether one order of all operations, or of all writes, explains what registers showed.
///
/// Who reads a version comes after every write that must be before it, and before every write that must be after it:
/// from that, further orders follow, until nothing new does (saturation, as in Zennou and others: "Gradual consistency
/// checking", CAV 2019). A contradiction is a violation. What is left open is searched for an order, within limits.
struct ForcedOrder {
    enum Outcome {
        case ordered
        /// A contradiction, or no order at all: `graph` has what was concluded up to it, with a cycle if there is one.
        case impossible(DependencyGraph)
        case undecided(String)

        var isImpossible: Bool { if case .impossible = self { true } else { false } }
    }

    /// Why one operation must come before another.
    struct Conclusion {
        var from: Int32
        var to: Int32
        /// The read it follows from: `from` is before its reader and `to` is what it read, or `from` is the reader and `to`
        /// is after what it read.
        var fact: Int32
        /// In which round it was concluded, from what earlier rounds had.
        var round: Int32
    }

    let nodes: OrderGraph
    private(set) var conclusions: [Conclusion] = []
    private var concluded = EdgeList()
    private let writers: ChainWriters
    /// By reading and group of its key, from `firstSlot`: the place from which on writes are known to follow the reader.
    private var followers: [Int32] = []
    private var firstSlot: [Int32] = []
    private let limits: CheckLimits
    private var steps = 0

    init(_ nodes: OrderGraph, _ limits: CheckLimits) {
        self.nodes = nodes
        self.limits = limits
        writers = ChainWriters(nodes)
        for fact in nodes.known {
            firstSlot.append(Int32(followers.count))
            followers += [Int32](repeating: .max, count: writers.groups(Int(fact.key)).count)
        }
        followInitial()
    }

    mutating func run() -> Outcome {
        var round: Int32 = 1
        while true {
            let graph = nodes.graph(with: concluded)
            guard let order = graph.topologicalOrder() else { return .impossible(graph) }
            guard OrderClocks.bytes(graph.nodeCount, nodes.chains.count) <= limits.bytes else {
                return .undecided(
                    "there are too many sessions that write: \(nodes.chains.count); check less at once")
            }
            steps += graph.target.count + followers.count
            // The search needs none of what follows: it only makes it shorter.
            guard steps <= limits.steps else { return search(graph, limits.steps) }
            if round % 4 == 3, case .ordered = search(graph, min(limits.steps, 4 * graph.nodeCount)) {
                return .ordered
            }
            let clocks = OrderClocks(graph, order, nodes)
            let before = conclusions.count
            for fact in nodes.known.indices { conclude(fact, clocks, round) }
            if conclusions.count == before {
                return search(graph, limits.steps)
            }
            round += 1
        }
    }

    private func search(_ graph: DependencyGraph, _ steps: Int) -> Outcome {
        var search = ScheduleSearch(nodes, graph, CheckLimits(steps: steps, bytes: limits.bytes))
        return search.run()
    }

    /// All writes of a key come after who read its initial state.
    private mutating func followInitial() {
        for (number, fact) in nodes.known.enumerated() where fact.writer < 0 {
            for group in writers.groups(Int(fact.key)) {
                guard let first = writers.first(group, where: { _ in true }) else { continue }
                follow(number, group, first, 0)
            }
        }
    }

    private mutating func conclude(_ number: Int, _ clocks: OrderClocks, _ round: Int32) {
        let fact = nodes.known[number]
        guard fact.writer >= 0 else { return }
        let (reader, own) = (Int(fact.node), Int(fact.writer))
        for group in writers.groups(Int(fact.key)) {
            let chain = Int(writers.chain[group])
            // What comes before the reader comes before what it read.
            if let before = writers.last(group, upTo: clocks.last(chain, before: reader)), before != own,
                clocks.last(chain, before: own) < nodes.place[before]
            {
                add(Conclusion(from: Int32(before), to: fact.writer, fact: Int32(number), round: round), .commit)
            }
            // What comes after that comes after the reader.
            let ownChain = Int(nodes.chain[own])
            let after = writers.first(group) { node in
                chain == ownChain
                    ? nodes.place[node] > nodes.place[own]
                    : clocks.last(ownChain, before: node) >= nodes.place[own]
            }
            if let after { follow(number, group, after, round) }
        }
    }

    private mutating func follow(_ number: Int, _ group: Int, _ writer: Int, _ round: Int32) {
        let fact = nodes.known[number]
        let slot = Int(firstSlot[number]) + group - writers.groups(Int(fact.key)).lowerBound
        guard nodes.place[writer] < followers[slot] else { return }
        followers[slot] = nodes.place[writer]
        var next = writer
        // Who replaces what it read is not after itself, but what follows it in its session is.
        if nodes.transaction(writer) == nodes.transaction(Int(fact.node)) {
            guard let later = writers.first(group, where: { nodes.place[$0] > nodes.place[writer] }) else { return }
            next = later
        }
        add(Conclusion(from: fact.node, to: Int32(next), fact: Int32(number), round: round), .rw)
    }

    private mutating func add(_ conclusion: Conclusion, _ kind: EdgeKind) {
        conclusions.append(conclusion)
        let key = Int(nodes.known[Int(conclusion.fact)].key)
        concluded.add(Int(conclusion.from), Int(conclusion.to), kind, key: key)
    }

    /// What was known before a round.
    func graph(before round: Int32) -> DependencyGraph {
        var earlier = EdgeList()
        for (number, conclusion) in conclusions.enumerated() where conclusion.round < round {
            earlier.add(concluded, number)
        }
        return nodes.graph(with: earlier)
    }
}
