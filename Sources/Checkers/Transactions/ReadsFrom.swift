/// Whose versions each transaction read from others, and what is wrong with its reads on their own.
struct ReadsFrom {
    /// A read that shows the state another transaction left; what a transaction sees of its own writes is none.
    struct Reading: Hashable {
        var micro: Int32
        var key: Int32
        /// The transaction that left the state; -1: the initial state.
        var writer: Int32
        /// Of a list: how many elements were there before own ones.
        var length: Int32
    }

    let table: TransactionTable
    let lists: ListOrders
    /// By transaction: whether it happened, as far as can be seen: it is `ok`, or somebody saw a write of it.
    private(set) var isIncluded: [Bool]
    /// By transaction in program order; those of transaction `t` are `firstReading[t]..<firstReading[t + 1]`.
    private(set) var readings: [Reading] = []
    private(set) var firstReading: [Int32] = [0]
    private(set) var findings: [Finding]
    /// By key: why what is known of it does not suffice.
    private(set) var doubts: [String?]
    /// By micro-operation: whether it is the last write of its transaction to the key.
    private var isLast: [Bool]
    private var own: NumbersByKey

    init(_ table: TransactionTable) {
        self.table = table
        lists = ListOrders(table)
        findings = lists.findings
        doubts = lists.problems
        isIncluded = table.status.map { $0 == .ok }
        isLast = [Bool](repeating: false, count: table.kind.count)
        own = NumbersByKey(table.keyCount)
        include()
        for transaction in 0..<table.count { findLast(transaction) }
        for transaction in 0..<table.count {
            if isIncluded[transaction] { read(transaction) }
            firstReading.append(Int32(readings.count))
        }
        doubtRepeated()
    }

    func readings(_ transaction: Int) -> ArraySlice<Reading> {
        readings[Int(firstReading[transaction])..<Int(firstReading[transaction + 1])]
    }

    /// Whether a micro-operation leaves the version that its transaction left of the key.
    func isLastWrite(_ micro: Int) -> Bool {
        isWrite(micro) && isLast[micro]
    }

    /// Whether a micro-operation writes or appends.
    private func isWrite(_ micro: Int) -> Bool { table.kind[micro] != .read }

    private func isKnownRegisterRead(_ micro: Int) -> Bool {
        let key = Int(table.key[micro])
        return table.kind[micro] == .read && table.isKnown[micro] && !table.isList[key] && doubtless(key)
    }

    private func doubtless(_ key: Int) -> Bool { lists.problems[key] == nil }

    // MARK: Which transactions happened

    /// An `info` transaction happened if an included one saw a version that only it wrote.
    private mutating func include() {
        var pending: [Int] = []
        for version in lists.place.indices where lists.place[version] > 0 { observe(version, &pending) }
        for micro in table.kind.indices where lists.isIncompatible[micro] {
            for element in table.list(micro) { observe(Int(table.elements[element]), &pending) }
        }
        for micro in table.kind.indices where isIncluded[Int(table.owner[micro])] && isKnownRegisterRead(micro) {
            observe(Int(table.value[micro]), &pending)
        }
        while let transaction = pending.popLast() {
            for micro in table.micros(transaction) where isKnownRegisterRead(micro) {
                observe(Int(table.value[micro]), &pending)
            }
        }
    }

    private mutating func observe(_ version: Int, _ pending: inout [Int]) {
        guard version >= 0, !table.isRepeated[version] else { return }
        let writer = table.writer(version)
        guard writer >= 0, table.status[writer] == .info, !isIncluded[writer] else { return }
        isIncluded[writer] = true
        pending.append(writer)
    }

    private mutating func findLast(_ transaction: Int) {
        own.begin()
        for micro in table.micros(transaction).reversed() where isWrite(micro) {
            let key = Int(table.key[micro])
            isLast[micro] = own[key] == nil
            own[key] = micro
        }
    }

    // MARK: Reads

    private mutating func read(_ transaction: Int) {
        own.begin()
        for micro in table.micros(transaction) {
            let key = Int(table.key[micro])
            if isWrite(micro) {
                own[key] = micro
            } else if table.isKnown[micro], doubtless(key) {
                if table.isList[key] { readList(transaction, micro) } else { readRegister(transaction, micro) }
            }
        }
        checkOwnElements(transaction)
        checkOwnOrder(transaction)
        checkRepeats(transaction)
    }

    private mutating func readRegister(_ transaction: Int, _ micro: Int) {
        let (key, version) = (Int(table.key[micro]), Int(table.value[micro]))
        if let last = own[key] {
            if Int(table.value[last]) != version { report(.internalRead, micro, version) }
            return
        }
        guard version >= 0 else { return add(micro, writer: -1) }
        guard !table.isRepeated[version] else {
            doubts[key] = doubts[key] ?? "a value that was read was written more than once"
            return
        }
        let writer = table.writer(version)
        if writer == transaction {
            report(.internalRead, micro, version)
        } else if accept(writer, micro, version) {
            add(micro, writer: writer)
        }
    }

    /// Two transactions that leave the same value in a register leave versions that orders of versions cannot tell apart,
    /// read or not.
    private mutating func doubtRepeated() {
        var writer = [Int32](repeating: -1, count: table.versionCount)
        for transaction in 0..<table.count where isIncluded[transaction] {
            for micro in table.micros(transaction) where isLastWrite(micro) {
                let (key, version) = (Int(table.key[micro]), Int(table.value[micro]))
                guard table.isRepeated[version], !table.isList[key] else { continue }
                if writer[version] >= 0 { doubts[key] = doubts[key] ?? "a value was written more than once" }
                writer[version] = Int32(transaction)
            }
        }
    }

    private mutating func readList(_ transaction: Int, _ micro: Int) {
        if table.value[micro] >= 0 { return report(.garbageRead, micro, Int(table.value[micro])) }
        guard !lists.isIncompatible[micro] else { return }
        let first = Int(table.listFirst[micro])
        var length = Int(lists.outer[micro])
        // What failed, was not written or stands there twice is reported elsewhere; what is before it was read all the same.
        while length > 0 {
            let version = Int(table.elements[first + length - 1])
            let writer = table.writer(version)
            let isFirst = Int(lists.place[version]) == length
            if isFirst, writer >= 0, table.status[writer] != .fail, writer != transaction {
                if !isLast[Int(table.writeOf[version])] { intermediate(micro, version, writer) }
                return add(micro, writer: writer, length: Int(lists.outer[micro]))
            }
            length -= 1
        }
        add(micro, writer: -1, length: Int(lists.outer[micro]))
    }

    /// Whether the version of a register is one that its transaction left.
    private mutating func accept(_ writer: Int, _ micro: Int, _ version: Int) -> Bool {
        guard writer >= 0 else {
            report(.phantomRead, micro, version)
            return false
        }
        guard table.status[writer] != .fail else {
            report(.abortedRead, micro, version, [Finding.Step(Int32(writer), .seenWrite)])
            return false
        }
        if !isLast[Int(table.writeOf[version])] { intermediate(micro, version, writer) }
        return true
    }

    private mutating func intermediate(_ micro: Int, _ version: Int, _ writer: Int) {
        report(.intermediateRead, micro, version, [Finding.Step(Int32(writer), .seenWrite)])
    }

    private mutating func add(_ micro: Int, writer: Int, length: Int = 0) {
        readings.append(
            Reading(micro: Int32(micro), key: table.key[micro], writer: Int32(writer), length: Int32(length)))
    }

    private mutating func report(
        _ kind: Anomaly.Kind, _ micro: Int, _ version: Int, _ steps: [Finding.Step] = []
    ) {
        let last = Finding.Step(table.owner[micro], .violatingRead)
        findings.append(Finding(kind, key: table.key[micro], version: Int32(version), steps + [last]))
    }

    // MARK: What a transaction sees of itself

    /// What a transaction appends is in no state that others left before it.
    private mutating func checkOwnElements(_ transaction: Int) {
        own.begin()
        for micro in table.micros(transaction) where isComparable(micro) {
            let key = Int(table.key[micro])
            if own[key].map({ lists.outer[$0] < lists.outer[micro] }) ?? true { own[key] = micro }
        }
        for micro in table.micros(transaction) where table.kind[micro] == .append {
            guard let read = own[Int(table.key[micro])] else { continue }
            let place = lists.place[Int(table.value[micro])]
            if place > 0, place <= lists.outer[read] { report(.internalRead, read, Int(table.value[micro])) }
        }
    }

    /// What a transaction appends to one list stands there in that order, and nothing of it is missing before the rest.
    private mutating func checkOwnOrder(_ transaction: Int) {
        own.begin()
        for micro in table.micros(transaction)
        where table.kind[micro] == .append && doubtless(Int(table.key[micro])) {
            let key = Int(table.key[micro])
            let place = lists.place[Int(table.value[micro])]
            if let earlier = own[key], place > 0 {
                let before = lists.place[Int(table.value[earlier])]
                if before == 0 || before > place {
                    report(
                        .incompatibleOrder, Int(lists.longest[key]), Int(table.value[micro]),
                        [Finding.Step(Int32(transaction), .seenWrite)])
                }
            }
            own[key] = micro
        }
    }

    private func isComparable(_ micro: Int) -> Bool {
        lists.isRead(micro) && !lists.isIncompatible[micro]
    }

    /// Two reads of a key by one transaction show the same state of others.
    private mutating func checkRepeats(_ transaction: Int) {
        let first = Int(firstReading[transaction])
        guard readings.count > first + 1 else { return }
        own.begin()
        for position in first..<readings.count {
            let key = Int(readings[position].key)
            guard let earlier = own[key] else { own[key] = position; continue }
            let (now, before) = (readings[position], readings[earlier])
            if now.writer != before.writer || now.length != before.length {
                let version = table.isList[key] ? -1 : table.value[Int(now.micro)]
                findings.append(
                    Finding(
                        .nonRepeatableRead, key: now.key, version: version,
                        [Finding.Step(Int32(transaction), .violatingRead)]))
            }
        }
    }
}
