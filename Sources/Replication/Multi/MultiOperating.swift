// What an operator can ask of a member among several leaders, and what it says about itself.
extension MultiReplica: GatedReplica {
    mutating func obey(_ order: AdminOrder) -> AdminOutcome {
        if let outcome = obeyGate(order) { return outcome }
        switch order {
        case .rehome(let key, let centre, let drains): return rehome(key, to: centre, drains: drains)
        case .offline, .online, .sync: return setLine(order)
        case .snapshot: return beginSnapshot()
        case .demote: return .refused("every centre leads; `rehome KEY DC drain` moves what it leads in")
        case .join: return .refused("a node with an empty disk joins by itself")
        default: return .refused("node-multi has no such order")
        }
    }

    /// A gate towards a peer with which nothing is exchanged has nothing to hold, and is no error: every member may be
    /// told the same.
    mutating func setGate(_ target: GateTarget, isClosed: Bool) -> AdminOutcome {
        if let refusal = unfit(target) { return refusal }
        switch target {
        case .apply: apply.isClosed = isClosed
        case .reply: replies.isClosed = isClosed
        case .ship(let peer): ship[peer]?.isClosed = isClosed
        case .receive(let peer): received[peer]?.isClosed = isClosed
        case .acknowledge(let peer): confirmations[peer]?.isClosed = isClosed
        }
        record("gate", target.peer, "\(target.name) \(isClosed ? "closed" : "open")")
        return .done
    }

    mutating func setDelay(_ target: GateTarget, _ range: DelayRange?) -> AdminOutcome {
        if let refusal = unfit(target) { return refusal }
        switch target {
        case .apply: apply.setDelay(range, now: now)
        case .reply: replies.setDelay(range, now: now)
        case .ship(let peer): ship[peer]?.setDelay(range, now: now)
        case .receive(let peer): received[peer]?.setDelay(range, now: now)
        case .acknowledge(let peer): confirmations[peer]?.setDelay(range, now: now)
        }
        record("delay", target.peer, "\(target.name) \(range?.description ?? "off")")
        return .done
    }

    private func unfit(_ target: GateTarget) -> AdminOutcome? {
        guard let peer = target.peer, !configuration.others.contains(peer) else { return nil }
        return .refused("\(peer) is no other member of this cluster")
    }

    // MARK: Reports

    private var valves: [GateState] {
        var all = [apply.state(GateTarget.apply.name), replies.state(GateTarget.reply.name)]
        all += ship.map { $0.value.state(GateTarget.ship($0.key).name) }
        all += received.map { $0.value.state(GateTarget.receive($0.key).name) }
        all += confirmations.map { $0.value.state(GateTarget.acknowledge($0.key).name) }
        return all
    }

    public var status: ReportValue {
        .object(
            [
                .init("id", .string(name)), .init("role", .string(role)), .init("timeline", .number(UInt64(1))),
                .init("lsn", .number(log.last)), .init("flushed", .number(flushed)),
                .init("applied", .number(log.last)),
                .init("leader", .string(configuration.centre.leader)),
                .init("readiness", .string(outcast != nil ? "diverged" : joining != nil ? "joining" : "ready")),
                .init("centre", .string(configuration.centre.name)),
                .init("unrest", .list(joining == nil ? [] : [.string("it asks the others what there is")])),
                .init("progress", Self.report(progress)),
            ] + valves.report)
    }

    /// What is durable here, with a device's own writes that are not decided.
    private var progress: VersionVector {
        var vector = durable
        if let last = device.pending.last { vector.insert(last.record.dot) }
        return vector
    }

    private static func report(_ vector: VersionVector) -> ReportValue {
        .object(vector.replicas.map { .init($0, .number(vector[$0])) })
    }

    public var info: [(name: String, value: String)] {
        let mutants = configuration.mutants.map(\.rawValue).sorted()
        return [
            ("server", "node-multi"), ("format", "\(formatVersion)"), ("id", name),
            ("cluster", configuration.cluster), ("role", role), ("centre", configuration.centre.name),
            ("device", configuration.server.map { "of \($0)" } ?? "no"),
            ("line", device.isCutOff ? "offline" : "online"),
            ("policy", configuration.policy.rawValue), ("causal", configuration.causal ? "on" : "off"),
            ("lsn", "\(log.last)"), ("vector", store.vector.description),
        ] + (mutants.isEmpty ? [] : [("mutants", mutants.joined(separator: " "))])
    }

    public var dump: ReportValue {
        var copy = self
        return .object([
            .init("id", .string(name)), .init("timeline", .number(UInt64(1))), .init("lsn", .number(log.last)),
            .init("applied", .number(log.last)), .init("keys", .list(copy.shown().rows.map { store.report($0) })),
        ])
    }

    public func log(from: LSN, to: LSN) -> ReportValue {
        let first = max(from, log.base + 1)
        let last = min(to, log.last)
        let end = first <= last ? min(last, first + 9999) : 0
        return .object([
            .init("id", .string(name)), .init("base", .number(log.base)), .init("last", .number(log.last)),
            .init("entries", .list(first <= end ? (first...end).map { report($0) } : [])),
        ])
    }

    private func report(_ lsn: LSN) -> ReportValue {
        let record = log[lsn]
        return .object([
            .init("lsn", .number(lsn)), .init("dot", .string("\(record.dot)")),
            .init("stamp", .string("\(record.stamp)")), .init("past", .string("\(record.past)")),
            .init("keys", .list(record.changes.map { .bytes($0.key) })),
        ])
    }

    public var contentHash: UInt64 { store.contentHash }

    public var unrest: [String] {
        if let outcast { return [outcast] }
        if joining != nil { return ["it asks the others what there is"] }
        var reasons: [String] = []
        if flushed < log.last { reasons.append("flushed \(flushed) of \(log.last)") }
        for (peer, link) in links.sorted(by: { $0.key < $1.key }) where link.acknowledged < log.last {
            reasons.append("\(peer) lacks records from \(link.acknowledged + 1) of \(log.last)")
        }
        for (sender, batches) in held.sorted(by: { $0.key < $1.key }) where !batches.isEmpty {
            reasons.append("\(batches.count) messages of \(sender) wait for what they rest on")
        }
        if !device.pending.isEmpty { reasons.append("\(device.pending.count) writes are not decided") }
        if device.isSyncing { reasons.append("a sync is under way") }
        if apply.count > 0 { reasons.append("\(apply.count) messages wait to be applied") }
        return reasons + wantedHomes.keys.map { "wants to be the home of \(String(decoding: $0, as: UTF8.self))" }
    }
}
