/// One entry of a Raft log; its index is its place.
struct RaftEntry: Hashable, Sendable {
    enum Kind: UInt8, Hashable, Sendable {
        /// What a new leader begins with.
        case noop = 0
        case membership = 1
        /// What the log is for; opaque here.
        case payload = 2
    }

    var term: UInt32
    var kind: Kind
    var payload: [UInt8]

    init(term: UInt32, _ kind: Kind, _ payload: [UInt8] = []) {
        self.term = term
        self.kind = kind
        self.payload = payload
    }
}

/// The end of the log that a member keeps in memory, durable or not.
struct RaftLog: Hashable, Sendable {
    /// The position just before the first entry kept.
    private(set) var base: Position
    private var entries: ArraySlice<RaftEntry> = []

    init(base: Position = .start) { self.base = base }

    var count: Int { entries.count }

    var last: Position {
        entries.last.map { Position(timeline: $0.term, lsn: base.lsn + LSN(entries.count)) } ?? base
    }

    subscript(lsn: LSN) -> RaftEntry {
        precondition(lsn > base.lsn && lsn <= last.lsn, "no entry \(lsn) in the log kept in memory")
        return entries[entries.startIndex + Int(lsn - base.lsn) - 1]
    }

    /// The term of an entry that is kept, or of the base.
    func term(at lsn: LSN) -> UInt32? {
        if lsn == base.lsn { return base.timeline }
        return lsn > base.lsn && lsn <= last.lsn ? self[lsn].term : nil
    }

    mutating func append(_ entry: RaftEntry) {
        precondition(entry.term >= last.timeline, "terms never go back")
        entries.append(entry)
    }

    /// Forgets the entries behind `lsn`.
    mutating func cut(after lsn: LSN) {
        precondition(lsn >= base.lsn, "what is behind a snapshot cannot be cut")
        guard lsn < last.lsn else { return }
        entries.removeLast(Int(last.lsn - lsn))
    }

    /// Forgets the entries up to and with `lsn`.
    mutating func trim(through lsn: LSN) {
        guard lsn > base.lsn, lsn <= last.lsn else { return }
        let position = Position(timeline: self[lsn].term, lsn: lsn)
        entries = ArraySlice(entries.dropFirst(Int(lsn - base.lsn)))
        base = position
        // A slice keeps what it was cut from; a copy now and then returns the space.
        if entries.startIndex > 2 * entries.count + 1024 { entries = ArraySlice(Array(entries)) }
    }

    /// The first kept entry of the term of the entry at `lsn`.
    func firstOfTerm(at lsn: LSN) -> LSN {
        var first = lsn
        while first > base.lsn + 1, term(at: first - 1) == term(at: lsn) { first -= 1 }
        return first
    }

    /// The last entry at or before `lsn` whose term is `wanted`, if it is kept.
    func last(ofTerm wanted: UInt32, notAfter lsn: LSN) -> LSN? {
        var index = min(lsn, last.lsn)
        while index > base.lsn, let term = term(at: index), term >= wanted {
            if term == wanted { return index }
            index -= 1
        }
        return nil
    }
}
