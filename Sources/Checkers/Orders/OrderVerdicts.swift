import HistoryModel

/// Makes verdicts on guarantees about orders of operations, with the proof in terms of the history.
struct OrderVerdicts {
    private let facts: OrderFacts
    private let history: History
    private lazy var causes = CausalOrders(facts, limits)
    private let limits: CheckLimits

    init(_ history: History, _ limits: CheckLimits) {
        self.history = history
        self.limits = limits
        facts = OrderFacts(history)
    }

    mutating func draft(_ guarantee: Guarantee, _ options: CheckOptions) -> VerdictDraft {
        switch guarantee {
        case .weakCausal, .causal:
            let isConverging = guarantee == .causal
            var draft = VerdictDraft(
                guarantee, options,
                algorithm: isConverging
                    ? "causes by sessions and reads, and one order of all writes (exact)"
                    : "causes by sessions and reads (exact)")
            countReads(&draft)
            fill(&draft, causes.findings(converging: isConverging), options)
            return draft
        case .sequential:
            var draft = VerdictDraft(
                guarantee, options,
                algorithm: "one order of all operations: forced by sessions and reads, the rest searched (exact)")
            countReads(&draft)
            var orders = TotalOrders(facts, .sessions, .noSequentialOrder, options.limits)
            fill(&draft, orders.findings(), options)
            return draft
        case .consistentPrefix: return prefix(options)
        case .noLongFork:
            let forks = LongForks(facts)
            var draft = VerdictDraft(
                guarantee, options, algorithm: "reads of shared keys, pair by pair of keys (exact)")
            draft.count("comparable-reads", forks.comparable)
            fill(
                &draft,
                OrderFindings(
                    violations: forks.violations, further: forks.further, doubts: facts.doubts + forks.doubts),
                options)
            return draft
        default: preconditionFailure("\(guarantee.rawValue) is not about orders of operations")
        }
    }

    private func prefix(_ options: CheckOptions) -> VerdictDraft {
        let isTimed = options.assumesRealTimeWrites
        var draft = VerdictDraft(
            .consistentPrefix, options,
            algorithm: "one order of all writes, with the order of each session's"
                + (isTimed ? " and real time of writes, which was assumed" : "") + " (exact)")
        draft.count("reads-of-several-writes", readsOfSeveralWrites)
        var orders = TotalOrders(facts, .writes(realTime: isTimed), .noWriteOrder, options.limits)
        fill(&draft, orders.findings(), options)
        return draft
    }

    private func fill(_ draft: inout VerdictDraft, _ findings: OrderFindings, _ options: CheckOptions) {
        for doubt in findings.doubts { draft.doubt(doubt) }
        let proof = OrderProof(facts, history)
        for violation in findings.violations.prefix(options.shownAnomalies) {
            draft.report(proof.anomaly(violation))
        }
        draft.count(further: findings.violations.count - options.shownAnomalies)
        draft.count(further: findings.further)
    }

    // MARK: Opportunities

    private func countReads(_ draft: inout VerdictDraft) {
        draft.count("transactions", facts.table.status.count { $0 == .ok })
        draft.count("reads-from-others", facts.reads.readings.count { $0.writer >= 0 })
        draft.count("contended-reads", facts.reads.readings.count(where: isContended))
    }

    /// Whether another operation wrote another version of what is read.
    private func isContended(_ reading: ReadsFrom.Reading) -> Bool {
        facts.writers.positions(Int(reading.key)).contains { position in
            let writer = facts.writers.writer[position]
            return writer != facts.table.owner[Int(reading.micro)] && writer != reading.writer
        }
    }

    /// Answered reads that show, or miss, at least two writes at once.
    private var readsOfSeveralWrites: Int {
        (0..<facts.table.count).count { transaction in
            guard facts.table.status[transaction] == .ok else { return false }
            let keys = Set(facts.reads.readings(transaction).map { Int($0.key) })
            let writes = keys.reduce(0) { count, key in
                let writers = facts.writers.positions(key).count
                return count + (facts.table.isList[key] ? min(2, writers) : min(1, writers))
            }
            return writes > 1
        }
    }
}

/// Turns violations into anomalies of the history: operations, keys and values.
struct OrderProof {
    private let facts: OrderFacts
    private let history: History
    private var table: TransactionTable { facts.table }

    init(_ facts: OrderFacts, _ history: History) {
        self.facts = facts
        self.history = history
    }

    func anomaly(_ violation: OrderViolation) -> Anomaly {
        let dependencies = violation.links.enumerated().map { place, link in
            dependency(link, violation.links[(place + 1) % violation.links.count].transaction)
        }
        let detail =
            violation.version < 0
            ? nil : String(decoding: JSONText.bytes(value(Int(violation.version))), as: UTF8.self)
        return Anomaly(
            violation.kind, key: violation.key < 0 ? nil : table.keyNames[Int(violation.key)],
            violation.steps.map { Anomaly.Step(index(Int($0.transaction)), $0.role) }, detail: detail,
            cycle: dependencies)
    }

    private func index(_ transaction: Int) -> Int {
        history.operations[Int(table.operation[transaction])].index
    }

    private func dependency(_ link: DependencyCycle.Link, _ next: Int) -> Anomaly.Dependency {
        var dependency = Anomaly.Dependency(
            from: index(link.transaction), to: index(next), kind: link.kind.name,
            key: link.key < 0 ? nil : table.keyNames[link.key], reader: link.reader.map(index))
        guard link.key >= 0 else { return dependency }
        switch link.kind {
        case .wr: dependency.value = seen(next, link.key)
        case .rw:
            dependency.value = seen(link.transaction, link.key)
            dependency.next = written(next, link.key)
        default:
            dependency.value = written(link.transaction, link.key)
            dependency.next = written(next, link.key)
        }
        return dependency
    }

    private func value(_ version: Int) -> Value { history.values.value(table.values[version]) }

    private func written(_ transaction: Int, _ key: Int) -> Value? {
        table.micros(transaction).last { table.kind[$0] != .read && Int(table.key[$0]) == key }
            .map { value(Int(table.value[$0])) }
    }

    private func seen(_ transaction: Int, _ key: Int) -> Value? {
        guard let reading = facts.reads.readings(transaction).first(where: { Int($0.key) == key }) else {
            return nil
        }
        let micro = Int(reading.micro)
        if table.isList[key] { return .list(table.list(micro).map { value(Int(table.elements[$0])) }) }
        return table.value[micro] < 0 ? .null : value(Int(table.value[micro]))
    }
}
