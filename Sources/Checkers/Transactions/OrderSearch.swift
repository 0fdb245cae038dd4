/// Looks for an order of the nodes of a `VersionProblem` in which every read finds the version it saw: exact, under limits.
///
/// A version may be replaced once all its readers had their turn, so what is possible next depends on the set of nodes
/// done and on nothing else (Biswas and Enea, OOPSLA 2019); sets that led nowhere are remembered. Nodes that replace no
/// version of an open key are done as soon as they can be, which never hurts.
struct OrderSearch {
    enum Outcome {
        /// The nodes in order.
        case found([Int32])
        /// There is no order. `isProof`: these transactions alone have none; otherwise they are those of many that could
        /// not go on where the search came furthest.
        case impossible([Int], isProof: Bool)
        case undecided(String)
    }

    private struct Choice {
        /// How many nodes were done before the one that led here.
        var mark: Int
        /// Where in `ready` the next one to try is looked for.
        var next = 0
        var waiting: [Int32]
        var ready: [Int32]
        var state: [Int32]
        /// How many of the first nodes that tell what is done are done.
        var prefix: Int

        var bytes: Int { 4 * (waiting.count + ready.count + state.count) + 128 }
    }

    private let problem: VersionProblem
    private let graph: DependencyGraph
    private let limits: CheckLimits
    /// By node: open keys that it reads, and that it installs versions of, as positions in `problem.keys`.
    private var reads: [[Int32]]
    private var installs: [[Int32]]
    /// By node that installs: how many readers each of these versions has.
    private var readerCounts: [[Int32]]
    /// By node: open keys that it begins to replace (snapshots that may conflict).
    private var opens: [[Int32]]
    /// By open key: readers of installed versions that are still to come, and writers between snapshot and commit.
    private var pending: [Int32]
    private var writing: [Int32]
    private var missing: [Int32]
    private var isDone: [Bool]
    private var done: [Int32] = []
    /// Nodes without missing predecessors: those that need a choice by rank, and those that wait for readers.
    private var ready: [Int32] = []
    private var waiting: [Int32] = []
    /// By node: which to try first, small ones.
    private let rank: [Int]
    /// How many of the last choices can be taken back.
    private let window: Int
    private var failed: Set<[Int32]> = []
    private var bytes = 0
    private var steps = 0
    /// Nodes that tell what is done, ascending, how many of the first ones are done, and how many in all.
    private var telling: [Int32] = []
    private var prefix = 0
    private var tellingDone = 0
    /// The transactions that could not go on where most was done.
    private var stuck: [Int] = []
    private var furthest = -1
    private static let largestProof = 40

    /// `priority`: by transaction, which to try first: small ones. `window`: how many of the last choices can be taken back;
    /// fewer than all need little memory, and do not find out that there is no order.
    static func run(
        _ problem: VersionProblem, priority: [Int32], _ limits: CheckLimits, window: Int = .max
    ) -> Outcome {
        var search = OrderSearch(problem, priority, limits, window)
        return search.run()
    }

    private init(_ problem: VersionProblem, _ priority: [Int32], _ limits: CheckLimits, _ window: Int) {
        self.problem = problem
        self.limits = limits
        self.window = window
        rank = (0..<problem.graph.nodeCount).map { node in
            Int(problem.transaction(node).map { priority[$0] } ?? 0) << 32 | node
        }
        graph = problem.graph
        let count = graph.nodeCount
        reads = [[Int32]](repeating: [], count: count)
        installs = reads
        readerCounts = reads
        opens = reads
        pending = problem.keys.map { Int32($0.initialReaders.count) }
        writing = [Int32](repeating: 0, count: problem.keys.count)
        missing = [Int32](repeating: 0, count: count)
        isDone = [Bool](repeating: false, count: count)
        for target in graph.target { missing[Int(target)] += 1 }
        for (number, key) in problem.keys.enumerated() { add(key, Int32(number)) }
        telling = (0..<Int32(count)).filter { isTelling(Int($0)) }
    }

    private mutating func add(_ key: VersionProblem.OpenKey, _ number: Int32) {
        for reader in key.initialReaders { reads[problem.readNode(reader)].append(number) }
        for (place, writer) in key.writers.enumerated() {
            for reader in key.readersOf[place] { reads[problem.readNode(reader)].append(number) }
            let node = problem.writeNode(writer)
            installs[node].append(number)
            readerCounts[node].append(Int32(key.readersOf[place].count))
            if problem.rule == .snapshots { opens[problem.readNode(writer)].append(number) }
        }
    }

    /// Whether doing the node early may be wrong.
    private func needsChoice(_ node: Int) -> Bool {
        problem.rule == .snapshots ? !opens[node].isEmpty : !installs[node].isEmpty
    }

    /// Whether it does not follow from other nodes being done whether this one is: it may have to wait for readers.
    private func isTelling(_ node: Int) -> Bool { !opens[node].isEmpty || !installs[node].isEmpty }

    // MARK: Search

    private mutating func run() -> Outcome {
        for node in 0..<graph.nodeCount where missing[node] == 0 { release(node) }
        propagate()
        var path = [choice(mark: 0)]
        var isCut = false
        while let top = path.last {
            if done.count == graph.nodeCount {
                return isOrder(done) ? .found(done) : .undecided("no order was found")
            }
            guard let place = top.ready.indices[top.next...].first(where: { canPerform(Int(top.ready[$0])) }) else {
                noteStuck()
                remember(top.state)
                bytes -= top.bytes
                path.removeLast()
                if let parent = path.last { restore(parent, to: top.mark) }
                continue
            }
            // What is kept of each choice takes time too.
            steps += window == .max ? 1 + ready.count >> 6 : 1
            guard steps <= limits.steps, bytes <= limits.bytes else { return .undecided(limitReason) }
            path[path.count - 1].next = place + 1
            let mark = done.count
            ready.remove(at: place)
            perform(Int(top.ready[place]))
            propagate()
            let next = choice(mark: mark)
            guard done.count == graph.nodeCount || !failed.contains(next.state) else {
                restore(top, to: mark)
                continue
            }
            bytes += next.bytes
            path.append(next)
            if path.count > window { bytes -= path.removeFirst().bytes; isCut = true }
        }
        return isCut ? .undecided("no order was found by changing the last \(window) choices") : impossible()
    }

    private func impossible() -> Outcome {
        let all = Set((0..<graph.nodeCount).compactMap { isBusy(graph, $0) ? problem.transaction($0) : nil })
        let isProof = all.count <= Self.largestProof
        return .impossible((isProof ? all : Set(stuck)).sorted(), isProof: isProof)
    }

    /// Whether a node has any edge to a node that is not its own transaction.
    private func isBusy(_ graph: DependencyGraph, _ node: Int) -> Bool {
        graph.edges(node).contains { problem.transaction(Int(graph.target[$0])) != problem.transaction(node) }
            || !reads[node].isEmpty || !installs[node].isEmpty
    }

    private mutating func noteStuck() {
        guard done.count > furthest else { return }
        furthest = done.count
        stuck = (ready + waiting).compactMap { problem.transaction(Int($0)) }
    }

    /// Goes back to a choice.
    private mutating func restore(_ choice: Choice, to mark: Int) {
        undo(to: mark)
        ready = choice.ready
        waiting = choice.waiting
        prefix = choice.prefix
    }

    /// Whether every version is replaced only after all its readers had their turn.
    private func isOrder(_ nodes: [Int32]) -> Bool {
        var place = [Int](repeating: 0, count: graph.nodeCount)
        for (position, node) in nodes.enumerated() { place[Int(node)] = position }
        return problem.keys.allSatisfy { key in
            let writers = key.writers.indices.sorted {
                place[problem.writeNode(key.writers[$0])] < place[problem.writeNode(key.writers[$1])]
            }
            let versions = [(nil, key.initialReaders)] + writers.map { (key.writers[$0], key.readersOf[$0]) }
            return zip(versions, versions.dropFirst()).allSatisfy { version, next in
                guard let writer = next.0 else { return true }
                let isAfter =
                    version.0.map { place[problem.writeNode($0)] < place[problem.replaceNode(writer)] } ?? true
                return isAfter
                    && version.1.allSatisfy {
                        $0 == writer || place[problem.readNode($0)] < place[problem.writeNode(writer)]
                    }
            }
        }
    }

    private var limitReason: String {
        bytes > limits.bytes
            ? "the search for an order of versions needs more than \(limits.bytes >> 20) MiB: raise the memory limit or "
                + "let transactions read what they write"
            : "the search for an order of versions takes more than \(limits.steps) steps: raise the step limit or let "
                + "transactions read what they write"
    }

    private mutating func remember(_ state: [Int32]) {
        guard window == .max else { return }
        if failed.insert(state).inserted { bytes += 4 * state.count + 64 }
    }

    private mutating func choice(mark: Int) -> Choice {
        let state = window == .max ? state() : []
        return Choice(mark: mark, waiting: waiting, ready: ready, state: state, prefix: prefix)
    }

    /// The nodes that are done, as far as they are telling: how many of the first ones, and which of the others.
    private mutating func state() -> [Int32] {
        while prefix < telling.count, isDone[Int(telling[prefix])] { prefix += 1 }
        var state = [Int32(prefix)]
        var place = prefix
        while state.count <= tellingDone - prefix {
            if isDone[Int(telling[place])] { state.append(telling[place]) }
            place += 1
        }
        return state
    }

    // MARK: Steps

    private func canPerform(_ node: Int) -> Bool {
        for key in opens[node] where writing[Int(key)] > 0 { return false }
        for key in installs[node] {
            let own = reads[node].contains(key) ? Int32(1) : 0
            if pending[Int(key)] > own { return false }
        }
        return true
    }

    private mutating func perform(_ node: Int) {
        isDone[node] = true
        done.append(Int32(node))
        if isTelling(node) { tellingDone += 1 }
        for key in reads[node] { pending[Int(key)] -= 1 }
        for key in opens[node] { writing[Int(key)] += 1 }
        for (place, key) in installs[node].enumerated() {
            pending[Int(key)] += readerCounts[node][place]
            if problem.rule == .snapshots { writing[Int(key)] -= 1 }
        }
        for edge in graph.edges(node) {
            let target = Int(graph.target[edge])
            missing[target] -= 1
            if missing[target] == 0 { release(target) }
        }
    }

    private mutating func release(_ node: Int) {
        guard needsChoice(node) else { return waiting.append(Int32(node)) }
        ready.insert(Int32(node), at: ready.partitioningIndex { rank[Int($0)] > rank[node] })
    }

    /// Does all that needs no choice.
    private mutating func propagate() {
        var isProgress = true
        while isProgress {
            isProgress = false
            let nodes = waiting
            waiting.removeAll(keepingCapacity: true)
            for node in nodes {
                if canPerform(Int(node)) {
                    perform(Int(node))
                    isProgress = true
                } else {
                    waiting.append(node)
                }
            }
        }
    }

    private mutating func undo(to mark: Int) {
        while done.count > mark {
            let node = Int(done.removeLast())
            isDone[node] = false
            if isTelling(node) { tellingDone -= 1 }
            for key in reads[node] { pending[Int(key)] += 1 }
            for key in opens[node] { writing[Int(key)] -= 1 }
            for (place, key) in installs[node].enumerated() {
                pending[Int(key)] -= readerCounts[node][place]
                if problem.rule == .snapshots { writing[Int(key)] += 1 }
            }
            for edge in graph.edges(node) { missing[Int(graph.target[edge])] += 1 }
        }
    }
}
