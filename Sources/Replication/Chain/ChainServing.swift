// What a member of a chain does with clients' requests.
//
// A write that changes nothing, a failed compare-and-set above all, tells its client something about the end of the
// head's log. So it is answered only when the tail has all that it was compared with, as a write would be.
extension ChainReplica {
    mutating func receive(_ id: RequestID, _ call: ClientCall) {
        if let outcast { return answer(id, .failed(.diverged, outcast)) }
        let isRead = call.command.isRead
        guard isRead else { return write(id, call.command) }
        guard let mode = call.policy.map({ ChainReadMode(rawValue: $0) }) ?? configuration.read else {
            return answer(id, .failed(.syntax, "no such way to read: \(call.policy ?? "")"))
        }
        read(id, call.command, mode)
    }

    private mutating func write(_ id: RequestID, _ command: Command) {
        guard isHead else {
            return answer(id, view.head.map { .moved($0) } ?? .failed(.readOnly, "no head is known"))
        }
        if let unreadiness { return answer(id, .failed(.notReady, unreadiness)) }
        guard waiting.count < Limit.pending, log.last.lsn - min(committed, log.last.lsn) < Limit.unapplied else {
            return answer(id, .failed(.busy, "\(waiting.count) writes wait for the tail"))
        }
        let (change, reply) = command.effect(on: newest)
        if let change { append(LogEntry(Position(timeline: view.epoch, lsn: log.last.lsn + 1), change)) }
        let version = change == nil ? newest.version(command.key) : log.last
        let given = ClientAnswer(reply, role: role, position: log.last, version: version)
        waiting.append(
            Waiter(
                request: id, lsn: log.last.lsn, deadline: now + configuration.ackTimeout, answer: given,
                isWrite: change != nil))
    }

    private mutating func read(_ id: RequestID, _ command: Command, _ mode: ChainReadMode) {
        switch mode {
        case .tail:
            // A tail that is still joining knows who goes on for it.
            guard servesAsTail else { return refer(id, to: isTail ? view.predecessor(of: name) : view.tail) }
            if let unreadiness { return answer(id, .failed(.notReady, unreadiness)) }
            answer(id, command, from: clean)
        case .head:
            guard isHead else { return refer(id, to: view.head) }
            if let unreadiness { return answer(id, .failed(.notReady, unreadiness)) }
            answer(id, command, from: stored)
        case .any, .craqEventual:
            guard isComplete else {
                return answer(id, .failed(.notReady, "this member is still joining the chain"))
            }
            answer(id, command, from: stored)
        case .craq, .craqBounded:
            if let unreadiness { return answer(id, .failed(.notReady, unreadiness)) }
            if mode == .craqBounded, isClean(command, through: ages.end(ofOlder: configuration.bound, now: now)) {
                return answer(id, command, from: stored)
            }
            if servesAsTail || has(.craqNoVersionQuery) || isClean(command, through: log.last.lsn) {
                return answer(id, command, from: clean)
            }
            guard queries.count < Limit.pending else { return answer(id, .failed(.busy, "too many reads wait")) }
            queries.add(id, command, deadline: now + configuration.ackTimeout)
        }
    }

    private mutating func refer(_ id: RequestID, to name: NodeName?) {
        answer(id, name.map { .moved($0) } ?? .failed(.notReady, "nobody is known who answers reads"))
    }

    /// Whether all versions here of what the command reads are known to be at the tail, of those up to `end`.
    private func isClean(_ command: Command, through end: LSN) -> Bool {
        guard committed < end else { return true }
        let keys = Set(command.keys)
        return (committed + 1...end).allSatisfy { lsn in
            let change = log[lsn].change
            return change.namesItsKeys && keys.isDisjoint(with: change.keys)
        }
    }

    // MARK: Versions at the tail

    /// Asks the tail for all reads that wait: one question at a time, again where no answer came.
    mutating func askTail() {
        for id in queries.expire(now: now) { answer(id, .failed(.timeout, "the tail did not say how far it is")) }
        guard let tail = view.tail, tail != name, let ticket = queries.ticketToAsk(now: now, configuration.resend)
        else { return }
        say(.ask(ticket: ticket), to: tail)
        // A tail that is still joining does not answer; its predecessor does.
        if queries.isAskedAgain, let before = view.predecessor(of: tail), before != name {
            say(.ask(ticket: ticket), to: before)
        }
    }

    mutating func answerTicket(_ ticket: UInt64, from sender: NodeName) {
        guard servesAsTail, holdsLease, view.order.contains(sender) else { return }
        say(.answer(ticket: ticket, committed: committed), to: sender)
    }

    /// Each read that had been asked for is answered with the versions that the tail had then, or newer ones that it has.
    mutating func answered(_ ticket: UInt64, _ there: LSN) {
        committed = max(committed, min(there, flushed))
        applyCommitted()
        for read in queries.answered(ticket) {
            if let unreadiness {
                answer(read.id, .failed(.notReady, unreadiness))
            } else {
                answer(read.id, read.command, from: clean)
            }
        }
    }

    // MARK: Answers

    var role: String {
        guard view.order.count > 1 else { return "head" }
        return isHead ? "head" : isTail ? "tail" : "middle"
    }

    private mutating func answer(_ id: RequestID, _ command: Command, from store: Store) {
        let (reply, version) = command.read(store)
        answer(id, ClientAnswer(reply, role: role, position: store.position, version: version))
    }

    mutating func answer(_ id: RequestID, _ reply: Reply) {
        answer(id, ClientAnswer(reply, role: role, position: clean.position))
    }

    private mutating func answer(_ id: RequestID, _ answer: ClientAnswer) {
        guard !replies.isFree else {
            effects.append(.reply(id, answer))
            return
        }
        replies.push((id, answer), now: now, &random)
    }

    /// Writes that the tail has, and those whose time is over.
    mutating func answerWaiters() {
        let reached = has(.headAcks) ? flushed : committed
        while let first = waiting.first, first.lsn <= reached || first.deadline <= now {
            waiting.popFirst()
            guard first.lsn > reached else {
                answer(first.request, first.answer)
                continue
            }
            let late = first.late(
                "the tail did not have it in time",
                "not executed; the tail did not have in time what it was compared with")
            answer(first.request, late)
        }
    }

    /// This member is no longer the head: nobody can promise anything about what still waits.
    mutating func deposeWaiters() {
        while let first = waiting.popFirst() {
            let last = first.deposed(
                "written, and the chain changed before the tail had it", "not executed; the chain changed")
            answer(first.request, last)
        }
    }
}

extension Change {
    /// Whether `keys` are all that it changes.
    var namesItsKeys: Bool {
        switch self {
        case .statement, .pages: false
        case .batch(let changes): changes.allSatisfy(\.namesItsKeys)
        default: true
        }
    }
}

/// Since when entries have been here.
struct ChainAges: Sendable {
    /// Entries up to there have been here for too long, or from before the start.
    private var old: LSN
    private var young: Queue<(lsn: LSN, at: Moment)> = Queue()

    init(old: LSN) { self.old = old }

    mutating func came(_ lsn: LSN, now: Moment, bound: UInt64) {
        _ = end(ofOlder: bound, now: now)
        young.append((lsn, now))
    }

    /// The last entry that has been here for so long.
    mutating func end(ofOlder bound: UInt64, now: Moment) -> LSN {
        while let first = young.first, first.at + bound <= now {
            old = first.lsn
            young.popFirst()
        }
        return old
    }
}

/// Reads that wait for the tail's word.
struct ChainQueries: Sendable {
    struct Read: Sendable {
        var id: RequestID
        var command: Command
        var deadline: Moment
    }

    /// Since the last question; they need one that leaves after them.
    private var queued: [Read] = []
    private var asked: [Read] = []
    private var ticket: UInt64 = 0
    private var askedAt: Moment?
    private(set) var isAskedAgain = false

    var count: Int { queued.count + asked.count }

    func nextWake(_ patience: UInt64) -> Moment? {
        let deadline = (asked + queued).map(\.deadline).min()
        guard let askedAt, !asked.isEmpty else { return deadline }
        return min(deadline ?? .max, askedAt + patience)
    }

    mutating func add(_ id: RequestID, _ command: Command, deadline: Moment) {
        queued.append(Read(id: id, command: command, deadline: deadline))
    }

    mutating func forget(_ id: RequestID) {
        queued.removeAll { $0.id == id }
        asked.removeAll { $0.id == id }
    }

    /// The tail may be another one.
    mutating func askAgain() {
        queued = asked + queued
        asked = []
    }

    /// The question that is to be sent now, if any.
    mutating func ticketToAsk(now: Moment, _ patience: UInt64) -> UInt64? {
        if asked.isEmpty {
            guard !queued.isEmpty else { return nil }
            asked = queued
            queued = []
            ticket += 1
            isAskedAgain = false
        } else if let askedAt, now < askedAt + patience {
            return nil
        } else {
            isAskedAgain = true
        }
        askedAt = now
        return ticket
    }

    mutating func answered(_ ticket: UInt64) -> [Read] {
        guard ticket == self.ticket else { return [] }
        defer { asked = [] }
        return asked
    }

    /// Reads whose time is over.
    mutating func expire(now: Moment) -> [RequestID] {
        let late = (asked + queued).filter { $0.deadline <= now }.map(\.id)
        if !late.isEmpty {
            asked.removeAll { $0.deadline <= now }
            queued.removeAll { $0.deadline <= now }
        }
        return late
    }
}
