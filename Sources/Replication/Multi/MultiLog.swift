/// The records of a member in the order in which it applied them, own ones and others', without those that were dropped.
struct MultiLog: Sendable {
    private var records: [MultiRecord] = []
    /// The number of the last record that was dropped.
    private(set) var base: LSN = 0
    /// All that was dropped.
    private(set) var baseVector = VersionVector()

    /// A log that begins behind that record.
    init(base: LSN = 0, _ vector: VersionVector = VersionVector()) {
        self.base = base
        baseVector = vector
    }

    var last: LSN { base + LSN(records.count) }

    subscript(lsn: LSN) -> MultiRecord { records[Int(lsn - base) - 1] }

    mutating func append(_ record: MultiRecord) { records.append(record) }

    mutating func drop(upTo lsn: LSN) {
        guard lsn > base, lsn <= last else { return }
        for number in base + 1...lsn { baseVector.insert(self[number].dot) }
        records.removeFirst(Int(lsn - base))
        base = lsn
    }
}

/// What a member knows of a peer that it sends records to.
struct MultiLink: Sendable {
    /// The life of the peer that said how far it is; `nil` before it has said anything.
    var session: UInt64?
    /// Durable there.
    var theirs = VersionVector()
    /// What it has, once all that was sent has arrived.
    var stream = VersionVector()
    /// Up to there everything that goes to the peer is known to be there.
    var acknowledged: LSN = 0
    /// Up to there everything was sent.
    var cursor: LSN = 0
    /// Up to there the gate has let records through.
    var limit: LSN = 0
    var sentAt: Moment = 0
}
