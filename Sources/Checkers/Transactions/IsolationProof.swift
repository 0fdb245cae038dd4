import HistoryModel

/// Turns what was found in numbers into anomalies of the history: operations, keys and values.
struct IsolationProof {
    private let history: History
    private let table: TransactionTable
    private let reads: ReadsFrom
    private let orders: VersionOrders

    init(_ isolation: inout Isolation, _ history: History) {
        self.history = history
        table = isolation.table
        reads = isolation.reads
        orders = isolation.orders
    }

    func anomaly(_ violation: Isolation.Violation) -> Anomaly {
        switch violation {
        case .finding(let finding): anomaly(finding)
        case .cycle(let cycle): anomaly(cycle)
        case .noOrder(let transactions, let isProof):
            Anomaly(
                .noOrder, observed(transactions).map { Anomaly.Step(index($0), .conflicting) },
                detail: isProof
                    ? nil : "all transactions together have no order; with these the search came furthest")
        }
    }

    /// Some transactions, and for each `info` one among them somebody who saw that it happened.
    private func observed(_ transactions: [Int]) -> [Int] {
        var all = Set(transactions)
        for transaction in transactions where table.status[transaction] == .info {
            let readers = reads.readings.lazy.filter { Int($0.writer) == transaction }.map {
                table.owner[Int($0.micro)]
            }
            if let reader = readers.first(where: { all.contains(Int($0)) }) ?? readers.first {
                all.insert(Int(reader))
            }
        }
        return all.sorted()
    }

    private func index(_ transaction: Int) -> Int {
        history.operations[Int(table.operation[transaction])].index
    }

    // MARK: Findings

    private func anomaly(_ finding: Finding) -> Anomaly {
        let steps = finding.steps.map { Anomaly.Step(index(Int($0.transaction)), $0.role) }
        return Anomaly(
            finding.kind, key: table.keyNames[Int(finding.key)], steps,
            detail: finding.version < 0 ? nil : Self.text(value(Int(finding.version))))
    }

    private func value(_ version: Int) -> Value { history.values.value(table.values[version]) }

    private static func text(_ value: Value) -> String {
        String(decoding: JSONText.bytes(value), as: UTF8.self)
    }

    // MARK: Cycles

    private func anomaly(_ cycle: DependencyCycle) -> Anomaly {
        var steps = cycle.links.map { Anomaly.Step(index($0.transaction), .member) }
        var dependencies: [Anomaly.Dependency] = []
        for (position, link) in cycle.links.enumerated() {
            let next = cycle.links[(position + 1) % cycle.links.count].transaction
            dependencies.append(dependency(link, next))
            for witness in witnesses(link, next) {
                let step = Anomaly.Step(index(witness), .witness)
                if !steps.contains(where: { $0.operation == step.operation }) { steps.append(step) }
            }
        }
        let rest = cycle.knot - cycle.links.count
        let detail =
            rest > 0 ? "the shortest cycle found among \(cycle.knot) transactions that no order can untangle" : nil
        let keys = Set(cycle.links.filter { $0.key >= 0 }.map(\.key))
        return Anomaly(
            cycle.form, key: keys.count == 1 ? keys.first.map { table.keyNames[$0] } : nil, steps, detail: detail,
            cycle: dependencies)
    }

    private func dependency(_ link: DependencyCycle.Link, _ next: Int) -> Anomaly.Dependency {
        var dependency = Anomaly.Dependency(
            from: index(link.transaction), to: index(next), kind: link.kind.name,
            key: link.key < 0 ? nil : table.keyNames[link.key], reader: link.reader.map(index))
        switch link.kind {
        case .ww, .commit:
            dependency.value = written(link.transaction, link.key, isFirst: false)
            dependency.next = written(next, link.key, isFirst: true)
        case .wr:
            dependency.value = reading(next, link.key) { Int($0.writer) == link.transaction }.map(value)
        case .rw:
            dependency.value = replaced(link.transaction, next, link.key).map(value)
            dependency.next = written(next, link.key, isFirst: true)
        case .session, .realTime: break
        }
        return dependency
    }

    /// What a transaction wrote to a key: its first element of a list, or the version it left.
    private func written(_ transaction: Int, _ key: Int, isFirst: Bool) -> Value? {
        let micros = table.micros(transaction).filter { table.kind[$0] != .read && Int(table.key[$0]) == key }
        let micro = isFirst && table.isList[key] ? micros.first : micros.last
        return micro.map { value(Int(table.value[$0])) }
    }

    private func reading(
        _ transaction: Int, _ key: Int, _ isMeant: (ReadsFrom.Reading) -> Bool
    ) -> ReadsFrom.Reading? {
        reads.readings(transaction).first { Int($0.key) == key && isMeant($0) }
    }

    /// The reading of a version that another transaction replaced: of several the one that comes first.
    private func replaced(_ transaction: Int, _ next: Int, _ key: Int) -> ReadsFrom.Reading? {
        let candidates = reads.readings(transaction).filter { Int($0.key) == key }
        if table.isList[key] { return candidates.min { $0.length < $1.length } }
        let members = orders.keys[key].members
        let direct = candidates.first { reading in
            guard let place = orders.place(reading), place + 1 < members.count else { return false }
            return Int(members[place + 1]) == next
        }
        return candidates.first { $0.writer < 0 } ?? direct ?? candidates.first
    }

    /// What a reading shows, own elements included.
    private func value(_ reading: ReadsFrom.Reading) -> Value {
        let micro = Int(reading.micro)
        if table.isList[Int(reading.key)] {
            return .list(table.list(micro).map { value(Int(table.elements[$0])) })
        }
        return table.value[micro] < 0 ? .null : value(Int(table.value[micro]))
    }

    // MARK: Witnesses

    /// The transactions whose reads show that one came before the other, beside these two.
    private func witnesses(_ link: DependencyCycle.Link, _ next: Int) -> [Int] {
        switch link.kind {
        case .commit: return (link.reader.map { [$0] } ?? []) + link.sight.dropFirst().map(\.transaction)
        case .ww, .rw:
            guard table.isList[link.key], let version = firstSeen(next, link.key) else { return [] }
            return shortestRead(link.key, showing: version).map { [$0] } ?? []
        case .wr, .session, .realTime: return []
        }
    }

    /// The first element of a transaction that was read from a list.
    private func firstSeen(_ transaction: Int, _ key: Int) -> Int? {
        table.micros(transaction).first { micro in
            table.kind[micro] == .append && Int(table.key[micro]) == key
                && reads.lists.place[Int(table.value[micro])] > 0
        }.map { Int(table.value[$0]) }
    }

    private func shortestRead(_ key: Int, showing version: Int) -> Int? {
        let place = reads.lists.place[version]
        let shown = table.kind.indices.filter { micro in
            Int(table.key[micro]) == key && reads.lists.isRead(micro) && !reads.lists.isIncompatible[micro]
                && reads.lists.outer[micro] >= place
        }
        return shown.min { table.listCount[$0] < table.listCount[$1] }.map { Int(table.owner[$0]) }
    }
}

extension EdgeKind {
    /// The kind as evidence names it.
    var name: Anomaly.Dependency.Kind {
        switch self {
        case .ww: .ww
        case .wr: .wr
        case .rw: .rw
        case .session: .session
        case .realTime: .realTime
        case .commit: .commit
        }
    }
}
