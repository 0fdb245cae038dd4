import Determinism

/// Where the streams inside a member of a leaderless store can be stopped or slowed.
public enum QuorumGate: Hashable, Sendable {
    /// `ship`: writes leave for that replica. `recv`: anything from it is looked at. `ack`: its word on a write leaves,
    /// or counts here. `apply`: what is durable becomes readable here, and counts. `reply`: answers leave for clients.
    case stream(GateTarget)
    /// What was kept for others leaves.
    case hint
    /// What a read found newest leaves for the replicas that are behind.
    case repair
    /// Comparisons of contents.
    case sync

    /// `ship:n2`, `recv:n1`, `apply`, `ack:n1`, `reply`, `hint`, `repair`, `sync`.
    public init?(_ text: String) {
        switch text {
        case "hint": self = .hint
        case "repair": self = .repair
        case "sync": self = .sync
        default:
            guard let target = GateTarget(text) else { return nil }
            self = .stream(target)
        }
    }

    public var name: String {
        switch self {
        case .stream(let target): target.name
        case .hint: "hint"
        case .repair: "repair"
        case .sync: "sync"
        }
    }

    /// The peer it is about, if any.
    public var peer: NodeName? { if case .stream(let target) = self { target.peer } else { nil } }
}

private enum ValveChange {
    case close(Bool)
    case delay(DelayRange?, now: Moment)
}

extension Valve {
    /// As `push`; what is too much is lost, as messages may be.
    fileprivate mutating func keep(_ item: Item, _ now: Moment, _ random: inout SeededRandom) {
        if count < QuorumLimit.held { push(item, now: now, &random) }
    }

    fileprivate mutating func take(_ change: ValveChange) {
        switch change {
        case .close(let isClosed): self.isClosed = isClosed
        case .delay(let range, let now): setDelay(range, now: now)
        }
    }
}

extension QuorumReplica {
    func peerIndex(_ name: NodeName) -> Int? { peers.firstIndex { $0.name == name } }

    // MARK: Messages

    mutating func arrived(_ message: PeerMessage, from sender: NodeName) {
        guard let index = peerIndex(sender) else { return }
        peers[index].heardAt = now
        peers[index].receive.keep(message, now, &random)
    }

    /// What gates and delays let through now.
    mutating func openPeers() {
        for index in peers.indices {
            while let message = peers[index].receive.pop(now: now) {
                if QuorumMessage.Kind(rawValue: message.kind)?.isWord == true {
                    peers[index].answersIn.keep(message, now, &random)
                } else {
                    look(at: message, from: peers[index].name)
                }
            }
            while let message = peers[index].answersIn.pop(now: now) { look(at: message, from: peers[index].name) }
        }
    }

    /// What may leave now.
    mutating func sendHeld() {
        let before = effects.count
        defer {
            // What has just left may still be under way when nobody waits for an answer to it.
            let carriers: [QuorumMessage.Kind] = [.put, .repair, .handoff, .contents]
            let hasLeft = effects[before...].contains {
                guard case .send(_, let message) = $0 else { return false }
                return carriers.contains { $0.rawValue == message.kind }
            }
            if hasLeft { movingUntil = now + 100_000_000 }
        }
        for index in peers.indices {
            while let message = peers[index].ship.pop(now: now) {
                effects.append(.send(to: peers[index].name, message))
            }
            while let message = peers[index].answersOut.pop(now: now) {
                effects.append(.send(to: peers[index].name, message))
            }
        }
        while let (peer, message) = hintGate.pop(now: now) { effects.append(.send(to: peer, message)) }
        while let (peer, message) = repairGate.pop(now: now) { effects.append(.send(to: peer, message)) }
        while let (peer, message) = syncGate.pop(now: now) { effects.append(.send(to: peer, message)) }
    }

    /// Lets a message leave, through the gate that it belongs to.
    mutating func send(_ message: QuorumMessage, to peer: NodeName) {
        guard let index = peerIndex(peer) else { return }
        let bytes = message.encoded
        switch message {
        case .put: peers[index].ship.keep(bytes, now, &random)
        case .putAnswer, .putRefused: peers[index].answersOut.keep(bytes, now, &random)
        case .repair: repairGate.keep((peer, bytes), now, &random)
        case .handoff: hintGate.keep((peer, bytes), now, &random)
        case .roots, .agreed, .leaves, .contents, .tell, .told: syncGate.keep((peer, bytes), now, &random)
        case .ping, .joining, .get, .getAnswer, .getRefused: effects.append(.send(to: peer, bytes))
        }
    }

    // MARK: Orders

    mutating func setGate(_ gate: QuorumGate, isClosed: Bool) -> AdminOutcome {
        if let refusal = unknownPeer(gate) { return refusal }
        change(gate, .close(isClosed))
        record("gate", peer: gate.peer, "\(gate.name) \(isClosed ? "closed" : "open")")
        return .done
    }

    mutating func setDelay(_ gate: QuorumGate, _ range: DelayRange?) -> AdminOutcome {
        if let refusal = unknownPeer(gate) { return refusal }
        change(gate, .delay(range, now: now))
        record("delay", peer: gate.peer, "\(gate.name) \(range?.description ?? "off")")
        return .done
    }

    private func unknownPeer(_ gate: QuorumGate) -> AdminOutcome? {
        guard let name = gate.peer, peerIndex(name) == nil else { return nil }
        return .refused("\(name) is no other member of this cluster")
    }

    /// Changes every valve that stands for the gate.
    private mutating func change(_ gate: QuorumGate, _ change: ValveChange) {
        switch gate {
        case .hint: hintGate.take(change)
        case .repair: repairGate.take(change)
        case .sync: syncGate.take(change)
        case .stream(.apply): apply.take(change)
        case .stream(.reply): replies.take(change)
        case .stream(.ship(let name)): if let index = peerIndex(name) { peers[index].ship.take(change) }
        case .stream(.receive(let name)): if let index = peerIndex(name) { peers[index].receive.take(change) }
        case .stream(.acknowledge(let name)):
            guard let index = peerIndex(name) else { return }
            peers[index].answersIn.take(change)
            peers[index].answersOut.take(change)
        }
    }

    /// All gates, with their state and what waits at them.
    var valves: [GateState] {
        var all = [
            apply.state(QuorumGate.stream(.apply).name), replies.state(QuorumGate.stream(.reply).name),
            hintGate.state(QuorumGate.hint.name), repairGate.state(QuorumGate.repair.name),
            syncGate.state(QuorumGate.sync.name),
        ]
        for peer in peers {
            all.append(peer.ship.state(GateTarget.ship(peer.name).name))
            all.append(peer.receive.state(GateTarget.receive(peer.name).name))
            var answers = peer.answersOut.state(GateTarget.acknowledge(peer.name).name)
            answers.count += peer.answersIn.count
            all.append(answers)
        }
        return all
    }
}
