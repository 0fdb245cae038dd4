/// What a member of a chain finds on its disk when it starts.
struct ChainRecovery {
    var view: ChainView
    /// Whether it has all that was ever shown to anybody.
    var isComplete = false
    /// Whether nothing at all was there.
    var isFresh = false
    var log = ReplicatedLog()
    /// What the saved state says; it was at the tail.
    var clean = Store()
    /// All that is durable.
    var stored: Store

    init(_ found: StoredState, _ configuration: ChainConfiguration) throws(DecodingFailure) {
        // Arbiters say who belongs to the chain; until then nobody does.
        view =
            configuration.arbiters.isEmpty
            ? ChainView(epoch: 1, order: configuration.order) : ChainView(epoch: 0, order: [])
        if let state = found.state {
            var reader = ByteReader(state)
            view = try ChainView(reading: &reader)
            isComplete = try reader.byte() == 1
            try reader.finish()
        }
        if let snapshot = found.snapshot {
            clean = try Store(snapshot)
            log = ReplicatedLog(base: snapshot.position)
        }
        stored = clean
        for record in found.records where record.lsn > log.base.lsn {
            guard record.lsn == log.last.lsn + 1, record.timeline >= log.last.timeline else {
                throw DecodingFailure("record \(record.position) does not follow \(log.last)")
            }
            let entry = try LogEntry(record)
            log.append(entry)
            stored.apply(entry)
        }
        isFresh = found.snapshot == nil && found.records.isEmpty && !isComplete && view.epoch <= 1
    }

    static func encode(_ view: ChainView, isComplete: Bool) -> [UInt8] {
        var writer = ByteWriter()
        view.write(to: &writer)
        writer.byte(isComplete ? 1 : 0)
        return writer.bytes
    }
}

extension Store {
    /// All rows, for a disk or for another member.
    var encoded: [UInt8] {
        var writer = ByteWriter()
        let keys = keysInRowOrder
        writer.number(UInt64(keys.count))
        for key in keys { if let row = row(key) { writer.row(row) } }
        return writer.bytes
    }

    init(_ snapshot: StoredSnapshot) throws(DecodingFailure) {
        self.init(position: snapshot.position)
        var reader = ByteReader(snapshot.content)
        for _ in 0..<(try reader.count()) { load(try reader.row()) }
        try reader.finish()
    }
}
