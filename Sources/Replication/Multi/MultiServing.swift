// What a member does with clients' requests.
//
// Whatever an answer speaks of is durable before it leaves: an answer waits for the disk, reads too.
extension MultiReplica {
    mutating func receive(_ id: RequestID, _ call: ClientCall) {
        let isRead = call.command.isRead
        guard waiting.count < Limit.pending else {
            return answer(id, .failed(.busy, "\(waiting.count) requests wait for the disk"))
        }
        if case .statement = call.command { return answer(id, .failed(.syntax, "node-multi takes no statements")) }
        if joining != nil {
            return answer(id, .failed(.notReady, "\(name) has an empty disk and asks the others what there is"))
        }
        if let outcast, !isRead { return answer(id, .failed(.diverged, outcast)) }
        if let place = referral(for: call.command, isRead: isRead) { return answer(id, place) }
        if isRead {
            answer(id, call.command)
        } else {
            write(id, call)
        }
    }

    /// Where else to go, or why not at all; `nil` if this member answers.
    private func referral(for command: Command, isRead: Bool) -> Reply? {
        guard configuration.home != .none, !isRead || configuration.readsAtHome else {
            let isHere = isRead || configuration.isLeader || configuration.server != nil
            return isHere ? nil : .moved(configuration.centre.leader)
        }
        let homes = Set(command.keys.map(home(of:)))
        guard homes.count <= 1 else { return .failed(.refused, "the keys have \(homes.count) homes") }
        guard let home = homes.first, let leader = configuration.centre(named: home)?.leader else { return nil }
        return leader == name ? nil : .moved(leader)
    }

    private mutating func write(_ id: RequestID, _ call: ClientCall) {
        guard !configuration.writesTentatively else { return writeTentatively(id, call.command) }
        let (changes, reply) = effect(of: call.command)
        guard let changes else { return answer(id, reply, isWrite: false) }
        var replaced = call.context.flatMap { ClientContext.vector($0) }
        if call.context != nil, replaced == nil {
            return answer(id, .failed(.syntax, "a context of another kind"))
        }
        // Who writes a value without having read the key replaces nothing; who adds to what is there has read it.
        if replaced == nil, configuration.policy == .siblings, case .set = call.command {
            replaced = VersionVector()
        }
        if let replaced, !store.hasRoom(for: changes, beside: replaced) {
            return answer(id, SizeLimit.valueRefusal, isWrite: false)
        }
        write(changes, context: replaced)
        answer(id, reply, isWrite: true)
    }

    /// What a command does to what is here, or `nil` for nothing; and its answer.
    func effect(of command: Command) -> (changes: [MultiChange]?, reply: Reply) {
        var (change, reply) = command.effect(on: store.view)
        // An addition of what is there already survives a removal that has not seen it.
        if configuration.policy == .crdt, !reply.isFailure, case .add(let key, let elements) = command {
            change = .add(key: key, elements: elements)
        }
        guard let changes = change.map({ store.changes(of: $0, by: name) }) else { return (nil, reply) }
        let weight = changes.reduce(0) { $0 + $1.weight }
        return weight <= SizeLimit.entry ? (changes, reply) : (nil, SizeLimit.entryRefusal)
    }

    private mutating func writeTentatively(_ id: RequestID, _ command: Command) {
        let (isWritten, reply) = intend(command)
        var details = ClientAnswer.Details()
        details.isTentative = device.isTentative(command)
        answer(id, reply, isWrite: isWritten, details)
    }

    /// Appends a record of this member.
    mutating func write(
        _ changes: [MultiChange], context: VersionVector? = nil, settlement: Settlement? = nil
    ) {
        let past = store.vector
        let dot = Dot(replica: name, number: past[name] + 1)
        append(
            MultiRecord(
                dot: dot, stamp: stamp(), past: past, context: context, changes: changes, settlement: settlement))
    }

    // MARK: Answers

    private mutating func answer(_ id: RequestID, _ command: Command) {
        let reply = answer(to: command)
        var details: ClientAnswer.Details?
        if device.isTentative(command) {
            details = ClientAnswer.Details()
            details?.isTentative = true
        }
        if case .get(let key) = command, configuration.policy == .siblings {
            var more = details ?? ClientAnswer.Details()
            more.context = ClientContext.text(store.vector)
            more.siblings = store.siblings(key)
            details = more
        }
        answer(id, reply, isWrite: false, details)
    }

    private mutating func answer(to command: Command) -> Reply {
        guard case .rejected(let slot, let holder) = command else { return command.read(shown()).reply }
        return device.rejected[slot]?.contains(holder) == true ? .ok : Command.notRejected
    }

    /// An answer that holds once everything in the log is durable.
    private mutating func answer(
        _ id: RequestID, _ reply: Reply, isWrite: Bool, _ details: ClientAnswer.Details? = nil
    ) {
        let given = ClientAnswer(reply, role: role, details: details)
        waiting.append(
            Waiter(
                request: id, lsn: log.last, deadline: now + configuration.requestTimeout, answer: given,
                isWrite: isWrite))
    }

    private mutating func answer(_ id: RequestID, _ reply: Reply) { answer(id, ClientAnswer(reply, role: role)) }

    private mutating func answer(_ id: RequestID, _ answer: ClientAnswer) {
        guard !replies.isFree else {
            effects.append(.reply(id, answer))
            return
        }
        replies.push((id, answer), now: now, &random)
    }

    /// Answers whose ground is durable, and those whose time is over.
    mutating func answerWaiters() {
        while let first = waiting.first, first.lsn <= flushed || first.deadline <= now {
            waiting.popFirst()
            guard first.lsn > flushed else {
                answer(first.request, first.answer)
                continue
            }
            answer(
                first.request,
                first.late("written, and the disk did not have it in time", "the disk did not keep up"))
        }
    }
}

extension VersionVector {
    var encoded: [UInt8] {
        var writer = ByteWriter()
        writer.vector(self)
        return writer.bytes
    }

    init(decoding bytes: [UInt8]) throws(DecodingFailure) {
        var reader = ByteReader(bytes)
        self = try reader.vector()
        try reader.finish()
    }
}
