import Checkers
import HistoryModel

/// Levels of isolation by their definitions, spelled out over all orders of a handful of transactions.
struct NaiveTransactions {
    struct Micro {
        var f: String
        var key: String
        var value: Value
    }

    struct Transaction {
        var index: Int
        var outcome: EventType
        var process: ProcessID
        var session: Int
        var micros: [Micro]
        var call: Int64
        /// `nil`: it may take effect at any later time.
        var ret: Int64?

        var isRead: Bool { outcome == .ok }
        var writtenKeys: Set<String> { Set(micros.filter { $0.f != "r" }.map(\.key)) }
    }

    let transactions: [Transaction]
    let lists: Set<String>

    init(_ history: History) {
        var transactions: [Transaction] = []
        var sessions: [ProcessID: Int] = [:]
        var sessionCount = 0
        for operation in history.operations {
            let session = sessions[operation.process] ?? sessionCount
            if session == sessionCount { sessionCount += 1 }
            sessions[operation.process] = operation.outcome == .info ? nil : session
            transactions.append(
                Transaction(
                    index: operation.index, outcome: operation.outcome, process: operation.process,
                    session: session,
                    micros: Self.micros(operation), call: operation.invocation.time,
                    ret: operation.outcome == .ok ? operation.completion?.time : nil))
        }
        self.init(transactions)
    }

    private init(_ transactions: [Transaction]) {
        self.transactions = transactions
        let micros = transactions.flatMap(\.micros)
        lists = Set(micros.filter { $0.f == "append" || $0.value.list != nil }.map(\.key))
    }

    /// Only some transactions; what others wrote is taken out of what these read.
    func restricted(to indices: Set<Int>) -> NaiveTransactions {
        let kept = transactions.filter { indices.contains($0.index) }
        var written: [String: Set<Value>] = [:]
        for micro in kept.flatMap(\.micros) where micro.f != "r" {
            written[micro.key, default: []].insert(micro.value)
        }
        return NaiveTransactions(
            kept.map { transaction in
                var transaction = transaction
                transaction.micros = transaction.micros.compactMap { micro in
                    guard micro.f == "r" else { return micro }
                    let known = written[micro.key] ?? []
                    if let list = micro.value.list {
                        return Micro(f: "r", key: micro.key, value: .list(list.filter(known.contains)))
                    }
                    return micro.value.isNull || known.contains(micro.value) ? micro : nil
                }
                return transaction
            })
    }

    private static func micros(_ operation: HistoryModel.Operation) -> [Micro] {
        let value = operation.outcome == .ok ? operation.result : operation.argument
        switch operation.f {
        case "txn":
            return (value.list ?? []).map { micro in
                let parts = micro.list ?? []
                return Micro(f: parts[0].string ?? "", key: parts[1].string ?? "", value: parts[2])
            }
        case "read": return [Micro(f: "r", key: operation.key ?? "", value: value)]
        case "write": return [Micro(f: "w", key: operation.key ?? "", value: operation.argument)]
        default: return [Micro(f: operation.f, key: operation.key ?? "", value: operation.argument)]
        }
    }

    /// Whether some choice of what the `info` transactions did, and some order, explains every read.
    func keeps(_ guarantee: Guarantee) -> Bool {
        let certain = transactions.indices.filter { transactions[$0].outcome == .ok }
        let possible = transactions.indices.filter { transactions[$0].outcome == .info }
        return (0..<(1 << possible.count)).contains { choice in
            let chosen = possible.enumerated().filter { choice >> $0.offset & 1 == 1 }.map(\.element)
            return explains(guarantee, (certain + chosen).sorted())
        }
    }

    private func explains(_ guarantee: Guarantee, _ included: [Int]) -> Bool {
        switch guarantee {
        case .serializable: isSerial(included) { _, _ in false }
        case .strongSessionSerializable: isSerial(included, isBefore: sessionBefore)
        case .strictSerializable: isSerial(included, isBefore: timeBefore)
        case .snapshotIsolation: hasSnapshots(included, losesNoUpdate: true) { _, _ in false }
        case .strongSessionSnapshotIsolation: hasSnapshots(included, losesNoUpdate: true, isBefore: sessionBefore)
        case .strongSnapshotIsolation: hasSnapshots(included, losesNoUpdate: true, isBefore: timeBefore)
        case .prefixConsistency: hasSnapshots(included, losesNoUpdate: false, isBefore: sessionBefore)
        default: NaiveCommitOrder(self, included, guarantee).exists()
        }
    }

    func sessionBefore(_ first: Int, _ second: Int) -> Bool {
        first < second && transactions[first].session == transactions[second].session
    }

    func timeBefore(_ first: Int, _ second: Int) -> Bool {
        if sessionBefore(first, second) { return true }
        guard let ret = transactions[first].ret else { return false }
        return ret < transactions[second].call
    }

    // MARK: Execution

    /// What keys hold.
    typealias State = [String: Value]

    /// Executes a transaction; `nil` if it would have read something else.
    private func run(_ transaction: Transaction, on state: State) -> State? {
        var state = state
        for micro in transaction.micros {
            switch micro.f {
            case "r":
                guard !transaction.isRead || holds(state, micro.key, micro.value) else { return nil }
            case "append": state[micro.key] = .list((state[micro.key]?.list ?? []) + [micro.value])
            default: state[micro.key] = micro.value
            }
        }
        return state
    }

    private func holds(_ state: State, _ key: String, _ value: Value) -> Bool {
        let held = state[key] ?? .null
        return held == value || lists.contains(key) && (held.list ?? []) == (value.list ?? []) && isList(value)
    }

    private func isList(_ value: Value) -> Bool { value.isNull || value.list != nil }

    private func isSerial(_ included: [Int], isBefore: (Int, Int) -> Bool) -> Bool {
        func extend(_ state: State, _ left: [Int]) -> Bool {
            if left.isEmpty { return true }
            for next in left where !left.contains(where: { $0 != next && isBefore($0, next) }) {
                guard let after = run(transactions[next], on: state) else { continue }
                if extend(after, left.filter { $0 != next }) { return true }
            }
            return false
        }
        return extend([:], included)
    }

    /// Tries all orders of snapshots and commits.
    private func hasSnapshots(_ included: [Int], losesNoUpdate: Bool, isBefore: (Int, Int) -> Bool) -> Bool {
        /// `open`: transactions with a snapshot, and whether a write of one of their keys was committed since.
        func extend(_ state: State, _ left: [Int], _ open: [Int: Bool]) -> Bool {
            if left.isEmpty && open.isEmpty { return true }
            for next in left where !(left + Array(open.keys)).contains(where: { $0 != next && isBefore($0, next) })
            {
                guard run(transactions[next], on: state) != nil else { continue }
                var more = open
                more[next] = false
                if extend(state, left.filter { $0 != next }, more) { return true }
            }
            for (next, isOverwritten) in open where !(losesNoUpdate && isOverwritten) {
                var rest = open
                rest[next] = nil
                let keys = transactions[next].writtenKeys
                for other in rest.keys where !keys.isDisjoint(with: transactions[other].writtenKeys) {
                    rest[other] = true
                }
                if extend(commit(transactions[next], on: state), left, rest) { return true }
            }
            return false
        }
        return extend([:], included, [:])
    }

    private func commit(_ transaction: Transaction, on state: State) -> State {
        var state = state
        for micro in transaction.micros where micro.f != "r" {
            state[micro.key] =
                micro.f == "append" ? .list((state[micro.key]?.list ?? []) + [micro.value]) : micro.value
        }
        return state
    }
}
