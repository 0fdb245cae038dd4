/// The versions of one key as a graph: the steps that sessions took, and what is certain of the order of writes, from the
/// older to the newer.
struct OrderEdges {
    /// First the steps in their order, then the rest.
    private(set) var from: [Int32] = []
    private(set) var to: [Int32] = []
    private(set) var nodeCount: Int
    private let writes: WritesByKey
    private let range: Range<Int>

    var count: Int { from.count }

    init(_ steps: ArraySlice<UnrankedSessions.Step>, _ order: WriteOrder, _ writes: WritesByKey, _ key: Int) {
        self.writes = writes
        range = writes.range(key)
        nodeCount = range.count
        for step in steps {
            from.append(node(step.earlier, order.table))
            to.append(node(step.later, order.table))
        }
        addCauses(order, writes.groups(key))
        if order.usesRealTime { addTimes(order.table) }
    }

    /// The version of a node, `nil` for a node that stands for a time.
    func version(_ node: Int32) -> Int32? {
        Int(node) < range.count ? writes.version(range.lowerBound + Int(node)) : nil
    }

    /// Places are in the order of rows, and of versions within a row.
    private func node(_ version: Int32, _ table: AccessTable) -> Int32 {
        let target = (table.writer[Int(version)], version)
        var low = range.lowerBound
        var high = range.upperBound
        while low < high {
            let middle = (low + high) / 2
            if (Int32(writes.row(middle)), writes.version(middle)) < target {
                low = middle + 1
            } else {
                high = middle
            }
        }
        return Int32(low - range.lowerBound)
    }

    private mutating func add(_ first: Int, _ second: Int) {
        from.append(Int32(first - range.lowerBound))
        to.append(Int32(second - range.lowerBound))
    }

    /// To each version from the last one of every session that comes before it.
    private mutating func addCauses(_ order: WriteOrder, _ groups: [Range<Int>]) {
        for own in groups {
            for place in own {
                if place > own.lowerBound { add(place - 1, place) }
                for group in groups where group != own {
                    let session = Int(order.table.owner[writes.row(group.lowerBound)])
                    let reach = order.clocks.reach(writes.row(place), session: session)
                    if let last = writes.last(group, upTo: reach) { add(last, place) }
                }
            }
        }
    }

    /// A node for each time at which a write began leads to that write and to the next such node; a write leads to the first
    /// that comes after its end.
    private mutating func addTimes(_ table: AccessTable) {
        let places = range.sorted { table.call[writes.row($0)] < table.call[writes.row($1)] }
        for (index, place) in places.enumerated() {
            let time = range.upperBound + index
            add(time, place)
            if index + 1 < places.count { add(time, time + 1) }
            let ret = table.ret[writes.row(place)]
            let next = places.partitioningIndex { table.call[writes.row($0)] > ret }
            if next < places.count { add(place, range.upperBound + next) }
        }
        nodeCount += places.count
    }
}
