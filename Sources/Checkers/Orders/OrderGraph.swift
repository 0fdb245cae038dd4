/// Operations and why one comes before another, before anything is concluded from registers.
///
/// Lists and sets are done with here: what a list shows orders its appends, and a read comes after what it shows and
/// before the next. Of registers it has who read from whom; the rest follows from `ForcedOrder`.
struct OrderGraph {
    enum Rule: Hashable {
        /// What an operation knows: its session, what it read, and all that led to that.
        case causes
        /// One order of all operations that contains sessions.
        case sessions
        /// One order of all writes that contains those of each session, and if so their real time.
        case writes(realTime: Bool)
    }

    /// A read of a register: the version is that of `writer`, -1 for the initial state.
    struct Fact {
        var node: Int32
        var key: Int32
        var writer: Int32
        /// In `ReadsFrom.readings`.
        var reading: Int32
    }

    let facts: OrderFacts
    let rule: Rule
    /// The operations that count, by transaction.
    let isKept: [Bool]
    /// 2: a transaction may write later than it read; its nodes are `2 t` and `2 t + 1`.
    let nodesEach: Int
    private(set) var edges = EdgeList()
    /// Operations first; further nodes stand for nothing and bundle edges.
    private(set) var nodeCount: Int
    /// The writes of each session in their order.
    private(set) var chains: [[Int32]] = []
    /// By node: its chain and its place in it, from 1; -1 and 0 for what writes nothing.
    private(set) var chain: [Int32] = []
    private(set) var place: [Int32] = []
    private(set) var known: [Fact] = []

    var operationNodes: Int { nodesEach * facts.table.count }

    init(_ facts: OrderFacts, _ rule: Rule, only isKept: [Bool]? = nil) {
        self.facts = facts
        self.rule = rule
        self.isKept = isKept ?? facts.reads.isIncluded
        if case .writes = rule, !facts.isPlain { nodesEach = 2 } else { nodesEach = 1 }
        nodeCount = nodesEach * facts.table.count
        edges.reserveCapacity(2 * facts.reads.readings.count + 2 * facts.table.count)
        addSessions()
        addReadings()
        if case .writes(realTime: true) = rule { addTime() }
        findChains()
    }

    func graph(with more: EdgeList? = nil) -> DependencyGraph {
        var all = edges
        if let more { all.add(more) }
        return DependencyGraph(all, transactionCount: operationNodes, nodeCount: nodeCount)
    }

    /// Where an operation reads and where it writes.
    func reader(_ transaction: Int) -> Int {
        nodesEach == 1 ? transaction : 2 * transaction + (writesAtOnce(transaction) ? 1 : 0)
    }

    func writer(_ transaction: Int) -> Int { nodesEach == 1 ? transaction : 2 * transaction + 1 }

    func transaction(_ node: Int) -> Int { node / nodesEach }

    private func writesAtOnce(_ transaction: Int) -> Bool {
        facts.writes(transaction) && facts.readsWhereItWrites(transaction)
    }

    private var kept: [Int] { isKept.indices.filter { isKept[$0] } }

    // MARK: Sessions and time

    private mutating func addSessions() {
        let table = facts.table
        var last = [Int](repeating: -1, count: table.sessionCount)
        for transaction in kept {
            let session = Int(table.session[transaction])
            if case .writes = rule {
                guard facts.writes(transaction) else { continue }
                if nodesEach == 2 { edges.add(reader(transaction), writer(transaction), .commit) }
            }
            if last[session] >= 0 { edges.add(writer(last[session]), writer(transaction), .session) }
            last[session] = transaction
        }
    }

    /// Real time of writes in linear size: a chain of moments, which ends lead to and beginnings come from.
    private mutating func addTime() {
        let table = facts.table
        let writes = kept.filter { facts.writes($0) }
        let ends = writes.filter { table.ret[$0] < .max }.sorted { table.ret[$0] < table.ret[$1] }
        var next = 0
        var moment = -1
        var isFresh = true
        for transaction in writes {
            while next < ends.count, table.ret[ends[next]] < table.call[transaction] {
                if isFresh {
                    if moment >= 0 { edges.add(moment, nodeCount, .realTime) }
                    moment = nodeCount
                    nodeCount += 1
                    isFresh = false
                }
                edges.add(writer(ends[next]), moment, .realTime)
                next += 1
            }
            if moment >= 0 { edges.add(moment, writer(transaction), .realTime) }
            isFresh = true
        }
    }

    private mutating func findChains() {
        let table = facts.table
        chains = [[Int32]](repeating: [], count: table.sessionCount)
        for transaction in kept where facts.writes(transaction) {
            chains[Int(table.session[transaction])].append(Int32(writer(transaction)))
        }
        chains.removeAll { $0.isEmpty }
        chain = [Int32](repeating: -1, count: nodeCount)
        place = [Int32](repeating: 0, count: nodeCount)
        for (number, nodes) in chains.enumerated() {
            for (position, node) in nodes.enumerated() {
                chain[Int(node)] = Int32(number)
                place[Int(node)] = Int32(position + 1)
            }
        }
    }

    // MARK: Reads

    private mutating func addReadings() {
        let (table, reads) = (facts.table, facts.reads)
        var ofLists = [[Int32]](repeating: [], count: table.keyCount)
        for transaction in kept {
            let range = reads.firstReading[transaction]..<reads.firstReading[transaction + 1]
            for position in range {
                let reading = reads.readings[Int(position)]
                guard !table.isList[Int(reading.key)] else {
                    ofLists[Int(reading.key)].append(position)
                    continue
                }
                var fact = Fact(
                    node: Int32(reader(transaction)), key: reading.key, writer: -1, reading: position)
                if reading.writer >= 0 {
                    guard isKept[Int(reading.writer)] else { continue }
                    fact.writer = Int32(writer(Int(reading.writer)))
                    edges.add(Int(fact.writer), Int(fact.node), .wr, key: Int(reading.key))
                }
                known.append(fact)
            }
        }
        if rule == .causes, facts.isPlain { addOddLists() }
        for key in 0..<table.keyCount where table.isList[key] {
            let shown = ofLists[key].compactMap { facts.versions.place(reads.readings[Int($0)]) }.max() ?? -1
            let list = ListOnly(facts.versions.keys[key], isKept, upTo: shown)
            if rule == .causes { addSights(key, list, ofLists[key]) } else { addList(key, list, ofLists[key]) }
        }
    }

    /// The members of a list that count.
    private struct ListOnly {
        /// In the order of the list, as far as reads that count show it.
        var head: [Int] = []
        /// Appended, and not seen.
        var loose: [Int] = []
        /// By place: how many of `head` are at it or before.
        var countUpTo: [Int] = []

        init(_ order: VersionOrders.Key, _ isKept: [Bool], upTo last: Int) {
            for (place, member) in order.members.enumerated() {
                let isHead = place <= min(last, order.headCount - 1)
                if isKept[Int(member)] {
                    if isHead { head.append(Int(member)) } else { loose.append(Int(member)) }
                }
                if isHead { countUpTo.append(head.count) }
            }
        }

        func count(upTo place: Int) -> Int { place < 0 ? 0 : countUpTo[place] }
    }

    /// How many of a list's appends a reading shows.
    private func shown(_ position: Int32, _ list: ListOnly) -> (node: Int, count: Int)? {
        let reading = facts.reads.readings[Int(position)]
        guard let place = facts.versions.place(reading), place < list.countUpTo.count else { return nil }
        return (reader(Int(facts.table.owner[Int(reading.micro)])), list.count(upTo: place))
    }

    private mutating func addList(_ key: Int, _ list: ListOnly, _ readings: [Int32]) {
        for (earlier, later) in zip(list.head, list.head.dropFirst()) {
            edges.add(writer(earlier), writer(later), .ww, key: key)
        }
        if let last = list.head.last {
            for member in list.loose { edges.add(writer(last), writer(member), .ww, key: key) }
        }
        var bundle = -1
        for position in readings {
            guard let (node, count) = shown(position, list) else { continue }
            if count > 0 { edges.add(writer(list.head[count - 1]), node, .wr, key: key) }
            if count < list.head.count {
                edges.add(node, writer(list.head[count]), .rw, key: key)
            } else if !facts.isPlain, list.loose.contains(transaction(node)) {
                // Through the bundle it would come before itself.
                for member in list.loose { edges.add(node, writer(member), .rw, key: key) }
            } else if !list.loose.isEmpty {
                if bundle < 0 {
                    bundle = nodeCount
                    nodeCount += 1
                    for member in list.loose { edges.add(bundle, writer(member), .rw, key: key) }
                }
                edges.add(node, bundle, .rw, key: key)
            }
        }
    }

    /// Reads of lists that are no beginnings of the longest one: what replicas order by themselves, they may show so.
    private mutating func addOddLists() {
        for read in facts.oddLists where isKept[read.transaction] {
            for writer in read.writers { edges.add(writer, read.transaction, .wr, key: read.key) }
        }
    }

    /// Who sees a list sees all that is in it; where transactions write, as elsewhere only what was appended last.
    private mutating func addSights(_ key: Int, _ list: ListOnly, _ readings: [Int32]) {
        var first = -1
        if facts.isPlain {
            first = nodeCount
            nodeCount += list.head.count
            for (number, member) in list.head.enumerated() {
                edges.add(member, first + number, .wr, key: key)
                if number > 0 { edges.add(first + number - 1, first + number, .wr, key: key) }
            }
        }
        for position in readings {
            guard let (node, count) = shown(position, list), count > 0 else { continue }
            edges.add(first < 0 ? list.head[count - 1] : first + count - 1, node, .wr, key: key)
        }
    }
}

extension EdgeList {
    /// Adds all edges of another list.
    mutating func add(_ other: EdgeList) {
        for edge in other.source.indices { add(other, edge) }
    }
}
