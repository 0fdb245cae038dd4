/// What a node keeps about another member.
struct Peer: Sendable {
    let name: NodeName
    /// The connection on which it follows us.
    var connection: ConnectionID?
    var phase = Phase.absent
    /// Leader: what it told, and how much of that counts (a closed acknowledgement gate holds the rest).
    var reported = Progress()
    var counted = Progress()
    /// Leader: the next entry to send, and what was sent and not yet received.
    var next: LSN = 1
    var underWay: Queue<(last: LSN, bytes: Int)> = Queue()
    var underWayBytes = 0
    /// Leader: LSNs that may be shipped, as time and gate allow.
    var ship: Valve<LSN> = Valve()
    var shipLimit: LSN = 0
    /// Leader, with a planted bug: entries that are sent as if they said nothing.
    var skipped: ClosedRange<LSN>?
    /// Follower: messages that arrived from that leader.
    var receive: Valve<(connection: ConnectionID, message: SingleLeaderMessage)> = Valve()
    /// Follower: progress on its way to that leader. Leader: progress that arrived from that follower.
    var acknowledge: Valve<Progress> = Valve()

    enum Phase: Sendable {
        case absent
        case streaming
        case snapshot(SnapshotSender)
    }

    init(name: NodeName) { self.name = name }

    var isFollowing: Bool { connection != nil }

    /// The lowest LSN whose successors it still needs from the log.
    var needed: LSN? {
        if case .snapshot(let sender) = phase { return sender.store.position.lsn }
        return nil
    }

    /// Forgets the session, keeps what is durably known and the gates.
    mutating func disconnect() {
        connection = nil
        phase = .absent
        underWay.removeAll()
        underWayBytes = 0
    }

    /// Forgets all but gates and delays: the roles have changed.
    mutating func reset() {
        disconnect()
        reported = Progress()
        counted = Progress()
        ship.removeAll()
        receive.removeAll()
        acknowledge.removeAll()
        shipLimit = 0
    }

    /// What it received is no longer under way.
    mutating func arrived(through lsn: LSN) {
        while let first = underWay.first, first.last <= lsn {
            underWayBytes -= first.bytes
            underWay.popFirst()
        }
    }
}

/// A snapshot on its way to one follower, cut into pieces as they are wanted.
struct SnapshotSender: Sendable {
    let store: Store
    private var keys: ArraySlice<[UInt8]>
    private var carry: [StoredRow] = []
    private(set) var rows = 0
    var sentPieces = 0
    var receivedPieces = 0
    var isEndSent = false

    init(store: Store) {
        self.store = store
        keys = ArraySlice(store.keysInRowOrder)
    }

    /// The next rows, about `StoredRow.pieceLimit` bytes of them; `nil` at the end.
    ///
    /// With a planted bug rows come from the state that there is meanwhile, `live`, one in a piece.
    mutating func nextPiece(from live: Store? = nil) -> [StoredRow]? {
        var piece: [StoredRow] = []
        var bytes = 0
        let limit = live == nil ? StoredRow.pieceLimit : 1
        while bytes < limit, let row = nextRow(live ?? store) {
            piece.append(row)
            bytes += row.weight
        }
        rows += piece.count
        return piece.isEmpty ? nil : piece
    }

    private mutating func nextRow(_ store: Store) -> StoredRow? {
        if carry.isEmpty, let key = keys.popFirst(), let row = store.row(key) { carry = row.parts.reversed() }
        return carry.popLast()
    }
}
