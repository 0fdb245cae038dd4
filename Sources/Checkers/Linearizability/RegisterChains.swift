/// Linearizability of one register in O(n log n), exact when every value is written at most once.
///
/// The write of a value with its reads is a cluster; each cas that took effect puts its cluster directly behind that of
/// the value it replaced, so that clusters form chains. A chain must be in order inside, and whole chains must not be
/// entangled (`Zones`). An `info` update counts if its value was seen, without end.
struct RegisterChains {
    private let operations: ObjectOperations
    let clusters: ValueClusters
    private var zones = Zones()
    private var visited = 0
    private(set) var violations: [ChainViolation] = []
    /// The heads of the chains in an order in which they may take effect; empty unless there is one.
    private var heads: [Int32] = []

    init(_ operations: ObjectOperations) {
        self.operations = operations
        clusters = ValueClusters(operations)
        violations = clusters.phantoms.map { .phantom(seenBy: $0.seenBy) }
        violations += clusters.forks.map { .fork($0.0, $0.1) }
        guard violations.isEmpty else { return }
        walkChains()
        guard violations.isEmpty else { return }
        arrange()
    }

    private mutating func walkChains() {
        zones.reserve(operations.valueCount)
        for head in Int32(0)..<Int32(operations.valueCount) where clusters.isHead(head) { walk(head) }
        guard visited < clusters.realCount else { return }
        // What hangs on no write: cas that only follow one another in a ring.
        findRings()
    }

    /// Goes through a chain: nothing of a later value may have returned before something of an earlier one was invoked.
    private mutating func walk(_ head: Int32) {
        var zone = Zones.Zone(low: head == 0 ? -1 : .max, high: -1, group: head)
        var blamed: Int32 = -1
        var value = head
        while value >= 0 {
            visited += 1
            let writer = clusters.writer[value]
            if writer >= 0 { take(writer, writer, value, &zone, &blamed) }
            let read = clusters.earliestRead[value]
            if read >= 0 { take(read, clusters.latestRead[value], value, &zone, &blamed) }
            value = clusters.next[value]
        }
        if zone.high >= 0 { zones.add(zone) }
    }

    /// Takes the next operations of a chain, of which `first` returned first and `last` was invoked last.
    private mutating func take(
        _ first: Int32, _ last: Int32, _ value: Int32, _ zone: inout Zones.Zone, _ blamed: inout Int32
    ) {
        if operations.ret[first] < zone.high { reportInversion(first, value, zone.group, &blamed) }
        zone.low = min(zone.low, operations.ret[first])
        zone.high = max(zone.high, operations.call[last])
    }

    /// `early` returned before something in front of it was invoked: finds the nearest, and blames each operation once.
    private mutating func reportInversion(_ early: Int32, _ value: Int32, _ head: Int32, _ blamed: inout Int32) {
        guard violations.count < ObjectVerdict.mostViolations else { return }
        var late: Int32 = -1
        var current = head
        while current != value {
            late = clusters.lastCall(of: current, after: operations.ret[early]) ?? late
            current = clusters.next[current]
        }
        let writer = clusters.writer[value]
        if writer >= 0, writer != early, operations.call[writer] > operations.ret[early] { late = writer }
        if late != blamed { violations.append(.inversion(early: early, late: late)) }
        blamed = late
    }

    private mutating func findRings() {
        var isVisited = [Bool](repeating: false, count: operations.valueCount)
        for head in Int32(0)..<Int32(operations.valueCount) where clusters.isHead(head) {
            for value in clusters.chain(head) { isVisited[value] = true }
        }
        for start in Int32(0)..<Int32(operations.valueCount) where clusters.witness[start] >= 0 && !isVisited[start]
        {
            var ring: [Int32] = []
            var value = start
            while !isVisited[value] {
                isVisited[value] = true
                ring.append(clusters.writer[value])
                value = clusters.next[value]
            }
            violations.append(.ring(ring))
        }
    }

    private mutating func arrange() {
        let (order, conflicts) = zones.arranged()
        heads = order
        violations = conflicts.prefix(ObjectVerdict.mostViolations).compactMap(entangled)
    }

    /// Chooses the operations by which neither of two chains can come first.
    private func entangled(_ first: Zones.Zone, _ second: Zones.Zone) -> ChainViolation? {
        let chains = (clusters.chain(first.group), clusters.chain(second.group))
        guard
            let ends = ChainViolation.Ends(
                chains.0, clusters, returnsBefore: second.high, calledAfter: second.low),
            let others = ChainViolation.Ends(
                chains.1, clusters, returnsBefore: operations.call[ends.late],
                calledAfter: ends.early < 0 ? -1 : operations.ret[ends.early])
        else { preconditionFailure("two zones that conflict have operations that say so") }
        return .entangled(first: ends, second: others)
    }

    /// An order that explains every answer, as positions; only where there is no violation.
    func order() -> [Int32] {
        var place = [Int32](repeating: -1, count: operations.valueCount)
        var count: Int32 = 0
        for head in heads {
            var value = head
            while value >= 0 {
                place[value] = count
                count += 1
                value = clusters.next[value]
            }
        }
        let levels = operations.function.indices.map { position -> Int32 in
            let isRead = operations.function[position] == .read
            let value = isRead ? operations.result[position] : operations.argument[position]
            return place[value] < 0 ? -1 : 2 * place[value] + (isRead ? 1 : 0)
        }
        return Levels(levels, count: 2 * Int(count)).order()
    }
}
