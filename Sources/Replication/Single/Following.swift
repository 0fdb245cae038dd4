/// A follower's side of the connection to its leader.
enum LeaderLink: Sendable {
    case idle(retryAt: Moment)
    case dialing(until: Moment)
    case greeting(ConnectionID)
    case streaming(ConnectionID)
    case loading(ConnectionID, SnapshotLoader)
    /// The disk works on it; the connection may be gone meanwhile.
    case installing(ConnectionID?, SingleLeaderSnapshot)
    /// The leader will not have this node; only an operator can help.
    case refused

    var connection: ConnectionID? {
        switch self {
        case .idle, .dialing, .refused: nil
        case .greeting(let id), .streaming(let id), .loading(let id, _): id
        case .installing(let id, _): id
        }
    }

    var isInstalling: Bool {
        if case .installing = self { true } else { false }
    }

    var isStreaming: Bool {
        if case .streaming = self { true } else { false }
    }
}

/// A snapshot that is arriving.
struct SnapshotLoader: Sendable {
    var history: TimelineHistory
    var store: Store
    var rows = 0
    var pieces = 0
}

extension SingleLeaderReplica {
    /// Calls the leader when it is time to.
    mutating func dial() {
        guard case .idle(let retryAt) = link, retryAt <= now, let leader, leader != configuration.name
        else { return }
        guard log.last.lsn - applied.position.lsn < Limit.unapplied else {
            link = .idle(retryAt: now + configuration.reconnect)
            return
        }
        link = .dialing(until: now + 2_000_000_000)
        effects.append(.connect(to: leader))
    }

    mutating func connected(_ id: ConnectionID, _ name: NodeName) {
        guard case .dialing = link, role == .follower, name == leader else {
            effects.append(.close(id))
            return
        }
        connections[id] = PeerConnection(peer: name, heard: now, sent: now)
        link = .greeting(id)
        send(
            id,
            .hello(
                cluster: configuration.cluster, name: configuration.name, format: formatVersion,
                position: isRewinding ? .start : log.last))
    }

    mutating func connectFailed(_ name: NodeName) {
        guard case .dialing = link, name == leader else { return }
        link = .idle(retryAt: now + configuration.reconnect)
    }

    /// A message from the leader. An old timeline's frames are refused: who sends them was replaced.
    mutating func leaderSays(_ id: ConnectionID, _ timeline: UInt32, _ message: SingleLeaderMessage) {
        if case .refuse(let refusal, let detail) = message {
            refused(id, refusal, detail)
            return
        }
        guard timeline >= self.timeline || !fences else {
            record(.staleTimeline, peer: leader, "timeline \(timeline) is over; this is \(self.timeline)")
            hangUp(id, "speaks for timeline \(timeline)")
            return
        }
        self.timeline = max(timeline, self.timeline)
        guard let leader, let index = peerIndex(leader) else { return }
        switch message {
        case .append, .snapshotBegin, .snapshotRows, .snapshotEnd:
            guard peers[index].receive.count < Limit.heldMessages else {
                hangUp(id, "more messages than the receive gate holds")
                return
            }
            peers[index].receive.push((id, message), now: now, &random)
        case .welcome(let from, let end): welcomed(id, from, end)
        case .heartbeat: break
        case .hello, .refuse, .progress, .snapshotReceived: hangUp(id, "a message out of turn")
        }
    }

    private mutating func welcomed(_ id: ConnectionID, _ from: Position, _ end: LSN) {
        guard case .greeting = link, from == log.last else {
            hangUp(id, "a welcome to another place")
            return
        }
        beginStreaming(id)
        if readiness == .unknown { readiness = .until(end) }
    }

    private mutating func beginStreaming(_ id: ConnectionID) {
        link = .streaming(id)
        lastProgress = nil
        if hasLed, let leader { order(.follower, leader, hasLed: false) }
        if has(.reapplyAfterReconnect), applied.position == log.last, log.count > 0 {
            applied.apply(log[log.last.lsn].change, at: log.last)
        }
        record(.peerUp, peer: leader, "following from \(log.last)")
    }

    private mutating func refused(_ id: ConnectionID, _ refusal: SingleLeaderMessage.Refusal, _ detail: String) {
        guard link.connection == id else { return }
        let name = leader
        hangUp(id, "refused: \(detail)")
        if refusal == .diverged {
            readiness = .diverged
            record(.diverged, peer: name, detail)
            if rewind() { return }
        } else if refusal.isFinal {
            record(.refused, peer: name, detail)
        }
        if refusal.isFinal { link = .refused }
    }

    /// Looks at what arrived, as far as gate and delay allow.
    mutating func openReceived() {
        guard let leader, let index = peerIndex(leader) else { return }
        while let (id, message) = peers[index].receive.pop(now: now) {
            guard link.connection == id else { continue }
            switch message {
            case .append(let previous, let entries): accept(id, previous, entries)
            case .snapshotBegin, .snapshotRows, .snapshotEnd: load(id, message)
            default: preconditionFailure("only entries and snapshots are held by a receive gate")
            }
        }
    }

    private mutating func accept(_ id: ConnectionID, _ previous: Position, _ entries: [LogEntry]) {
        guard case .streaming = link, previous == log.last else {
            hangUp(id, "entries behind \(previous), and this log ends at \(log.last)")
            return
        }
        guard entries.allSatisfy({ $0.position.timeline <= timeline }) else {
            hangUp(id, "entries of a later timeline than their leader's")
            return
        }
        guard log.last.lsn - applied.position.lsn < Limit.unapplied else {
            hangUp(id, "too many entries wait to be applied")
            return
        }
        if let entry = entries.first(where: { !canRead($0.change) }) {
            record(.refused, peer: leader, "entry \(entry.lsn) has pages of another layout than this node's")
            hangUp(id, "pages of another layout")
            link = .refused
            // What is here ends in the middle of what the leader has, and nothing will change that.
            readiness = .incompatible
            return
        }
        for entry in entries {
            log.append(entry)
            effects.append(.append(entry.record))
        }
    }

    /// Pages that another version of the software laid out would come out as something else.
    private func canRead(_ change: Change) -> Bool {
        guard case .pages(let pages) = change, !configuration.mutants.contains(.walFormatIgnored) else {
            return true
        }
        return pages.allSatisfy { $0.layout == configuration.pageLayout }
    }

    private mutating func load(_ id: ConnectionID, _ message: SingleLeaderMessage) {
        switch (message, link) {
        case (.snapshotBegin(let header), .greeting), (.snapshotBegin(let header), .streaming):
            guard header.start.lsn >= applied.position.lsn || isRewinding else {
                hangUp(id, "a snapshot older than this state")
                return
            }
            recordLoss(header.history)
            link = .loading(id, SnapshotLoader(history: header.history, store: blank(header)))
        case (.snapshotRows(let rows), .loading(_, var loader)):
            link = .greeting(id)
            rows.forEach { loader.store.load($0) }
            loader.rows += rows.count
            loader.pieces += 1
            link = .loading(id, loader)
            send(id, .snapshotReceived(pieces: loader.pieces))
        case (.snapshotEnd(let rows, let end), .loading(_, let loader)) where rows == loader.rows:
            let snapshot = SingleLeaderSnapshot(store: loader.store, end: end, history: loader.history)
            link = .installing(id, snapshot)
            effects.append(.installSnapshot(snapshot.stored))
        default: hangUp(id, "a piece of a snapshot out of turn")
        }
    }

    mutating func snapshotInstalled(_ position: Position) {
        guard case .installing(let id, let snapshot) = link, snapshot.start == position else {
            preconditionFailure("a snapshot was installed that nobody asked for")
        }
        log = ReplicatedLog(base: snapshot.start, history: snapshot.history)
        applied = configuration.own(snapshot.store)
        flushed = position.lsn
        snapshotLSN = position.lsn
        isFlushing = false
        isRewinding = false
        early = nil
        apply.removeAll()
        applyLimit = flushed
        readiness = applied.position.lsn >= snapshot.end ? .ready : .until(snapshot.end)
        record(.snapshotInstalled, peer: leader, "reads from \(snapshot.end) on")
        if let id, role == .follower {
            beginStreaming(id)
        } else {
            link = .idle(retryAt: now)
        }
    }

    /// Shows readers what is durable, as far as gate and delay allow. They are about what comes after joining: a
    /// joiner takes what it needs to be a follower at all.
    mutating func applyEntries() {
        while let lsn = apply.pop(now: now) { applyLimit = max(applyLimit, lsn) }
        if case .until(let lsn) = readiness { applyLimit = max(applyLimit, min(lsn, flushed)) }
        applied.findsByPlace = has(.rowWithoutKey)
        let limit = link.isInstalling ? applied.position.lsn : min(applyLimit, flushed)
        if configuration.applyWorkers > 1 || configuration.mutants.contains(.stmtLimitOrder) {
            applyInParallel(limit)
        } else if has(.parallelApplyReorder) {
            applyNewestFirst(limit)
        } else {
            while applied.position.lsn < limit { applied.apply(log[applied.position.lsn + 1]) }
        }
        if case .until(let lsn) = readiness, applied.position.lsn >= lsn {
            readiness = .ready
            record(.caughtUp, "reads are answered")
        }
    }

    /// As many entries at a time as there are workers.
    private mutating func applyInParallel(_ limit: LSN) {
        let workers = LSN(max(2, configuration.applyWorkers))
        while applied.position.lsn < limit {
            let first = applied.position.lsn + 1
            applied.applyInParallel((first...min(limit, first + workers - 1)).map { log[$0] })
        }
    }

    /// A planted bug: the last of several entries is done first, the others a little later.
    private mutating func applyNewestFirst(_ limit: LSN) {
        if let early, early.until <= now {
            let last = log[early.lsn].position
            while applied.position.lsn < early.lsn - 1 { applied.apply(log[applied.position.lsn + 1]) }
            applied.settle(at: last)
            self.early = nil
        }
        guard early == nil, applied.position.lsn < limit else { return }
        if limit - applied.position.lsn == 1 { return applied.apply(log[limit]) }
        let before = applied.position
        applied.apply(log[limit].change, at: before)
        early = (limit, now + 50_000_000)
    }

    /// Tells the leader what is new. What is only received is worth a message when that is what counts.
    mutating func reportProgress() {
        guard case .streaming(let id) = link, let leader, let index = peerIndex(leader) else { return }
        let progress = Progress(
            received: log.last.lsn, flushed: flushed, applied: applied.position.lsn)
        let isNews =
            progress.flushed != lastProgress?.flushed || progress.applied != lastProgress?.applied
            || (configuration.ackStage == .receive && progress.received != lastProgress?.received)
        if isNews {
            lastProgress = progress
            peers[index].acknowledge.pushLatest(progress, now: now, &random)
        }
        while let next = peers[index].acknowledge.pop(now: now) { send(id, .progress(next)) }
    }
}
