import HistoryModel

/// Linearizability of one grow-only set with full reads, exact when every element is added at most once.
///
/// Reads must include one another; sorted by size they and the adds between them form levels that must take effect in
/// this order. Adds that nobody saw come last if acknowledged, and are dropped if `info`.
struct SetLevels {
    private let accesses: Accesses
    private let calls: KeyCalls
    private var anomalies: [Anomaly] = []
    private var levels = OrderedLevels()

    static func check(_ accesses: Accesses, _ calls: KeyCalls) -> KeyVerdict {
        var checker = SetLevels(accesses, calls)
        checker.run()
        return checker.anomalies.isEmpty ? .linearizable : .violated(checker.anomalies)
    }

    private init(_ accesses: Accesses, _ calls: KeyCalls) {
        self.accesses = accesses
        self.calls = calls
    }

    private mutating func run() {
        var adds: [Int: Update] = [:]
        for update in calls.updates { adds[update.value] = update }
        let reads = calls.readings.sorted { ($0.elements.count, $0.operation) < ($1.elements.count, $1.operation) }
        for read in reads { checkElements(read, adds) }
        guard anomalies.isEmpty else { return }
        var known: Set<Int> = []
        var level: [Interval] = []
        var previous: Reading?
        for read in reads {
            let isLarger = read.elements.count > known.count
            let fresh = isLarger ? read.elements.filter { !known.contains($0) } : []
            guard known.count + fresh.count == read.elements.count,
                isLarger || read.elements.allSatisfy(known.contains)
            else { return reportIncomparable(previous, read) }
            if isLarger {
                take(level)
                level = []
                known.formUnion(fresh)
                take(fresh.compactMap { adds[$0].map { interval($0.operation) } })
            }
            level.append(interval(read.operation))
            previous = read
        }
        take(level)
        take(calls.updates.filter { $0.outcome == .ok && !known.contains($0.value) }.map { interval($0.operation) })
    }

    private func interval(_ ordinal: Int) -> Interval { Interval(accesses.operation(ordinal), ordinal) }

    private mutating func take(_ level: [Interval]) {
        guard let inversion = levels.add(level) else { return }
        report(
            Proof(accesses, calls).steps([inversion.tooEarly.operation, inversion.tooLate.operation]), detail: nil)
    }

    /// Each element is there once and was added by somebody.
    private mutating func checkElements(_ read: Reading, _ adds: [Int: Update]) {
        let step = [Anomaly.Step(accesses.index(read.operation), .violatingRead)]
        if Set(read.elements).count < read.elements.count { report(step, detail: "it lists an element twice") }
        if read.elements.contains(where: { adds[$0] == nil }) {
            report(step, detail: "nobody added one of its elements")
        }
    }

    private mutating func reportIncomparable(_ first: Reading?, _ second: Reading) {
        let operations = Set([first?.operation, second.operation].compactMap(\.self))
        report(Proof(accesses, calls).steps(operations), detail: "neither of two reads includes the other")
    }

    private mutating func report(_ evidence: [Anomaly.Step], detail: String?) {
        anomalies.append(Anomaly(.notLinearizable, key: calls.key.name, evidence, detail: detail))
    }
}
