/// What members of a Raft group say to each other; every message stands alone.
struct RaftMessage: Hashable, Sendable {
    /// The sender's term; of a pre-vote and of its consent the term that it is about.
    var term: UInt32
    var body: Body

    enum Body: Hashable, Sendable {
        /// Could the sender, whose log ends there, win this term?
        case askPreVote(last: Position, round: UInt64)
        case preVoteAnswer(isGranted: Bool, round: UInt64)
        /// `isForced`: the leader itself wants it.
        case askVote(last: Position, isForced: Bool)
        case voteAnswer(isGranted: Bool)
        case append(RaftAppend)
        case appendAnswer(RaftAppendAnswer)
        case snapshotPart(RaftSnapshotPart)
        /// So many bytes of that snapshot are here.
        case snapshotAnswer(Position, received: UInt64, round: UInt64)
        case askRead(RaftReadTicket)
        case readAnswer(RaftReadTicket, index: LSN)
        /// Stand for election now: the leader makes room.
        case campaignNow
        /// The sender would like to lead.
        case askTransfer
        /// The sender would like to be a member.
        case askMembership
    }
}

/// Entries that follow `previous`; without entries a heartbeat.
struct RaftAppend: Hashable, Sendable {
    var previous: Position
    var commit: LSN
    var round: UInt64
    var entries: [RaftEntry] = []
}

/// What a follower has of its leader's log.
struct RaftAppendAnswer: Hashable, Sendable {
    /// The round of the message that is answered.
    var round: UInt64
    /// Durable and equal to the leader's log up to there.
    var match: LSN
    /// Set when `previous` of the message was not found.
    var conflict: Conflict?

    struct Conflict: Hashable, Sendable {
        /// What was not found.
        var previous: LSN
        /// The term that stands there instead, 0 for none, and the first entry of that term or after the end.
        var found: Position
    }
}

struct RaftSnapshotPart: Hashable, Sendable {
    var position: Position
    var offset: UInt64
    var total: UInt64
    var checksum: UInt64
    var round: UInt64
    var bytes: [UInt8]
}

/// A follower's question for the read index: never used twice, since lives are counted on disk.
struct RaftReadTicket: Hashable, Sendable {
    var life: UInt64
    var number: UInt64
}

extension RaftMessage {
    enum Kind: UInt8, CaseIterable {
        case askPreVote = 1
        case preVoteAnswer, askVote, voteAnswer, append, appendAnswer, snapshotPart, snapshotAnswer, askRead
        case readAnswer, campaignNow, askTransfer, askMembership
    }

    var kind: Kind {
        switch body {
        case .askPreVote: .askPreVote
        case .preVoteAnswer: .preVoteAnswer
        case .askVote: .askVote
        case .voteAnswer: .voteAnswer
        case .append: .append
        case .appendAnswer: .appendAnswer
        case .snapshotPart: .snapshotPart
        case .snapshotAnswer: .snapshotAnswer
        case .askRead: .askRead
        case .readAnswer: .readAnswer
        case .campaignNow: .campaignNow
        case .askTransfer: .askTransfer
        case .askMembership: .askMembership
        }
    }

    var encoded: PeerMessage {
        var writer = ByteWriter()
        switch body {
        case .askPreVote(let last, let round):
            writer.position(last)
            writer.number(round)
        case .preVoteAnswer(let isGranted, let round):
            writer.flag(isGranted)
            writer.number(round)
        case .askVote(let last, let isForced):
            writer.position(last)
            writer.flag(isForced)
        case .voteAnswer(let isGranted): writer.flag(isGranted)
        case .append(let append): writer.append(append)
        case .appendAnswer(let answer): writer.answer(answer)
        case .snapshotPart(let part): writer.part(part)
        case .snapshotAnswer(let position, let received, let round):
            writer.position(position)
            writer.number(received)
            writer.number(round)
        case .askRead(let ticket): writer.ticket(ticket)
        case .readAnswer(let ticket, let index):
            writer.ticket(ticket)
            writer.number(index)
        case .campaignNow, .askTransfer, .askMembership: break
        }
        return PeerMessage(kind: kind.rawValue, epoch: UInt64(term), payload: writer.bytes)
    }

    init(decoding message: PeerMessage) throws(DecodingFailure) {
        guard let kind = Kind(rawValue: message.kind) else {
            throw DecodingFailure("message of unknown kind \(message.kind)")
        }
        guard message.epoch <= UInt64(RaftLimit.highestTerm) else {
            throw DecodingFailure("term \(message.epoch) is beyond all terms")
        }
        term = UInt32(message.epoch)
        var reader = ByteReader(message.payload)
        body = try Self.body(kind, &reader)
        try reader.finish()
    }

    private static func body(_ kind: Kind, _ reader: inout ByteReader) throws(DecodingFailure) -> Body {
        switch kind {
        case .askPreVote: .askPreVote(last: try reader.position(), round: try reader.number())
        case .preVoteAnswer: .preVoteAnswer(isGranted: try reader.flag(), round: try reader.number())
        case .askVote: .askVote(last: try reader.position(), isForced: try reader.flag())
        case .voteAnswer: .voteAnswer(isGranted: try reader.flag())
        case .append: .append(try reader.append())
        case .appendAnswer: .appendAnswer(try reader.answer())
        case .snapshotPart: .snapshotPart(try reader.part())
        case .snapshotAnswer:
            .snapshotAnswer(try reader.position(), received: try reader.number(), round: try reader.number())
        case .askRead: .askRead(try reader.ticket())
        case .readAnswer: .readAnswer(try reader.ticket(), index: try reader.index())
        case .campaignNow: .campaignNow
        case .askTransfer: .askTransfer
        case .askMembership: .askMembership
        }
    }
}

extension ByteWriter {
    fileprivate mutating func flag(_ value: Bool) { byte(value ? 1 : 0) }

    fileprivate mutating func append(_ append: RaftAppend) {
        position(append.previous)
        number(append.commit)
        number(append.round)
        number(UInt64(append.entries.count))
        for entry in append.entries {
            number(UInt64(entry.term))
            byte(entry.kind.rawValue)
            counted(entry.payload)
        }
    }

    fileprivate mutating func answer(_ answer: RaftAppendAnswer) {
        number(answer.round)
        number(answer.match)
        flag(answer.conflict != nil)
        guard let conflict = answer.conflict else { return }
        number(conflict.previous)
        position(conflict.found)
    }

    fileprivate mutating func part(_ part: RaftSnapshotPart) {
        position(part.position)
        [part.offset, part.total, part.checksum, part.round].forEach { number($0) }
        counted(part.bytes)
    }

    fileprivate mutating func ticket(_ ticket: RaftReadTicket) {
        number(ticket.life)
        number(ticket.number)
    }
}

extension ByteReader {
    fileprivate mutating func flag() throws(DecodingFailure) -> Bool {
        switch try byte() {
        case 0: return false
        case 1: return true
        case let other: throw DecodingFailure("\(other) is neither yes nor no")
        }
    }

    /// A number of an entry, small enough to count on from there.
    fileprivate mutating func index() throws(DecodingFailure) -> LSN {
        let value = try number()
        guard value <= RaftLimit.highestIndex else { throw DecodingFailure("entry \(value) is beyond all logs") }
        return value
    }

    fileprivate mutating func place() throws(DecodingFailure) -> Position {
        Position(timeline: try timeline(), lsn: try index())
    }

    fileprivate mutating func append() throws(DecodingFailure) -> RaftAppend {
        var append = RaftAppend(previous: try place(), commit: try index(), round: try number())
        var term = append.previous.timeline
        for _ in 0..<(try count()) {
            let next = try timeline()
            let number = try byte()
            guard next >= term, let kind = RaftEntry.Kind(rawValue: number) else {
                throw DecodingFailure("an entry of term \(next) behind \(term), kind \(number)")
            }
            term = next
            append.entries.append(RaftEntry(term: next, kind, try counted()))
            if kind == .membership { _ = try RaftMembership(decoding: append.entries.last?.payload ?? []) }
        }
        return append
    }

    fileprivate mutating func answer() throws(DecodingFailure) -> RaftAppendAnswer {
        var answer = RaftAppendAnswer(round: try number(), match: try index())
        if try flag() { answer.conflict = .init(previous: try index(), found: try place()) }
        return answer
    }

    fileprivate mutating func part() throws(DecodingFailure) -> RaftSnapshotPart {
        RaftSnapshotPart(
            position: try place(), offset: try number(), total: try number(), checksum: try number(),
            round: try number(), bytes: try counted())
    }

    fileprivate mutating func ticket() throws(DecodingFailure) -> RaftReadTicket {
        RaftReadTicket(life: try number(), number: try number())
    }
}
