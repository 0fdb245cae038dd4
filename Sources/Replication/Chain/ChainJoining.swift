// How a member comes to have what the chain has: at its start, behind the tail, or after its disk was lost.
//
// Its predecessor sends entries, or first a copy of the state where its own log no longer has them or the newcomer's log is
// not a part of the chain's. A tail whose successor joins goes on as the tail until that one is near; then it stops, for the
// whole of the view, and says how far it had come. Whoever has that much has all that was ever shown to anybody.
extension ChainReplica {
    /// A head alone in front of an empty chain has nothing to catch up with.
    mutating func beginFirstView() {
        guard isFresh, !isComplete, isHead, view.epoch == 1, outcast == nil else { return }
        if let successor = link.progress {
            guard successor.stored == .start else {
                outcast = "the chain has entries and this disk is empty; take the node out and add it again"
                return
            }
        } else if view.order.count > 1 {
            return
        }
        becomeComplete()
    }

    private mutating func becomeComplete() {
        isComplete = true
        isFresh = false
        saveState()
        record("complete", nil, "as \(role)")
        // Everything that the predecessor has shown is here now, and at the tail that is what counts.
        nextConfirm = now
        arbiters?.hurry()
    }

    /// Tells a successor that joins when it is through.
    mutating func handOver() {
        guard let successor = view.successor(of: name), let progress = link.progress, !progress.isComplete,
            outcast == nil, installing == nil, isComplete, isViewDurable, now >= link.handedAt
        else { return }
        // Where the successor's log is no part of this one, it first gets a copy.
        guard let there = link.stored else { return }
        if isActing {
            guard log.last.lsn - there <= Limit.joining else { return }
            isActing = false
            link.floor = log.position(at: committed)
            record("hand-over", successor, "at \(committed)")
        }
        let floor = link.floor ?? log.position(at: flushed)
        link.floor = floor
        link.handedAt = now + configuration.resend
        say(.takeOver(floor: floor), to: successor)
    }

    mutating func takeOver() {
        guard let floor, !isComplete, outcast == nil, flushed >= floor.lsn, installing == nil else { return }
        // An LSN alone could be that of an entry which the chain never had.
        guard floor.lsn <= log.base.lsn || log.position(at: floor.lsn) == floor else { return }
        becomeComplete()
    }

    // MARK: Copies

    /// Sends the next part of the state to a successor that needs it.
    mutating func shipCopy(to successor: NodeName) {
        guard !ship.isClosed else { return }
        if link.copy == nil { link.copy = ChainCopy(position: clean.position, bytes: clean.encoded) }
        guard let copy = link.copy, now >= copy.nextSend else { return }
        let end = min(copy.bytes.count, copy.offset + Limit.batchBytes)
        let part = ChainCopyPart(
            position: copy.position, offset: UInt64(copy.offset), total: UInt64(copy.bytes.count),
            bytes: Array(copy.bytes[copy.offset..<end]))
        link.copy?.nextSend = now + configuration.resend
        say(.copy(part), to: successor)
    }

    mutating func copied(_ position: Position, _ received: UInt64) {
        guard let copy = link.copy, copy.position == position, received <= UInt64(copy.bytes.count),
            received > UInt64(copy.offset)
        else { return }
        link.copy?.offset = Int(received)
        link.copy?.nextSend = 0
    }

    mutating func take(_ part: ChainCopyPart, from sender: NodeName) {
        guard outcast == nil, installing == nil, part.position.lsn >= log.base.lsn, !isComplete || isBehind(part),
            part.position.timeline <= view.epoch
        else { return }
        if incoming?.position != part.position || part.offset == 0 {
            incoming = ChainIncoming(position: part.position, total: part.total)
        }
        guard let have = incoming?.bytes.count, UInt64(have) == part.offset,
            part.offset + UInt64(part.bytes.count) <= part.total, part.total <= Limit.copyBytes
        else { return }
        incoming?.bytes += part.bytes
        let received = UInt64(have + part.bytes.count)
        say(.copied(part.position, received: received), to: sender)
        if received == part.total, let complete = incoming { install(complete, from: sender) }
    }

    /// A whole member takes a copy only where it has nothing of its own behind it.
    private func isBehind(_ part: ChainCopyPart) -> Bool { part.position.lsn > log.last.lsn }

    private mutating func install(_ complete: ChainIncoming, from sender: NodeName) {
        incoming = nil
        let snapshot = StoredSnapshot(position: complete.position, content: complete.bytes)
        guard let store = try? Store(snapshot) else { return record("refused", sender, "a damaged copy") }
        record("snapshot", sender, "takes the place of the log at \(snapshot.position)")
        log = ReplicatedLog(base: snapshot.position)
        ages = ChainAges(old: snapshot.position.lsn)
        (stored, clean, newest) = (store, store, store)
        flushed = 0
        flushing = flushing.map { _ in 0 }
        saving = nil
        apply.removeAll()
        ship.removeAll()
        (applyLimit, shipLimit) = (0, 0)
        // A chain that has shown nothing has no state to install: its newcomer only forgets what it had.
        guard snapshot.position != .start else {
            effects.append(.cutLog(after: 0))
            committed = 0
            nextConfirm = now
            return
        }
        installing = snapshot.position
        effects.append(.installSnapshot(snapshot))
    }

    mutating func installed(_ position: Position) {
        guard installing == position else { return }
        installing = nil
        flushed = position.lsn
        committed = position.lsn
        applyLimit = position.lsn
        savedSnapshot = position.lsn
        ship.pushLatest(flushed, now: now, &random)
        nextConfirm = now
    }

    // MARK: Saved states

    /// Saves what is known to be at the tail, now and then.
    mutating func saveSnapshot() {
        guard saving == nil, installing == nil,
            clean.position.lsn >= savedSnapshot + LSN(configuration.snapshotEvery)
        else { return }
        saving = clean.position
        effects.append(.saveSnapshot(StoredSnapshot(position: clean.position, content: clean.encoded)))
    }

    mutating func saved(_ position: Position) {
        guard saving == position else { return }
        saving = nil
        savedSnapshot = position.lsn
        record("snapshot", nil, "saved at \(position)")
        // Readers here may still be behind a gate.
        let end = min(position.lsn, stored.position.lsn)
        let retain = LSN(configuration.retain)
        guard end > retain, end - retain > log.base.lsn else { return }
        log.trim(through: end - retain)
        effects.append(.dropLog(upTo: end - retain))
    }
}

/// A state on its way to the successor.
struct ChainCopy: Hashable, Sendable {
    var position: Position
    var bytes: [UInt8]
    var offset = 0
    var nextSend: Moment = 0
}

/// A state on its way from the predecessor.
struct ChainIncoming: Hashable, Sendable {
    var position: Position
    var total: UInt64
    var bytes: [UInt8] = []
}
