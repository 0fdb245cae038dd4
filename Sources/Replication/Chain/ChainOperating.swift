// What an operator can ask of a member of a chain, and what it says about itself.
extension ChainReplica {
    mutating func obey(_ order: AdminOrder) -> AdminOutcome {
        switch order {
        case .gate(let text, let isClosed):
            guard let target = GateTarget(text) else { return .refused("'\(text)' is no gate") }
            return setGate(target, isClosed: isClosed)
        case .delay(let text, let range):
            guard let target = GateTarget(text) else { return .refused("'\(text)' is no gate") }
            return setDelay(target, range)
        case .member(.remove(let name)):
            guard view.order.contains(name), let next = view.removing(name) else {
                return .refused("\(name) is no member, or the only one")
            }
            adopt(next)
            return .done
        default: return .refused("node-chain has no such order")
        }
    }

    mutating func setGate(_ target: GateTarget, isClosed: Bool) -> AdminOutcome {
        if let refusal = unfit(target) { return refusal }
        switch target {
        case .apply: apply.isClosed = isClosed
        case .reply: replies.isClosed = isClosed
        case .ship: ship.isClosed = isClosed
        case .receive: received.isClosed = isClosed
        case .acknowledge: confirmations.isClosed = isClosed
        }
        record("gate", target.peer, "\(target.name) \(isClosed ? "closed" : "open")")
        return .done
    }

    mutating func setDelay(_ target: GateTarget, _ range: DelayRange?) -> AdminOutcome {
        if let refusal = unfit(target) { return refusal }
        switch target {
        case .apply: apply.setDelay(range, now: now)
        case .reply: replies.setDelay(range, now: now)
        case .ship: ship.setDelay(range, now: now)
        case .receive: received.setDelay(range, now: now)
        case .acknowledge: confirmations.setDelay(range, now: now)
        }
        record("delay", target.peer, "\(target.name) \(range?.description ?? "off")")
        return .done
    }

    /// A member has one successor and one predecessor: gates for others hold nothing.
    private func unfit(_ target: GateTarget) -> AdminOutcome? {
        guard let peer = target.peer else { return nil }
        guard configuration.others.contains(peer) else {
            return .refused("\(peer) is no other member of this cluster")
        }
        let neighbour =
            if case .ship = target { view.successor(of: name) } else { view.predecessor(of: name) }
        return peer == neighbour ? nil : .refused("\(peer) is no neighbour on that side")
    }

    // MARK: Reports

    public var status: ReportValue {
        let valves: [(name: String, isClosed: Bool, delay: DelayRange?)] = [
            ("ack", confirmations.isClosed, confirmations.delay), ("apply", apply.isClosed, apply.delay),
            ("recv", received.isClosed, received.delay), ("reply", replies.isClosed, replies.delay),
            ("ship", ship.isClosed, ship.delay),
        ]
        return .object([
            .init("id", .string(name)), .init("role", .string(role)),
            .init("timeline", .number(UInt64(view.epoch))), .init("lsn", .number(log.last.lsn)),
            .init("flushed", .number(flushed)), .init("applied", .number(stored.position.lsn)),
            .init("committed", .number(committed)),
            .init("leader", view.head.map { .string($0) } ?? .null),
            .init("readiness", .string(outcast == nil ? "ready" : "diverged")),
            .init("chain", .list(view.order.map { .string($0) })),
            .init("gates", .list(valves.filter(\.isClosed).map { .string($0.name) })),
            .init(
                "delays",
                .object(
                    valves.compactMap { valve in valve.delay.map { .init(valve.name, .string($0.description)) } })),
        ])
    }

    public var info: [(name: String, value: String)] {
        let mutants = configuration.mutants.map(\.rawValue).sorted()
        return [
            ("server", "node-chain"), ("format", "\(formatVersion)"), ("id", name),
            ("cluster", configuration.cluster), ("role", role), ("chain", view.order.joined(separator: " ")),
            ("timeline", "\(view.epoch)"), ("lsn", "\(log.last.lsn)"), ("applied", "\(stored.position.lsn)"),
            ("committed", "\(committed)"), ("read", configuration.read.rawValue),
        ] + (mutants.isEmpty ? [] : [("mutants", mutants.joined(separator: " "))])
    }

    public var dump: ReportValue {
        .object([
            .init("id", .string(name)), .init("timeline", .number(UInt64(view.epoch))),
            .init("lsn", .number(log.last.lsn)), .init("applied", .number(stored.position.lsn)),
            .init("keys", .list(stored.rows.map(\.report))),
        ])
    }

    public func log(from: LSN, to: LSN) -> ReportValue {
        let first = max(from, log.base.lsn + 1)
        let last = min(to, log.last.lsn)
        let end = first <= last ? min(last, first + 9999) : 0
        return .object([
            .init("id", .string(name)), .init("base", .number(log.base.lsn)), .init("last", .number(log.last.lsn)),
            .init("entries", .list(first <= end ? (first...end).map { log[$0].report } : [])),
        ])
    }

    public var contentHash: UInt64 { stored.contentHash }

    public var unrest: [String] {
        var reasons: [String] = []
        if let outcast { return [outcast] }
        if flushed < log.last.lsn { reasons.append("flushed \(flushed) of \(log.last.lsn)") }
        if stored.position.lsn < log.last.lsn {
            reasons.append("applied \(stored.position.lsn) of \(log.last.lsn)")
        }
        if committed < log.last.lsn { reasons.append("at the tail \(committed) of \(log.last.lsn)") }
        return reasons
    }
}
