/// What members of a chain say to their neighbours. Each message stands alone; its epoch is that of the sender's view.
enum ChainMessage: Hashable, Sendable {
    /// To the successor: entries that follow on `previous`.
    case forward(previous: Position, [LogEntry])
    /// To the predecessor: durable here up to `stored`, known to be at the tail up to `committed`.
    case confirm(stored: LSN, committed: LSN)
    /// To the tail: how far are you?
    case ask(ticket: UInt64)
    case answer(ticket: UInt64, committed: LSN)

    func encoded(epoch: UInt32) -> PeerMessage {
        var writer = ByteWriter()
        let kind: UInt8
        switch self {
        case .forward(let previous, let entries):
            kind = 1
            writer.position(previous)
            writer.number(UInt64(entries.count))
            for entry in entries {
                writer.number(UInt64(entry.position.timeline))
                writer.byte(entry.change.kind)
                writer.counted(entry.change.payload)
            }
        case .confirm(let stored, let committed):
            kind = 2
            writer.number(stored)
            writer.number(committed)
        case .ask(let ticket):
            kind = 3
            writer.number(ticket)
        case .answer(let ticket, let committed):
            kind = 4
            writer.number(ticket)
            writer.number(committed)
        }
        return PeerMessage(kind: kind, epoch: UInt64(epoch), payload: writer.bytes)
    }

    init(decoding message: PeerMessage) throws(DecodingFailure) {
        var reader = ByteReader(message.payload)
        switch message.kind {
        case 1: self = try Self.entries(&reader)
        case 2: self = .confirm(stored: try reader.number(), committed: try reader.number())
        case 3: self = .ask(ticket: try reader.number())
        case 4: self = .answer(ticket: try reader.number(), committed: try reader.number())
        default: throw DecodingFailure("message of unknown kind \(message.kind)")
        }
        try reader.finish()
    }

    /// LSNs are consecutive from `previous`, so they are not written.
    private static func entries(_ reader: inout ByteReader) throws(DecodingFailure) -> ChainMessage {
        let previous = try reader.position()
        var entries: [LogEntry] = []
        var last = previous
        for _ in 0..<(try reader.count()) {
            let timeline = try reader.timeline()
            guard timeline >= last.timeline, last.lsn < 1 << 56 else {
                throw DecodingFailure("epochs or LSNs of entries run backwards")
            }
            last = Position(timeline: timeline, lsn: last.lsn + 1)
            let kind = try reader.byte()
            entries.append(LogEntry(last, try Change(kind: kind, payload: try reader.counted())))
        }
        return .forward(previous: previous, entries)
    }
}
