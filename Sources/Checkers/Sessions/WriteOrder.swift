/// Which write of a register came before which, as far as it is certain.
struct WriteOrder {
    let table: AccessTable
    let ranks: VersionRanks
    let clocks: CausalClocks
    /// Whether a write that was over before another began counts as older.
    let usesRealTime: Bool
    let paths: CausalPathSearch

    init(_ table: AccessTable, _ ranks: VersionRanks, _ causes: CausalOrder, _ options: CheckOptions)
        throws(LimitReached)
    {
        self.table = table
        self.ranks = ranks
        clocks = try CausalClocks(table, causes, options.limits)
        usesRealTime = options.assumesRealTimeWrites
        paths = CausalPathSearch(table, limit: Self.pathLimit)
    }

    /// How many rows a search for the operations of one proof looks at.
    private static let pathLimit = 2_000_000

    /// True if what the first row wrote is older than what the second wrote.
    func precedes(_ first: Int, _ second: Int) -> Bool {
        clocks.precedes(first, second) || isEarlier(first, second)
    }

    /// True if the first write was over before the second began, and that counts.
    func isEarlier(_ first: Int, _ second: Int) -> Bool {
        usesRealTime && table.ret[first] < table.call[second]
    }

    /// The operations that prove it, the two writes aside: none where real time does.
    func path(_ first: Int, _ second: Int) -> CausalPath {
        guard !isEarlier(first, second) else { return CausalPath() }
        return paths.path(from: first, to: second) ?? CausalPath()
    }

    // Versions of one key, neither of them the initial one.

    /// True if a version is certainly older than another: by their ranks if both have one.
    func isOlder(_ first: Int32, than second: Int32) -> Bool {
        if let isOlder = ranks.isOlder(first, than: second) { return isOlder }
        return precedes(Int(table.writer[Int(first)]), Int(table.writer[Int(second)]))
    }

    /// The operations that prove that a version is older than another, with as few guarantees beside writes-follow-reads as
    /// can be; `nil` if nothing does, or if they are too far apart.
    func proof(_ first: Int32, olderThan second: Int32) -> CausalPath? {
        if let isOlder = ranks.isOlder(first, than: second) {
            return isOlder ? CausalPath(ranks.tellers(first, second)) : nil
        }
        let (start, end) = (Int(table.writer[Int(first)]), Int(table.writer[Int(second)]))
        if isEarlier(start, end) { return CausalPath() }
        guard clocks.precedes(start, end) else { return nil }
        return paths.path(from: start, to: end, readsFirst: true)
    }
}
