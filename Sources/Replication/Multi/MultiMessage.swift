/// What members of a cluster with several leaders say to each other. Each message stands alone.
enum MultiMessage: Hashable, Sendable {
    /// Records for one that has all of `requires`: so those of one sender are taken in its order, whatever the network does.
    case records(requires: VersionVector, [MultiRecord])
    /// Durable here: all of that. `session` tells lives of a member apart.
    case have(session: UInt64, VersionVector)
    /// To the home of a key: let it go to that data centre.
    case askHome(key: [UInt8], centre: String)
    /// A device's writes that are not decided yet, in its order; perhaps none.
    case push([MultiRecord])
    /// The answer to a push: how much there is at the leader.
    case pushed(VersionVector)
    /// What is there at the other one?
    case askProgress
    /// The next part of a copy of all that the other one has, 0 for a new one.
    case askCopy(lsn: LSN, offset: UInt64)
    case copy(CopyPart)

    var encoded: PeerMessage {
        var writer = ByteWriter()
        let kind: UInt8
        switch self {
        case .records(let requires, let records):
            kind = 1
            writer.vector(requires)
            writer.records(records)
        case .have(let session, let vector):
            kind = 2
            writer.number(session)
            writer.vector(vector)
        case .askHome(let key, let centre):
            kind = 3
            writer.counted(key)
            writer.text(centre)
        case .push(let records):
            kind = 4
            writer.records(records)
        case .pushed(let vector):
            kind = 5
            writer.vector(vector)
        case .askProgress: kind = 6
        case .askCopy(let lsn, let offset):
            kind = 7
            writer.number(lsn)
            writer.number(offset)
        case .copy(let part):
            kind = 8
            for number in [part.lsn, part.offset, part.total] { writer.number(number) }
            writer.counted(part.bytes)
        }
        return PeerMessage(kind: kind, payload: writer.bytes)
    }

    init(decoding message: PeerMessage) throws(DecodingFailure) {
        var reader = ByteReader(message.payload)
        switch message.kind {
        case 1:
            let requires = try reader.vector()
            self = .records(requires: requires, try reader.records())
        case 2: self = .have(session: try reader.number(), try reader.vector())
        case 3: self = .askHome(key: try reader.counted(), centre: try reader.text())
        case 4: self = .push(try reader.records())
        case 5: self = .pushed(try reader.vector())
        case 6: self = .askProgress
        case 7: self = .askCopy(lsn: try reader.number(), offset: try reader.number())
        case 8:
            self = .copy(
                CopyPart(
                    lsn: try reader.number(), offset: try reader.number(), total: try reader.number(),
                    bytes: try reader.counted()))
        default: throw DecodingFailure("message of unknown kind \(message.kind)")
        }
        try reader.finish()
    }
}
