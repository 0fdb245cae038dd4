/// What nodes say to each other. A follower dials its leader and says hello; the rest follows from the answer.
public enum SingleLeaderMessage: Hashable, Sendable {
    /// Follower: who I am, which cluster I belong to and where my log ends.
    case hello(cluster: String, name: NodeName, format: UInt32, position: Position)
    /// Leader: your log is a prefix of mine, entries from there follow; mine ends at `end`.
    case welcome(from: Position, end: LSN)
    case refuse(Refusal, String)
    /// Entries that follow directly on `previous`.
    case append(previous: Position, entries: [LogEntry])
    /// Follower: how far it has received, made durable and applied.
    case progress(Progress)
    /// The sender is alive; its log ends at `last`.
    case heartbeat(last: LSN)
    case snapshotBegin(SnapshotHeader)
    case snapshotRows([StoredRow])
    /// The last piece; `end` as in `SingleLeaderSnapshot`.
    case snapshotEnd(rows: Int, end: LSN)
    /// Follower: pieces received so far, so that the leader never has more than a few under way.
    case snapshotReceived(pieces: Int)

    /// Why a leader turns a follower away.
    public enum Refusal: UInt8, Hashable, Sendable, CaseIterable {
        case notLeader = 1
        case otherCluster, unknownNode, otherFormat
        /// The follower's log holds entries that are not in the leader's: it must be wiped.
        case diverged
        /// The follower knows a newer timeline than this leader.
        case newerTimeline

        /// Trying again later cannot help.
        var isFinal: Bool { self == .diverged || self == .otherCluster || self == .otherFormat }
    }
}

/// How far a follower is, each at most the one before.
public struct Progress: Hashable, Sendable {
    public var received: LSN
    public var flushed: LSN
    public var applied: LSN

    public init(received: LSN = 0, flushed: LSN = 0, applied: LSN = 0) {
        self.received = received
        self.flushed = flushed
        self.applied = applied
    }
}

extension SingleLeaderMessage {
    /// The type byte of the frame.
    public var kind: UInt8 {
        switch self {
        case .hello: 1
        case .welcome: 2
        case .refuse: 3
        case .append: 4
        case .progress: 5
        case .heartbeat: 6
        case .snapshotBegin: 7
        case .snapshotRows: 8
        case .snapshotEnd: 9
        case .snapshotReceived: 10
        }
    }

    /// The payload of the frame.
    public var payload: [UInt8] {
        var writer = ByteWriter()
        switch self {
        case .hello(let cluster, let name, let format, let position):
            writer.text(cluster)
            writer.text(name)
            writer.number(UInt64(format))
            writer.position(position)
        case .welcome(let from, let end):
            writer.position(from)
            writer.number(end)
        case .refuse(let refusal, let detail):
            writer.byte(refusal.rawValue)
            writer.text(detail)
        case .append(let previous, let entries):
            writer.append(previous, entries)
        case .progress(let progress):
            writer.number(progress.received)
            writer.number(progress.flushed)
            writer.number(progress.applied)
        case .heartbeat(let last): writer.number(last)
        case .snapshotBegin(let header): writer.header(header)
        case .snapshotRows(let rows):
            writer.number(UInt64(rows.count))
            rows.forEach { writer.row($0) }
        case .snapshotEnd(let rows, let end):
            writer.number(UInt64(rows))
            writer.number(end)
        case .snapshotReceived(let pieces): writer.number(UInt64(pieces))
        }
        return writer.bytes
    }

    func encoded(epoch: UInt64) -> PeerMessage { PeerMessage(kind: kind, epoch: epoch, payload: payload) }

    init(_ message: PeerMessage) throws(DecodingFailure) {
        try self.init(kind: message.kind, payload: message.payload)
    }

    public init(kind: UInt8, payload: [UInt8]) throws(DecodingFailure) {
        var reader = ByteReader(payload)
        self = try Self.read(kind, &reader)
        try reader.finish()
    }

    private static func read(
        _ kind: UInt8, _ reader: inout ByteReader
    ) throws(DecodingFailure) -> SingleLeaderMessage {
        switch kind {
        case 1:
            return .hello(
                cluster: try reader.text(), name: try reader.text(),
                format: try reader.timeline(), position: try reader.position())
        case 2: return .welcome(from: try reader.position(), end: try reader.number())
        case 3:
            guard let refusal = Refusal(rawValue: try reader.byte()) else {
                throw DecodingFailure("refusal of unknown kind")
            }
            return .refuse(refusal, try reader.text())
        case 4: return try reader.entries()
        case 5:
            return .progress(
                Progress(
                    received: try reader.number(), flushed: try reader.number(),
                    applied: try reader.number()))
        case 6: return .heartbeat(last: try reader.number())
        case 7: return .snapshotBegin(try reader.header())
        case 8:
            var rows: [StoredRow] = []
            for _ in 0..<(try reader.count()) { rows.append(try reader.row()) }
            return .snapshotRows(rows)
        case 9: return .snapshotEnd(rows: try reader.small(), end: try reader.number())
        case 10: return .snapshotReceived(pieces: try reader.small())
        default: throw DecodingFailure("message of unknown kind \(kind)")
        }
    }
}

extension ByteWriter {
    /// LSNs are consecutive from `previous`, so they are not written.
    fileprivate mutating func append(_ previous: Position, _ entries: [LogEntry]) {
        position(previous)
        number(UInt64(entries.count))
        for entry in entries {
            number(UInt64(entry.position.timeline))
            byte(entry.change.kind)
            counted(entry.change.payload)
        }
    }
}

extension ByteReader {
    fileprivate mutating func entries() throws(DecodingFailure) -> SingleLeaderMessage {
        let previous = try position()
        var entries: [LogEntry] = []
        var last = previous
        for _ in 0..<(try count()) {
            let timeline = try timeline()
            guard timeline >= last.timeline, last.lsn < .max else {
                throw DecodingFailure("timelines or LSNs of entries run backwards")
            }
            last = Position(timeline: timeline, lsn: last.lsn + 1)
            let kind = try byte()
            entries.append(LogEntry(last, try Change(kind: kind, payload: try counted())))
        }
        return .append(previous: previous, entries: entries)
    }

    /// A number that fits in 32 bits.
    fileprivate mutating func small() throws(DecodingFailure) -> Int { Int(try timeline()) }
}
