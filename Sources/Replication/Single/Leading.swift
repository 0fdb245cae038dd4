// What a leader does with clients' requests.
//
// A write is checked against the state at the end of the log (`head`), in the order of arrival, and takes effect for
// readers when it is acknowledged (`applied`). A write that changes nothing, a failed compare-and-set above all,
// tells its client something about `head`. If it were answered at once it would reveal what readers cannot see yet:
//
//     p0 SET x 1         appended as entry 7, no follower has it yet
//     p1 CAS x 0 2       compared with 1: fails
//     p2 GET x           answers 0
//
// p1 knows that x is not 0 before p2 reads 0, and no order of the three explains that. So the answer of a write
// that changed nothing waits until all that it was compared with is acknowledged. Its place in the order is then
// right behind the last entry it saw, which became visible after the request arrived and before the answer left.
// Where the key is the same in both states the answer is true of the visible state, too, and leaves at once.
extension SingleLeaderReplica {
    mutating func serve(_ id: RequestID, _ call: ClientCall) {
        if call.command.isRead {
            answer(id, read(call))
        } else if role == .leader {
            write(id, call)
        } else if let leader, leader != configuration.name {
            answer(id, here(.moved(leader)))
        } else {
            answer(id, here(.failed(.readOnly, "a follower, and it knows no leader")))
        }
    }

    private func read(_ call: ClientCall) -> ClientAnswer {
        if has(.serveWhileJoining), case .loading(_, let loader) = link {
            return ClientAnswer(call.command.read(loader.store).reply, role: role.rawValue, position: log.last)
        }
        switch readiness {
        case .ready: break
        case .diverged:
            return here(.failed(.diverged, "this log left its leader's; wipe the node"))
        case .incompatible:
            return here(.failed(.notReady, "its leader's pages have another layout than this node's"))
        case .until(let lsn):
            return here(
                .failed(.notReady, "catching up to \(lsn), now at \(applied.position.lsn)"))
        case .unknown:
            return here(.failed(.notReady, "has not met a leader yet"))
        }
        let (reply, version) = call.command.read(applied)
        return ClientAnswer(
            reply, role: role.rawValue, position: applied.position, version: version,
            details: token(for: call, applied.position))
    }

    private mutating func write(_ id: RequestID, _ call: ClientCall) {
        guard pending.count < Limit.pending,
            log.last.lsn - min(applied.position.lsn, log.last.lsn) < Limit.unapplied
        else {
            answer(id, here(.failed(.busy, "\(pending.count) writes wait for acknowledgement")))
            return
        }
        let (change, reply) = call.command.effect(on: head, recorded: recording(of: call.command))
        guard let change else {
            observe(id, call, reply)
            return
        }
        let position = appendAsLeader(change)
        wait(
            id,
            ClientAnswer(
                reply, role: role.rawValue, position: position, version: position,
                details: token(for: call, position)), isWrite: true)
    }

    /// How what a command does is written down, and in what surroundings a statement is executed.
    private mutating func recording(of command: Command) -> Recording {
        var recording = configuration.recording
        guard case .statement = command else { return recording }
        recording.surroundings = Surroundings(
            seed: random.next(), time: wall, unique: random.next(), executed: wall &+ 1000)
        return recording
    }

    private mutating func observe(_ id: RequestID, _ call: ClientCall, _ reply: Reply) {
        let version = head.version(call.command.key)
        let seen = ClientAnswer(
            reply, role: role.rawValue, position: head.position, version: version,
            details: token(for: call, head.position))
        // Where the word of those that apply counts, one of them may show more than is acknowledged here.
        let isShownThere = configuration.ackStage == .apply && head.position != applied.position
        if readiness == .ready, !isShownThere, call.command.findsTheSame(in: head, and: applied) {
            var answer = seen
            answer.position = applied.position
            answer.details = token(for: call, applied.position)
            self.answer(id, answer)
        } else {
            wait(id, seen, isWrite: false)
        }
    }

    private mutating func wait(_ id: RequestID, _ answer: ClientAnswer, isWrite: Bool) {
        pending.append(
            Waiter(
                request: id, lsn: head.position.lsn, deadline: now + configuration.ackTimeout,
                answer: answer, isWrite: isWrite))
    }

    @discardableResult
    mutating func appendAsLeader(_ change: Change) -> Position {
        let entry = LogEntry(Position(timeline: timeline, lsn: log.last.lsn + 1), change)
        log.append(entry)
        head.apply(entry)
        effects.append(.append(entry.record))
        return entry.position
    }

    func here(_ reply: Reply) -> ClientAnswer {
        ClientAnswer(reply, role: role.rawValue, position: applied.position)
    }

    mutating func answer(_ id: RequestID, _ answer: ClientAnswer) {
        guard !replies.isFree else {
            effects.append(.reply(id, answer))
            return
        }
        replies.push((id, answer), now: now, &random)
    }

    // MARK: Acknowledgement

    /// Progress that gate and delay let through now counts.
    mutating func countProgress() {
        for index in peers.indices {
            while let progress = peers[index].acknowledge.pop(now: now) {
                peers[index].counted = progress
            }
        }
    }

    /// Moves the line between acknowledged and not, and shows readers what is before it.
    mutating func commit() {
        committed = max(committed, min(durable, max(promotionFloor, acknowledged())))
        let showsAll = configuration.visibility == .append || has(.visibleAtAppend)
        let visible = has(.visibleBeforeFsync) ? log.last.lsn : showsAll ? flushed : committed
        while applied.position.lsn < visible { applied.apply(log[applied.position.lsn + 1]) }
        if case .until(let lsn) = readiness, committed >= lsn {
            readiness = .ready
            record(.caughtUp, "reads are answered")
        }
    }

    private var durable: LSN { has(.fsyncAfterReply) ? log.last.lsn : flushed }

    /// The last entry that enough followers have. Each member counts once, however often it reports.
    private func acknowledged() -> LSN {
        var positions = peers.map { reached($0) }
        if has(.doubleCountedAck) { positions += positions }
        switch has(.ackBeforeReplica) ? .async : configuration.ack {
        case .async: return durable
        case .set: return acknowledgedBySet()
        case .all: return positions.min() ?? flushed
        case .count(let count):
            guard count <= positions.count else { return 0 }
            return positions.sorted(by: >)[count - 1]
        }
    }

    mutating func answerWaiters() {
        while let first = pending.first, first.lsn <= committed {
            pending.popFirst()
            answer(first.request, first.answer)
        }
    }

    /// The oldest waiters whose time is over. Their entries stay in the log and may be acknowledged later.
    mutating func expireWaiters() {
        while let first = pending.first, first.deadline <= now {
            pending.popFirst()
            let waited = "not acknowledged within \(configuration.ackTimeout / 1_000_000) ms"
            answer(first.request, first.late(waited, "not executed; what it was compared with is \(waited)"))
        }
    }

    /// This node no longer leads: nobody can promise anything about what still waits.
    mutating func deposeWaiters() {
        while let first = pending.popFirst() {
            let last = first.deposed(
                "written, and the node stopped leading before the acknowledgement",
                "not executed; the node stopped leading")
            answer(first.request, last)
        }
    }
}
