// What a node says about itself.
extension SingleLeaderReplica {
    public var status: ReportValue {
        .object(
            [
                .init("id", .string(configuration.name)), .init("role", .string(role.rawValue)),
                .init("timeline", log.last.reportedTimeline), .init("lsn", .number(log.last.lsn)),
                .init("flushed", .number(flushed)), .init("applied", .number(applied.position.lsn)),
                .init("committed", .number(committed)), .init("leader", leader.map { .string($0) } ?? .null),
                .init("readiness", .string("\(readiness)")),
                .init("epoch", .number(Int64(obedience?.promised ?? 0))),
                .init("sync_set", .list((set.members ?? []).map { .string($0) })),
                .init("peers", .object(peers.map { .init($0.name, report(of: $0)) })),
            ] + valves.report)
    }

    private func report(of peer: Peer) -> ReportValue {
        let isLeader = role == .follower && peer.name == leader
        return .object([
            .init("connected", .bool(isLeader ? link.isStreaming : peer.isFollowing)),
            .init("received", .number(peer.reported.received)), .init("flushed", .number(peer.reported.flushed)),
            .init("applied", .number(peer.reported.applied)),
        ])
    }

    var valves: [GateState] {
        var all = [apply.state(GateTarget.apply.name), replies.state(GateTarget.reply.name)]
        for peer in peers {
            all.append(peer.ship.state(GateTarget.ship(peer.name).name))
            all.append(peer.receive.state(GateTarget.receive(peer.name).name))
            all.append(peer.acknowledge.state(GateTarget.acknowledge(peer.name).name))
        }
        return all
    }

    public var info: [(name: String, value: String)] {
        [
            ("server", "node-single"), ("format", "\(formatVersion)"), ("id", configuration.name),
            ("cluster", configuration.cluster), ("role", role.rawValue), ("leader", leader ?? "-"),
            ("timeline", "\(max(1, log.last.timeline))"), ("lsn", "\(log.last.lsn)"),
            ("applied", "\(applied.position.lsn)"), ("readiness", "\(readiness)"),
            ("ack", "\(configuration.ack)"), ("ack_stage", configuration.ackStage.rawValue),
            ("visible", configuration.visibility.rawValue), ("token", configuration.tokenForm.rawValue),
            ("arbiters", configuration.arbiters.joined(separator: ",")),
            ("fence", configuration.fences ? "on" : "off"), ("demote", configuration.demotes ? "on" : "off"),
            ("rewind", configuration.rewinds ? "on" : "off"), ("semi", configuration.silencePolicy.rawValue),
            ("log_format", configuration.logFormat.rawValue), ("fix", configuration.statementFix.rawValue),
            ("keys", "\(applied.count)"),
            ("mutants", configuration.mutants.map(\.id).sorted().joined(separator: ",")),
        ]
    }

    public var dump: ReportValue {
        .object([
            .init("id", .string(configuration.name)), .init("timeline", applied.position.reportedTimeline),
            .init("lsn", .number(log.last.lsn)), .init("applied", .number(applied.position.lsn)),
            .init("keys", .list(applied.rows.map(\.report))),
        ])
    }

    /// Entries that are kept in memory, at most 10 000 of them.
    public func log(from: LSN, to: LSN) -> ReportValue {
        let first = max(from, log.base.lsn + 1)
        let last = min(to, log.last.lsn)
        let end = first <= last ? min(last, first + 9999) : 0
        return .object([
            .init("id", .string(configuration.name)), .init("base", .number(log.base.lsn)),
            .init("last", .number(log.last.lsn)),
            .init("entries", .list(first <= end ? (first...end).map { log[$0].report } : [])),
        ])
    }

    public var contentHash: UInt64 { applied.contentHash }

    public var unrest: [String] {
        var reasons: [String] = []
        if flushed < log.last.lsn { reasons.append("flushed \(flushed) of \(log.last.lsn)") }
        if applied.position.lsn < log.last.lsn {
            reasons.append("applied \(applied.position.lsn) of \(log.last.lsn)")
        }
        if readiness != .ready { reasons.append("reads are refused") }
        if role == .follower, !link.isStreaming { reasons.append("not connected to \(leader ?? "a leader")") }
        guard role == .leader else { return reasons }
        for peer in peers {
            if !peer.isFollowing {
                reasons.append("\(peer.name) is not connected")
            } else if peer.reported.applied < log.last.lsn {
                reasons.append("\(peer.name) applied \(peer.reported.applied) of \(log.last.lsn)")
            }
        }
        return reasons
    }
}

extension SingleLeaderReplica.Readiness: CustomStringConvertible {
    public var description: String {
        switch self {
        case .ready: "ready"
        case .until(let lsn): "until \(lsn)"
        case .unknown: "unknown"
        case .diverged: "diverged"
        case .incompatible: "incompatible"
        }
    }
}

extension AckPolicy: CustomStringConvertible {
    public var description: String {
        switch self {
        case .async: "async"
        case .count(let count): "count:\(count)"
        case .set(let count): "set:\(count)"
        case .all: "all"
        }
    }
}
