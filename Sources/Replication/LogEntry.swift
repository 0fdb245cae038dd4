/// What one log entry does to the store: the rows themselves, never the statement that asked for them.
public enum Change: Hashable, Sendable {
    /// Nothing; keeps its place in the log.
    case noop
    case put(key: [UInt8], value: [UInt8])
    case delete(key: [UInt8])
    case add(key: [UInt8], elements: [[UInt8]])
    case remove(key: [UInt8], elements: [[UInt8]])
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
    /// The kind byte of a log record on disk.
    public var kind: UInt8 {
        switch self {
        case .noop: 0
        case .put: 1
        case .delete: 2
        case .add: 3
        case .remove: 4
        case .timeline: 5
        }
    }

    /// The payload of a log record on disk.
    public var payload: [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .noop: break
        case .put(let key, let value):
            writer.counted(key)
            writer.counted(value)
        case .delete(let key):
            writer.counted(key)
        case .add(let key, let elements), .remove(let key, let elements):
            writer.counted(key)
            writer.number(UInt64(elements.count))
            elements.forEach { writer.counted($0) }
        case .timeline(let parent):
            writer.position(parent)
        }
        return writer.bytes
    }

    public init(kind: UInt8, payload: [UInt8]) throws(DecodingFailure) {
        var reader = ByteReader(payload)
        switch kind {
        case 0: self = .noop
        case 1: self = .put(key: try reader.counted(), value: try reader.counted())
        case 2: self = .delete(key: try reader.counted())
        case 3: self = .add(key: try reader.counted(), elements: try reader.elements())
        case 4: self = .remove(key: try reader.counted(), elements: try reader.elements())
        case 5: self = .timeline(parent: try reader.position())
        default: throw DecodingFailure("log record of unknown kind \(kind)")
        }
        try reader.finish()
    }

    /// About how many bytes the entry takes in a message; for limits.
    var weight: Int {
        switch self {
        case .noop, .timeline: 16
        case .put(let key, let value): 24 + key.count + value.count
        case .delete(let key): 24 + key.count
        case .add(let key, let elements), .remove(let key, let elements):
            elements.reduce(24 + key.count) { $0 + $1.count + 2 }
        }
    }
}

extension ByteReader {
    mutating func elements() throws(DecodingFailure) -> [[UInt8]] {
        var result: [[UInt8]] = []
        for _ in 0..<(try count()) { result.append(try counted()) }
        return result
    }
}
