/// Since when each version is known to have taken effect: its write was acknowledged, or an answer that shows it was over,
/// whichever came first.
struct KnownVersions {
    /// By version: the instant; `.max` if never.
    private(set) var since: [Int32]
    /// By version: the row whose end shows it, -1 if none does.
    private(set) var teller: [Int32]
    /// By version: whether some read shows it.
    private(set) var isSeen: [Bool]

    init(_ table: AccessTable) {
        since = Array(repeating: .max, count: table.versionCount)
        teller = Array(repeating: -1, count: table.versionCount)
        isSeen = Array(repeating: false, count: table.versionCount)
        for row in 0..<table.count where table.isOK(row) {
            for access in table.accesses(row) { note(access, row, table) }
        }
    }

    private mutating func note(_ access: Int, _ row: Int, _ table: AccessTable) {
        let version = table.version[access]
        switch table.kind[access] {
        case .write, .add, .append: note(version, row, table)
        case .read:
            guard version >= 0 else { return }
            isSeen[Int(version)] = true
            note(version, row, table)
        case .readAll:
            for element in table.list(access) where Int(element) < table.versionCount {
                isSeen[Int(element)] = true
                note(element, row, table)
            }
        }
    }

    private mutating func note(_ version: Int32, _ row: Int, _ table: AccessTable) {
        guard table.ret[row] < since[Int(version)] else { return }
        since[Int(version)] = table.ret[row]
        teller[Int(version)] = Int32(row)
    }
}
