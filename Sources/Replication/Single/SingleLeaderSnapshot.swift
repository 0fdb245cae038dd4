/// The state at one position, good enough to start a node from.
public struct SingleLeaderSnapshot: Sendable {
    /// The state at `store.position`.
    public var store: Store
    /// Reads are refused until the node has applied this LSN: the leader may have answered reads up to here
    /// while the copy was under way, and a joiner must not show anybody an older state.
    public var end: LSN
    public var history: TimelineHistory

    public init(store: Store, end: LSN, history: TimelineHistory) {
        self.store = store
        self.end = end
        self.history = history
    }

    public var start: Position { store.position }
}

/// What a snapshot begins with, on the wire and on disk.
public struct SnapshotHeader: Hashable, Sendable {
    public var start: Position
    public var history: TimelineHistory

    public init(start: Position, history: TimelineHistory) {
        self.start = start
        self.history = history
    }
}

extension ByteWriter {
    public mutating func header(_ header: SnapshotHeader) {
        position(header.start)
        number(UInt64(header.history.spans.count))
        for span in header.history.spans {
            number(UInt64(span.timeline))
            number(span.first)
        }
    }
}

extension ByteReader {
    public mutating func header() throws(DecodingFailure) -> SnapshotHeader {
        let start = try position()
        var spans: [TimelineHistory.Span] = []
        for _ in 0..<(try count()) {
            spans.append(.init(timeline: try timeline(), first: try number()))
        }
        guard let history = TimelineHistory(spans: spans) else {
            throw DecodingFailure("timelines out of order")
        }
        return SnapshotHeader(start: start, history: history)
    }
}

extension SingleLeaderSnapshot {
    /// The whole snapshot as one text, as it lies on disk (the checksum is the file's business).
    public var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.header(SnapshotHeader(start: start, history: history))
        writer.number(end)
        let keys = store.keysInRowOrder
        writer.number(UInt64(keys.count))
        for key in keys { if let row = store.row(key) { writer.row(row) } }
        return writer.bytes
    }

    var stored: StoredSnapshot { StoredSnapshot(position: start, content: encoded) }

    public init(encoded: [UInt8]) throws(DecodingFailure) {
        var reader = ByteReader(encoded)
        let header = try reader.header()
        end = try reader.number()
        history = header.history
        store = Store(position: header.start)
        for _ in 0..<(try reader.count()) { store.load(try reader.row()) }
        try reader.finish()
    }
}
