// How a leader brings its log to its followers.
extension SingleLeaderReplica {
    /// A follower said where its log ends.
    mutating func greet(_ id: ConnectionID, _ name: NodeName, _ position: Position) {
        guard let index = peerIndex(name) else { return }
        if let old = peers[index].connection, old != id { hangUp(old, "replaced by a newer one") }
        connections[id]?.peer = name
        peers[index].disconnect()
        peers[index].acknowledge.removeAll()
        peers[index].connection = id
        record(.peerUp, peer: name, "follows from \(position)")
        // What it has is durable there and a prefix of this log, so it counts; a wiped one starts from nothing.
        let has = Progress(received: position.lsn, flushed: position.lsn, applied: 0)
        peers[index].reported = has
        peers[index].acknowledge.pushLatest(has, now: now, &random)
        if peers[index].ship.count == 0 { peers[index].shipLimit = flushed }
        if position.lsn < log.base.lsn || (position.lsn == 0 && log.last.lsn > 0) {
            beginSnapshot(index)
        } else {
            peers[index].phase = .streaming
            peers[index].next = position.lsn + 1
            if self.has(.reconnectSkipsGap), position.lsn < log.last.lsn {
                peers[index].skipped = position.lsn + 1...log.last.lsn
            }
            send(id, .welcome(from: position, end: log.last.lsn))
        }
    }

    /// Why a node that says hello cannot follow this one; `nil` when it can.
    func refusal(
        cluster: String, name: NodeName, format: UInt32, position: Position, timeline: UInt32
    ) -> (SingleLeaderMessage.Refusal, String)? {
        guard cluster == configuration.cluster else {
            return (.otherCluster, "this is cluster \(configuration.cluster)")
        }
        guard format == formatVersion else { return (.otherFormat, "this is format \(formatVersion)") }
        guard peerIndex(name) != nil else { return (.unknownNode, "\(name) is no member") }
        guard role == .leader else { return (.notLeader, "follows \(leader ?? "nobody")") }
        guard max(timeline, position.timeline) <= self.timeline else {
            return (.newerTimeline, "this leader is on timeline \(self.timeline)")
        }
        guard position.lsn <= log.last.lsn, log.history.contains(position) else {
            let shared = log.history.spans.first { $0.timeline > position.timeline }
            let fork = shared.map { $0.first - 1 } ?? log.last.lsn
            return (
                .diverged,
                "\(position) is past \(position.timeline):\(fork), where timeline \(self.timeline) goes on; "
                    + "wipe \(name) and start it again"
            )
        }
        return nil
    }

    /// Sends whatever gates, delays and windows allow.
    mutating func ship() {
        for index in peers.indices {
            while let lsn = peers[index].ship.pop(now: now) { peers[index].shipLimit = lsn }
            guard peers[index].isFollowing, !peers[index].ship.isClosed else { continue }
            switch peers[index].phase {
            case .absent: break
            case .streaming: shipEntries(index)
            case .snapshot(let sender): shipSnapshot(index, sender)
            }
        }
    }

    private mutating func shipEntries(_ index: Int) {
        guard peers[index].next > log.base.lsn else {
            beginSnapshot(index)
            return
        }
        while peers[index].next <= peers[index].shipLimit, let id = peers[index].connection {
            let open = peers[index].next - 1 - min(peers[index].reported.received, peers[index].next - 1)
            guard open < Limit.windowEntries, peers[index].underWayBytes < Limit.windowBytes else { return }
            var (entries, bytes) = batch(from: peers[index].next, to: peers[index].shipLimit)
            if let skipped = peers[index].skipped { entries = entries.map { $0.emptied(if: skipped) } }
            let previous = log.position(at: peers[index].next - 1)
            peers[index].next += LSN(entries.count)
            peers[index].underWay.append((peers[index].next - 1, bytes))
            peers[index].underWayBytes += bytes
            send(id, .append(previous: previous, entries: entries))
        }
    }

    private func batch(from first: LSN, to limit: LSN) -> (entries: [LogEntry], bytes: Int) {
        var entries: [LogEntry] = []
        var bytes = 0
        var lsn = first
        while lsn <= limit, entries.count < Limit.batchEntries, bytes < Limit.batchBytes {
            entries.append(log[lsn])
            bytes += log[lsn].change.weight
            lsn += 1
        }
        return (entries, bytes)
    }

    // MARK: Snapshots

    private mutating func beginSnapshot(_ index: Int) {
        guard let id = peers[index].connection else { return }
        let header = SnapshotHeader(start: applied.position, history: log.history)
        peers[index].underWay.removeAll()
        peers[index].underWayBytes = 0
        peers[index].phase = .snapshot(SnapshotSender(store: applied))
        send(id, .snapshotBegin(header))
    }

    private mutating func shipSnapshot(_ index: Int, _ state: SnapshotSender) {
        guard let id = peers[index].connection, !state.isEndSent else { return }
        var sender = state
        // The copy in the peer would make every change to this one a copy of the whole.
        peers[index].phase = .absent
        let isFuzzy = has(.fuzzySnapshot)
        while sender.sentPieces - sender.receivedPieces < (isFuzzy ? 1 : Limit.snapshotPieces) {
            guard let rows = sender.nextPiece(from: isFuzzy ? applied : nil) else {
                let end = isFuzzy ? sender.store.position.lsn : log.last.lsn
                send(id, .snapshotEnd(rows: sender.rows, end: end))
                record(
                    .snapshotSent, peer: peers[index].name,
                    "\(sender.rows) rows at \(sender.store.position), complete at \(log.last.lsn)")
                sender.isEndSent = true
                break
            }
            sender.sentPieces += 1
            send(id, .snapshotRows(rows))
        }
        peers[index].phase = .snapshot(sender)
    }

    /// A follower received pieces, or has installed the snapshot and wants what comes after.
    mutating func followerReports(_ id: ConnectionID, _ message: SingleLeaderMessage) {
        guard let name = connections[id]?.peer, let index = peerIndex(name), peers[index].connection == id
        else { return }
        switch (message, peers[index].phase) {
        case (.snapshotReceived(let pieces), .snapshot(var sender)):
            sender.receivedPieces = min(pieces, sender.sentPieces)
            peers[index].phase = .snapshot(sender)
        case (.progress(let progress), .snapshot(let sender)):
            guard sender.isEndSent, progress.flushed >= sender.store.position.lsn else { return }
            peers[index].phase = .streaming
            peers[index].next = sender.store.position.lsn + 1
            if has(.snapshotOffByOne) { peers[index].skipped = peers[index].next...peers[index].next }
            noteProgress(index, progress)
        case (.progress(let progress), .streaming):
            noteProgress(index, progress)
        default:
            hangUp(id, "a message out of turn")
        }
    }

    private mutating func noteProgress(_ index: Int, _ progress: Progress) {
        guard progress.received < peers[index].next, progress.flushed <= progress.received else {
            if let id = peers[index].connection { hangUp(id, "reports entries that it was not sent") }
            return
        }
        peers[index].reported = progress
        peers[index].arrived(through: progress.received)
        peers[index].acknowledge.pushLatest(progress, now: now, &random)
    }
}

extension LogEntry {
    fileprivate func emptied(if range: ClosedRange<LSN>) -> LogEntry {
        range.contains(lsn) ? LogEntry(position, .noop) : self
    }
}
