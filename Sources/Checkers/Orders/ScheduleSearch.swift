/// Looks for an order of all operations that explains every read of a register, along the edges of a graph.
///
/// A version may be replaced once all its readers had their turn; so an operation whose predecessors are done can run as
/// soon as that holds, and the only choice is which write comes next. Writes whose readers can all follow at once leave
/// nothing open: they are taken without a choice. States that led nowhere are remembered by 128 bits.
struct ScheduleSearch {
    private let nodes: OrderGraph
    private let graph: DependencyGraph
    private let limits: CheckLimits
    /// By node: predecessors that are not done.
    private var missing: [Int32]
    private var ready: [Int32] = []
    /// By node: its place in `ready`, -1: not there.
    private var readyPlace: [Int32]
    /// By key: what it holds, as a number of `pending`.
    private var current: [Int32]
    /// By version: reads of it that are not done. Versions are the entries of `KeyWriters`, then the initial ones by key.
    private var pending: [Int32]
    /// The version that each reading needs, by node: `firstNeed[n]..<firstNeed[n + 1]`.
    private var firstNeed: [Int32] = [0]
    private var need: [Int32] = []
    private var done: [Int32] = []
    private var replaced: [(key: Int32, version: Int32)] = []
    private var state = Fingerprint()
    private var failed: Set<Fingerprint> = []
    private var steps = 0

    private struct Choice {
        var writes: [Int32]
        var next = 0
        /// What was done before it.
        var done: Int
        var state: Fingerprint
    }

    init(_ nodes: OrderGraph, _ graph: DependencyGraph, _ limits: CheckLimits) {
        self.nodes = nodes
        self.graph = graph
        self.limits = limits
        let writers = nodes.facts.writers
        let entries = writers.writtenKey.count
        missing = [Int32](repeating: 0, count: graph.nodeCount)
        readyPlace = [Int32](repeating: -1, count: graph.nodeCount)
        for target in graph.target { missing[Int(target)] += 1 }
        let keyCount = nodes.facts.table.keyCount
        current = (0..<keyCount).map { Int32(entries + $0) }
        pending = [Int32](repeating: 0, count: entries + keyCount)
        for fact in nodes.known {
            let version = Self.version(fact, nodes)
            while firstNeed.count <= Int(fact.node) { firstNeed.append(Int32(need.count)) }
            need.append(version)
            pending[Int(version)] += 1
        }
        while firstNeed.count <= graph.nodeCount { firstNeed.append(Int32(need.count)) }
        for node in 0..<graph.nodeCount where missing[node] == 0 { makeReady(node) }
    }

    mutating func run() -> ForcedOrder.Outcome {
        var choices: [Choice] = []
        while true {
            advance()
            guard steps <= limits.steps, failed.count <= limits.bytes / 64 else {
                return .undecided("no order was found within the limits of the search")
            }
            if done.count == graph.nodeCount { return .ordered }
            if !failed.contains(state) {
                let writes = ready.filter { isAllowed(Int($0)) }.sorted()
                choices.append(Choice(writes: writes, done: done.count, state: state))
            }
            // On with the latest choice that is left.
            while let choice = choices.last {
                undo(to: choice.done)
                guard choice.next < choice.writes.count else {
                    failed.insert(choice.state)
                    choices.removeLast()
                    continue
                }
                choices[choices.count - 1].next += 1
                run(Int(choice.writes[choice.next]))
                break
            }
            if choices.isEmpty { return .impossible(graph) }
        }
    }

    private static func version(_ fact: OrderGraph.Fact, _ nodes: OrderGraph) -> Int32 {
        let writers = nodes.facts.writers
        guard fact.writer >= 0 else { return Int32(writers.writtenKey.count) + fact.key }
        let entries = writers.entries(nodes.transaction(Int(fact.writer)))
        return Int32(entries.first { writers.writtenKey[$0] == fact.key } ?? 0)
    }

    // MARK: Steps

    /// Takes what leaves no choice.
    private mutating func advance() {
        while true {
            if let free = ready.first(where: { !isWrite(Int($0)) }) {
                run(Int(free))
            } else if !takeHarmless() {
                return
            }
        }
    }

    /// Takes a write all of whose readers can follow at once, with them.
    private mutating func takeHarmless() -> Bool {
        for write in ready.map({ Int($0) }) where isAllowed(write) {
            let before = done.count
            run(write)
            while let free = ready.first(where: { !isWrite(Int($0)) }) { run(Int(free)) }
            if entries(write).allSatisfy({ pending[$0] == 0 }) { return true }
            undo(to: before)
        }
        return false
    }

    private func entries(_ node: Int) -> Range<Int> {
        guard node < nodes.chain.count, nodes.chain[node] >= 0 else { return 0..<0 }
        return nodes.facts.writers.entries(nodes.transaction(node))
    }

    private func isWrite(_ node: Int) -> Bool { !entries(node).isEmpty }

    private func needs(_ node: Int) -> Range<Int> { Int(firstNeed[node])..<Int(firstNeed[node + 1]) }

    /// Whether nobody else still has to read what a write replaces.
    private func isAllowed(_ node: Int) -> Bool {
        entries(node).allSatisfy { entry in
            let version = current[Int(nodes.facts.writers.writtenKey[entry])]
            let own = needs(node).count { need[$0] == version }
            return pending[Int(version)] == Int32(own)
        }
    }

    private mutating func run(_ node: Int) {
        steps += 1
        removeReady(node)
        done.append(Int32(node))
        state.toggle(UInt64(node) << 1)
        for position in needs(node) { pending[Int(need[position])] -= 1 }
        for entry in entries(node) {
            let key = Int(nodes.facts.writers.writtenKey[entry])
            replaced.append((Int32(key), current[key]))
            hold(key, Int32(entry))
        }
        for edge in graph.edges(node) {
            let target = Int(graph.target[edge])
            missing[target] -= 1
            if missing[target] == 0 { makeReady(target) }
        }
    }

    private mutating func hold(_ key: Int, _ version: Int32) {
        state.toggle(UInt64(current[key]) << 1 | 1)
        current[key] = version
        state.toggle(UInt64(version) << 1 | 1)
    }

    private mutating func undo(to count: Int) {
        while done.count > count {
            let node = Int(done.removeLast())
            for edge in graph.edges(node) {
                let target = Int(graph.target[edge])
                if missing[target] == 0 { removeReady(target) }
                missing[target] += 1
            }
            for _ in entries(node) {
                let (key, version) = replaced.removeLast()
                hold(Int(key), version)
            }
            for position in needs(node) { pending[Int(need[position])] += 1 }
            state.toggle(UInt64(node) << 1)
            makeReady(node)
        }
    }

    private mutating func makeReady(_ node: Int) {
        readyPlace[node] = Int32(ready.count)
        ready.append(Int32(node))
    }

    private mutating func removeReady(_ node: Int) {
        let place = Int(readyPlace[node])
        ready.swapAt(place, ready.count - 1)
        readyPlace[Int(ready[place])] = Int32(place)
        ready.removeLast()
        readyPlace[node] = -1
    }
}

/// A set of numbers in 128 bits; equal sets have equal ones, and others almost certainly do not.
struct Fingerprint: Hashable {
    private var low: UInt64 = 0
    private var high: UInt64 = 0

    /// Puts a number in, or takes it out.
    mutating func toggle(_ number: UInt64) {
        low ^= Self.mixed(number &* 2 &+ 1)
        high ^= Self.mixed(~number)
    }

    /// SplitMix64.
    private static func mixed(_ number: UInt64) -> UInt64 {
        var mixed = number &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
