/// One log on a disk that holds those of several partitions, with their states and their snapshots.
struct PartitionedDisk: Sendable {
    /// What stands in a record.
    enum Record: Hashable, Sendable {
        case entry(StoredRecord)
        case state([UInt8])
        case snapshot(StoredSnapshot)
        /// A snapshot in the place of all that the partition had.
        case install(StoredSnapshot)
    }

    /// What a partition is told when its record is durable.
    private struct Promise: Sendable {
        var lsn: LSN
        var partition: Int
        var answer: ReplicaInput
    }

    private let partitions: Int
    private var last: LSN
    private var promises: Queue<Promise> = Queue()
    private var isFlushing = false

    /// `last`: the last record that is there already.
    init(partitions: Int, last: LSN) {
        self.partitions = partitions
        self.last = last
    }

    /// The first record of a log that is empty.
    mutating func beginning() -> StoredRecord? { last == 0 ? add(Kind.partitions, [], partitions) : nil }

    mutating func write(_ record: Record, of partition: Int) -> StoredRecord {
        var writer = ByteWriter()
        switch record {
        case .entry(let entry):
            writer.position(entry.position)
            writer.byte(entry.kind)
            writer.counted(entry.payload)
            return add(Kind.entry, writer.bytes, partition)
        case .state(let state): return add(Kind.state, state, partition)
        case .snapshot(let copy), .install(let copy):
            writer.position(copy.position)
            writer.counted(copy.content)
            if case .snapshot = record { return add(Kind.snapshot, writer.bytes, partition) }
            return add(Kind.install, writer.bytes, partition)
        }
    }

    private mutating func add(_ kind: UInt8, _ content: [UInt8], _ partition: Int) -> StoredRecord {
        last += 1
        return StoredRecord(timeline: 1, lsn: last, kind: kind, payload: [UInt8(partition)] + content)
    }

    /// Promises an answer for when all that has been written by now is durable.
    mutating func answer(_ partition: Int, _ answer: ReplicaInput) {
        promises.append(Promise(lsn: last, partition: partition, answer: answer))
    }

    /// What is to be flushed: one flush at a time, for all that has been promised.
    mutating func nextFlush() -> LSN? {
        guard !isFlushing, !promises.isEmpty else { return nil }
        isFlushing = true
        return last
    }

    /// What the partitions are told, in the order in which they asked.
    mutating func flushed(upTo lsn: LSN) -> [(partition: Int, answer: ReplicaInput)] {
        isFlushing = false
        var answers: [(partition: Int, answer: ReplicaInput)] = []
        while let first = promises.first, first.lsn <= lsn {
            promises.popFirst()
            answers.append((first.partition, first.answer))
        }
        return answers
    }
}

// MARK: Start

extension PartitionedDisk {
    /// The kinds of its records; those of the log of one partition are others.
    private enum Kind {
        static let partitions: UInt8 = 200
        static let entry: UInt8 = 201
        static let state: UInt8 = 202
        static let snapshot: UInt8 = 203
        static let install: UInt8 = 204
    }

    /// What each of so many partitions finds in the log. Throws `DecodingFailure` for another log than of so many.
    static func parts(of stored: StoredState, _ count: Int) throws(DecodingFailure) -> [StoredState] {
        guard stored.snapshot == nil, stored.state == nil else {
            throw DecodingFailure("a state of a node without partitions")
        }
        try stored.check(reaching: .start)
        var parts = [StoredState](repeating: StoredState(), count: count)
        for (place, record) in stored.records.enumerated() {
            guard let partition = record.payload.first.map({ Int($0) }) else {
                throw DecodingFailure("a record of no partition")
            }
            if place == 0 {
                guard record.kind == Kind.partitions, partition == count else {
                    throw DecodingFailure("a log of another number of partitions than \(count)")
                }
                continue
            }
            guard partition < count else { throw DecodingFailure("a record of partition \(partition) of \(count)") }
            try add(record.kind, Array(record.payload.dropFirst()), to: &parts[partition])
        }
        return parts
    }

    private static func add(
        _ kind: UInt8, _ content: [UInt8], to part: inout StoredState
    ) throws(DecodingFailure) {
        var reader = ByteReader(content)
        switch kind {
        case Kind.entry:
            let position = try reader.position()
            part.records.append(
                StoredRecord(
                    timeline: position.timeline, lsn: position.lsn, kind: try reader.byte(),
                    payload: try reader.counted()))
        case Kind.state:
            part.state = content
            return
        case Kind.snapshot, Kind.install:
            part.snapshot = StoredSnapshot(position: try reader.position(), content: try reader.counted())
            if kind == Kind.install { part.records = [] }
        default: throw DecodingFailure("log record of unknown kind \(kind)")
        }
        try reader.finish()
    }
}
