/// What real time says about the versions of open keys, where a level respects it.
struct TimeOrder {
    private let table: TransactionTable
    /// Readers of a version come before what began after its writer was over: `rw`.
    private(set) var replacements = EdgeList()
    /// Writers that were over before a read began come before the one that it read from.
    private(set) var commits: [CommitOrder.Edge] = []

    init(_ table: TransactionTable, _ keys: [VersionProblem.OpenKey]) {
        self.table = table
        for key in keys {
            addReplacements(key)
            addCommits(key)
        }
    }

    /// Only what replaces a version next: of the segments that were over, those that none of the others came after.
    private mutating func addReplacements(_ key: VersionProblem.OpenKey) {
        let begins = key.first.indices.sorted { call(key.first[$0]) < call(key.first[$1]) }
        let ends = key.last.indices.filter { ret(key.last[$0]) < .max }.sorted {
            ret(key.last[$0]) < ret(key.last[$1])
        }
        var over: [Int] = []
        var next = 0
        for segment in begins {
            while next < ends.count, ret(key.last[ends[next]]) < call(key.first[segment]) {
                let ended = ends[next]
                over.removeAll { ret(key.last[$0]) < call(key.first[ended]) }
                over.append(ended)
                next += 1
            }
            for earlier in over {
                for reader in key.readers[earlier] where reader != key.first[segment] {
                    replacements.add(Int(reader), Int(key.first[segment]), .rw, key: key.key)
                }
            }
        }
    }

    /// Where writer and writer overlapped: otherwise their own times tell.
    private mutating func addCommits(_ key: VersionProblem.OpenKey) {
        let sorted = key.writers.indices.sorted { call(key.writers[$0]) < call(key.writers[$1]) }
        var latest: [Int32] = []
        for place in sorted { latest.append(max(latest.last ?? .min, ret(key.writers[place]))) }
        for (position, place) in sorted.enumerated() {
            guard let reader = key.readersOf[place].max(by: { call($0) < call($1) }) else { continue }
            let writer = key.writers[place]
            var other = position - 1
            while other >= 0, latest[other] >= call(writer) {
                add(key.writers[sorted[other]], writer, reader, key.key)
                other -= 1
            }
            other = position + 1
            while other < sorted.count, call(key.writers[sorted[other]]) <= min(ret(writer), call(reader)) {
                add(key.writers[sorted[other]], writer, reader, key.key)
                other += 1
            }
        }
    }

    private mutating func add(_ first: Int32, _ second: Int32, _ reader: Int32, _ key: Int) {
        guard ret(first) < call(reader), ret(first) >= call(second), first != reader else { return }
        commits.append(CommitOrder.Edge(from: first, to: second, key: Int32(key), reader: reader))
    }

    private func call(_ transaction: Int32) -> Int32 { table.call[Int(transaction)] }
    private func ret(_ transaction: Int32) -> Int32 { table.ret[Int(transaction)] }
}
