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
            for place in key.members.indices.dropFirst() where !key.isEnd[place - 1] {
                edges.add(Int(key.members[place - 1]), Int(key.members[place]), .ww, key: number)
            }
            guard key.looseCount > 0 else { continue }
            let heads = looseHeads(key)
            if key.headCount > 0 {
                for head in heads { edges.add(Int(key.members[key.headCount - 1]), head, .ww, key: number) }
            }
            guard heads.count > 1 else { continue }
            bundles[number] = nodeCount
            for head in heads { edges.add(nodeCount, head, .rw, key: number) }
            nodeCount += 1
        }
    }

    private func looseHeads(_ key: VersionOrders.Key) -> [Int] {
        (key.headCount..<key.members.count).filter { $0 == key.headCount || key.isEnd[$0 - 1] }
            .map { Int(key.members[$0]) }
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
        let ends = (0..<table.count).filter { reads.isIncluded[$0] && table.ret[$0] < .max }
            .sorted { table.ret[$0] < table.ret[$1] }
        var next = 0
        var moment = -1
        var isFresh = true
        for transaction in 0..<table.count where reads.isIncluded[transaction] {
            while next < ends.count, table.ret[ends[next]] < table.call[transaction] {
                if isFresh {
                    if moment >= 0 { edges.add(moment, nodeCount, .realTime) }
                    moment = nodeCount
                    nodeCount += 1
                    isFresh = false
                }
                edges.add(ends[next], moment, .realTime)
                next += 1
            }
            if moment >= 0 { edges.add(moment, transaction, .realTime) }
            isFresh = true
        }
    }
}
