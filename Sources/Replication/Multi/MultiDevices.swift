// Devices: members that may be offline, and whose writes their leader's order decides on (Terry and others: "Managing
// update conflicts in Bayou, a weakly connected replicated storage system", SOSP 1995).
//
// A device answers a write when its own disk has it, and says that this is tentative. Once it reaches its leader it sends
// what it wrote, in its order, again and again until it hears what became of it; the leader executes each write once, on
// what is there then, and tells all of the outcome by a record of its own. The device shows its leader's state with what
// is not decided on top. What failed there is gone, and who asks the device is told.

/// What a device has of its own.
struct DeviceState: Sendable {
    /// A write of this device that its leader has not decided on, as far as is known here.
    struct Pending: Sendable {
        var record: MultiRecord
        var lsn: LSN
        var command: Command
    }

    private(set) var pending: [Pending] = []
    /// How many pending writes there are of each key.
    private var undecided: [[UInt8]: Int] = [:]
    /// Holders of slots whose reservations were rejected.
    var rejected: [[UInt8]: Set<[UInt8]>] = [:]
    /// What readers see while something is pending; made when it is needed.
    var view: Store?
    /// Up to there everything was sent to the leader.
    var pushed: LSN = 0
    var pushedAt: Moment = 0

    var isOffline = false
    /// Whether it is to exchange everything once, although it is offline.
    var isSyncing = false
    /// How much the leader had when it was asked last.
    var goal: VersionVector?

    /// Whether nothing is said to anybody, nor heard.
    var isCutOff: Bool { isOffline && !isSyncing }

    /// Takes over what a state says.
    mutating func restore(pending: [MultiRecord], rejected: [[UInt8]: Set<[UInt8]>]) {
        for record in pending { note(record, 0) }
        self.rejected = rejected
    }

    /// Takes notice of a record of the log.
    mutating func note(_ record: MultiRecord, _ lsn: LSN) {
        view = nil
        if let command = record.intent {
            pending.append(Pending(record: record, lsn: lsn, command: command))
            for key in command.keys { undecided[key, default: 0] += 1 }
        } else if let settlement = record.settlement {
            settle(settlement)
        }
    }

    private mutating func settle(_ settlement: Settlement) {
        guard let first = pending.first, first.record.dot.replica == settlement.dot.replica else { return }
        let settled = pending.prefix { $0.record.dot.number <= settlement.dot.number }
        pending.removeFirst(settled.count)
        for key in settled.flatMap(\.command.keys) {
            undecided[key] = undecided[key].flatMap { $0 > 1 ? $0 - 1 : nil }
        }
        guard settlement.isRejected, let last = settled.last, last.record.dot == settlement.dot else { return }
        if case .reserve(let slot, let holder, _) = last.command { rejected[slot, default: []].insert(holder) }
    }

    /// Durable writes that were not sent lately, as many as go into one message.
    func unsent(_ flushed: LSN) -> [Pending] {
        guard let last = pending.last, pushed < last.lsn else { return [] }
        return pending.drop { $0.lsn <= pushed }.prefix { $0.lsn <= flushed }.prefix(Limit.batchEntries)
            .first(bytes: Limit.batchBytes) { $0.record.weight }
    }

    /// Whether something that the command is about is not decided.
    func isTentative(_ command: Command) -> Bool {
        !undecided.isEmpty && command.keys.contains { undecided[$0] != nil }
    }
}

extension MultiReplica {
    // MARK: At the device

    /// What readers see: what is decided, with what is pending on top.
    mutating func shown() -> Store {
        guard !device.pending.isEmpty else { return store.view }
        if let view = device.view { return view }
        var view = store.view
        for write in device.pending {
            // What no longer can be is passed over: the leader will reject it, too, if things stay so.
            if let change = write.command.effect(on: view).change { view.apply(change) }
        }
        device.view = view
        return view
    }

    /// Does a command for now, and writes it down to be decided on by the leader; `nil` where it changes nothing.
    mutating func intend(_ command: Command) -> (isWritten: Bool, reply: Reply) {
        var view = shown()
        let (change, reply) = command.effect(on: view)
        guard let change else { return (false, reply) }
        writeDown(command)
        view.apply(change)
        device.view = view
        return (true, reply)
    }

    private mutating func writeDown(_ command: Command) {
        var past = store.vector
        if let last = device.pending.last { past.insert(last.record.dot) }
        let dot = Dot(replica: name, number: past[name] &+ 1)
        append(MultiRecord(dot: dot, stamp: stamp(), past: past, changes: [], intent: command))
    }

    /// Sends the leader what is durable here and not decided: new writes at once, all of them now and then.
    mutating func push() {
        guard configuration.writesTentatively, let server = configuration.server, !device.isCutOff else { return }
        endSync()
        let isLate = now >= device.pushedAt + configuration.resend
        if isLate {
            device.pushed = 0
            device.pushedAt = now
        }
        let writes = device.unsent(flushed)
        guard !writes.isEmpty || device.isSyncing && isLate else { return }
        device.pushed = writes.last?.lsn ?? device.pushed
        device.pushedAt = now
        effects.append(.send(to: server, MultiMessage.push(writes.map(\.record)).encoded))
    }

    /// A sync is over when nothing is pending and everything that the leader spoke of is here.
    private mutating func endSync() {
        guard device.isSyncing, device.pending.isEmpty, let goal = device.goal, durable.covers(goal) else { return }
        device.isSyncing = false
        record("synced", configuration.server, "up to \(goal)")
    }

    mutating func setLine(_ order: AdminOrder) -> AdminOutcome {
        guard configuration.server != nil else { return .refused("\(name) is no device") }
        if order == .sync {
            device.goal = nil
            device.isSyncing = true
        } else {
            device.isSyncing = false
            device.isOffline = order == .offline
        }
        record("line", configuration.server, "\(order)")
        return .done
    }

    // MARK: At its leader

    /// Executes what a device wrote, each once and in its order, on what is here now.
    mutating func decide(_ writes: [MultiRecord], of sender: NodeName) {
        guard configuration.isTentative, configuration.devices[sender] == name, outcast == nil, joining == nil
        else {
            return
        }
        for write in writes where write.origin == sender {
            guard let command = write.intent else { continue }
            let known = store.vector[sender]
            // The planted bug forgets what it has done already.
            guard write.dot.number == known &+ 1 || has(.syncNotIdempotent) && write.dot.number <= known else {
                continue
            }
            decide(command, write.dot)
        }
        effects.append(.send(to: sender, MultiMessage.pushed(durable).encoded))
    }

    private mutating func decide(_ command: Command, _ dot: Dot) {
        let (changes, reply) = effect(of: command)
        write(changes ?? [], settlement: Settlement(dot: dot, isRejected: reply.isFailure))
        guard case .failed(_, let reason) = reply else { return }
        let key = String(decoding: (command.keys.first ?? []).prefix(64), as: UTF8.self)
        record("rejected", dot.replica, "\(dot), \(key): \(reason)")
    }
}
