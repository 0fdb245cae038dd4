/// Read committed and read atomic: a transaction sees what it read from itself, and for read atomic its session.
struct DirectSight {
    private let commits: CommitOrder
    private let reads: ReadsFrom
    private let writers: KeyWriters
    private let isAtomic: Bool
    private(set) var edges: [CommitOrder.Edge] = []
    /// By key: the last reading of the transaction at hand, as a position in `readings`.
    private var lastReading: NumbersByKey
    /// By reading of the transaction at hand: the one before it of the same key, -1 if there is none.
    private var earlier: [Int] = []

    init(_ commits: CommitOrder, isAtomic: Bool, looksBack: Bool) {
        self.commits = commits
        reads = commits.reads
        writers = commits.writers
        self.isAtomic = isAtomic
        lastReading = NumbersByKey(commits.reads.table.keyCount)
        for session in commits.sessions {
            for transaction in session { look(Int(transaction)) }
        }
        if looksBack { lookBack() }
    }

    /// Compares what a transaction read with all that the transactions wrote that it read from.
    private mutating func look(_ transaction: Int) {
        let own = Int(reads.firstReading[transaction])..<Int(reads.firstReading[transaction + 1])
        guard own.count > 1 else { return }
        lastReading.begin()
        earlier.removeAll(keepingCapacity: true)
        for position in own {
            let key = Int(reads.readings[position].key)
            earlier.append(lastReading[key] ?? -1)
            lastReading[key] = position
        }
        var seen: Set<Int32> = []
        for position in own {
            let writer = reads.readings[position].writer
            guard writer >= 0, seen.insert(writer).inserted else { continue }
            let from = isAtomic ? own.lowerBound : position + 1
            if writers.entries(Int(writer)).count < own.upperBound - from {
                compareWrites(Int(writer), from, own.lowerBound)
            } else {
                compareReadings(Int(writer), from..<own.upperBound)
            }
        }
    }

    private mutating func compareReadings(_ writer: Int, _ readings: Range<Int>) {
        for position in readings where writers.writes(writer, Int(reads.readings[position].key)) {
            add(writer, position)
        }
    }

    /// The shorter way where much was read: by what was written.
    private mutating func compareWrites(_ writer: Int, _ from: Int, _ first: Int) {
        for entry in writers.entries(writer) {
            var position = lastReading[Int(writers.writtenKey[entry])] ?? -1
            while position >= from {
                add(writer, position)
                position = earlier[position - first]
            }
        }
    }

    private mutating func add(_ from: Int, _ position: Int) {
        let reading = reads.readings[position]
        guard reading.writer != Int32(from) else { return }
        edges.append(
            CommitOrder.Edge(
                from: Int32(from), to: reading.writer, key: reading.key,
                reader: reads.table.owner[Int(reading.micro)]))
    }

    /// Compares what a transaction read with the last earlier writer of its session.
    private mutating func lookBack() {
        var lastWriter = [Int32](repeating: -1, count: reads.table.keyCount)
        for session in commits.sessions {
            for transaction in session.map({ Int($0) }) {
                let own = Int(reads.firstReading[transaction])..<Int(reads.firstReading[transaction + 1])
                for position in own where lastWriter[Int(reads.readings[position].key)] >= 0 {
                    add(Int(lastWriter[Int(reads.readings[position].key)]), position)
                }
                for entry in writers.entries(transaction) {
                    lastWriter[Int(writers.writtenKey[entry])] = Int32(transaction)
                }
            }
            for transaction in session {
                for entry in writers.entries(Int(transaction)) { lastWriter[Int(writers.writtenKey[entry])] = -1 }
            }
        }
    }
}
