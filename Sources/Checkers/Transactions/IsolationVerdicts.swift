import HistoryModel

/// Makes verdicts on levels of isolation, with the proof in terms of the history.
struct IsolationVerdicts {
    private var isolation: Isolation
    private let history: History
    private let counts: [(name: String, count: Int)]

    init(_ history: History, _ guarantees: [Guarantee], _ limits: CheckLimits) {
        self.history = history
        isolation = Isolation(TransactionTable(history), limits)
        for level in IsolationLevel.all.reversed() where guarantees.contains(level.guarantee) {
            _ = isolation.outcome(level)
        }
        counts = IsolationCounts(isolation).all
    }

    /// `nil` for a guarantee that is no level of isolation.
    mutating func draft(_ guarantee: Guarantee, _ options: CheckOptions) -> VerdictDraft? {
        guard let level = IsolationLevel.of(guarantee) else { return nil }
        var draft = VerdictDraft(guarantee, options, algorithm: level.algorithm)
        for (name, count) in counts { draft.count(name, count) }
        for doubt in isolation.doubts { draft.doubt(doubt) }
        switch isolation.outcome(level) {
        case .kept: break
        case .undecided(let reason): draft.doubt(reason)
        case .broken(let violations):
            let proof = IsolationProof(&isolation, history)
            for violation in violations.prefix(options.shownAnomalies) { draft.report(proof.anomaly(violation)) }
            draft.count(further: violations.count - options.shownAnomalies)
        }
        return draft
    }
}

extension IsolationLevel {
    /// How it is decided, as verdicts name it.
    var algorithm: String {
        switch test {
        case .commitOrder: "order of commits that reads ask for (exact)"
        case .prefix, .snapshots: "graph of dependencies between snapshots and commits (exact)"
        case .serial: "graph of dependencies (exact)"
        }
    }
}

/// How much in a history could have broken a level of isolation.
struct IsolationCounts {
    private(set) var all: [(name: String, count: Int)] = []

    init(_ isolation: Isolation) {
        let (table, reads) = (isolation.table, isolation.reads)
        var severalKeys = 0
        var answered = 0
        for transaction in 0..<table.count where table.status[transaction] == .ok {
            answered += 1
            let micros = table.micros(transaction)
            severalKeys += micros.contains { table.key[$0] != table.key[micros.lowerBound] } ? 1 : 0
        }
        all.append(("transactions", answered))
        all.append(("transactions-of-several-keys", severalKeys))
        all.append(("reads-from-others", reads.readings.count { $0.writer >= 0 }))
        all.append(("contended-reads", Self.contended(isolation)))
    }

    /// Reads of a key that another transaction writes: all of them could have seen something else.
    private static func contended(_ isolation: Isolation) -> Int {
        let (table, writers) = (isolation.table, isolation.writers)
        return isolation.reads.readings.count { reading in
            let positions = writers.positions(Int(reading.key))
            return positions.contains {
                writers.writer[$0] != table.owner[Int(reading.micro)] && writers.writer[$0] != reading.writer
            }
        }
    }
}
