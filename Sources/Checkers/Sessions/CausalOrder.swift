/// The rows of a table in an order in which each comes after the earlier ones of its session and after the writers of what
/// it reads.
struct CausalOrder {
    private(set) var rows: [Int32] = []
    /// Reads that no such order can have: each is in a circle of reads of what comes after them. They are left out of account.
    /// Of elements their places, behind the number of accesses.
    private(set) var circular: Set<Int> = []

    /// One session that waits until another has come to a row.
    private struct Waiting {
        var session: Int
        var row: Int
    }

    private let table: AccessTable
    let scope: CausalScope
    /// By session: up to where the elements that it reads have been looked at.
    private var looked: [Int]
    /// By session: the row at which it stands.
    private var next: [Int]
    /// By session: who waits for it.
    private var waiting: [[Waiting]]
    private var ready: [Int]

    init(_ table: AccessTable, _ scope: CausalScope = .registers) {
        self.table = table
        self.scope = scope
        looked = Array(repeating: 0, count: table.sessionCount)
        rows.reserveCapacity(table.count)
        next = table.session.dropLast().map { Int($0) }
        waiting = Array(repeating: [], count: table.sessionCount)
        ready = Array((0..<table.sessionCount).reversed())
        var stuck = 0
        while true {
            while let session = ready.popLast() { advance(session) }
            while stuck < table.sessionCount, next[stuck] == table.rows(stuck).upperBound { stuck += 1 }
            guard stuck < table.sessionCount else { return }
            breakCircle(stuck)
        }
    }

    /// Goes on in a session until it has to wait or is through.
    private mutating func advance(_ session: Int) {
        let end = table.rows(session).upperBound
        while next[session] < end {
            if let writer = missing(next[session]) {
                waiting[Int(table.owner[writer])].append(Waiting(session: session, row: writer))
                break
            }
            rows.append(Int32(next[session]))
            next[session] += 1
        }
        let place = next[session]
        guard waiting[session].contains(where: { $0.row < place }) else { return }
        ready += waiting[session].filter { $0.row < place }.map(\.session)
        waiting[session].removeAll { $0.row < place }
    }

    /// The first writer of what a row reads that has not come yet.
    private mutating func missing(_ row: Int) -> Int? {
        for access in table.accesses(row) {
            if scope == .all, table.kind[access] == .readAll, let writer = missing(row, of: access) {
                return writer
            }
            guard table.kind[access] == .read else { continue }
            let version = table.version[access]
            guard version >= 0, !table.isInitial(version) else { continue }
            let writer = Int(table.writer[Int(version)])
            if writer == row { continue }
            if writer >= next[Int(table.owner[writer])], !circular.contains(access) { return writer }
        }
        return nil
    }

    /// The same of the elements that a read shows; those before a place where it had to wait are not looked at again.
    private mutating func missing(_ row: Int, of access: Int) -> Int? {
        let session = Int(table.owner[row])
        let places = table.places(access)
        guard looked[session] < places.upperBound else { return nil }
        for place in max(looked[session], places.lowerBound)..<places.upperBound {
            looked[session] = place
            guard let writer = table.source(place, row), writer != row else { continue }
            if writer >= next[Int(table.owner[writer])], !circular.contains(table.key.count + place) {
                return writer
            }
        }
        looked[session] = places.upperBound
        return nil
    }

    /// Gives up what a session waits for.
    private mutating func breakCircle(_ session: Int) {
        let row = next[session]
        for access in table.accesses(row) where scope == .all && table.kind[access] == .readAll {
            for place in table.places(access) {
                guard let writer = table.source(place, row), writer != row,
                    writer >= next[Int(table.owner[writer])]
                else { continue }
                circular.insert(table.key.count + place)
            }
        }
        for access in table.accesses(row) where table.kind[access] == .read {
            let version = table.version[access]
            guard version >= 0, !table.isInitial(version) else { continue }
            let writer = Int(table.writer[Int(version)])
            if writer != row, writer >= next[Int(table.owner[writer])] { circular.insert(access) }
        }
        for index in waiting.indices { waiting[index].removeAll { $0.session == session } }
        ready.append(session)
    }
}
