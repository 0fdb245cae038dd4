// What an arbiter says about itself.
extension ArbiterReplica {
    public var status: ReportValue {
        .object([
            .init("id", .string(name)), .init("role", .string(core.role == .leader ? "leader" : "follower")),
            .init("timeline", .number(Int64(core.term))), .init("lsn", .number(Int64(core.log.last.lsn))),
            .init("applied", .number(Int64(applied))), .init("committed", .number(Int64(core.commitIndex))),
            .init("arbiter", text(core.leader)),
            .init("epoch", .number(Int64(decision.epoch))), .init("leader", text(decision.leader)),
            .init("sync_set", .list(decision.syncSet.map { .string($0) })),
            .init("set_version", .number(Int64(clamping: decision.setVersion))),
            .init("nodes", .object(configuration.nodes.compactMap(report))),
        ])
    }

    private func text(_ name: NodeName?) -> ReportValue { name.map { .string($0) } ?? .null }

    private func report(_ node: NodeName) -> ReportValue.Member? {
        guard let heard = reports[node] else { return nil }
        return .init(
            node,
            .object([
                .init("epoch", .number(Int64(heard.report.epoch))),
                .init("position", .string("\(heard.report.position)")), .init("fit", .bool(heard.report.isFit)),
                .init("heard_ms_ago", .number(Int64((now - heard.at) / 1_000_000))),
            ]))
    }

    public var info: [(name: String, value: String)] {
        let mutants = configuration.raft.mutants.map(\.rawValue).sorted()
        return [
            ("server", "node-arbiter"), ("format", "\(formatVersion)"), ("id", name),
            ("cluster", configuration.raft.cluster), ("arbiters", core.membership.words),
            ("nodes", configuration.nodes.joined(separator: " ")), ("failover", configuration.rule.rawValue),
            ("lease_ms", "\(configuration.lease / 1_000_000)"), ("epoch", "\(decision.epoch)"),
            ("leader", decision.leader ?? "-"),
        ] + (mutants.isEmpty ? [] : [("mutants", mutants.joined(separator: " "))])
    }

    /// An arbiter holds no keys.
    public var dump: ReportValue {
        .object([
            .init("id", .string(name)), .init("applied", .number(Int64(core.commitIndex))),
            .init("keys", .list([])),
        ])
    }

    public func log(from: LSN, to: LSN) -> ReportValue {
        let first = max(from, core.log.base.lsn + 1)
        let last = min(to, core.log.last.lsn)
        let end = first <= last ? min(last, first + 9999) : 0
        let entries: [ReportValue] = (first <= end ? Array(first...end) : []).map { lsn in
            let entry = core.log[lsn]
            let step = entry.kind == .payload ? try? ArbiterDecision.Step(decoding: entry.payload) : nil
            return .object([
                .init("timeline", .number(Int64(entry.term))), .init("lsn", .number(Int64(lsn))),
                .init("change", .string(step?.words ?? "\(entry.kind)")),
            ])
        }
        return .object([
            .init("id", .string(name)), .init("base", .number(Int64(core.log.base.lsn))),
            .init("last", .number(Int64(core.log.last.lsn))), .init("entries", .list(entries)),
        ])
    }

    public var contentHash: UInt64 { 0 }

    public var unrest: [String] {
        if core.role == .leader, core.commitIndex < core.log.last.lsn {
            return ["committed \(core.commitIndex) of \(core.log.last.lsn)"]
        }
        return core.leader == nil ? ["the arbiters have no leader"] : []
    }
}

extension ArbiterDecision.Step {
    var words: String {
        switch self {
        case .close(let epoch): "epoch \(epoch) begins"
        case .lead(let epoch, let name): "\(name) leads epoch \(epoch)"
        case .replaceSet(_, let version, let names):
            "set \(version + 1): \(names.joined(separator: " "))"
        case .chain(let epoch, let names): "epoch \(epoch): \(names.joined(separator: " "))"
        }
    }
}
