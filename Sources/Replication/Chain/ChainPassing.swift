// How entries go down a chain and confirmations come up.
extension ChainReplica {
    mutating func hear(_ sender: NodeName, _ message: PeerMessage) {
        let content: ChainMessage
        do throws(DecodingFailure) {
            content = try ChainMessage(decoding: message)
        } catch {
            return record("bad-message", sender, "\(error)")
        }
        guard message.epoch == UInt64(view.epoch) else {
            if message.epoch > UInt64(view.epoch), view.order.contains(sender) {
                record("stale-view", sender, "it is in epoch \(message.epoch), this is \(view.epoch)")
            }
            return
        }
        guard received.count < Limit.heldMessages else { return }
        received.push((sender, content), now: now, &random)
    }

    mutating func openReceived() {
        while let (sender, message) = received.pop(now: now) {
            switch message {
            case .forward(let previous, let entries):
                if sender == view.predecessor(of: name) { take(entries, behind: previous, from: sender) }
            case .confirm(let stored, let committed):
                if sender == view.successor(of: name) { confirmed(stored, committed) }
            case .ask(let ticket): answerTicket(ticket, from: sender)
            case .answer(let ticket, let committed):
                if sender == view.tail { answered(ticket, committed) }
            }
        }
    }

    /// Entries that are here already are passed over; behind a gap nothing is taken, and the predecessor sends again.
    private mutating func take(_ entries: [LogEntry], behind previous: Position, from sender: NodeName) {
        guard outcast == nil, previous.lsn <= log.last.lsn else { return }
        guard log.last.lsn - stored.position.lsn < Limit.unapplied else { return }
        guard log.position(at: previous.lsn) == previous else { return castOut(previous.lsn, sender) }
        for entry in entries {
            if entry.lsn <= log.last.lsn {
                guard log[entry.lsn].position == entry.position else { return castOut(entry.lsn, sender) }
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

    private mutating func castOut(_ lsn: LSN, _ sender: NodeName) {
        outcast = "entry \(lsn) of this log is not in the chain; wipe the node"
        record("diverged", sender, outcast ?? "")
    }

    private mutating func confirmed(_ stored: LSN, _ committed: LSN) {
        guard stored <= log.last.lsn else {
            return record("diverged", view.successor(of: name), "it has entries that are not here")
        }
        link.stored = max(link.stored ?? 0, stored)
        link.sent = max(link.sent, stored)
        self.committed = max(self.committed, min(committed, flushed))
        applyCommitted()
    }

    mutating func applyCommitted() {
        while clean.position.lsn < min(committed, flushed) { clean.apply(log[clean.position.lsn + 1]) }
    }

    /// Sends the successor what it lacks, as far as gate and delay allow.
    mutating func forward() {
        while let limit = ship.pop(now: now) { shipLimit = max(shipLimit, limit) }
        guard let successor = view.successor(of: name), let there = link.stored, outcast == nil else { return }
        if link.sent > there, now >= link.sentAt + configuration.resend {
            link.sent = max(there, link.forgotten)
            link.sentAt = now
        }
        let end = min(shipLimit, flushed)
        while link.sent < end, link.sent - there < Limit.windowEntries {
            let previous = log.position(at: link.sent)
            let entries = batch(from: previous.lsn + 1, through: end)
            link.sent = previous.lsn + LSN(entries.count)
            link.sentAt = now
            effects.append(
                .send(
                    to: successor,
                    ChainMessage.forward(previous: previous, entries).encoded(epoch: view.epoch)))
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
        guard let predecessor = view.predecessor(of: name), outcast == nil else {
            nextConfirm = now + configuration.heartbeat
            return
        }
        let own = Confirmed(stored: flushed, committed: committed)
        if own != lastConfirmed || now >= nextConfirm {
            lastConfirmed = own
            nextConfirm = now + configuration.heartbeat
            confirmations.pushLatest(own, now: now, &random)
        }
        while let next = confirmations.pop(now: now) {
            let message = ChainMessage.confirm(stored: next.stored, committed: next.committed)
            effects.append(.send(to: predecessor, message.encoded(epoch: view.epoch)))
        }
    }
}
