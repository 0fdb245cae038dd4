/// Which write of a register came before which, as far as it is certain.
struct WriteOrder {
    let table: AccessTable
    let clocks: CausalClocks
    /// Whether a write that was over before another began counts as older.
    let usesRealTime: Bool
    let paths: CausalPathSearch

    init(_ table: AccessTable, _ options: CheckOptions) throws(LimitReached) {
        self.table = table
        clocks = try CausalClocks(table, CausalOrder(table), options.limits)
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
}
