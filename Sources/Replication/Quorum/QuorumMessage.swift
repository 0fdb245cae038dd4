/// What members of a leaderless store say to each other; every message stands alone.
enum QuorumMessage: Hashable, Sendable {
    /// I am there.
    case ping
    /// Keep this; `home` is the replica that it is meant for, another one than the receiver when that one stands in.
    case put(ticket: QuorumTicket, home: NodeName, [QuorumEntry])
    /// It is durable and readable here.
    case putAnswer(ticket: QuorumTicket, home: NodeName)
    /// What do you have of these, on behalf of `home`?
    case get(ticket: QuorumTicket, home: NodeName, QuorumQuery)
    case getAnswer(ticket: QuorumTicket, home: NodeName, [QuorumEntry])
    /// It would be too much in one message.
    case getRefused(ticket: QuorumTicket, home: NodeName)
    /// With it a value would be too large: nothing of it is kept.
    case putRefused(ticket: QuorumTicket, home: NodeName)
    /// As `put`, from a read that found this replica behind.
    case repair(ticket: QuorumTicket, [QuorumEntry])
    /// As `put`, from the node that stood in.
    case handoff(ticket: QuorumTicket, [QuorumEntry])
    /// The hashes of the ranges that both have, in their order.
    case roots([UInt64])
    /// All hashes are equal; together they make this one.
    case agreed(UInt64)
    /// Of a range whose hashes differ, the leaves of its tree.
    case leaves(range: Int, [UInt64])
    /// All that the sender has in these leaves; a question is answered with the receiver's own.
    case contents(range: Int, leaves: [Int], isQuestion: Bool, [QuorumEntry])
    /// I am there, and do not have all yet.
    case joining
    /// What do you have of this range, from there on?
    case tell(ticket: QuorumTicket, range: Int, from: QuorumCursor)
    /// That much, and where it goes on; with whether the sender has all itself.
    case told(ticket: QuorumTicket, isComplete: Bool, next: QuorumCursor?, [QuorumEntry])
}

/// What is asked for.
enum QuorumQuery: Hashable, Sendable {
    case registers([[UInt8]])
    case set([UInt8])

    var keys: [[UInt8]] {
        switch self {
        case .registers(let keys): keys
        case .set(let key): [key]
        }
    }
}

/// An operation of a node: never used twice, since lives are counted on disk.
struct QuorumTicket: Hashable, Sendable {
    var life: UInt64
    var number: UInt64
}

extension QuorumMessage {
    enum Kind: UInt8, CaseIterable {
        case ping = 1
        case put, putAnswer, get, getAnswer, repair, handoff, roots, agreed, leaves, contents, joining, tell, told
        case getRefused, putRefused

        /// Whether it is a replica's word on a write.
        var isWord: Bool { self == .putAnswer || self == .putRefused }
    }

    var kind: Kind {
        switch self {
        case .ping: .ping
        case .put: .put
        case .putAnswer: .putAnswer
        case .get: .get
        case .getAnswer: .getAnswer
        case .getRefused: .getRefused
        case .putRefused: .putRefused
        case .repair: .repair
        case .handoff: .handoff
        case .roots: .roots
        case .agreed: .agreed
        case .leaves: .leaves
        case .contents: .contents
        case .joining: .joining
        case .tell: .tell
        case .told: .told
        }
    }

    var encoded: PeerMessage {
        var writer = ByteWriter()
        switch self {
        case .ping, .joining: break
        case .put(let ticket, let home, let entries), .getAnswer(let ticket, let home, let entries):
            writer.ticket(ticket)
            writer.text(home)
            writer.entries(entries)
        case .putAnswer(let ticket, let home), .putRefused(let ticket, let home),
            .getRefused(let ticket, let home):
            writer.ticket(ticket)
            writer.text(home)
        case .get(let ticket, let home, let query):
            writer.ticket(ticket)
            writer.text(home)
            writer.query(query)
        case .repair(let ticket, let entries), .handoff(let ticket, let entries):
            writer.ticket(ticket)
            writer.entries(entries)
        case .roots(let hashes): writer.numbers(hashes)
        case .agreed(let hash): writer.number(hash)
        case .leaves(let range, let hashes):
            writer.number(UInt64(range))
            writer.numbers(hashes)
        case .contents(let range, let leaves, let isQuestion, let entries):
            writer.number(UInt64(range))
            writer.numbers(leaves.map { UInt64($0) })
            writer.byte(isQuestion ? 1 : 0)
            writer.entries(entries)
        case .tell(let ticket, let range, let cursor):
            writer.ticket(ticket)
            writer.number(UInt64(range))
            writer.cursor(cursor)
        case .told(let ticket, let isComplete, let next, let entries):
            writer.ticket(ticket)
            writer.byte(isComplete ? 1 : 0)
            writer.byte(next == nil ? 0 : 1)
            if let next { writer.cursor(next) }
            writer.entries(entries)
        }
        return PeerMessage(kind: kind.rawValue, payload: writer.bytes)
    }

    init(decoding message: PeerMessage) throws(DecodingFailure) {
        guard let kind = Kind(rawValue: message.kind) else {
            throw DecodingFailure("message of unknown kind \(message.kind)")
        }
        var reader = ByteReader(message.payload)
        self = try Self.message(kind, &reader)
        try reader.finish()
    }

    private static func message(
        _ kind: Kind, _ reader: inout ByteReader
    ) throws(DecodingFailure) -> QuorumMessage {
        switch kind {
        case .ping: .ping
        case .put: .put(ticket: try reader.ticket(), home: try reader.text(), try reader.entries())
        case .putAnswer: .putAnswer(ticket: try reader.ticket(), home: try reader.text())
        case .getRefused: .getRefused(ticket: try reader.ticket(), home: try reader.text())
        case .putRefused: .putRefused(ticket: try reader.ticket(), home: try reader.text())
        case .get: .get(ticket: try reader.ticket(), home: try reader.text(), try reader.query())
        case .getAnswer: .getAnswer(ticket: try reader.ticket(), home: try reader.text(), try reader.entries())
        case .repair: .repair(ticket: try reader.ticket(), try reader.entries())
        case .handoff: .handoff(ticket: try reader.ticket(), try reader.entries())
        case .roots: .roots(try reader.numbers())
        case .agreed: .agreed(try reader.number())
        case .leaves: .leaves(range: try reader.place(below: 1 << 16), try reader.numbers())
        case .contents:
            .contents(
                range: try reader.place(below: 1 << 16), leaves: try reader.leafNumbers(),
                isQuestion: try reader.byte() == 1, try reader.entries())
        case .joining: .joining
        case .tell:
            .tell(
                ticket: try reader.ticket(), range: try reader.place(below: 1 << 16), from: try reader.cursor())
        case .told:
            .told(
                ticket: try reader.ticket(), isComplete: try reader.byte() == 1,
                next: try reader.byte() == 1 ? try reader.cursor() : nil, try reader.entries())
        }
    }
}

extension ByteWriter {
    mutating func numbers(_ values: [UInt64]) {
        number(UInt64(values.count))
        values.forEach { number($0) }
    }

    fileprivate mutating func ticket(_ ticket: QuorumTicket) {
        number(ticket.life)
        number(ticket.number)
    }

    fileprivate mutating func cursor(_ cursor: QuorumCursor) {
        number(UInt64(cursor.leaf))
        byte(cursor.after == nil ? 0 : 1)
        if let after = cursor.after { place(after) }
    }

    fileprivate mutating func query(_ query: QuorumQuery) {
        switch query {
        case .registers(let keys):
            byte(0)
            elements(keys)
        case .set(let key):
            byte(1)
            counted(key)
        }
    }
}

extension ByteReader {
    mutating func numbers() throws(DecodingFailure) -> [UInt64] {
        var values: [UInt64] = []
        for _ in 0..<(try count()) { values.append(try number()) }
        return values
    }

    fileprivate mutating func ticket() throws(DecodingFailure) -> QuorumTicket {
        QuorumTicket(life: try number(), number: try number())
    }

    fileprivate mutating func place(below limit: UInt64) throws(DecodingFailure) -> Int {
        let value = try number()
        guard value < limit else { throw DecodingFailure("\(value) is beyond \(limit)") }
        return Int(value)
    }

    fileprivate mutating func leafNumbers() throws(DecodingFailure) -> [Int] {
        var leaves: [Int] = []
        for _ in 0..<(try count()) { leaves.append(try place(below: UInt64(QuorumLimit.leaves))) }
        return leaves
    }

    fileprivate mutating func cursor() throws(DecodingFailure) -> QuorumCursor {
        let leaf = try place(below: UInt64(QuorumLimit.leaves))
        return QuorumCursor(leaf: leaf, after: try byte() == 1 ? try place() : nil)
    }

    fileprivate mutating func query() throws(DecodingFailure) -> QuorumQuery {
        switch try byte() {
        case 0: .registers(try elements())
        case 1: .set(try counted())
        case let other: throw DecodingFailure("a question of unknown kind \(other)")
        }
    }
}
