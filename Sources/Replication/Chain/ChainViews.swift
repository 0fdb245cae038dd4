// Who belongs to the chain, by the word of an operator or of arbiters, and who may answer.
extension ChainReplica {
    var isHead: Bool { view.head == name }
    var isTail: Bool { view.tail == name }

    /// Whether what is durable here is at the tail: this is the tail, or its successor is still joining.
    var servesAsTail: Bool { outcast == nil && isComplete && (isTail || isActing) }

    /// Whether this member certainly belongs to the chain still; who cannot ask the arbiters does not know.
    var holdsLease: Bool {
        guard let arbiters, configuration.isFenced, !has(.tailNotFenced) else { return true }
        return arbiters.holdsLease(of: view.epoch, at: now)
    }

    /// Why strong reads and writes are refused here, if they are.
    var unreadiness: String? {
        if !isComplete { return "this member is still joining the chain" }
        if log.last.timeline > view.epoch { return "the log is of view \(log.last.timeline), not known here" }
        return holdsLease ? nil : "the arbiters have not been heard from in time"
    }

    /// Goes on with another view, from the disk on.
    mutating func adopt(_ next: ChainView) {
        guard next.epoch > view.epoch else { return }
        let wasTail = servesAsTail
        let wasMember = view.order.contains(name)
        let isFirst = view.epoch == 0 && next.epoch == 1
        // In a view that it never heard of it may have been taken out, and have missed what the chain did meanwhile.
        let isNext = next.epoch == view.epoch + 1 || arbiters == nil && next.head == name
        let sent = link.sent
        view = next
        isComplete = isComplete && wasMember && isNext
        outcast = next.order.contains(name) ? nil : "the chain goes on without \(name)"
        isActing = wasTail && isComplete && next.successor(of: name) != nil
        link = ChainLink()
        if has(.noResendAfterSplice) { (link.sent, link.forgotten) = (sent, sent) }
        if has(.tailJoinsEarly), isTail, !isFirst { isComplete = true }
        (incoming, floor, isConfirmed) = (nil, nil, true)
        received.removeAll()
        lastConfirmed = nil
        (nextConfirm, nextGreeting) = (now, now)
        queries.askAgain()
        fitValves()
        // What had left for another successor waits anew for this one.
        shipLimit = 0
        ship.removeAll()
        ship.pushLatest(flushed, now: now, &random)
        saveState()
        record("view", nil, "epoch \(next.epoch): \(next.order.joined(separator: " "))")
        if !isHead { deposeWaiters() }
    }

    mutating func saveState() {
        lastState += 1
        effects.append(.saveState(ChainRecovery.encode(view, isComplete: isComplete), lastState))
    }

    /// Whether a crash now would not take the view back.
    var isViewDurable: Bool { savedState == lastState }

    /// Whether nobody has spoken of this view since the start: the chain may have gone on without this member, and those
    /// whom it takes for its neighbours may be dead.
    private var isDoubtful: Bool { !isConfirmed || !isComplete || outcast != nil }

    /// Asks whether this is still the chain: all others, or the successor that says nothing.
    mutating func greet() {
        guard now >= nextGreeting else { return }
        if isDoubtful {
            configuration.others.forEach { say(.hello, to: $0) }
        } else if let successor = view.successor(of: name), link.stored == nil, !link.needsCopy {
            say(.hello, to: successor)
        } else {
            return
        }
        nextGreeting = now + configuration.resend
    }

    var wantsGreeting: Bool {
        isDoubtful || view.successor(of: name) != nil && link.stored == nil && !link.needsCopy
    }

    /// What a message of another epoch is good for: whoever knows less is told.
    mutating func compareViews(_ sender: NodeName, _ epoch: UInt64) {
        if epoch < UInt64(view.epoch) {
            say(.view(view), to: sender)
        } else {
            say(.hello, to: sender)
        }
    }

    mutating func say(_ message: ChainMessage, to other: NodeName) {
        effects.append(.send(to: other, message.encoded(epoch: view.epoch)))
    }

    // MARK: Arbiters

    mutating func hearArbiter(_ sender: NodeName, _ message: PeerMessage) {
        guard arbiters?.receive(from: sender, message, at: now) == true, let decision = arbiters?.decision,
            let head = decision.leader
        else { return }
        adopt(ChainView(epoch: decision.epoch, order: [head] + decision.syncSet))
    }

    mutating func reportToArbiters() {
        let durable = isViewDurable ? view.epoch : 0
        let report = arbiters?.report(
            epoch: durable, position: installing == nil ? log.position(at: flushed) : .start,
            isFit: isComplete && outcast == nil,
            wantsLease: outcast == nil, at: now)
        if let report { effects.append(.send(to: report.to, report.1)) }
    }
}
