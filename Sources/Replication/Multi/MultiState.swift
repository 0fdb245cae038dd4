/// All that a member knows, as bytes: for its own disk, or for a member that has nothing.
struct MultiState: Sendable {
    var store: MultiStore
    /// The latest that its clocks have seen.
    var reading: HybridClock.Reading
    var lamport: Int64
    /// Of a device: what its leader has not decided on, and whose reservations were rejected.
    var pending: [MultiRecord] = []
    var rejected: [[UInt8]: Set<[UInt8]>] = [:]
    /// The last of the records that made it, as far as somebody may lack them.
    var kept: [MultiRecord] = []

    var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.signed(reading.time)
        writer.number(UInt64(reading.counter))
        writer.signed(lamport)
        writer.records(pending)
        writer.rows(rejected) { $0.elements($1.sorted { $0.lexicographicallyPrecedes($1) }) }
        writer.records(kept)
        store.write(to: &writer)
        return writer.bytes
    }

    init(
        store: MultiStore, reading: HybridClock.Reading, lamport: Int64, pending: [MultiRecord],
        rejected: [[UInt8]: Set<[UInt8]>], kept: [MultiRecord]
    ) {
        self.store = store
        self.reading = reading
        self.lamport = lamport
        self.pending = pending
        self.rejected = rejected
        self.kept = kept
    }

    init(decoding bytes: [UInt8], _ rules: ConflictRules) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        let time = try reader.signed()
        guard let counter = UInt32(exactly: try reader.number()) else {
            throw DecodingFailure("a counter of more than 32 bits")
        }
        reading = HybridClock.Reading(time: time, counter: counter)
        lamport = try reader.signed()
        pending = try reader.records()
        rejected = try reader.rows { (reader) throws(DecodingFailure) in Set(try reader.elements()) }
        kept = try reader.records()
        store = try MultiStore(rules, reading: &reader)
        try reader.finish()
        guard store.vector.replicas.allSatisfy({ store.vector[$0] < 1 << 60 }) else {
            throw DecodingFailure("writes without end")
        }
    }
}

extension MultiStore {
    fileprivate func write(to writer: inout ByteWriter) {
        writer.vector(vector)
        writer.rows(versions) { writer, versions in
            writer.number(UInt64(versions.count))
            versions.forEach { writer.version($0) }
        }
        writer.rows(sets) { writer, set in
            writer.rows(set.tags) { writer, tags in
                writer.number(UInt64(tags.count))
                tags.sorted().forEach { writer.dot($0) }
            }
        }
        writer.rows(counters) { writer, counter in
            let shares = counter.shares.sorted { $0.key < $1.key }
            writer.number(UInt64(shares.count))
            for (replica, share) in shares {
                writer.text(replica)
                writer.number(share.plus)
                writer.number(share.minus)
            }
        }
        writer.rows(lists) { writer, list in
            writer.ids(list.elements.map(\.id))
            writer.elements(list.elements.map(\.value))
            for element in list.elements { writer.byte(element.isGone ? 1 : 0) }
        }
        writer.rows(homes) { writer, move in
            writer.number(move.number)
            writer.text(move.centre)
        }
    }

    fileprivate init(_ rules: ConflictRules, reading reader: inout ByteReader) throws(DecodingFailure) {
        self.init(rules)
        let vector = try reader.vector()
        let versions = try reader.rows { (reader) throws(DecodingFailure) in
            var found: [MultiVersion] = []
            for _ in 0..<(try reader.count()) { found.append(try reader.version()) }
            guard !found.isEmpty else { throw DecodingFailure("a key without versions") }
            return found
        }
        let sets = try reader.rows { (reader) throws(DecodingFailure) in
            ObservedSet(
                tags: try reader.rows { (reader) throws(DecodingFailure) in
                    var tags: Set<Dot> = []
                    for _ in 0..<(try reader.count()) { tags.insert(try reader.dot()) }
                    return tags
                })
        }
        let counters = try reader.rows { (reader) throws(DecodingFailure) in
            var shares: [NodeName: CounterShare] = [:]
            for _ in 0..<(try reader.count()) {
                shares[try reader.text()] = CounterShare(plus: try reader.number(), minus: try reader.number())
            }
            return SharedCounter(shares: shares)
        }
        let lists = try reader.rows { (reader) throws(DecodingFailure) in try reader.list() }
        let homes = try reader.rows { (reader) throws(DecodingFailure) in
            HomeMove(number: try reader.number(), centre: try reader.text())
        }
        load(vector, versions, sets, counters, lists, homes)
    }
}

extension ByteWriter {
    /// Keys in order, each with what belongs to it.
    fileprivate mutating func rows<Row>(_ rows: [[UInt8]: Row], _ write: (inout ByteWriter, Row) -> Void) {
        number(UInt64(rows.count))
        for (key, row) in rows.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            counted(key)
            write(&self, row)
        }
    }

    fileprivate mutating func version(_ version: MultiVersion) {
        byte(version.value == nil ? 0 : 1)
        if let value = version.value { self.value(value) }
        stamp(version.stamp)
        dot(version.dot)
        vector(version.past)
    }
}

extension ByteReader {
    fileprivate mutating func rows<Row>(
        _ read: (inout ByteReader) throws(DecodingFailure) -> Row
    ) throws(DecodingFailure) -> [[UInt8]: Row] {
        var rows: [[UInt8]: Row] = [:]
        for _ in 0..<(try count()) { rows[try counted()] = try read(&self) }
        return rows
    }

    fileprivate mutating func version() throws(DecodingFailure) -> MultiVersion {
        let value = try byte() == 0 ? nil : try value()
        return MultiVersion(value: value, stamp: try stamp(), dot: try dot(), past: try vector())
    }

    fileprivate mutating func list() throws(DecodingFailure) -> GrowableList {
        let ids = try ids()
        let values = try elements()
        guard ids.count == values.count else {
            throw DecodingFailure("\(ids.count) names of \(values.count) elements")
        }
        var elements: [GrowableList.Element] = []
        for (id, value) in zip(ids, values) {
            guard id.counter < 1 << 56 else { throw DecodingFailure("an element's counter without end") }
            elements.append(GrowableList.Element(id: id, value: value, isGone: try byte() == 1))
        }
        return GrowableList(elements)
    }
}
