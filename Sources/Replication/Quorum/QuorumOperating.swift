// What an operator can ask of a member, and what it says about itself.
extension QuorumReplica: GatedReplica {
    mutating func obey(_ order: AdminOrder) -> AdminOutcome {
        if let outcome = obeyGate(order) { return outcome }
        switch order {
        case .snapshot:
            return saveSnapshot() ? .done : .refused("nothing new to save, or a snapshot is being written already")
        case .repair:
            for peer in configuration.others { compare(with: peer) }
            return .done
        case .member(.add(name)):
            guard !isComplete else { return .refused("\(name) has joined already") }
            becomeComplete("by an operator's word, with what is here")
            return .done
        case .demote: return .refused("nobody leads here")
        case .join:
            return .refused("a replica with an empty disk joins by itself; `repair` compares with the others")
        default: return .refused("node-quorum does not know this order")
        }
    }

    public var status: ReportValue {
        .object(
            [
                .init("id", .string(name)), .init("role", .string("replica")), .init("timeline", .number(Int64(1))),
                .init("lsn", .number(logEnd)), .init("applied", .number(applied)),
                .init("leader", .null), .init("readiness", .string(readiness)),
                .init("place", .string(isComplete ? "replica" : "joining")),
                .init("hints", .number(Int64(store.hintCount))),
                .init("unrest", .list(unrest.map { .string($0) })),
                .init(
                    "peers",
                    .object(
                        peers.map {
                            .init(
                                $0.name,
                                .object([
                                    .init("connected", .bool(isAlive($0.name))),
                                    .init("received", .number(Int64(0))),
                                    .init("flushed", .number(Int64(0))), .init("applied", .number(Int64(0))),
                                ]))
                        })),
            ] + valves.report)
    }

    private var readiness: String {
        guard isReady else { return "starting" }
        let told = joining.told.values.map { "\($0.count)" }.sorted().joined(separator: ", ")
        return isComplete ? "ready" : "joining: \(told.isEmpty ? "none" : told) of the other replicas have told all"
    }

    public var info: [(name: String, value: String)] {
        let period = configuration.antiEntropy.map { "\($0 / 1_000_000)ms" } ?? "off"
        return [
            ("server", "node-quorum"), ("format", "\(formatVersion)"), ("id", name),
            ("cluster", configuration.cluster), ("role", "replica"), ("lsn", "\(logEnd)"),
            ("applied", "\(applied)"),
            ("n", "\(configuration.n)"), ("r", "\(configuration.r)"), ("w", "\(configuration.w)"),
            ("repair", configuration.repair.rawValue), ("version", configuration.versions.rawValue),
            ("sloppy", configuration.isSloppy ? "on" : "off"), ("anti-entropy", period),
            ("mutants", configuration.mutants.map(\.id).sorted().joined(separator: ",")),
            ("keys", "\(store.count)"), ("hints", "\(store.hintCount)"),
        ]
    }

    /// Registers with all their siblings, sets with their elements, without what is deleted.
    public var dump: ReportValue {
        var keys: [ReportValue] = []
        var set: (key: [UInt8], elements: [ReportValue])?
        func endSet() {
            if let ended = set { keys.append(.list([.bytes(ended.key), .list(ended.elements)])) }
            set = nil
        }
        for entry in store.all.sorted(by: { $0.place < $1.place }) {
            let shown = entry.cell.shown
            if set?.key != entry.key || entry.element == nil { endSet() }
            guard let first = shown.first else { continue }
            if let element = entry.element {
                set = (entry.key, (set?.elements ?? []) + [.bytes(element)])
            } else {
                let value: ReportValue = shown.count == 1 ? .bytes(first) : .list(shown.map { .bytes($0) })
                keys.append(.list([.bytes(entry.key), value]))
            }
        }
        endSet()
        return .object([
            .init("id", .string(name)), .init("timeline", .number(Int64(1))), .init("lsn", .number(logEnd)),
            .init("applied", .number(applied)), .init("keys", .list(keys)),
            .init("partial", .bool(configuration.n < configuration.members.count)),
        ])
    }

    /// Records are not kept in memory; only where the log begins and ends is known.
    public func log(from: LSN, to: LSN) -> ReportValue {
        .object([
            .init("id", .string(name)), .init("base", .number(snapshotAt)), .init("last", .number(logEnd)),
            .init("entries", .list([])),
        ])
    }

    public var contentHash: UInt64 { store.contentHash }

    public var unrest: [String] {
        var reasons: [String] = []
        if !isReady || !isComplete { reasons.append(readiness) }
        if movingUntil > now { reasons.append("what was just sent may be under way") }
        if applied < logEnd { reasons.append("applied \(applied) of \(logEnd)") }
        if !writes.isEmpty { reasons.append("\(writes.count) writes are not everywhere yet") }
        if !reads.isEmpty { reasons.append("\(reads.count) reads are under way") }
        let hints = store.hintCount
        if hints > 0 {
            reasons.append("\(hints) hints wait for \(store.hints.keys.sorted().joined(separator: ", "))")
        }
        for valve in valves where valve.count > 0 { reasons.append("\(valve.count) wait at gate \(valve.name)") }
        guard configuration.antiEntropy != nil else { return reasons }
        for peer in peers where isAlive(peer.name) && !common(peer.name).isEmpty {
            if peer.agreed != hash(common: peer.name) { reasons.append("not found equal to \(peer.name) yet") }
        }
        return reasons
    }
}
