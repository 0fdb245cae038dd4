import HistoryModel

/// What the checkers of prefixes and finals share: which version of a key is older, by sessions and by who read whose write.
struct CausalVersions {
    let table: AccessTable
    let history: History
    let clocks: CausalClocks

    init(
        _ table: AccessTable, _ history: History, _ limits: CheckLimits, _ scope: CausalScope = .registers
    ) throws(LimitReached) {
        self.table = table
        self.history = history
        clocks = try CausalClocks(table, CausalOrder(table, scope), limits)
    }

    /// True if the history proves that what was read is older than what a row wrote to the same key.
    ///
    /// On a key that one session writes this decides every case: its versions are in that session's order. On others
    /// it is silent where nothing proves an order, and where nobody knows who wrote what was read.
    func isOlder(_ version: Int32, than row: Int) -> Bool {
        guard version >= 0 else { return false }
        return table.isInitial(version) || clocks.precedes(Int(table.writer[Int(version)]), row)
    }

    /// The index by which evidence names the operation of a row.
    func index(_ row: Int) -> Int { index(operation: Int(table.operation[row])) }

    func index(operation: Int) -> Int { history.operations[operation].index }

    /// The steps of a proof: the write that was seen, if any.
    func seenWrite(_ version: Int32) -> [Anomaly.Step] {
        guard version >= 0, !table.isInitial(version) else { return [] }
        return [Anomaly.Step(index(Int(table.writer[Int(version)])), .seenWrite)]
    }

    /// That an element is not there, in words.
    func missing(_ element: Int32) -> String {
        let value = history.values.value(table.value(of: element))
        return "element \(String(decoding: JSONText.bytes(value), as: UTF8.self)) is missing"
    }

    /// How the given keys are judged, in words.
    func algorithm(_ keys: Set<Int>) -> String {
        let registers = keys.filter { table.keys.kind[$0] == .register }
        let lists = keys.count { table.keys.kind[$0] == .list }
        let sets = keys.count - registers.count - lists
        let shared = manyWriters.intersection(registers).count
        var parts: [String] = []
        if registers.count > shared {
            parts.append("single-writer versions on \(Self.keys(registers.count - shared)) (exact)")
        }
        if shared > 0 { parts.append("happens-before on \(Self.keys(shared)) (sound, may miss)") }
        if sets > 0 { parts.append("set elements on \(Self.keys(sets)) (exact)") }
        if lists > 0 { parts.append("list elements on \(Self.keys(lists)) (exact)") }
        return parts.isEmpty ? "happens-before" : parts.joined(separator: ", ")
    }

    /// The keys whose versions are in the order of no single session.
    private var manyWriters: Set<Int> {
        var session = [Int32](repeating: -1, count: table.keys.count)
        var many: Set<Int> = []
        for version in table.keys.count..<table.versionCount {
            let key = Int(table.versionKey[version])
            let owner = table.owner[Int(table.writer[version])]
            if session[key] >= 0, session[key] != owner { many.insert(key) }
            session[key] = owner
        }
        return many
    }

    private static func keys(_ number: Int) -> String { number == 1 ? "1 key" : "\(number) keys" }
}

extension History {
    /// True if the first operation had certainly completed before the second was invoked.
    func completed(_ first: Int, before second: Int) -> Bool {
        guard columns.outcome[first] == .ok else { return false }
        return ret(first) < call(second)
            || columns.process[first] == columns.process[second]
                && columns.completion[first] < columns.invocation[second]
    }
}
