// What a member with partitions says about itself: positions are the sums of those of the partitions, so that who has
// as much as another in sum, and never more in one of them, has the same.
extension PartitionedReplica {
    var role: Role { parts.allSatisfy { $0.role == .leader } ? .leader : .follower }

    /// The latest timeline, and the sum of what is applied.
    var applied: Position { Position(timeline: timeline, lsn: sum(\.applied.position.lsn)) }

    private var timeline: UInt32 { parts.map(\.log.last.timeline).max() ?? 0 }

    private func sum(_ number: (SingleLeaderReplica) -> LSN) -> LSN { parts.reduce(0) { $0 + number($1) } }

    public var status: ReportValue {
        let readiness = parts.map(\.readiness).first { $0 != .ready } ?? .ready
        return .object(
            [
                .init("id", .string(name)), .init("role", .string(role.rawValue)),
                .init("timeline", .number(UInt64(max(1, timeline)))), .init("lsn", .number(sum(\.log.last.lsn))),
                .init("flushed", .number(sum(\.flushed))), .init("applied", .number(applied.lsn)),
                .init("committed", .number(sum(\.committed))),
                .init("leader", parts[0].leader.map { .string($0) } ?? .null),
                .init("readiness", .string("\(readiness)")), .init("peers", .object(peers)),
                .init("partitions", .list(parts.map(\.status))),
            ] + gates.report)
    }

    private var peers: [ReportValue.Member] {
        configuration.others.map { peer in
            let all = parts.compactMap { $0.status["peers"]?[peer] }
            func sum(_ name: String) -> ReportValue { .number(all.reduce(0) { $0 + ($1[name]?.integer ?? 0) }) }
            let isConnected = all.allSatisfy { $0["connected"] == .bool(true) }
            return .init(
                peer,
                .object([
                    .init("connected", .bool(isConnected)), .init("received", sum("received")),
                    .init("flushed", sum("flushed")), .init("applied", sum("applied")),
                ]))
        }
    }

    /// A gate that stands the same everywhere by its name, else one of each partition.
    private var gates: [GateState] {
        let all = parts.map(\.valves)
        return all[0].indices.flatMap { index -> [GateState] in
            let states = all.map { $0[index] }
            let isSame = states.allSatisfy {
                $0.isClosed == states[0].isClosed && $0.delay == states[0].delay
            }
            if isSame { return [states[0]] }
            return states.enumerated().map { place, state in
                var state = state
                state.name += "@\(place)"
                return state
            }
        }
    }

    public var info: [(name: String, value: String)] {
        let own = ["role": role.rawValue, "lsn": "\(sum(\.log.last.lsn))", "applied": "\(applied.lsn)"]
        let lines = parts[0].info.map { (name: $0.name, value: own[$0.name] ?? $0.value) }
        return lines.filter { $0.name != "keys" } + [
            ("partitions", "\(parts.count)"), ("keys", "\(parts.reduce(0) { $0 + $1.applied.count })"),
        ]
    }

    /// Rows of all partitions, in the order of keys.
    private var rows: [StoredRow] {
        parts.flatMap(\.applied.rows).sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }

    public var dump: ReportValue {
        .object([
            .init("id", .string(name)), .init("timeline", .number(UInt64(max(1, timeline)))),
            .init("lsn", .number(sum(\.log.last.lsn))), .init("applied", .number(applied.lsn)),
            .init("keys", .list(rows.map(\.report))),
        ])
    }

    public var contentHash: UInt64 { rows.contentHash }

    /// The same places of the log of each partition.
    public func log(from: LSN, to: LSN) -> ReportValue {
        .object([
            .init("id", .string(name)), .init("partitions", .list(parts.map { $0.log(from: from, to: to) })),
        ])
    }

    public var unrest: [String] {
        parts.enumerated().flatMap { place, part in part.unrest.map { "partition \(place): \($0)" } }
    }
}
