// What a member says about itself.
extension RaftReplica {
    public var status: ReportValue {
        .object(
            [
                .init("id", .string(name)), .init("role", .string(core.role == .leader ? "leader" : "follower")),
                .init("state", .string(core.role.rawValue)),
                .init("timeline", .number(Int64(core.term))), .init("lsn", .number(Int64(core.log.last.lsn))),
                .init("flushed", .number(Int64(core.flushed))),
                .init("applied", .number(Int64(machine.position.lsn))),
                .init("committed", .number(Int64(core.commitIndex))),
                .init("leader", core.leader.map { .string($0) } ?? .null),
                .init("readiness", .string(readiness)),
                .init("voters", .list(core.membership.voters.map { .string($0) })),
                .init("learners", .list(core.membership.learners.map { .string($0) })),
                .init("peers", .object(core.peers.map { .init($0.name, report(of: $0)) })),
            ] + valves.report)
    }

    private var readiness: String {
        if !core.isVoter { return "no full member" }
        if core.joins { return "joining" }
        return machine.position.lsn < floor ? "until \(floor)" : "ready"
    }

    private func report(of peer: RaftPeer) -> ReportValue {
        let match = ReportValue.number(Int64(core.role == .leader ? peer.match : 0))
        return .object([
            .init("connected", .bool(core.role == .leader ? hasAnswered(peer) : peer.name == core.leader)),
            .init("received", match), .init("flushed", match), .init("applied", match),
        ])
    }

    /// Whether the peer has answered one of the last rounds.
    private func hasAnswered(_ peer: RaftPeer) -> Bool {
        core.rounds.lastStart(answered: peer.round).at + configuration.election >= core.now && peer.round > 0
    }

    public var info: [(name: String, value: String)] {
        [
            ("server", "node-raft"), ("format", "\(formatVersion)"), ("id", name),
            ("cluster", configuration.cluster), ("role", core.role.word), ("leader", core.leader ?? "-"),
            ("timeline", "\(core.term)"), ("lsn", "\(core.log.last.lsn)"),
            ("applied", "\(machine.position.lsn)"), ("members", core.membership.words),
            ("read", configuration.read.rawValue), ("prevote", configuration.preVote ? "on" : "off"),
            ("checkquorum", configuration.checkQuorum ? "on" : "off"),
            ("dedup", configuration.deduplicates ? "on" : "off"),
            ("mutants", configuration.mutants.map(\.id).sorted().joined(separator: ",")),
            ("keys", "\(machine.store.count)"), ("sessions", "\(machine.sessions.count)"),
        ]
    }

    public var dump: ReportValue {
        .object([
            .init("id", .string(name)), .init("timeline", .number(Int64(machine.position.timeline))),
            .init("lsn", .number(Int64(core.log.last.lsn))), .init("applied", .number(Int64(machine.position.lsn))),
            .init("keys", .list(machine.store.rows.map { .list([.bytes($0.key), Self.report($0.value)]) })),
        ])
    }

    private static func report(_ value: StoredValue) -> ReportValue {
        switch value {
        case .register(let bytes): .bytes(bytes)
        case .set(let elements), .list(let elements): .list(elements.map { .bytes($0) })
        case .reservation(let value): .bytes(value.holder)
        }
    }

    /// Entries that are kept in memory, at most 10 000 of them.
    public func log(from: LSN, to: LSN) -> ReportValue {
        let first = max(from, core.log.base.lsn + 1)
        let last = min(to, core.log.last.lsn)
        let end = first <= last ? min(last, first + 9999) : 0
        return .object([
            .init("id", .string(name)), .init("base", .number(Int64(core.log.base.lsn))),
            .init("last", .number(Int64(core.log.last.lsn))),
            .init("entries", .list(first <= end ? (first...end).map { report($0, core.log[$0]) } : [])),
        ])
    }

    private func report(_ lsn: LSN, _ entry: RaftEntry) -> ReportValue {
        .object([
            .init("timeline", .number(Int64(entry.term))), .init("lsn", .number(Int64(lsn))),
            .init("change", .string("\(entry.kind)")), .init("payload", .bytes(entry.payload)),
        ])
    }

    public var contentHash: UInt64 { machine.store.contentHash }

    public var unrest: [String] {
        var reasons: [String] = []
        let last = core.log.last.lsn
        if core.flushed < last { reasons.append("flushed \(core.flushed) of \(last)") }
        if machine.position.lsn < last { reasons.append("applied \(machine.position.lsn) of \(last)") }
        if core.leader == nil { reasons.append("no leader is known") }
        if core.installing != nil { reasons.append("a snapshot is being installed") }
        guard core.role == .leader else { return reasons }
        if !core.hasCommittedInTerm { reasons.append("nothing is committed in term \(core.term)") }
        for peer in core.peers where core.membership.contains(peer.name) && peer.match < last {
            reasons.append("\(peer.name) has \(peer.match) of \(last)")
        }
        return reasons
    }
}
