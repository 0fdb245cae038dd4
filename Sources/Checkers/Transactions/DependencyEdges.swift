/// Finds why transactions come before one another: what they read and replaced, sessions, time.
struct DependencyEdges {
    private let reads: ReadsFrom
    private let orders: VersionOrders
    private(set) var edges = EdgeList()
    private(set) var nodeCount: Int

    static func graph(_ reads: ReadsFrom, _ orders: VersionOrders) -> DependencyGraph {
        var builder = DependencyEdges(reads, orders)
        builder.addVersions()
        builder.addReadings()
        builder.addSessions()
        builder.addTime()
        return DependencyGraph(
            builder.edges, transactionCount: reads.table.count, nodeCount: builder.nodeCount)
    }

    private init(_ reads: ReadsFrom, _ orders: VersionOrders) {
        self.reads = reads
        self.orders = orders
        nodeCount = reads.table.count
        edges.reserveCapacity(3 * reads.readings.count + 5 * reads.table.count)
    }

    /// By key with several loose segments: the node between readers of the version before them and their heads.
    private var bundles: [Int: Int] = [:]

    // MARK: Versions

    private mutating func addVersions() {
        for (number, key) in orders.keys.enumerated() {
            edges.add(key, number)
            let heads = key.looseHeads
            guard heads.count > 1 else { continue }
            bundles[number] = nodeCount
            for head in heads { edges.add(nodeCount, head, .rw, key: number) }
            nodeCount += 1
        }
    }

    private mutating func addReadings() {
        let table = reads.table
        for reading in reads.readings {
            let reader = Int(table.owner[Int(reading.micro)])
            let key = Int(reading.key)
            if reading.writer >= 0 { edges.add(Int(reading.writer), reader, .wr, key: key) }
            if let place = orders.place(reading) { addReplacement(reader, key, place) }
        }
    }

    /// The reader of a version comes before what replaced it.
    private mutating func addReplacement(_ reader: Int, _ number: Int, _ place: Int) {
        let key = orders.keys[number]
        let next = place + 1
        if place >= 0 ? !key.isEnd[place] : key.headCount > 0 {
            edges.add(reader, Int(key.members[next]), .rw, key: number)
        } else if next == key.headCount, key.looseCount > 0 {
            // Who replaces at once what it reads is in the first segment, unless an update was lost: then no edge is
            // needed, and one would lead back to the reader.
            if let bundle = bundles[number] {
                if !(orders.isImmediate && key.isBranched) { edges.add(reader, bundle, .rw, key: number) }
            } else {
                edges.add(reader, Int(key.members[next]), .rw, key: number)
            }
        }
    }

    // MARK: Sessions and time

    private mutating func addSessions() {
        let table = reads.table
        var last = [Int32](repeating: -1, count: table.sessionCount)
        for transaction in 0..<table.count where reads.isIncluded[transaction] {
            let session = Int(table.session[transaction])
            if last[session] >= 0 { edges.add(Int(last[session]), transaction, .session) }
            last[session] = Int32(transaction)
        }
    }

    /// Real time in linear size: a chain of moments, which completions lead to and invocations come from. Completions
    /// without an invocation between them share one.
    private mutating func addTime() {
        let table = reads.table
        let ends = Self.byReturn(table, reads.isIncluded)
        var next = 0
        var moment = -1
        var isFresh = true
        for transaction in 0..<table.count where reads.isIncluded[transaction] {
            while next < ends.count, table.ret[Int(ends[next])] < table.call[transaction] {
                if isFresh {
                    if moment >= 0 { edges.add(moment, nodeCount, .realTime) }
                    moment = nodeCount
                    nodeCount += 1
                    isFresh = false
                }
                edges.add(Int(ends[next]), moment, .realTime)
                next += 1
            }
            if moment >= 0 { edges.add(moment, transaction, .realTime) }
            isFresh = true
        }
    }

    /// The transactions that returned, in that order.
    private static func byReturn(_ table: TransactionTable, _ isIncluded: [Bool]) -> [Int32] {
        var ends: [UInt64] = []
        ends.reserveCapacity(table.count)
        for transaction in 0..<table.count where isIncluded[transaction] && table.ret[transaction] < .max {
            ends.append(UInt64(UInt32(bitPattern: table.ret[transaction])) << 32 | UInt64(transaction))
        }
        ends.sort()
        return ends.map { Int32(truncatingIfNeeded: $0) }
    }
}
