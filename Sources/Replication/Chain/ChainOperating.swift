// What an operator can ask of a member of a chain, and what it says about itself.
extension ChainReplica: GatedReplica {
    mutating func obey(_ order: AdminOrder) -> AdminOutcome {
        if let outcome = obeyGate(order) { return outcome }
        switch order {
        case .member, .promote, .follow:
            guard configuration.arbiters.isEmpty else {
                return .refused("the arbiters say who belongs to the chain")
            }
            return change(order)
        case .snapshot:
            guard clean.position.lsn > savedSnapshot, saving == nil else { return .done }
            saving = clean.position
            effects.append(.saveSnapshot(StoredSnapshot(position: clean.position, content: clean.encoded)))
            return .done
        case .demote: return .refused("a chain has a head: `member remove` takes it out")
        case .join: return .refused("say `member add \(name)` to all, or let arbiters take it in")
        default: return .refused("node-chain has no such order")
        }
    }

    /// Who belongs to the chain, by an operator's word. He gives it to all members alike.
    private mutating func change(_ order: AdminOrder) -> AdminOutcome {
        switch order {
        case .member(.add(name)):
            // Whatever it belonged to before is over; the others tell it of the chain of now.
            isComplete = false
            saveState()
            return .done
        case .member(.add(let name)):
            guard configuration.members.contains(name), let next = view.adding(name) else {
                return .refused("\(name) is no node of this cluster, or a member already")
            }
            adopt(next)
            return .done
        case .member(.remove(let name)):
            guard view.order.contains(name), let next = view.removing(name) else {
                return .refused("\(name) is no member, or the only one")
            }
            adopt(next)
            return .done
        case .promote: return begin(with: name)
        case .follow(let head): return begin(with: head)
        default: return .refused("this is no order about members")
        }
    }

    /// Whoever stands before `head` is taken out.
    private mutating func begin(with head: NodeName) -> AdminOutcome {
        guard view.head != head else { return .done }
        guard let next = view.beginning(with: head) else { return .refused("\(head) is no member of the chain") }
        adopt(next)
        return .done
    }

    mutating func setGate(_ target: GateTarget, isClosed: Bool) -> AdminOutcome {
        if let refusal = unfit(target) { return refusal }
        if isClosed { closedGates.insert(target) } else { closedGates.remove(target) }
        fitValves()
        record("gate", target.peer, "\(target.name) \(isClosed ? "closed" : "open")")
        return .done
    }

    mutating func setDelay(_ target: GateTarget, _ range: DelayRange?) -> AdminOutcome {
        if let refusal = unfit(target) { return refusal }
        delays[target] = range
        fitValves()
        record("delay", target.peer, "\(target.name) \(range?.description ?? "off")")
        return .done
    }

    /// A gate for somebody who is no neighbour on that side waits for the view in which it is one.
    private func unfit(_ target: GateTarget) -> AdminOutcome? {
        guard let peer = target.peer, !configuration.others.contains(peer) else { return nil }
        return .refused("\(peer) is no other member of this cluster")
    }

    /// Sets the valves as the gates towards the neighbours of now are.
    mutating func fitValves() {
        let before = view.predecessor(of: name)
        let behind = view.successor(of: name)
        let (closed, delays, now) = (closedGates, delays, now)
        func fit<Item>(_ valve: inout Valve<Item>, _ target: GateTarget?) {
            valve.isClosed = target.map { closed.contains($0) } ?? false
            let delay = target.flatMap { delays[$0] }
            if valve.delay != delay { valve.setDelay(delay, now: now) }
        }
        fit(&apply, .apply)
        fit(&replies, .reply)
        fit(&ship, behind.map { .ship($0) })
        fit(&received, before.map { .receive($0) })
        fit(&confirmations, before.map { .acknowledge($0) })
    }

    // MARK: Reports

    private var gates: [GateState] {
        closedGates.union(delays.keys).map {
            GateState(name: $0.name, isClosed: closedGates.contains($0), delay: delays[$0])
        }
    }

    private var isReady: Bool { outcast == nil && unreadiness == nil }

    public var status: ReportValue {
        .object(
            [
                .init("id", .string(name)),
                .init("role", .string(isHead && isReady ? "leader" : "follower")),
                .init("place", .string(outcast != nil ? "out" : isComplete ? role : "joining")),
                // Who does not certainly belong to the chain is on no line of history.
                .init("timeline", .number(UInt64(isReady ? view.epoch : 0))), .init("lsn", .number(log.last.lsn)),
                .init("flushed", .number(flushed)), .init("applied", .number(stored.position.lsn)),
                .init("committed", .number(committed)),
                .init("leader", view.head.map { .string($0) } ?? .null),
                .init("readiness", .string(outcast ?? unreadiness ?? "ready")),
                .init("chain", .list(view.order.map { .string($0) })),
            ] + gates.report)
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
        if !isComplete { return ["joining the chain"] }
        if flushed < log.last.lsn { reasons.append("flushed \(flushed) of \(log.last.lsn)") }
        if stored.position.lsn < log.last.lsn {
            reasons.append("applied \(stored.position.lsn) of \(log.last.lsn)")
        }
        if committed < log.last.lsn { reasons.append("at the tail \(committed) of \(log.last.lsn)") }
        return reasons
    }
}
