/// The records of a member in the order in which it applied them, own ones and others', numbered from 1.
struct MultiLog: Sendable {
    /// Records up to there are no longer here.
    private(set) var base: LSN
    private var records: [MultiRecord]

    /// Records up to `last`, of which these are kept.
    init(last: LSN = 0, kept: [MultiRecord] = []) {
        base = last - min(last, LSN(kept.count))
        records = kept.suffix(Int(clamping: last))
    }

    /// Those that are here.
    var kept: [MultiRecord] { records }

    var last: LSN { base + LSN(records.count) }

    subscript(lsn: LSN) -> MultiRecord { records[Int(lsn - base) - 1] }

    mutating func append(_ record: MultiRecord) { records.append(record) }

    mutating func trim(through lsn: LSN) {
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
