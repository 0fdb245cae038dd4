import HistoryModel

/// What reads may be behind, for `bounded-staleness`; both bounds hold where both are given.
public struct StalenessBounds: Hashable, Sendable {
    /// Versions, of sets and lists elements.
    public var versions: Int?
    public var nanoseconds: Int64?

    public init(versions: Int? = nil, nanoseconds: Int64? = nil) {
        self.versions = versions
        self.nanoseconds = nanoseconds
    }
}

/// Reads see what was known before they began, or are not too far behind it.
struct StalenessCheck {
    private let stale: StaleReads
    private let ranks: VersionRanks
    private let history: History
    private var table: AccessTable { stale.table }

    init(_ stale: StaleReads, _ ranks: VersionRanks, _ history: History) {
        self.stale = stale
        self.ranks = ranks
        self.history = history
    }

    // The guarantees.

    func draft(_ guarantee: Guarantee, _ options: CheckOptions) -> VerdictDraft {
        var draft = VerdictDraft(guarantee, options, algorithm: "reads against what was known before: \(evidence)")
        let bounds = guarantee == .noStaleReads ? StalenessBounds(versions: 0) : options.stalenessBounds
        draft.count("reads-after-updates", stale.opportunities)
        draft.count("reads-behind", stale.readings.count { $0.count > 0 })
        countUpdates(&draft)
        if bounds.versions == nil, bounds.nanoseconds == nil {
            draft.doubt("no bound is given: say how far behind a read may be")
        }
        for reading in stale.readings where reading.count > 0 && exceeds(reading, bounds) {
            draft.report(anomaly(reading))
        }
        doubt(&draft)
        return draft
    }

    private func exceeds(_ reading: StaleReads.Reading, _ bounds: StalenessBounds) -> Bool {
        bounds.versions.map { reading.count > $0 } ?? false
            || bounds.nanoseconds.map { age(reading) > $0 } ?? false
    }

    /// What became of the updates of sets and lists, and of those of unknown outcome.
    private func countUpdates(_ draft: inout VerdictDraft) {
        var (unknown, recovered) = (0, 0)
        for version in table.keys.count..<table.versionCount where !table.isOK(Int(table.writer[version])) {
            unknown += 1
            if stale.known.isSeen[version] { recovered += 1 }
        }
        draft.count("updates-unknown", unknown)
        draft.count("updates-recovered", recovered)
        draft.count("updates-never-read", neverRead)
    }

    /// Acknowledged elements that no read shows.
    private var neverRead: Int {
        (table.keys.count..<table.versionCount).count { version in
            table.keys.kind[Int(table.versionKey[version])] != .register
                && stale.known.since[version] != .max && !stale.known.isSeen[version]
        }
    }

    private func doubt(_ draft: inout VerdictDraft) {
        for key in 0..<table.keys.count {
            draft.doubtProblem(table.keys, key)
            if stale.isUnordered[key] {
                draft.doubt(
                    "nobody knows the order of the versions of \(table.keys.title(key)): let the system give versions, let "
                        + "one session write it with ascending numbers, or say that writes are linearizable "
                        + "(--assume linearizable-writes)")
            }
            if stale.isUnclear[key] {
                draft.doubt(
                    "values of \(table.keys.title(key)) repeat or are nobody's, so an answer does not tell its write: "
                        + "write unique values")
            }
        }
    }

    private func anomaly(_ reading: StaleReads.Reading) -> Anomaly {
        let row = Int(reading.row)
        let missed = Int(reading.missed)
        let teller = Int(reading.teller)
        var steps = [Anomaly.Step(index(Int(table.writer[missed])), .expectedWrite)]
        if teller != Int(table.writer[missed]) { steps.append(Anomaly.Step(index(teller), .earlierRead)) }
        let seen = table.version[Int(reading.access)]
        if table.kind[Int(reading.access)] == .read, !table.isInitial(seen) {
            let step = Anomaly.Step(index(Int(table.writer[Int(seen)])), .seenWrite)
            if !steps.contains(where: { $0.operation == step.operation }) { steps.append(step) }
        }
        steps.append(Anomaly.Step(index(row), .violatingRead))
        let versions = reading.count == 1 ? "1 version" : "\(reading.count) versions"
        return Anomaly(
            .staleRead, key: table.keys.names[Int(table.key[Int(reading.access)])], steps,
            detail: "at least \(versions) behind" + (history.hasTimes ? " and \(Self.text(age(reading)))" : ""))
    }

    private static func text(_ nanoseconds: Int64) -> String {
        nanoseconds < 1_000_000
            ? "\(nanoseconds / 1000).\((nanoseconds / 100) % 10) us"
            : "\(nanoseconds / 1_000_000).\((nanoseconds / 100_000) % 10) ms"
    }

    private func index(_ row: Int) -> Int { history.operations[Int(table.operation[row])].index }

    /// Since when what a read missed had been known when it began.
    private func age(_ reading: StaleReads.Reading) -> Int64 {
        guard reading.teller >= 0 else { return 0 }
        let read = history.operations[Int(table.operation[Int(reading.row)])]
        let teller = history.operations[Int(table.operation[Int(reading.teller)])]
        return read.invocation.time - (teller.completion?.time ?? read.invocation.time)
    }

    // The numbers.

    var report: Staleness {
        let reads = stale.readings.map { reading in
            Staleness.Read(
                operation: index(Int(reading.row)), key: table.keys.names[Int(table.key[Int(reading.access)])],
                versions: reading.count, nanoseconds: age(reading),
                missed: reading.missed < 0 ? nil : index(Int(table.writer[Int(reading.missed)])))
        }
        let all = (0..<table.count).reduce(0) { count, row in
            table.isOK(row) ? count + table.accesses(row).count { isRead($0, row) } : count
        }
        return Staleness(
            reads: reads.enumerated().sorted {
                ($0.element.operation, $0.offset) < ($1.element.operation, $1.offset)
            }
            .map(\.element),
            unjudged: all - reads.count, neverRead: neverRead, evidence: evidence, hasTimes: history.hasTimes)
    }

    private func isRead(_ access: Int, _ row: Int) -> Bool {
        table.kind[access] == .readAll || table.kind[access] == .read && !table.isInternal(access, row)
    }

    private var evidence: String {
        let keys = Set(stale.readings.map { Int(table.key[Int($0.access)]) })
        let names: [(String, (Int) -> Bool)] = [
            ("single-writer versions", { ranks.evidence[$0] == .numbers }),
            ("versions of the system", { ranks.evidence[$0] == .system }),
            ("elements", { table.keys.kind[$0] != .register }),
            ("real-time order of writes, which is assumed,", { stale.isAssumed[$0] }),
        ]
        let parts = names.compactMap { name, isOf -> String? in
            let count = keys.count(where: isOf)
            return count == 0 ? nil : "\(name) on \(count == 1 ? "1 key" : "\(count) keys")"
        }
        return parts.isEmpty ? "none" : parts.joined(separator: ", ")
    }
}
