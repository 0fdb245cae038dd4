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
        default: throw DecodingFailure("message of unknown kind \(message.kind)")
        }
        try reader.finish()
    }
}
