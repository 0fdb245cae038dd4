/// What one log entry does to the store.
public enum Change: Hashable, Sendable {
    /// Nothing; keeps its place in the log.
    case noop
    case put(key: [UInt8], value: [UInt8])
    case delete(key: [UInt8])
    /// The difference, not the sum: an entry that is applied twice or not at all shows.
    case increment(key: [UInt8], by: Int64)
    case add(key: [UInt8], elements: [[UInt8]])
    case remove(key: [UInt8], elements: [[UInt8]])
    case append(key: [UInt8], elements: [[UInt8]])
    case reserve(slot: [UInt8], holder: [UInt8], operation: [UInt8])
    /// Several at once, each the change of one row.
    case batch([Change])
    /// To be executed by every replica.
    case statement(StatementRecord)
    /// Put in the place of the pages that are there.
    case pages([PageImage])
    /// A promotion: this entry is the first of its timeline; `parent` is where the old one ended.
    case timeline(parent: Position)
}

/// One entry of the replicated log.
public struct LogEntry: Hashable, Sendable {
    public var position: Position
    public var change: Change

    public init(_ position: Position, _ change: Change) {
        self.position = position
        self.change = change
    }

    public var lsn: LSN { position.lsn }
}

extension Change {
    /// The keys of the rows that it names; a statement and a page do not.
    var keys: [[UInt8]] {
        switch self {
        case .put(let key, _), .delete(let key), .increment(let key, _), .add(let key, _), .remove(let key, _),
            .append(let key, _), .reserve(let key, _, _):
            [key]
        case .batch(let changes): changes.flatMap(\.keys)
        case .noop, .timeline, .statement, .pages: []
        }
    }
}
