/// One member of a cluster, whatever its design: a state machine that does nothing by itself.
///
/// It is given one input at a time and says what is to be done about it; `NodeRuntime` does that with sockets and files,
/// `Simulation` under virtual time, so that both run the same code. Messages, records and states pass as bytes: whoever
/// executes effects need not know what they mean, and what a member writes it can always read.
///
/// The rules for all members:
/// - Two members that start from equal values and get equal inputs give equal effects: every random choice comes from the
///   seed of the configuration, every time from the input.
/// - Effects are executed in their order. Appends and cuts of the log, states and snapshots are each durable only when the
///   input that answers them says so; before that a crash may forget them, the last record may be torn.
/// - Bytes from a peer or a disk may be anything: what cannot be read is refused, never trusted and never trapped on.
public protocol Replica: Sendable {
    /// The member's name in its cluster.
    var name: NodeName { get }

    /// Takes one input. Neither clock of `time` is trusted to be true, and the monotonic one never runs backwards.
    mutating func step(_ input: ReplicaInput, at time: NodeTime) -> [ReplicaEffect]

    /// When a `tick` is wanted at the latest, on the monotonic clock of this node; the past means at once.
    var nextWake: Moment { get }

    /// How the member is, for `status`: names in the order in which they are shown.
    var status: ReportValue { get }

    /// What it is and how it was set up, for `info`: one line each.
    var info: [(name: String, value: String)] { get }

    /// All that readers could see here: `id`, `applied`, and `keys` as a list of `[key, value]`, in the order of keys.
    var dump: ReportValue { get }

    /// The part of the log that is kept, records `from` to `to`, for `log`.
    func log(from: LSN, to: LSN) -> ReportValue

    /// A digest of what `dump` shows: equal for equal contents.
    var contentHash: UInt64 { get }

    /// What keeps the member from rest, in words; empty when all that it knows has arrived everywhere.
    var unrest: [String] { get }
}

/// What a node's clocks say: both may be made to lie.
public struct NodeTime: Hashable, Sendable {
    /// Monotonic, in nanoseconds, from an origin of its own.
    public var monotonic: Moment
    /// The time of day, in nanoseconds since 1970, as this node believes; may jump in both directions.
    public var wall: Int64

    public init(monotonic: Moment, wall: Int64) {
        self.monotonic = monotonic
        self.wall = wall
    }
}

/// What members say to each other: the kind and the content are the design's own.
public struct PeerMessage: Hashable, Sendable {
    public var kind: UInt8
    /// The timeline, term, epoch or view of the sender, or 0.
    public var epoch: UInt64
    public var payload: [UInt8]

    public init(kind: UInt8, epoch: UInt64 = 0, payload: [UInt8] = []) {
        self.kind = kind
        self.epoch = epoch
        self.payload = payload
    }
}

/// One record of a member's log on disk; records have consecutive numbers.
public struct StoredRecord: Hashable, Sendable {
    /// Its timeline or term; never lower than that of the record before.
    public var timeline: UInt32
    public var lsn: LSN
    public var kind: UInt8
    public var payload: [UInt8]

    public init(timeline: UInt32, lsn: LSN, kind: UInt8, payload: [UInt8]) {
        self.timeline = timeline
        self.lsn = lsn
        self.kind = kind
        self.payload = payload
    }

    public var position: Position { Position(timeline: timeline, lsn: lsn) }
}

/// A state that stands for all records up to `position`, as bytes.
public struct StoredSnapshot: Hashable, Sendable {
    public var position: Position
    public var content: [UInt8]

    public init(position: Position, content: [UInt8]) {
        self.position = position
        self.content = content
    }
}

/// What a member finds on its disk when it starts.
public struct StoredState: Hashable, Sendable {
    public var snapshot: StoredSnapshot?
    /// Without gaps; reaching at least to the snapshot, or empty.
    public var records: [StoredRecord]
    /// What `saveState` saved last.
    public var state: [UInt8]?

    public init(snapshot: StoredSnapshot? = nil, records: [StoredRecord] = [], state: [UInt8]? = nil) {
        self.snapshot = snapshot
        self.records = records
        self.state = state
    }

    public var isEmpty: Bool { snapshot == nil && records.isEmpty && state == nil }

    /// Throws `DecodingFailure` unless records follow one another, their timelines never go back, and they begin no
    /// later than behind `position` and reach to it, or there are none. `position`: what the snapshot stands for.
    func check(reaching position: Position) throws(DecodingFailure) {
        guard let first = records.first, let last = records.last else { return }
        guard first.lsn > 0, first.lsn - 1 <= position.lsn else {
            throw DecodingFailure(
                "records between the snapshot, to \(position.lsn), and the log, from \(first.lsn)")
        }
        guard last.lsn >= position.lsn else {
            throw DecodingFailure("the log ends at \(last.lsn), before the snapshot, to \(position.lsn)")
        }
        for (one, next) in zip(records, records.dropFirst()) {
            guard next.lsn > one.lsn, next.lsn - one.lsn == 1, next.timeline >= one.timeline else {
                throw DecodingFailure("record \(next.position) behind \(one.position)")
            }
        }
    }
}

/// What happens to a member.
public enum ReplicaInput: Sendable {
    /// Time has passed; also the first input of every life.
    case tick
    case request(RequestID, ClientCall)
    /// The client that sent this request is gone: nobody waits for the answer.
    case abandoned(RequestID)

    // Messages that stand alone, for designs that need no streams: each may be lost, late, doubled or out of order.
    case received(from: NodeName, PeerMessage)

    // Streams: ordered and without loss while they last.
    /// A member connected to us; its first message follows at once, for the side that dials is the first to speak.
    case accepted(ConnectionID)
    /// Our dialling succeeded, or did not.
    case connected(ConnectionID, to: NodeName)
    case connectFailed(to: NodeName)
    case disconnected(ConnectionID)
    case message(ConnectionID, PeerMessage)

    // The disk.
    /// Everything that was appended up to there, and every cut of the log before that flush, is durable. It never
    /// speaks of records that were cut since the flush was ordered: then it names the place of the cut.
    case flushed(upTo: LSN)
    case stateSaved(StateNumber)
    case snapshotSaved(Position)
    case snapshotInstalled(Position)

    case admin(AdminID, AdminOrder)
}

/// What a member wants done, in this order.
public enum ReplicaEffect: Sendable {
    case append(StoredRecord)
    /// Forget the records behind this one, as if they had never been; the next append follows on it.
    case cutLog(after: LSN)
    /// Make durable what was appended and cut, then report `flushed`.
    case flush(upTo: LSN)
    /// Replace the small state that is kept beside the log, then report `stateSaved`. It is durable before anything
    /// of the log that is flushed later.
    case saveState([UInt8], StateNumber)
    /// Keep this beside the log, then report `snapshotSaved`.
    case saveSnapshot(StoredSnapshot)
    /// Replace log and snapshot on disk by this, then report `snapshotInstalled`.
    case installSnapshot(StoredSnapshot)
    /// Records up to there are in a saved snapshot and no longer needed.
    case dropLog(upTo: LSN)

    case reply(RequestID, ClientAnswer)

    /// A message that stands alone. It is lost if the peer cannot be reached now, or if too much waits for it.
    case send(to: NodeName, PeerMessage)

    case sendOn(ConnectionID, PeerMessage)
    case connect(to: NodeName)
    case close(ConnectionID)

    case adminReply(AdminID, AdminOutcome)
    case record(ReplicaEvent)
    /// A failpoint or a broken invariant ends the process at once, as a crash would.
    case crash(String)
}

/// The number of a saved state, growing by one.
public typealias StateNumber = UInt64

/// One line of the node's event log.
public struct ReplicaEvent: Hashable, Sendable {
    /// A word of the design's own: `role`, `vote`, `truncate`.
    public var kind: String
    public var position: Position?
    public var peer: NodeName?
    public var detail: String

    public init(_ kind: String, _ position: Position? = nil, peer: NodeName? = nil, _ detail: String = "") {
        self.kind = kind
        self.position = position
        self.peer = peer
        self.detail = detail
    }
}

/// A value that is shown as JSON.
public indirect enum ReportValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(Int64)
    case string(String)
    /// Bytes that are text most of the time.
    case bytes([UInt8])
    case list([ReportValue])
    /// In this order.
    case object([Member])

    public struct Member: Hashable, Sendable {
        public var name: String
        public var value: ReportValue

        public init(_ name: String, _ value: ReportValue) {
            self.name = name
            self.value = value
        }
    }
}
