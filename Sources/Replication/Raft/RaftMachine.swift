/// What one entry of the log asks for: a command, and which attempt of which operation it is.
struct RaftOperation: Hashable, Sendable {
    var command: Command
    /// Absent where attempts are not told apart.
    var identity: CallIdentity?

    var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.byte(identity == nil ? 0 : 1)
        if let identity {
            writer.number(identity.client)
            writer.number(identity.sequence)
        }
        writer.counted(command.encoded)
        return writer.bytes
    }

    init(_ command: Command, identity: CallIdentity?) {
        self.command = command
        self.identity = identity
    }

    init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        switch try reader.byte() {
        case 0: identity = nil
        case 1: identity = CallIdentity(client: try reader.number(), sequence: try reader.number())
        case let other: throw DecodingFailure("operation of unknown kind \(other)")
        }
        command = try Command(decoding: try reader.counted())
        try reader.finish()
    }
}

/// The state that the log makes: what clients store, and what they were told, so that no operation is done twice.
struct RaftMachine: Sendable {
    private(set) var store = Store()
    private(set) var sessions = RaftSessions()

    init() {}

    var position: Position { store.position }

    /// What an operation came to.
    struct Outcome: Hashable, Sendable {
        var reply: Reply
        /// The entry that did it: of an operation with several attempts, the first one that was applied.
        var position: Position
    }

    /// Does what the next entry says; every member does the same.
    mutating func apply(_ entry: RaftEntry, at position: Position) -> Outcome? {
        guard entry.kind == .payload else {
            store.apply(LogEntry(position, .noop))
            return nil
        }
        guard let operation = try? RaftOperation(decoding: entry.payload) else {
            store.apply(LogEntry(position, .noop))
            return Outcome(reply: .failed(.syntax, "an operation that cannot be read"), position: position)
        }
        if let identity = operation.identity, let known = sessions.outcome(of: identity) {
            store.apply(LogEntry(position, .noop))
            return known
        }
        let (change, reply) = operation.command.effect(on: store)
        store.apply(LogEntry(position, change ?? .noop))
        let outcome = Outcome(reply: reply, position: position)
        if let identity = operation.identity { sessions.remember(identity, outcome) }
        return outcome
    }

    var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.position(position)
        sessions.write(to: &writer)
        let rows = store.rows
        writer.number(UInt64(rows.count))
        rows.forEach { writer.row($0) }
        return writer.bytes
    }

    init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        store = Store(position: try reader.position())
        sessions = try RaftSessions(reading: &reader)
        for _ in 0..<(try reader.count()) { store.load(try reader.row()) }
        try reader.finish()
    }
}

/// The last operation of each client and what it came to.
///
/// A client does one operation after the other; an attempt of an earlier one than the last is a late copy, for whose
/// answer nobody waits.
struct RaftSessions: Sendable {
    private struct Session: Sendable {
        var sequence: UInt64
        var outcome: RaftMachine.Outcome
    }

    /// Beyond that the sessions that were used longest ago are forgotten, at the same entry in all members.
    static let limit = 100_000

    private var sessions: [UInt64: Session] = [:]

    init() {}

    var count: Int { sessions.count }

    func outcome(of identity: CallIdentity) -> RaftMachine.Outcome? {
        guard let session = sessions[identity.client], session.sequence >= identity.sequence else { return nil }
        guard session.sequence > identity.sequence else { return session.outcome }
        return .init(
            reply: .unknown(.stalled, "a later operation of this client was done already"),
            position: session.outcome.position)
    }

    mutating func remember(_ identity: CallIdentity, _ outcome: RaftMachine.Outcome) {
        sessions[identity.client] = Session(sequence: identity.sequence, outcome: outcome)
        guard sessions.count > Self.limit else { return }
        let oldest = sessions.sorted { $0.value.outcome.position.lsn < $1.value.outcome.position.lsn }
            .prefix(Self.limit / 2)
        oldest.forEach { sessions[$0.key] = nil }
    }

    func write(to writer: inout ByteWriter) {
        writer.number(UInt64(sessions.count))
        for (client, session) in sessions.sorted(by: { $0.key < $1.key }) {
            [client, session.sequence].forEach { writer.number($0) }
            writer.position(session.outcome.position)
            writer.reply(session.outcome.reply)
        }
    }

    init(reading reader: inout ByteReader) throws(DecodingFailure) {
        for _ in 0..<(try reader.count()) {
            let client = try reader.number()
            let (sequence, position) = (try reader.number(), try reader.position())
            sessions[client] = Session(
                sequence: sequence, outcome: .init(reply: try reader.reply(), position: position))
        }
    }
}
