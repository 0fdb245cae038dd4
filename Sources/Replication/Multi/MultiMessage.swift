/// What members of a cluster with several leaders say to each other. Each message stands alone.
enum MultiMessage: Hashable, Sendable {
    /// Records for one that has all of `requires`: so those of one sender are taken in its order, whatever the network does.
    case records(requires: VersionVector, [MultiRecord])
    /// Durable here: all of that. `session` tells lives of a member apart.
    case have(session: UInt64, VersionVector)
    /// To the home of a key: let it go to that data centre.
    case askHome(key: [UInt8], centre: String)

    var encoded: PeerMessage {
        var writer = ByteWriter()
        let kind: UInt8
        switch self {
        case .records(let requires, let records):
            kind = 1
            writer.vector(requires)
            writer.number(UInt64(records.count))
            records.forEach { writer.record($0) }
        case .have(let session, let vector):
            kind = 2
            writer.number(session)
            writer.vector(vector)
        case .askHome(let key, let centre):
            kind = 3
            writer.counted(key)
            writer.text(centre)
        }
        return PeerMessage(kind: kind, payload: writer.bytes)
    }

    init(decoding message: PeerMessage) throws(DecodingFailure) {
        var reader = ByteReader(message.payload)
        switch message.kind {
        case 1:
            let requires = try reader.vector()
            var records: [MultiRecord] = []
            for _ in 0..<(try reader.count()) { records.append(try reader.record()) }
            self = .records(requires: requires, records)
        case 2: self = .have(session: try reader.number(), try reader.vector())
        case 3: self = .askHome(key: try reader.counted(), centre: try reader.text())
        default: throw DecodingFailure("message of unknown kind \(message.kind)")
        }
        try reader.finish()
    }
}
