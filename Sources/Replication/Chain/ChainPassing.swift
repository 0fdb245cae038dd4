// How entries go down a chain and confirmations come up.
extension ChainReplica {
    mutating func hear(_ sender: NodeName, _ message: PeerMessage) {
        if ArbiterMessage.isKind(message.kind) { return hearArbiter(sender, message) }
        let content: ChainMessage
        do throws(DecodingFailure) {
            content = try ChainMessage(decoding: message)
        } catch {
            return record("bad-message", sender, "\(error)")
        }
        guard configuration.members.contains(sender) else { return }
        if case .view(let next) = content { return adopt(next) }
        guard message.epoch == UInt64(view.epoch) else { return compareViews(sender, message.epoch) }
        isConfirmed = true
        if case .hello = content, sender != view.successor(of: name) { nextConfirm = now }
        guard received.count < Limit.heldMessages else { return }
        received.push((sender, content), now: now, &random)
    }

    mutating func openReceived() {
        while let (sender, message) = received.pop(now: now) {
            switch message {
            case .forward(let previous, let entries):
                if sender == view.predecessor(of: name) { take(entries, behind: previous, from: sender) }
            case .confirm(let progress):
                if sender == view.successor(of: name) { confirmed(progress) }
            case .ask(let ticket): answerTicket(ticket, from: sender)
            case .answer(let ticket, let committed):
                if view.order.contains(sender) { answered(ticket, committed) }
            case .takeOver(let floor):
                if sender == view.predecessor(of: name), self.floor == nil { self.floor = floor }
            case .copy(let part):
                if sender == view.predecessor(of: name) { take(part, from: sender) }
            case .copied(let position, let received):
                if sender == view.successor(of: name) { copied(position, received) }
            case .hello, .view: break
            }
        }
    }

    /// Entries that are here already are passed over; behind a gap nothing is taken, and the predecessor sends again.
    private mutating func take(_ entries: [LogEntry], behind previous: Position, from sender: NodeName) {
        guard outcast == nil, installing == nil, log.covers(previous.lsn) else { return }
        guard log.last.lsn - stored.position.lsn < Limit.unapplied else { return }
        guard log.position(at: previous.lsn) == previous else { return castOut(previous.lsn, sender) }
        for entry in entries {
            if entry.lsn <= log.last.lsn {
                guard entry.lsn > log.base.lsn, log[entry.lsn].position == entry.position else {
                    return castOut(entry.lsn, sender)
                }
                continue
            }
            guard entry.position.timeline >= log.last.timeline, entry.position.timeline <= view.epoch else {
                return
            }
            append(entry)
        }
        // What came a second time was not heard of the first time.
        if entries.last?.lsn ?? 0 <= flushed { nextConfirm = now }
    }

    /// One that joins will be given a copy instead.
    private mutating func castOut(_ lsn: LSN, _ sender: NodeName) {
        guard isComplete else { return }
        outcast = "entry \(lsn) of this log is not in the chain; wipe the node"
        record("diverged", sender, outcast ?? "")
    }

    private mutating func confirmed(_ progress: ChainProgress) {
        link.progress = progress
        if progress.isComplete { (isActing, link.floor) = (false, nil) }
        committed = max(committed, min(progress.committed, flushed))
        applyCommitted()
        let there = progress.stored
        guard log.covers(there.lsn), log.position(at: there.lsn) == there else { return askedForCopy(progress) }
        (link.needsCopy, link.copy) = (false, nil)
        // A disk that was emptied: what was said and sent before counts for nothing.
        if !progress.isComplete, there.lsn < link.stored ?? 0 {
            (link.stored, link.sent, link.floor) = (there.lsn, there.lsn, nil)
        }
        link.stored = max(link.stored ?? 0, there.lsn)
        link.sent = max(link.sent, there.lsn)
    }

    /// The successor's log ends where this one no longer begins, or is no part of it.
    private mutating func askedForCopy(_ progress: ChainProgress) {
        guard isComplete else { return }
        guard !progress.isComplete || progress.stored.lsn < log.base.lsn else {
            return record("diverged", view.successor(of: name), "it has entries that are not here")
        }
        link.needsCopy = true
        link.stored = nil
        // By the time it had taken a copy, the log had gone on without it.
        if link.copy?.position == progress.stored { link.copy = nil }
    }

    mutating func applyCommitted() {
        while clean.position.lsn < min(committed, flushed) { clean.apply(log[clean.position.lsn + 1]) }
    }

    /// Sends the successor what it lacks, as far as gate and delay allow.
    mutating func forward() {
        while let limit = ship.pop(now: now) { shipLimit = max(shipLimit, limit) }
        guard let successor = view.successor(of: name), outcast == nil, installing == nil else { return }
        guard let there = link.stored else {
            if link.needsCopy { shipCopy(to: successor) }
            return
        }
        if link.sent > there, now >= link.sentAt + configuration.resend {
            link.sent = max(there, link.forgotten)
            link.sentAt = now
        }
        // What it needs next is forgotten here: it says again how far it is, and gets a copy.
        guard log.covers(link.sent) else { return link.stored = nil }
        let end = min(shipLimit, flushed)
        while link.sent < end, link.sent - there < Limit.windowEntries {
            let previous = log.position(at: link.sent)
            let entries = batch(from: previous.lsn + 1, through: end)
            link.sent = previous.lsn + LSN(entries.count)
            link.sentAt = now
            say(.forward(previous: previous, entries), to: successor)
        }
    }

    /// As many entries as fit a message, at least one.
    private func batch(from first: LSN, through end: LSN) -> [LogEntry] {
        var entries: [LogEntry] = []
        var bytes = 0
        while first + LSN(entries.count) <= end, entries.count < Limit.batchEntries, bytes < Limit.batchBytes {
            let entry = log[first + LSN(entries.count)]
            entries.append(entry)
            bytes += entry.change.weight
        }
        return entries
    }

    /// Tells the predecessor how far this member is.
    mutating func confirm() {
        guard let predecessor = view.predecessor(of: name), outcast == nil, installing == nil else {
            nextConfirm = now + configuration.heartbeat
            return
        }
        let own = ChainProgress(
            stored: log.position(at: max(flushed, log.base.lsn)), committed: committed, isComplete: isComplete)
        if own != lastConfirmed || now >= nextConfirm {
            lastConfirmed = own
            nextConfirm = now + configuration.heartbeat
            confirmations.pushLatest(own, now: now, &random)
        }
        while let next = confirmations.pop(now: now) {
            say(.confirm(next), to: predecessor)
        }
    }

    /// When a neighbour is to be spoken to again, without any news from it.
    var nextTalk: Moment? {
        guard view.successor(of: name) != nil, outcast == nil, installing == nil else { return nil }
        guard let there = link.stored else {
            return link.needsCopy && !ship.isClosed ? link.copy?.nextSend : nil
        }
        var wake: Moment?
        if link.sent > there { wake = link.sentAt + configuration.resend }
        if link.progress?.isComplete == false, isComplete, isViewDurable, !isActing {
            wake = min(wake ?? .max, link.handedAt)
        }
        return wake
    }
}
