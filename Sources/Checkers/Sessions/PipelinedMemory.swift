import HistoryModel

/// PRAM (Lipton and Sandberg 1988): what a session did is seen by everybody in the order in which it did it; each session may
/// see the writes of different sessions in an order of its own. Read-your-writes, monotonic reads and monotonic writes
/// follow from it (Brzezinski and others 2004), and that a session's own writes come after what it had read.
struct PipelinedMemory {
    private let sessions: WritingSessions
    private let history: History
    private var draft: VerdictDraft
    private var left: Int
    private let limit: Int
    private var table: AccessTable { sessions.table }

    static func draft(_ table: AccessTable, _ history: History, _ options: CheckOptions) -> VerdictDraft {
        var check = PipelinedMemory(table, history, options)
        check.judge(shown: options.shownAnomalies)
        return check.draft
    }

    private init(_ table: AccessTable, _ history: History, _ options: CheckOptions) {
        sessions = WritingSessions(table)
        self.history = history
        limit = options.limits.steps
        left = limit
        draft = VerdictDraft(
            .pram, options, algorithm: "each session's reads against all orders of the writes of registers (exact)")
        for key in 0..<table.keys.count {
            draft.doubtProblem(table.keys, key)
            if table.keys.problem[key] == nil, [.set, .list, .counter].contains(table.keys.kind[key]) {
                draft.doubt("\(table.keys.title(key)) is no register")
            }
        }
        for access in table.kind.indices
        where table.kind[access] == .read && table.version[access] == AccessTable.unclear {
            draft.doubtUnclear(table.keys, Int(table.key[access]))
        }
    }

    private mutating func judge(shown: Int) {
        for observer in 0..<table.sessionCount {
            let order = ObserverOrder(sessions, observer, limit: left)
            draft.count("reads-of-known-keys", order.reads)
            left -= order.steps
            if let violation = order.violation {
                if draft.anomalyCount < shown {
                    draft.report(anomaly(observer, violation))
                } else {
                    draft.count(further: 1)
                }
            }
            guard left >= 0 else {
                draft.doubt("more than \(limit) steps: raise the step limit or check a shorter history")
                return
            }
        }
    }

    private func anomaly(_ observer: Int, _ violation: ObserverOrder.Violation) -> Anomaly {
        let rows = needed(observer)
        let order = ObserverOrder(sessions, observer, limit: limit) { rows.contains($0) }
        let replaced = order.replaced
        let violation = order.violation ?? violation
        let writers = rows.flatMap { row in
            sessions.reads(row).map { table.version[$0] }.filter { !table.isInitial($0) }
                .map { Int(table.writer[Int($0)]) }
        }
        let others = rows.union(replaced).union(writers).subtracting([violation.row])
        let steps = Set(others.map(index)).sorted().map { Anomaly.Step($0, .conflicting) }
        return Anomaly(
            .noObserverOrder, key: table.keys.names[Int(table.key[violation.access])],
            steps + [Anomaly.Step(index(violation.row), .violatingRead)])
    }

    /// The rows of the observer without each of which there is no violation.
    private func needed(_ observer: Int) -> Set<Int> {
        let all = Array(table.rows(observer))
        // Up to the first row with which there is one: later ones may tell what an earlier one must have seen.
        var (least, most) = (1, all.count)
        while least < most {
            let middle = (least + most) / 2
            if isBroken(observer, Set(all[..<middle])) { most = middle } else { least = middle + 1 }
        }
        var rows = Array(all[..<least])
        var size = max(1, rows.count / 2)
        while true {
            var isShrunk = false
            for start in stride(from: (rows.count - 1) / size * size, through: 0, by: -size)
            where start < rows.count {
                let rest = Set(rows[..<start] + rows[min(start + size, rows.count)...])
                guard isBroken(observer, rest) else { continue }
                rows = rest.sorted()
                isShrunk = true
            }
            if size == 1, !isShrunk { return Set(rows) }
            if !isShrunk { size = max(1, size / 2) }
        }
    }

    private func isBroken(_ observer: Int, _ rows: Set<Int>) -> Bool {
        ObserverOrder(sessions, observer, limit: limit) { rows.contains($0) }.violation != nil
    }

    private func index(_ row: Int) -> Int { history.operations[Int(table.operation[row])].index }
}
