/// Updates that replaced the same version: transactions that read one state of a key and wrote the key, of which no order
/// leaves more than one (Berenson et al., SIGMOD 1995, P4).
enum LostUpdates {
    static func findings(_ reads: ReadsFrom, _ writers: KeyWriters) -> [Finding] {
        var findings: [Finding] = []
        // By key and state: the first transaction that read it and wrote the key.
        var first: [State: Int32] = [:]
        for transaction in 0..<reads.table.count where !writers.entries(transaction).isEmpty {
            for reading in reads.readings(transaction)
            where writers.writes(transaction, Int(reading.key)) {
                let state = State(key: reading.key, writer: reading.writer, length: reading.length)
                guard let earlier = first[state] else { first[state] = Int32(transaction); continue }
                guard earlier != Int32(transaction) else { continue }
                let version = reads.table.isList[Int(reading.key)] ? -1 : reads.table.value[Int(reading.micro)]
                let seen = reading.writer < 0 ? [] : [Finding.Step(reading.writer, .seenWrite)]
                findings.append(
                    Finding(
                        .lostUpdate, key: reading.key, version: version,
                        seen + [
                            Finding.Step(earlier, .conflicting), Finding.Step(Int32(transaction), .conflicting),
                        ]))
            }
        }
        return findings
    }

    private struct State: Hashable {
        var key: Int32
        var writer: Int32
        var length: Int32
    }
}
