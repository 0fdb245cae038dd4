// What an operator can ask of a node.
extension SingleLeaderReplica: GatedReplica {
    mutating func obey(_ order: AdminOrder) -> AdminOutcome {
        if let outcome = obeyGate(order) { return outcome }
        switch order {
        case .promote: return promote()
        case .demote: return demote()
        case .join: return join()
        case .follow(let name): return follow(name)
        case .snapshot:
            guard !isSavingSnapshot, !link.isInstalling else {
                return .refused("a snapshot is being written already")
            }
            beginSaving()
            return .done
        case .failpoint(let name, let action): return setFailpoint(name, action)
        case .syncSet(let names): return orderSet(names)
        case .gate, .delay, .member, .rehome, .repair, .offline, .online, .sync:
            return .refused("node-single has no such order")
        }
    }

    /// Makes this follower the leader of a new timeline that goes on where its log ends, or asks the arbiters for it.
    private mutating func promote() -> AdminOutcome {
        guard role == .follower else { return .refused("\(configuration.name) leads already") }
        if obedience != nil {
            obedience?.isOrdered = true
            obedience?.isLaidDown = false
            obedience?.link.hurry()
            return .done
        }
        switch (readiness, link) {
        case (.diverged, _): return .refused("this log left its leader's; wipe the node")
        case (.unknown, _) where !hasLed || leader != nil:
            return .refused("has never met a leader, so it holds nothing")
        case (.until(let lsn), _) where log.last.lsn < lsn:
            return .refused("joining: the log ends at \(log.last.lsn) of \(lsn)")
        case (_, .installing): return .refused("a snapshot is being installed")
        default: break
        }
        let newest = max(timeline, log.last.timeline)
        guard newest < .max else { return .refused("there is no timeline behind \(newest)") }
        order(.leader, configuration.name, hasLed: true)
        lead(timeline: newest + 1)
        return .done
    }

    /// Leads a timeline from here on: a new one, or the one that this node has led before it stopped for a while.
    mutating func lead(timeline new: UInt32) {
        let parent = log.last
        let isResumed = parent.timeline == new
        if !hasLed || obedience == nil { order(.leader, name, hasLed: true) }
        if let id = link.connection { hangUp(id, "promoted") }
        link = .idle(retryAt: 0)
        for index in peers.indices { peers[index].reset() }
        apply.removeAll()
        applied.findsByPlace = false
        // Gates and delays are about what arrives; a leader shows all that it has.
        while applied.position.lsn < parent.lsn { applied.apply(log[applied.position.lsn + 1]) }
        head = applied
        role = .leader
        leader = configuration.name
        timeline = new
        // What the same leader wrote before it stopped may not be acknowledged.
        promotionFloor = isResumed ? 0 : parent.lsn
        committed = isResumed ? 0 : min(flushed, parent.lsn)
        readiness = .until(parent.lsn)
        for index in peers.indices { peers[index].shipLimit = flushed }
        set = SyncSet(version: obedience?.link.decision.setVersion ?? 0, since: now)
        early = nil
        appendAsLeader(.timeline(parent: parent))
        record(.promote, "timeline \(timeline) goes on behind \(parent)")
    }

    /// Ends leading. Arbiters then choose among the others; without them nobody leads until an operator says who.
    private mutating func demote() -> AdminOutcome {
        guard role == .leader else { return .refused("\(name) does not lead") }
        if obedience != nil {
            obedience?.isLaidDown = true
        } else {
            order(.follower, nil, hasLed: true)
        }
        resign("an operator said so")
        return .done
    }

    /// Takes a copy of the leader's state in the place of the own one.
    private mutating func join() -> AdminOutcome {
        guard role == .follower else { return .refused("\(name) leads: whose state should it take?") }
        guard let leader else { return .refused("no leader is known; say `follow NODE` first") }
        guard !link.isInstalling else { return .refused("a snapshot is being installed already") }
        if let id = link.connection { hangUp(id, "joins anew") }
        isRewinding = log.last.lsn > 0
        readiness = .unknown
        link = .idle(retryAt: now)
        record(.follow, peer: leader, "takes a copy of its state")
        return .done
    }

    /// Makes this node follow another one from now on.
    private mutating func follow(_ name: NodeName) -> AdminOutcome {
        guard peerIndex(name) != nil else { return .refused("\(name) is no other member of this cluster") }
        guard obedience == nil else { return .refused("the arbiters say who leads") }
        guard !link.isInstalling else { return .refused("a snapshot is being installed; try again") }
        if leader != name || role == .leader || !link.isStreaming { changeLeader(to: name) }
        order(.follower, name, hasLed: hasLed)
        record(.follow, peer: name)
        return .done
    }

    mutating func changeLeader(to name: NodeName) {
        if role == .leader {
            stopLeading()
            record(.role, "no longer leads")
        }
        forgetPeers("now follows \(name)")
        leader = name
    }

    mutating func stopLeading() {
        deposeWaiters()
        role = .follower
        committed = 0
        promotionFloor = 0
        // Entries that were never acknowledged may be dropped by the new leader: none of them is shown.
        readiness = .unknown
        head = Store()
    }

    mutating func forgetPeers(_ reason: String) {
        for id in connections.keys.sorted() { hangUp(id, reason) }
        for index in peers.indices { peers[index].reset() }
        applyLimit = applied.position.lsn
        apply.removeAll()
        apply.pushLatest(flushed, now: now, &random)
        link = .idle(retryAt: now)
    }

    mutating func order(_ role: Role, _ leader: NodeName?, hasLed: Bool) {
        unsavedOrder = RoleOrder(
            words: words, role: role, leader: leader, hasLed: hasLed, promised: obedience?.promising ?? 0)
        saveOrder()
    }

    // MARK: Failpoints

    /// Between the two halves of a snapshot that is not saved at once.
    static let snapshotFailpoint = "single.snapshot.position"

    private mutating func setFailpoint(_ name: String, _ action: FailpointAction?) -> AdminOutcome {
        guard name == Self.snapshotFailpoint else { return .refused("no failpoint '\(name)'") }
        failpoints[name] = action
        return .done
    }

    /// Whether to go on behind a failpoint.
    private mutating func passes(_ failpoint: String) -> Bool {
        guard let action = failpoints[failpoint] else { return true }
        if action == .crash { effects.append(.crash("failpoint \(failpoint)")) }
        return false
    }

    // MARK: Gates and delays

    mutating func setGate(_ target: GateTarget, isClosed: Bool) -> AdminOutcome {
        if let refusal = unknownPeer(target) { return refusal }
        switch target {
        case .apply: apply.isClosed = isClosed
        case .reply: replies.isClosed = isClosed
        case .ship(let name): withPeer(name) { $0.ship.isClosed = isClosed }
        case .receive(let name): withPeer(name) { $0.receive.isClosed = isClosed }
        case .acknowledge(let name): withPeer(name) { $0.acknowledge.isClosed = isClosed }
        }
        record(.gate, peer: target.peer, "\(target.name) \(isClosed ? "closed" : "open")")
        return .done
    }

    mutating func setDelay(_ target: GateTarget, _ range: DelayRange?) -> AdminOutcome {
        if let refusal = unknownPeer(target) { return refusal }
        let now = now
        switch target {
        case .apply: apply.setDelay(range, now: now)
        case .reply: replies.setDelay(range, now: now)
        case .ship(let name): withPeer(name) { $0.ship.setDelay(range, now: now) }
        case .receive(let name): withPeer(name) { $0.receive.setDelay(range, now: now) }
        case .acknowledge(let name): withPeer(name) { $0.acknowledge.setDelay(range, now: now) }
        }
        record(.delay, peer: target.peer, "\(target.name) \(range?.description ?? "off")")
        return .done
    }

    private func unknownPeer(_ target: GateTarget) -> AdminOutcome? {
        guard let name = target.peer, peerIndex(name) == nil else { return nil }
        return .refused("\(name) is no other member of this cluster")
    }

    private mutating func withPeer(_ name: NodeName, _ change: (inout Peer) -> Void) {
        if let index = peerIndex(name) { change(&peers[index]) }
    }

    // MARK: Snapshots on disk and the length of the log

    mutating func trim() {
        let retain = configuration.retain
        guard log.count > retain + max(16, retain / 8) else { return }
        let pinned = peers.compactMap(\.needed).min() ?? .max
        let floor = log.last.lsn > LSN(Limit.pinned) ? log.last.lsn - LSN(Limit.pinned) : 0
        let wanted = min(log.last.lsn - LSN(retain), max(pinned, floor))
        log.trim(through: min(wanted, applied.position.lsn, flushed))
    }

    mutating func saveSnapshot() {
        let behind = applied.position.lsn - min(snapshotLSN, applied.position.lsn)
        guard behind >= LSN(configuration.snapshotEvery), !isSavingSnapshot, !link.isInstalling else {
            return
        }
        beginSaving()
    }

    private mutating func beginSaving() {
        isSavingSnapshot = true
        var store = applied
        let isHalf = has(.applyPositionNotAtomic) && applied.position.lsn > max(log.base.lsn, snapshotLSN) + 1
        if isHalf { store.settle(at: log.position(at: applied.position.lsn - 1)) }
        save(store)
    }

    private mutating func save(_ store: Store) {
        var end = store.position.lsn
        if case .until(let lsn) = readiness, role == .follower { end = max(end, lsn) }
        let snapshot = SingleLeaderSnapshot(store: store, end: end, history: log.history)
        effects.append(.saveSnapshot(snapshot.stored))
    }

    mutating func snapshotSaved(_ position: Position) {
        if has(.applyPositionNotAtomic), position.lsn < applied.position.lsn, position.lsn > snapshotLSN {
            snapshotLSN = position.lsn
            guard passes(Self.snapshotFailpoint) else { return }
            return save(applied)
        }
        isSavingSnapshot = false
        snapshotLSN = max(snapshotLSN, position.lsn)
        record(.snapshotSaved, "at \(position)")
        let retain = LSN(configuration.retain)
        let old = min(position.lsn, log.last.lsn > retain ? log.last.lsn - retain : 0)
        guard old > 0 else { return }
        effects.append(.dropLog(upTo: old))
        record(.truncate, "up to \(old)")
    }
}
