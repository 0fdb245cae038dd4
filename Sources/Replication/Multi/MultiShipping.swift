// How records go from member to member, and how each says what it has.
extension MultiReplica {
    mutating func hear(_ sender: NodeName, _ message: PeerMessage) {
        guard !device.isCutOff else { return }
        let content: MultiMessage
        do throws(DecodingFailure) {
            content = try MultiMessage(decoding: message)
        } catch {
            return record("bad-message", sender, "\(error)")
        }
        guard received[sender]?.count ?? .max < Limit.heldMessages else { return }
        received[sender]?.push(content, now: now, &random)
    }

    mutating func openReceived() {
        for sender in received.keys.sorted() {
            while let message = received[sender]?.pop(now: now) {
                switch message {
                case .records(let requires, let records): take(records, requiring: requires, from: sender)
                case .have(let session, let vector): heard(session, vector, from: sender)
                case .askHome(let key, let centre): letGo(key, to: centre)
                case .askProgress: sendProgress(to: sender)
                case .askCopy(let lsn, let offset): sendCopy(lsn, from: offset, to: sender)
                case .copy(let part): take(part, from: sender)
                case .push(let writes): decide(writes, of: sender)
                case .pushed(let vector): device.goal = sender == configuration.server ? vector : device.goal
                }
            }
        }
    }

    private mutating func take(_ records: [MultiRecord], requiring requires: VersionVector, from sender: NodeName) {
        guard joining == nil, configuration.sources.contains(sender), apply.count < Limit.heldMessages else {
            return
        }
        apply.push(HeldRecords(sender: sender, requires: requires, records: records), now: now, &random)
    }

    // MARK: Delivery

    /// How many messages of one sender may wait for what they rest on.
    private static let heldLimit = 256

    /// Applies what can be applied.
    mutating func deliver() {
        while let next = apply.pop(now: now) {
            let waiting = held[next.sender, default: []]
            // What can be taken at once is taken however much waits: it may be what that waits for.
            guard waiting.count < Self.heldLimit || store.vector.covers(next.requires),
                !waiting.contains(where: { $0.holds(next) })
            else { continue }
            held[next.sender, default: []].append(next)
        }
        var isMoving = true
        while isMoving {
            isMoving = false
            for sender in held.keys.sorted() where deliver(from: sender) { isMoving = true }
        }
    }

    /// Takes records of one sender; true if some were.
    private mutating func deliver(from sender: NodeName) -> Bool {
        guard let waiting = held[sender], !waiting.isEmpty else { return false }
        var rest: [HeldRecords] = []
        var hasTaken = false
        for batch in waiting {
            guard store.vector.covers(batch.requires) else {
                rest.append(batch)
                continue
            }
            let taken = batch.records.prefix { take($0, from: sender, &hasTaken) }.count
            guard taken < batch.records.count else { continue }
            rest.append(
                HeldRecords(
                    sender: sender, requires: batch.requires, records: Array(batch.records[taken...])))
        }
        held[sender] = rest.isEmpty ? nil : rest
        return hasTaken
    }

    /// Takes a record, or sees that it is known; false if it must wait.
    private mutating func take(_ record: MultiRecord, from sender: NodeName, _ hasTaken: inout Bool) -> Bool {
        guard !store.vector.contains(record.dot) || has(.ringNoLoopCheck) else { return true }
        let isReady =
            configuration.causal && !has(.noCausalDelivery)
            ? store.vector.covers(record.past) : store.vector[record.origin] >= record.past[record.origin]
        guard isReady else { return false }
        do throws(HybridClock.TooFarAhead) {
            if usesHybridClock { try hybrid.receive(HybridClock.Reading(record.stamp), wall: wall) }
        } catch {
            self.record("refused-stamp", sender, "\(record.dot): \(error)")
            return false
        }
        lamport.receive(record.stamp.time)
        hasTaken = true
        var record = record
        record.passed.append(sender)
        append(record)
        return true
    }

    private var usesHybridClock: Bool {
        configuration.policy != .lwwWall && configuration.policy != .lwwLamport && !has(.lwwWallSkew)
    }

    // MARK: Sending

    /// A peer says what it has.
    private mutating func heard(_ session: UInt64, _ vector: VersionVector, from peer: NodeName) {
        guard joining == nil else {
            joining?.heard[peer] = vector
            return
        }
        if !vector.isEmpty { copies[peer] = nil }
        if vector[name] > store.vector[name], outcast == nil {
            outcast =
                "\(peer) has writes of \(name) that are not here: its disk was lost; let it come back under another name"
            record("diverged", peer, outcast ?? "")
        }
        knowledge.note(vector, of: peer, here: store.vector)
        guard var link = links[peer] else { return }
        if link.session == session {
            link.theirs.merge(vector)
        } else {
            // Another life, perhaps with an empty disk: what was known of it is worth nothing.
            link = MultiLink(
                session: session, theirs: vector, stream: vector, acknowledged: log.base, cursor: log.base,
                limit: link.limit)
        }
        links[peer] = link
    }

    /// Passes over the records that the peer has, or does not get from here.
    private func advance(_ link: inout MultiLink, _ peer: NodeName) {
        while link.acknowledged < flushed {
            let record = log[link.acknowledged + 1]
            let isThere = link.theirs.contains(record.dot) && !has(.ringNoLoopCheck)
            guard isThere || !configuration.ships(record, to: peer) else { break }
            link.acknowledged += 1
        }
        link.cursor = max(link.cursor, link.acknowledged)
    }

    /// Sends each peer what it lacks, as far as gate and delay allow.
    mutating func shipRecords() {
        for peer in links.keys.sorted() {
            guard var link = links[peer] else { continue }
            defer { links[peer] = link }
            while let limit = ship[peer]?.pop(now: now) { link.limit = max(link.limit, limit) }
            guard link.session != nil else { continue }
            advance(&link, peer)
            if link.cursor > link.acknowledged, now >= link.sentAt + configuration.resend {
                link.cursor = link.acknowledged
                link.stream = link.theirs
            }
            send(to: peer, &link)
        }
    }

    private mutating func send(to peer: NodeName, _ link: inout MultiLink) {
        let end = min(link.limit, flushed)
        while link.cursor < end, link.cursor - link.acknowledged < Limit.windowEntries {
            let requires = link.stream
            var records: [MultiRecord] = []
            var weight = 0
            while link.cursor < end, records.count < Limit.batchEntries, weight < Limit.batchBytes {
                link.cursor += 1
                let record = log[link.cursor]
                guard configuration.ships(record, to: peer) else { continue }
                guard !link.theirs.contains(record.dot) || has(.ringNoLoopCheck) else { continue }
                records.append(record)
                weight += record.weight
                link.stream.insert(record.dot)
            }
            guard !records.isEmpty else { continue }
            link.sentAt = now
            effects.append(.send(to: peer, MultiMessage.records(requires: requires, records).encoded))
        }
    }

    // MARK: Confirming

    /// Tells one that begins anew, once nothing from before waits at a gate.
    private mutating func sendProgress(to peer: NodeName) {
        guard configuration.members.contains(peer), apply.count == 0 else { return }
        // What it had sent before and what could not be taken yet will come anew, with new numbers perhaps.
        held[peer] = nil
        copies[peer] = nil
        effects.append(.send(to: peer, MultiMessage.have(session: session ?? 0, durable).encoded))
    }

    /// Tells those who send records how far this member is.
    mutating func confirm() {
        let isTime = now >= nextHeartbeat
        guard joining == nil else {
            if isTime { nextHeartbeat = now + configuration.heartbeat }
            return
        }
        if isTime { nextHeartbeat = now + configuration.heartbeat }
        for peer in configuration.sources {
            if isTime || told[peer] != durable {
                told[peer] = durable
                confirmations[peer]?.pushLatest(durable, now: now, &random)
            }
            while let vector = confirmations[peer]?.pop(now: now) {
                effects.append(.send(to: peer, MultiMessage.have(session: session ?? 0, vector).encoded))
            }
        }
    }
}
