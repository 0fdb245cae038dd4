/// Parts of a snapshot that have arrived, in order.
struct RaftIncomingSnapshot: Sendable {
    var position: Position
    var total: UInt64
    var checksum: UInt64
    var bytes: [UInt8] = []

    init(_ part: RaftSnapshotPart) {
        position = part.position
        total = part.total
        checksum = part.checksum
    }

    func belongs(_ part: RaftSnapshotPart) -> Bool {
        part.position == position && part.total == total && part.checksum == checksum
    }

    /// FNV-1a.
    static func checksum(_ bytes: [UInt8]) -> UInt64 {
        bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }
}

// Snapshots: made by the user of the core, sent to followers that need what the log no longer has.
extension RaftCore {
    /// Keeps `state`, which all entries up to `lsn` have made, so that the log before can go.
    mutating func compact(_ state: [UInt8], through lsn: LSN) -> Bool {
        guard !isSavingSnapshot, installing == nil, lsn > snapshot?.position.lsn ?? 0,
            let term = log.term(at: lsn)
        else { return false }
        let content = RaftSnapshot(membership: memberships.at(lsn), state: state).encoded
        saving = StoredSnapshot(position: Position(timeline: term, lsn: lsn), content: content)
        if let saving { effects.append(.saveSnapshot(saving)) }
        return true
    }

    var isSavingSnapshot: Bool { saving != nil }

    mutating func snapshotSaved(_ position: Position) {
        guard let saved = saving, saved.position == position else { return }
        saving = nil
        guard position.lsn > snapshot?.position.lsn ?? 0 else { return }
        snapshot = saved
        record("snapshot", "saved at \(position)")
        let retain = LSN(max(0, configuration.retain))
        guard position.lsn > retain, position.lsn - retain > log.base.lsn else { return }
        memberships.trim(through: position.lsn - retain)
        log.trim(through: position.lsn - retain)
        effects.append(.dropLog(upTo: position.lsn - retain))
    }

    // MARK: Leader

    /// Sends the next part when the last one has been answered.
    mutating func shipSnapshot(to index: Int) {
        guard !peers[index].ship.isClosed, let snapshot else { return }
        let sending = peers[index].sending ?? .init(snapshot)
        peers[index].sending = sending
        guard sending.sentAt == nil, sending.offset < sending.total else { return }
        let content = sending.snapshot.content
        let start = Int(sending.offset)
        let bytes = Array(content[start..<min(content.count, start + RaftLimit.snapshotPart)])
        peers[index].sending?.sentAt = now
        let part = RaftSnapshotPart(
            position: sending.snapshot.position, offset: sending.offset, total: sending.total,
            checksum: sending.checksum, round: rounds.current, bytes: bytes)
        send(.snapshotPart(part), to: peers[index].name)
    }

    mutating func answeredPart(_ position: Position, _ received: UInt64, _ round: UInt64, by sender: NodeName) {
        guard role == .leader, let index = peerIndex(sender), round <= rounds.current else { return }
        peers[index].round = max(peers[index].round, round)
        guard let sending = peers[index].sending, sending.snapshot.position == position,
            received <= sending.total
        else { return }
        peers[index].sending?.offset = received
        if received < sending.total { peers[index].sending?.sentAt = nil }
    }

    // MARK: Follower

    mutating func received(_ part: RaftSnapshotPart, from sender: NodeName, _ sentTerm: UInt32) {
        guard hear(sender, sentTerm) else { return }
        heardRound = max(heardRound, part.round)
        guard installing == nil else { return answerAppend() }
        if !has(.oldSnapshotWins), holds(part.position) {
            // What a snapshot stands for is committed, so this log agrees with the leader's up to there.
            verified = max(verified, part.position.lsn)
            advanceCommit(to: part.position.lsn)
            incoming = nil
            return answerAppend()
        }
        collect(part)
        send(
            .snapshotAnswer(part.position, received: UInt64(incoming?.bytes.count ?? 0), round: heardRound),
            to: sender)
        if let incoming, UInt64(incoming.bytes.count) == incoming.total { install(incoming) }
    }

    private func holds(_ position: Position) -> Bool {
        position.lsn <= commitIndex || log.term(at: position.lsn) == position.timeline
    }

    private mutating func collect(_ part: RaftSnapshotPart) {
        if incoming?.belongs(part) != true || part.offset == 0 { incoming = RaftIncomingSnapshot(part) }
        let have = UInt64(incoming?.bytes.count ?? 0)
        guard part.offset == have, part.total <= RaftLimit.snapshotBytes,
            have + UInt64(part.bytes.count) <= part.total
        else { return }
        incoming?.bytes += part.bytes
    }

    private mutating func install(_ complete: RaftIncomingSnapshot) {
        incoming = nil
        guard RaftIncomingSnapshot.checksum(complete.bytes) == complete.checksum,
            let content = try? RaftSnapshot(decoding: complete.bytes)
        else { return record("refused", peer: leader, "a damaged snapshot") }
        let stored = StoredSnapshot(position: complete.position, content: complete.bytes)
        installing = stored
        record("snapshot", peer: leader, "takes the place of the log at \(stored.position)")
        notices.append(.cut(after: min(log.last.lsn, stored.position.lsn)))
        log = RaftLog(base: stored.position)
        memberships = RaftMembershipLog(base: content.membership)
        meetMembers()
        flushed = 0
        flushing = flushing.map { _ in 0 }
        verified = 0
        saving = nil
        effects.append(.installSnapshot(stored))
    }

    mutating func snapshotInstalled(_ position: Position) {
        guard let installed = installing, installed.position == position else { return }
        installing = nil
        snapshot = installed
        flushed = position.lsn
        verified = position.lsn
        notices.append(.restore(installed))
        advanceCommit(to: position.lsn)
        noteJoined()
        answerAppend()
    }
}

extension RaftPeer.Sending {
    init(_ snapshot: StoredSnapshot) {
        self.snapshot = snapshot
        checksum = RaftIncomingSnapshot.checksum(snapshot.content)
    }

    var total: UInt64 { UInt64(snapshot.content.count) }
}
