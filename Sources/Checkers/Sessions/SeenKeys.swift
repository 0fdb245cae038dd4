/// Of which keys a session's writes follow reads: since when it has read what somebody wrote there, itself or by way of what
/// other sessions wrote behind their reads.
///
/// A session keeps a log of the keys in the order in which it came to know them; of each other session's log it takes over
/// what is new up to the write that it reads. O(n + s^2 k) for n accesses, s sessions and k keys.
struct SeenKeys {
    /// By session: the first row whose writes follow a read of a key.
    private var since: [[Int32: Int32]]
    /// By session: the same in the order of rows.
    private var log: [[(key: Int32, row: Int32)]]
    /// By session and other session: how much of the other's log it has.
    private var taken: [[Int32: Int]]
    private let table: AccessTable

    init(_ table: AccessTable, _ order: CausalOrder) {
        self.table = table
        since = Array(repeating: [:], count: table.sessionCount)
        log = Array(repeating: [], count: table.sessionCount)
        taken = Array(repeating: [:], count: table.sessionCount)
        for row in order.rows {
            for access in table.accesses(Int(row)) where table.kind[access] == .read {
                let version = table.version[access]
                guard version >= 0, !table.isInitial(version), !order.circular.contains(access),
                    table.writer[Int(version)] != row
                else { continue }
                read(Int(table.writer[Int(version)]), row)
            }
        }
    }

    /// True if what a row writes follows a read of what somebody wrote of a key.
    func follows(_ row: Int, _ key: Int) -> Bool {
        since[Int(table.owner[row])][Int32(key)].map { $0 <= Int32(row) } ?? false
    }

    private mutating func read(_ writer: Int, _ row: Int32) {
        let session = Int(table.owner[Int(row)])
        for access in table.accesses(writer) where table.kind[access] == .write {
            note(table.key[access], row, session)
        }
        let other = Int(table.owner[writer])
        guard other != session else { return }
        var place = taken[session][Int32(other)] ?? 0
        while place < log[other].count, log[other][place].row <= Int32(writer) {
            note(log[other][place].key, row, session)
            place += 1
        }
        taken[session][Int32(other)] = place
    }

    private mutating func note(_ key: Int32, _ row: Int32, _ session: Int) {
        guard since[session][key] == nil else { return }
        since[session][key] = row
        log[session].append((key, row))
    }
}
