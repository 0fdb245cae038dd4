// How a member with an empty disk comes to have what the others have, and states on disk.
//
// Such a member may be new, or have lost its disk: then others have writes of its own whose numbers it must not give
// anew. So it does nothing before everybody it speaks with has said what there is. If there is nothing, it begins. Else
// it takes a copy of all that one of them has, and goes on from there by the log.
//
// That is enough because of what the others keep: records leave a log only when every member that writes has them, so
// that whatever is missing in the copy is still in the log of who must send it. And a copy has the records that are still
// in the log of who gave it, for the newcomer's own writes, too, may not be everywhere.

/// How far a member with an empty disk is.
struct MultiJoining: Sendable {
    /// What there is at those that were asked.
    var heard: [NodeName: VersionVector] = [:]
    /// What has arrived of the copy.
    var copy = IncomingCopy()
    var donor: NodeName?
    var askedAt: Moment?
    /// On its way to the disk.
    var installing: MultiState?
}

/// A copy on its way here.
struct IncomingCopy: Sendable {
    var lsn: LSN = 0
    var bytes: [UInt8] = []
}

/// A copy on its way to another member.
struct OutgoingCopy: Sendable {
    var lsn: LSN
    var bytes: [UInt8]
}

/// A part of a copy.
struct CopyPart: Hashable, Sendable {
    /// The place in the log of the giver that it stands for.
    var lsn: LSN
    var offset: UInt64
    var total: UInt64
    var bytes: [UInt8]
}

extension MultiConfiguration {
    /// Those that may know of writes of this member, and must be asked; devices may be away for long.
    var witnesses: [NodeName] {
        guard isLeader else { return [server ?? centre.leader] }
        return targets.filter { devices[$0] == nil }
    }

    /// Of these the ones that can give a copy. What a leader no longer has in its log every other leader has.
    var donors: [NodeName] {
        let others = witnesses.filter(leaders.contains)
        return others.isEmpty ? witnesses : others
    }
}

extension MultiReplica {
    // MARK: The newcomer

    /// Goes on with joining.
    mutating func join() {
        guard let joining, joining.installing == nil else { return }
        let silent = configuration.witnesses.filter { joining.heard[$0] == nil }
        guard silent.isEmpty else {
            return ask(silent.map { ($0, .askProgress) })
        }
        guard let donor = joining.donor ?? donor(joining.heard) else { return becomeMember() }
        self.joining?.donor = donor
        ask([(donor, .askCopy(lsn: joining.copy.lsn, offset: UInt64(joining.copy.bytes.count)))])
    }

    private mutating func ask(_ questions: [(peer: NodeName, message: MultiMessage)]) {
        guard now >= joining?.askedAt.map({ $0 + configuration.resend }) ?? 0 else { return }
        joining?.askedAt = now
        for question in questions { effects.append(.send(to: question.peer, question.message.encoded)) }
    }

    /// Who knows most of this member's own writes; `nil` if nobody has anything.
    private func donor(_ heard: [NodeName: VersionVector]) -> NodeName? {
        configuration.donors.filter { heard[$0]?.isEmpty == false }.max { left, right in
            let (one, other) = (heard[left] ?? VersionVector(), heard[right] ?? VersionVector())
            return one[name] == other[name] ? other.order(to: one) == .after : one[name] < other[name]
        }
    }

    /// From now on it is a member like all others.
    private mutating func becomeMember() {
        joining = nil
        effects.append(.saveState([1], 1))
        record("joined", nil, store.vector.isEmpty ? "nobody has anything" : "\(store.vector)")
    }

    mutating func take(_ part: CopyPart, from sender: NodeName) {
        guard let joining, joining.donor == sender, joining.installing == nil, part.total <= Limit.copyBytes else {
            return
        }
        if joining.copy.lsn != part.lsn { self.joining?.copy = IncomingCopy(lsn: part.lsn) }
        guard let have = self.joining?.copy.bytes.count, part.offset == UInt64(have),
            part.total - min(part.total, part.offset) >= UInt64(part.bytes.count), (1..<1 << 60).contains(part.lsn)
        else { return }
        self.joining?.copy.bytes += part.bytes
        self.joining?.askedAt = nil
        guard let copy = self.joining?.copy, UInt64(copy.bytes.count) == part.total else { return }
        install(copy, from: sender)
    }

    private mutating func install(_ copy: IncomingCopy, from sender: NodeName) {
        guard let state = try? MultiState(decoding: copy.bytes, store.rules) else {
            joining?.copy = IncomingCopy()
            return record("refused", sender, "a damaged copy")
        }
        joining?.installing = state
        let position = Position(timeline: 1, lsn: copy.lsn)
        effects.append(.installSnapshot(StoredSnapshot(position: position, content: copy.bytes)))
        record("snapshot", sender, "a copy of \(state.store.vector)")
    }

    mutating func installed(_ position: Position) {
        guard let state = joining?.installing else { return }
        restore(state, at: position.lsn)
        (flushed, savedSnapshot) = (position.lsn, position.lsn)
        durable = store.vector
        for peer in links.keys {
            links[peer] = MultiLink(acknowledged: log.base, cursor: log.base)
            ship[peer]?.pushLatest(flushed, now: now, &random)
        }
        becomeMember()
    }

    /// Takes over a state that stands for all records up to there.
    mutating func restore(_ state: MultiState, at lsn: LSN) {
        log = MultiLog(last: lsn, kept: state.kept)
        store = state.store
        hybrid = HybridClock(bound: configuration.clockBound, from: max(hybrid.reading, state.reading))
        lamport.receive(state.lamport)
        device.restore(pending: state.pending, rejected: state.rejected)
    }

    // MARK: Those that are there

    /// Sends a part of a copy, of what is durable here.
    mutating func sendCopy(_ lsn: LSN, from offset: UInt64, to peer: NodeName) {
        guard joining == nil, ship[peer]?.isClosed != true, configuration.members.contains(peer) else { return }
        if copies[peer]?.lsn != lsn || lsn == 0 {
            // One that was made and has not been asked for by its name yet is as good as a new one.
            if copies[peer] == nil || offset > 0 {
                copies[peer] = OutgoingCopy(lsn: log.last, bytes: state.encoded)
            }
        }
        guard let copy = copies[peer], copy.lsn <= flushed else { return }
        let start = copy.lsn == lsn ? Int(clamping: offset) : 0
        guard start < copy.bytes.count else { return }
        let end = min(copy.bytes.count, start + Limit.batchBytes)
        let part = CopyPart(
            lsn: copy.lsn, offset: UInt64(start), total: UInt64(copy.bytes.count),
            bytes: Array(copy.bytes[start..<end]))
        effects.append(.send(to: peer, MultiMessage.copy(part).encoded))
    }

    private var state: MultiState {
        MultiState(
            store: store, reading: hybrid.reading, lamport: lamport.time,
            pending: device.pending.map(\.record), rejected: device.rejected, kept: log.kept)
    }

    // MARK: States on disk

    /// Saves what is there, now and then.
    mutating func saveSnapshot() {
        if saving == nil, joining == nil, log.last >= savedSnapshot + LSN(configuration.snapshotEvery) {
            _ = beginSnapshot()
        }
        guard let snapshot = saving, !isSaving, snapshot.position.lsn <= flushed else { return }
        isSaving = true
        effects.append(.saveSnapshot(snapshot))
    }

    /// It goes to the disk when all that it stands for is there.
    mutating func beginSnapshot() -> AdminOutcome {
        guard saving == nil, joining == nil, log.last > savedSnapshot else {
            return .refused("nothing new to save, or a snapshot is being written already")
        }
        trimLog()
        saving = StoredSnapshot(position: Position(timeline: 1, lsn: log.last), content: state.encoded)
        return .done
    }

    mutating func saved(_ position: Position) {
        guard saving?.position == position else { return }
        (saving, isSaving) = (nil, false)
        savedSnapshot = position.lsn
        record("snapshot", nil, "saved at \(position.lsn)")
        effects.append(.dropLog(upTo: position.lsn))
    }

    /// Lets go of the records that everybody has.
    private mutating func trimLog() {
        let acknowledged = links.values.map(\.acknowledged).min() ?? flushed
        var end = log.base
        while end < min(flushed, acknowledged), isEverywhere(log[end + 1].dot) { end += 1 }
        log.trim(through: end)
    }
}
