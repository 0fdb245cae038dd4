/// The end of the log that a node keeps in memory, with the position before it and the timelines of all of it.
public struct ReplicatedLog: Sendable {
    /// The position just before the first entry kept.
    public private(set) var base: Position
    public private(set) var history: TimelineHistory
    private var entries: ArraySlice<LogEntry> = []

    /// A log that begins after `base`.
    public init(base: Position = .start, history: TimelineHistory = TimelineHistory()) {
        self.base = base
        self.history = history
    }

    public var last: Position { entries.last?.position ?? base }
    public var count: Int { entries.count }

    /// Whether the entry with this LSN, or the base, is here.
    public func covers(_ lsn: LSN) -> Bool { lsn >= base.lsn && lsn <= last.lsn }

    public subscript(lsn: LSN) -> LogEntry {
        precondition(lsn > base.lsn && lsn <= last.lsn, "no entry \(lsn) in the log kept in memory")
        return entries[entries.startIndex + Int(lsn - base.lsn) - 1]
    }

    /// The position of an entry, or of the base.
    public func position(at lsn: LSN) -> Position {
        lsn == base.lsn ? base : self[lsn].position
    }

    mutating func append(_ entry: LogEntry) {
        precondition(entry.lsn == last.lsn + 1, "the log has no gaps")
        precondition(entry.position.timeline >= last.timeline, "timelines never go back")
        if entry.position.timeline > history.current {
            history.begin(entry.position.timeline, at: entry.lsn)
        }
        entries.append(entry)
    }

    /// Forgets entries up to and with `lsn`.
    mutating func trim(through lsn: LSN) {
        guard lsn > base.lsn else { return }
        base = self[lsn].position
        entries = ArraySlice(entries.dropFirst(entries.count - Int(last.lsn - lsn)))
        // A slice keeps what it was cut from; a copy now and then returns the space.
        if entries.startIndex > 2 * entries.count + 1024 { entries = ArraySlice(Array(entries)) }
    }
}

extension LogEntry {
    /// The entry as a record on disk.
    var record: StoredRecord {
        StoredRecord(timeline: position.timeline, lsn: lsn, kind: change.kind, payload: change.payload)
    }

    init(_ record: StoredRecord) throws(DecodingFailure) {
        self.init(record.position, try Change(kind: record.kind, payload: record.payload))
    }
}
