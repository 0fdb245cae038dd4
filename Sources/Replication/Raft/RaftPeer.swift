/// What a leader knows of another member, and the gate before it.
struct RaftPeer: Sendable {
    let name: NodeName
    /// Durable at the peer and equal to our log up to there.
    var match: LSN = 0
    /// The next entry to send.
    var next: LSN
    /// One message at a time until the peer has said where its log agrees.
    var isProbing = true
    var isAwaitingProbe = false
    /// When the peer last got on, or was last sent something after it had everything.
    var progressAt: Moment = 0
    /// The last round that the peer has answered in this term, and the last in which it had all that is known to be there.
    var round: UInt64 = 0
    var matchRound: UInt64 = 0
    var sentCommit: LSN = 0
    var sending: Sending?
    var bytesUnderWay = 0
    var batches: Queue<(last: LSN, bytes: Int)> = Queue()
    /// Entries that may leave.
    var ship: Valve<LSN> = Valve()
    var shipLimit: LSN = 0

    /// A snapshot on its way to the peer, part by part.
    struct Sending: Sendable {
        var snapshot: StoredSnapshot
        var checksum: UInt64
        var offset: UInt64 = 0
        var sentAt: Moment?
    }

    init(_ name: NodeName, next: LSN) {
        self.name = name
        self.next = next
        // What was there before is nothing new that a gate could hold back.
        shipLimit = next - 1
    }

    /// As a new leader sees it.
    mutating func restart(next: LSN) {
        let (name, isClosed, delay) = (name, ship.isClosed, ship.delay)
        self = RaftPeer(name, next: next)
        ship.isClosed = isClosed
        ship.setDelay(delay, now: 0)
    }

    var hasRoom: Bool {
        next - match <= RaftLimit.windowEntries && bytesUnderWay < RaftLimit.windowBytes
    }

    mutating func sent(through last: LSN, bytes: Int, now: Moment) {
        if batches.isEmpty { progressAt = now }
        next = last + 1
        batches.append((last, bytes))
        bytesUnderWay += bytes
        isAwaitingProbe = isProbing
    }

    mutating func advance(to lsn: LSN, now: Moment) {
        isProbing = false
        isAwaitingProbe = false
        if lsn > match { progressAt = now }
        match = max(match, lsn)
        if let sending, match >= sending.snapshot.position.lsn { self.sending = nil }
        next = max(next, match + 1)
        while let first = batches.first, first.last <= match {
            batches.popFirst()
            bytesUnderWay -= first.bytes
        }
    }

    /// The peer lost what it had, with its disk.
    mutating func loseEverything() {
        match = 0
        sentCommit = 0
        sending = nil
    }

    /// Starts again behind `lsn`, one message at a time.
    mutating func probe(after lsn: LSN) {
        next = max(match, lsn) + 1
        isProbing = true
        isAwaitingProbe = false
        batches.removeAll()
        bytesUnderWay = 0
    }
}

/// Rounds of messages of a leader: who answers one has seen the leader after it began.
struct RaftRounds: Sendable {
    struct Start: Hashable, Sendable {
        var round: UInt64
        var at: Moment
        var wall: Int64
    }

    private(set) var current: UInt64 = 0
    /// The rounds from the last one that a majority has answered on.
    private var starts: [Start]

    init(now: Moment = 0, wall: Int64 = 0) { starts = [Start(round: 0, at: now, wall: wall)] }

    mutating func begin(now: Moment, wall: Int64) {
        current += 1
        starts.append(Start(round: current, at: now, wall: wall))
        // Nobody answers: the oldest start tells all that is needed of those that follow it.
        if starts.count > 4096 { starts.removeSubrange(1..<2048) }
    }

    /// When the last round began that a majority has answered; round 0 is the election.
    func lastStart(answered round: UInt64) -> Start {
        starts.last { $0.round <= round } ?? starts[0]
    }

    mutating func forget(before round: UInt64) {
        if let keep = starts.lastIndex(where: { $0.round <= round }), keep > 0 { starts.removeFirst(keep) }
    }
}
