/// Why no order of a key's versions fits what sessions had and saw.
enum VersionCircle {
    /// `later` is older than `earlier`, by way of a path.
    case older(UnrankedSessions.Step, CausalPath)
    /// The session had seen `later` before `earlier`, in this row.
    case again(UnrankedSessions.Step, row: Int32)
    /// Steps of several sessions, and paths between them.
    case several([Link])

    enum Link {
        case step(UnrankedSessions.Step)
        case path(from: Int32, to: Int32, CausalPath)
    }
}

/// Looks for circles of steps and the order of writes, key by key: O(n k) for n accesses and k sessions that write a key.
struct VersionCircles {
    private(set) var found: [VersionCircle] = []
    /// Found and not kept.
    private(set) var more = 0
    private let order: WriteOrder
    private let writes: WritesByKey
    private let shown: Int
    private var table: AccessTable { order.table }
    private var steps = 0

    /// Why not everything was looked at.
    private(set) var trouble: String?
    private let limit: Int

    /// Whose steps these are.
    enum Steps {
        /// From what a session wrote to what it read.
        case ownWrites
        case reads
        /// Both, where neither has a circle of its own.
        case both
    }

    init(
        _ steps: [UnrankedSessions.Step], _ order: WriteOrder, _ writes: WritesByKey, _ options: CheckOptions,
        of kind: Steps
    ) {
        self.order = order
        self.writes = writes
        shown = options.shownAnomalies
        limit = options.limits.steps
        let byKey = Self.sorted(steps, keyCount: order.table.keys.count)
        var start = 0
        while start < byKey.count {
            var end = start
            while end < byKey.count, byKey[end].key == byKey[start].key { end += 1 }
            check(byKey[start..<end], of: kind)
            start = end
        }
        if self.steps > limit {
            trouble = "more than \(limit) steps: raise the step limit or check a shorter history"
        }
    }

    /// By key, those of a key in their order.
    private static func sorted(_ steps: [UnrankedSessions.Step], keyCount: Int) -> [UnrankedSessions.Step] {
        var next = [Int](repeating: 0, count: keyCount + 1)
        for step in steps { next[Int(step.key) + 1] += 1 }
        for key in 0..<keyCount { next[key + 1] += next[key] }
        var order = [Int](repeating: 0, count: steps.count)
        for index in steps.indices {
            order[next[Int(steps[index].key)]] = index
            next[Int(steps[index].key)] += 1
        }
        return order.map { steps[$0] }
    }

    private mutating func check(_ steps: ArraySlice<UnrankedSessions.Step>, of kind: Steps) {
        guard let key = steps.first?.key, self.steps <= limit else { return }
        let edges = OrderEdges(steps, order, writes, Int(key))
        self.steps += edges.count
        let adjacency = Adjacency(nodes: edges.nodeCount, from: edges.from, to: edges.to)
        let component = adjacency.components()
        let suspects = steps.indices.filter { index in
            component[Int(edges.from[index - steps.startIndex])]
                == component[Int(edges.to[index - steps.startIndex])]
        }
        guard !suspects.isEmpty else { return }
        var explained: Set<Int32> = []
        var known = SeenVersions(table, steps)
        let isReads = kind == .reads
        for index in suspects where kind != .both {
            if isReads { known.advance(to: index) }
            guard let (step, row) = simple(steps[index], known, isReads: isReads) else { continue }
            explained.insert(component[Int(edges.from[index - steps.startIndex])])
            keep { circles in
                row.map { .again(step, row: $0) } ?? .older(step, circles.path(step.later, step.earlier))
            }
        }
        for index in suspects {
            let number = component[Int(edges.from[index - steps.startIndex])]
            guard explained.insert(number).inserted else { continue }
            keep { .several($0.circle(index - steps.startIndex, steps, edges, adjacency)) }
        }
    }

    private mutating func keep(_ circle: (VersionCircles) -> VersionCircle) {
        if found.count < shown { found.append(circle(self)) } else { more += 1 }
    }

    private func writer(_ version: Int32) -> Int { Int(table.writer[Int(version)]) }

    private func path(_ first: Int32, _ second: Int32) -> CausalPath { order.path(writer(first), writer(second)) }

    /// A circle of one session's steps and the order of writes; the row, if the session had seen the version before.
    private mutating func simple(
        _ step: UnrankedSessions.Step, _ known: SeenVersions, isReads: Bool
    ) -> (UnrankedSessions.Step, row: Int32?)? {
        if isReads, let row = known.rows[step.later] { return (step, row) }
        if order.precedes(writer(step.later), writer(step.earlier)) { return (step, nil) }
        guard isReads else { return nil }
        // Not older than what was seen last, but than something before.
        steps += known.rows.count
        let newer = known.rows.filter { order.precedes(writer(step.later), writer($0.key)) }
        guard let latest = newer.max(by: { $0.value < $1.value }) else { return nil }
        var step = step
        step.earlier = latest.key
        step.first = latest.value
        return (step, nil)
    }

    private func circle(
        _ index: Int, _ steps: ArraySlice<UnrankedSessions.Step>, _ edges: OrderEdges, _ adjacency: Adjacency
    ) -> [VersionCircle.Link] {
        let (start, end) = (Int(edges.to[index]), Int(edges.from[index]))
        var path = adjacency.path(from: start, to: end) { $0 < steps.count }
        if path.isEmpty { path = adjacency.path(from: start, to: end) }
        var links: [VersionCircle.Link] = [.step(steps[steps.startIndex + index])]
        var from: Int32?
        for edge in path {
            if edge < steps.count {
                links.append(.step(steps[steps.startIndex + edge]))
                continue
            }
            from = from ?? edges.version(edges.from[edge])
            guard let first = from, let to = edges.version(edges.to[edge]) else { continue }
            links.append(.path(from: first, to: to, self.path(first, to)))
            from = nil
        }
        return links
    }
}

/// What a session had seen of a key before a step: each version with the first row that saw it.
private struct SeenVersions {
    private(set) var rows: [Int32: Int32] = [:]
    private let table: AccessTable
    private let steps: ArraySlice<UnrankedSessions.Step>
    private var next: Int
    private var session: Int32 = -1

    init(_ table: AccessTable, _ steps: ArraySlice<UnrankedSessions.Step>) {
        self.table = table
        self.steps = steps
        next = steps.startIndex
    }

    /// Takes all steps before one, and the version from which that one starts.
    mutating func advance(to index: Int) {
        while next <= index {
            let step = steps[next]
            if table.owner[Int(step.second)] != session {
                session = table.owner[Int(step.second)]
                rows = [:]
            }
            if rows[step.earlier] == nil { rows[step.earlier] = step.first }
            if next < index, rows[step.later] == nil { rows[step.later] = step.second }
            next += 1
        }
    }
}
