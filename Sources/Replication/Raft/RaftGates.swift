/// Where the streams inside a member of a Raft group can be stopped or slowed.
public enum RaftGate: Hashable, Sendable {
    /// The streams that all designs have.
    case stream(GateTarget)
    /// What was appended becomes durable.
    case fsync

    /// `ship:n2`, `recv:n1`, `apply`, `ack:n1`, `reply`, `fsync`.
    public init?(_ text: String) {
        if text == "fsync" {
            self = .fsync
        } else {
            guard let target = GateTarget(text) else { return nil }
            self = .stream(target)
        }
    }

    public var name: String {
        switch self {
        case .stream(let target): target.name
        case .fsync: "fsync"
        }
    }

    /// The peer it is about, if any.
    public var peer: NodeName? {
        switch self {
        case .stream(let target): target.peer
        case .fsync: nil
        }
    }
}

/// What passes between this member and another one, through gates.
struct RaftLink: Sendable {
    let name: NodeName
    /// What arrived and is not looked at yet.
    var receive: Valve<PeerMessage> = Valve()
    /// Progress that arrived and does not count yet, and own progress that has not left.
    var progressIn: Valve<PeerMessage> = Valve()
    var progressOut: Valve<PeerMessage> = Valve()

    /// Messages that a closed gate keeps; more are lost, as they may be.
    static let limit = 4096

    var nextDue: Moment? {
        [receive.nextDue, progressIn.nextDue, progressOut.nextDue].compactMap { $0 }.min()
    }
}

private enum ValveChange {
    case close(Bool)
    case delay(DelayRange?, now: Moment)
}

extension Valve {
    fileprivate mutating func take(_ change: ValveChange) {
        switch change {
        case .close(let isClosed): self.isClosed = isClosed
        case .delay(let range, let now): setDelay(range, now: now)
        }
    }
}

extension RaftReplica {
    private func linkIndex(_ name: NodeName) -> Int? { links.firstIndex { $0.name == name } }

    private static func isProgress(_ message: PeerMessage) -> Bool {
        message.kind == RaftMessage.Kind.appendAnswer.rawValue
    }

    // MARK: Messages

    mutating func arrived(_ message: PeerMessage, from sender: NodeName) {
        guard let index = linkIndex(sender) else { return core.receive(from: sender, message) }
        if links[index].receive.isFree { return count(message, index) }
        guard links[index].receive.count < RaftLink.limit else { return }
        links[index].receive.push(message, now: now, &random)
    }

    private mutating func count(_ message: PeerMessage, _ index: Int) {
        guard Self.isProgress(message), !links[index].progressIn.isFree else {
            return core.receive(from: links[index].name, message)
        }
        guard links[index].progressIn.count < RaftLink.limit else { return }
        links[index].progressIn.push(message, now: now, &random)
    }

    /// What gates and delays let through now.
    mutating func openLinks() {
        for index in links.indices {
            while let message = links[index].receive.pop(now: now) { count(message, index) }
            while let message = links[index].progressIn.pop(now: now) {
                core.receive(from: links[index].name, message)
            }
            while let message = links[index].progressOut.pop(now: now) {
                effects.append(.send(to: links[index].name, message))
            }
        }
    }

    mutating func leave(_ message: PeerMessage, to peer: NodeName) {
        guard Self.isProgress(message), let index = linkIndex(peer), !links[index].progressOut.isFree else {
            effects.append(.send(to: peer, message))
            return
        }
        guard links[index].progressOut.count < RaftLink.limit else { return }
        links[index].progressOut.push(message, now: now, &random)
    }

    // MARK: Orders

    mutating func setGate(_ gate: RaftGate, isClosed: Bool) -> AdminOutcome {
        if let refusal = unknownPeer(gate) { return refusal }
        change(gate, .close(isClosed))
        core.record("gate", peer: gate.peer, "\(gate.name) \(isClosed ? "closed" : "open")")
        return .done
    }

    mutating func setDelay(_ gate: RaftGate, _ range: DelayRange?) -> AdminOutcome {
        if let refusal = unknownPeer(gate) { return refusal }
        change(gate, .delay(range, now: now))
        core.record("delay", peer: gate.peer, "\(gate.name) \(range?.description ?? "off")")
        return .done
    }

    private func unknownPeer(_ gate: RaftGate) -> AdminOutcome? {
        guard let name = gate.peer, linkIndex(name) == nil else { return nil }
        return .refused("\(name) is no other member of this cluster")
    }

    /// Changes every valve that stands for the gate.
    private mutating func change(_ gate: RaftGate, _ change: ValveChange) {
        switch gate {
        case .fsync: flushes.take(change)
        case .stream(.apply): apply.take(change)
        case .stream(.reply): replies.take(change)
        case .stream(.ship(let name)): if let index = core.peerIndex(name) { core.peers[index].ship.take(change) }
        case .stream(.receive(let name)): if let index = linkIndex(name) { links[index].receive.take(change) }
        case .stream(.acknowledge(let name)):
            guard let index = linkIndex(name) else { return }
            links[index].progressIn.take(change)
            links[index].progressOut.take(change)
        }
    }

    /// All gates, with their state.
    var valves: [GateState] {
        var all = [
            apply.state(RaftGate.stream(.apply).name), replies.state(RaftGate.stream(.reply).name),
            flushes.state(RaftGate.fsync.name),
        ]
        for link in links {
            if let index = core.peerIndex(link.name) {
                all.append(core.peers[index].ship.state(GateTarget.ship(link.name).name))
            }
            all.append(link.receive.state(GateTarget.receive(link.name).name))
            all.append(link.progressOut.state(GateTarget.acknowledge(link.name).name))
        }
        return all
    }
}
