/// What members of a chain say to their neighbours. Each message stands alone; its epoch is that of the sender's view.
enum ChainMessage: Hashable, Sendable {
    /// To the successor: entries that follow on `previous`.
    case forward(previous: Position, [LogEntry])
    /// To the predecessor.
    case confirm(ChainProgress)
    /// To the tail: how far are you?
    case ask(ticket: UInt64)
    case answer(ticket: UInt64, committed: LSN)
    /// Is this the chain as you know it? Who knows a later one says so.
    case hello
    case view(ChainView)
    /// To a successor that is still joining: whoever has this has all that was ever shown to anybody.
    case takeOver(floor: Position)
    /// To a successor whose log cannot be continued: a part of the state.
    case copy(ChainCopyPart)
    case copied(Position, received: UInt64)

    func encoded(epoch: UInt32) -> PeerMessage {
        var writer = ByteWriter()
        let kind: UInt8
        switch self {
        case .forward(let previous, let entries):
            kind = 1
            writer.entries(entries, behind: previous)
        case .confirm(let progress):
            kind = 2
            writer.position(progress.stored)
            writer.number(progress.committed)
            writer.byte(progress.isComplete ? 1 : 0)
        case .ask(let ticket):
            kind = 3
            writer.number(ticket)
        case .answer(let ticket, let committed):
            kind = 4
            writer.number(ticket)
            writer.number(committed)
        case .hello: kind = 5
        case .view(let view):
            kind = 6
            view.write(to: &writer)
        case .takeOver(let floor):
            kind = 7
            writer.position(floor)
        case .copy(let part):
            kind = 8
            writer.position(part.position)
            writer.number(part.offset)
            writer.number(part.total)
            writer.counted(part.bytes)
        case .copied(let position, let received):
            kind = 9
            writer.position(position)
            writer.number(received)
        }
        return PeerMessage(kind: kind, epoch: UInt64(epoch), payload: writer.bytes)
    }

    init(decoding message: PeerMessage) throws(DecodingFailure) {
        var reader = ByteReader(message.payload)
        switch message.kind {
        case 1: self = try Self.entries(&reader)
        case 2:
            self = .confirm(
                ChainProgress(
                    stored: try reader.position(), committed: try reader.number(),
                    isComplete: try reader.byte() == 1))
        case 3: self = .ask(ticket: try reader.number())
        case 4: self = .answer(ticket: try reader.number(), committed: try reader.number())
        case 5: self = .hello
        case 6: self = .view(try ChainView(reading: &reader))
        case 7: self = .takeOver(floor: try reader.position())
        case 8:
            self = .copy(
                ChainCopyPart(
                    position: try reader.position(), offset: try reader.number(), total: try reader.number(),
                    bytes: try reader.counted()))
        case 9: self = .copied(try reader.position(), received: try reader.number())
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

extension ByteWriter {
    fileprivate mutating func entries(_ entries: [LogEntry], behind previous: Position) {
        position(previous)
        number(UInt64(entries.count))
        for entry in entries {
            number(UInt64(entry.position.timeline))
            byte(entry.change.kind)
            counted(entry.change.payload)
        }
    }
}

/// How far a member is.
struct ChainProgress: Hashable, Sendable {
    /// The end of what is durable there.
    var stored: Position
    /// Known to be at the tail up to there.
    var committed: LSN
    /// Whether it has all that was ever shown to anybody; one that joins has not.
    var isComplete: Bool
}

/// A part of a state on its way to a member that joins.
struct ChainCopyPart: Hashable, Sendable {
    /// What all of it stands for.
    var position: Position
    var offset: UInt64
    var total: UInt64
    var bytes: [UInt8]
}
