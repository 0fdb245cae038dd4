// What a member does with clients' requests.
extension RaftReplica {
    mutating func receive(_ id: RequestID, _ call: ClientCall) {
        let token = call.token.flatMap { RaftToken($0) }
        if call.token != nil, token == nil { return answer(id, .failed(.sessionLost, "a token of another kind")) }
        let request = Request(command: call.command, token: token)
        guard requests.count < RaftLimit.reads else {
            return answer(id, .failed(.busy, "\(requests.count) requests wait"))
        }
        if call.command.isRead {
            guard let mode = call.policy.map({ RaftReadMode(rawValue: $0) }) ?? configuration.read else {
                return answer(id, .failed(.syntax, "no such way to read: \(call.policy ?? "")"))
            }
            read(id, request, mode)
        } else {
            propose(id, request, identity: call.identity)
        }
    }

    // MARK: Through the log

    private mutating func propose(_ id: RequestID, _ request: Request, identity: CallIdentity?) {
        guard core.role == .leader else { return refer(id, request) }
        // The leader decides, so that all members treat an entry alike.
        let isKnown = configuration.deduplicates && !core.has(.noDedup)
        let operation = RaftOperation(request.command, identity: isKnown ? identity : nil)
        guard let position = core.propose(operation.encoded) else {
            return answer(id, .failed(.busy, "the leader takes no entries just now"))
        }
        if core.has(.replyBeforeCommit), !request.command.isRead {
            return answer(id, request.command.effect(on: machine.store).reply, at: position)
        }
        var request = request
        request.lsn = position.lsn
        request.term = position.timeline
        wait(id, request)
    }

    private mutating func wait(_ id: RequestID, _ request: Request) {
        if requests.updateValue(request, forKey: id) == nil {
            deadlines.append((id, now + configuration.requestTimeout))
        }
        if let lsn = request.lsn { waiting[lsn, default: []].append(id) }
    }

    // MARK: Reads

    private mutating func read(_ id: RequestID, _ request: Request, _ mode: RaftReadMode) {
        let isLeader = core.role == .leader
        switch mode {
        case .log: propose(id, request, identity: nil)
        case .readIndex: readIndex(id, request)
        case .lease where isLeader && core.holdsLease && core.hasCommittedInTerm:
            read(id, request, notBefore: core.commitIndex)
        case .leaderLocal where isLeader && core.hasCommittedInTerm: read(id, request, notBefore: floor)
        case .lease, .leaderLocal: isLeader ? readIndex(id, request) : refer(id, request)
        case .local: readLocally(id, request)
        }
    }

    private mutating func readIndex(_ id: RequestID, _ request: Request) {
        guard core.role == .leader || core.leader != nil else { return refer(id, request) }
        wait(id, request)
        core.read(id)
    }

    /// From the state as it is: whatever this member showed before, it does not show less.
    private mutating func readLocally(_ id: RequestID, _ request: Request) {
        guard core.isVoter else { return answer(id, .failed(.notReady, "\(name) is no full member")) }
        guard !core.joins else { return answer(id, .failed(.notReady, "\(name) joins with an empty disk")) }
        guard machine.position.lsn >= floor else {
            return answer(id, .failed(.notReady, "applied \(machine.position.lsn) of \(floor)"))
        }
        // A leader has what a session may have seen, or soon has it.
        if let token = request.token, machine.position.lsn < token.position.lsn, core.role != .leader,
            core.leader != nil
        {
            return refer(id, request)
        }
        read(id, request, notBefore: 0)
    }

    /// Answers from the state once it has reached that entry and what the session has seen.
    private mutating func read(_ id: RequestID, _ request: Request, notBefore index: LSN) {
        let wanted = max(index, request.token?.position.lsn ?? 0)
        guard machine.position.lsn < wanted else { return answer(id, request) }
        var request = request
        request.lsn = wanted
        wait(id, request)
    }

    /// The leader has proved that it leads: the read sees all up to `index`.
    mutating func confirmed(_ id: RequestID, _ index: LSN) {
        guard let request = requests[id], request.lsn == nil else { return }
        let wanted = max(index, request.token?.position.lsn ?? 0)
        guard machine.position.lsn < wanted else {
            requests[id] = nil
            return answer(id, request)
        }
        requests[id]?.lsn = wanted
        waiting[wanted, default: []].append(id)
    }

    // MARK: Answers

    /// An entry has been applied; `outcome` is what it came to, `nil` when that is not known here.
    mutating func reached(_ lsn: LSN, _ outcome: RaftMachine.Outcome?) {
        for id in waiting.removeValue(forKey: lsn) ?? [] {
            guard let request = requests.removeValue(forKey: id) else { continue }
            if let term = request.term {
                finish(id, request, Position(timeline: term, lsn: lsn), outcome)
            } else {
                answer(id, request)
            }
        }
    }

    private mutating func finish(
        _ id: RequestID, _ request: Request, _ position: Position, _ outcome: RaftMachine.Outcome?
    ) {
        if machine.position == position, request.command.isRead {
            answer(id, request)
        } else if machine.position == position, let outcome {
            // A version tells when it was written: by the attempt that was the first.
            answer(id, outcome.reply, at: outcome.position, version: outcome.position, request)
        } else if machine.position.lsn == position.lsn, machine.position.timeline != position.timeline {
            // Another entry stands in its place for good.
            answer(id, .failed(.deposed, "another leader wrote entry \(position.lsn)"), request)
        } else {
            answer(id, .unknown(.deposed, "entry \(position.lsn) lies inside a snapshot"), request)
        }
    }

    /// A read, from the state as it is now.
    private mutating func answer(_ id: RequestID, _ request: Request) {
        let (reply, version) = request.command.read(machine.store)
        answer(id, reply, at: machine.position, version: version, request)
    }

    private mutating func answer(
        _ id: RequestID, _ reply: Reply, at position: Position? = nil, version: Position? = nil,
        _ request: Request? = nil
    ) {
        let position = position ?? machine.position
        var details: ClientAnswer.Details?
        if configuration.read == .local || request?.token != nil {
            details = ClientAnswer.Details()
            details?.token = RaftToken(max(position, request?.token?.position ?? .start)).bytes
        }
        let answer = ClientAnswer(
            reply, role: core.role.word, position: position, version: version,
            details: details)
        guard !replies.isFree else {
            effects.append(.reply(id, answer))
            return
        }
        replies.push((id, answer), now: now, &random)
    }

    /// To the leader, if one is known.
    private mutating func refer(_ id: RequestID, _ request: Request) {
        if let leader = core.leader, leader != name {
            answer(id, .moved(leader), request)
        } else {
            answer(id, .failed(.deposed, "no leader is known"), request)
        }
    }

    /// A read that nobody could vouch for.
    mutating func refer(_ id: RequestID) {
        if let request = requests.removeValue(forKey: id) { refer(id, request) }
    }

    /// Requests whose time is over: what was written may still be committed.
    mutating func giveUp() {
        while let first = deadlines.first, first.at <= now || requests[first.id] == nil {
            deadlines.popFirst()
            guard let request = requests.removeValue(forKey: first.id) else { continue }
            if let lsn = request.lsn {
                waiting[lsn]?.removeAll { $0 == first.id }
                if waiting[lsn]?.isEmpty == true { waiting[lsn] = nil }
            }
            let isWrite = request.term != nil && !request.command.isRead
            answer(
                first.id,
                isWrite
                    ? .unknown(.stalled, "no majority within the time")
                    : .failed(.timeout, "not caught up within the time"), request)
        }
        failLateOrders()
    }
}

extension RaftCore.Role {
    /// As answers and reports have it.
    var word: String {
        switch self {
        case .leader: "leader"
        case .follower: "follower"
        case .preCandidate, .candidate: "candidate"
        }
    }
}
