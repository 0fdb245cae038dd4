import Checkers
import HistoryModel

/// Checks what a verdict says of transactions against the history, link by link and without the checkers' own numbers.
struct NaiveProof {
    private let naive: NaiveTransactions
    private let byIndex: [Int: NaiveTransactions.Transaction]

    init(_ history: History) {
        naive = NaiveTransactions(history)
        byIndex = Dictionary(uniqueKeysWithValues: naive.transactions.map { ($0.index, $0) })
    }

    /// What is wrong with an anomaly; `nil` if it is proven.
    func flaw(_ anomaly: Anomaly, _ guarantee: Guarantee) -> String? {
        guard anomaly.evidence.allSatisfy({ byIndex[$0.operation] != nil }) else { return "unknown operation" }
        if anomaly.kind == .noOrder {
            let some = Set(anomaly.evidence.map(\.operation))
            return naive.restricted(to: some).keeps(guarantee) ? "these transactions alone keep \(guarantee)" : nil
        }
        guard !anomaly.cycle.isEmpty else { return nil }
        for (position, link) in anomaly.cycle.enumerated() {
            let next = anomaly.cycle[(position + 1) % anomaly.cycle.count]
            guard link.to == next.from else { return "no cycle" }
            guard let from = byIndex[link.from], let to = byIndex[link.to] else { return "unknown operation" }
            guard holds(link, from, to, Self.isStrict(guarantee)) else { return "no such link: \(link)" }
        }
        guard anomaly.kind.rawValue == Self.name(anomaly.cycle.map(\.kind)) else {
            return "not \(anomaly.kind.rawValue)"
        }
        return isForbidden(anomaly, guarantee) ? nil : "\(anomaly.kind) is no violation of \(guarantee)"
    }

    /// What a cycle is called, by its links (Adya 1999; Kingsbury and Alvaro 2020).
    private static func name(_ kinds: [Anomaly.Dependency.Kind]) -> String {
        if kinds.contains(.commit) { return "commit-order-cycle" }
        let ring = kinds + kinds.prefix(1)
        let isAdjacent = zip(ring, ring.dropFirst()).contains { $0 == .rw && $1 == .rw }
        let plain =
            switch kinds.count(where: { $0 == .rw }) {
            case 0: kinds.contains(.wr) ? "G1c" : "G0"
            case 1: "G-single"
            default: isAdjacent ? "G2-item" : "G-nonadjacent"
            }
        return plain + (kinds.contains(.realTime) ? "-realtime" : kinds.contains(.session) ? "-process" : "")
    }

    private typealias Transaction = NaiveTransactions.Transaction

    private static func isStrict(_ guarantee: Guarantee) -> Bool {
        [.strictSerializable, .strongSnapshotIsolation].contains(guarantee)
    }

    private func isOver(_ first: Transaction, before second: Transaction) -> Bool {
        first.ret.map { $0 < second.call } ?? false
    }

    private func holds(
        _ link: Anomaly.Dependency, _ from: Transaction, _ to: Transaction, _ isStrict: Bool
    ) -> Bool {
        let key = link.key ?? ""
        // Values that were written several times cannot be told apart here.
        if hasRepeats(key) { return true }
        switch link.kind {
        case .session: return from.session == to.session && from.index < to.index
        case .realTime: return isOver(from, before: to)
        case .wr: return link.value.map { reads(to, key, $0) && isLast($0, of: from, for: to, key) } ?? false
        case .ww:
            return isReplaced(key, by: to) { last($0, besides: to, key).map { writes(from, key, $0) } ?? false }
                || isLoose(key, to)
        case .rw: return isReplacement(link, from, to, key, isStrict)
        case .commit:
            guard let reader = link.reader.flatMap({ byIndex[$0] }), writesAny(from, key) else { return false }
            let isRead = written(to, key).contains { value in
                reads(reader, key) { last(seen($0), besides: reader, key) == value }
            }
            return isRead && (leads(from, reader) || isStrict && isOver(from, before: reader))
        }
    }

    /// Whether what another transaction saw ends with what this one wrote.
    private func isLast(_ value: Value, of writer: Transaction, for reader: Transaction, _ key: String) -> Bool {
        last(seen(value), besides: reader, key).map { writes(writer, key, $0) } ?? false
    }

    private func isReplacement(
        _ link: Anomaly.Dependency, _ from: Transaction, _ to: Transaction, _ key: String, _ isStrict: Bool
    ) -> Bool {
        guard let value = link.value, reads(from, key, value), writesAny(to, key) else { return false }
        let own = written(from, key)
        let state = seen(value).filter { !own.contains($0) }
        let isLater = naive.transactions.contains {
            isStrict && isLast(value, of: $0, for: from, key) && isOver($0, before: to)
        }
        return state.isEmpty || isLater || isReplaced(key, by: to) { $0 == state } || isLoose(key, to)
    }

    // MARK: What transactions did

    private func written(_ transaction: Transaction, _ key: String) -> [Value] {
        transaction.micros.filter { $0.f != "r" && $0.key == key }.map(\.value)
    }

    private func writes(_ transaction: Transaction, _ key: String, _ value: Value) -> Bool {
        written(transaction, key).contains(value)
    }

    private func writesAny(_ transaction: Transaction, _ key: String) -> Bool {
        !written(transaction, key).isEmpty
    }

    private func reads(
        _ transaction: Transaction, _ key: String, _ isMeant: (Value) -> Bool
    ) -> Bool {
        transaction.isRead && transaction.micros.contains { $0.f == "r" && $0.key == key && isMeant($0.value) }
    }

    private func reads(_ transaction: Transaction, _ key: String, _ value: Value) -> Bool {
        reads(transaction, key) { seen($0) == seen(value) }
    }

    /// The versions that a value shows: the elements of a list, each once, or the value itself.
    private func seen(_ value: Value) -> [Value] {
        guard let list = value.list else { return value.isNull ? [] : [value] }
        return list.indices.filter { list.firstIndex(of: list[$0]) == $0 }.map { list[$0] }
    }

    /// The last version that some committed transaction other than this one wrote.
    private func last(_ state: [Value], besides transaction: Transaction, _ key: String) -> Value? {
        state.last { value in
            naive.transactions.contains {
                $0.index != transaction.index && $0.outcome != .fail && writes($0, key, value)
            }
        }
    }

    /// Whether some read shows that a transaction replaced a state that fits.
    private func isReplaced(_ key: String, by next: Transaction, _ fits: ([Value]) -> Bool)
        -> Bool
    {
        let own = written(next, key)
        for transaction in naive.transactions where transaction.isRead {
            for micro in transaction.micros where micro.f == "r" && micro.key == key {
                let list = seen(micro.value)
                // In a list: what stands before an own element. And what it read itself before it wrote.
                let places = list.indices.filter {
                    own.contains(list[$0]) && ($0 == 0 || !own.contains(list[$0 - 1]))
                }
                if places.contains(where: { fits(Array(list[..<$0])) || fits(sound(Array(list[..<$0]), key)) }) {
                    return true
                }
                if transaction.index == next.index, fits(list.filter { !own.contains($0) }) { return true }
            }
        }
        return false
    }

    private func sound(_ state: [Value], _ key: String) -> [Value] {
        state.filter { value in naive.transactions.contains { $0.outcome != .fail && writes($0, key, value) } }
    }

    /// Whether nobody read what a transaction left of a list: it comes after all that was read.
    private func isLoose(_ key: String, _ transaction: Transaction) -> Bool {
        guard let value = written(transaction, key).last else { return false }
        if !naive.lists.contains(key) { return !head(key).contains(transaction.index) }
        return !naive.transactions.contains { other in
            other.index != transaction.index && reads(other, key) { seen($0).contains(value) }
        }
    }

    /// The transactions that replaced the initial state of a register at once, and one another.
    private func head(_ key: String) -> Set<Int> {
        var head: Set<Int> = []
        var state: [Value] = []
        while true {
            let next = naive.transactions.filter { transaction in
                transaction.outcome == .ok && !head.contains(transaction.index) && writesAny(transaction, key)
                    && reads(transaction, key) { seen($0) == state }
            }
            guard next.count == 1 else { return head }
            head.insert(next[0].index)
            state = Array(written(next[0], key).suffix(1))
        }
    }

    private func hasRepeats(_ key: String) -> Bool {
        let all = naive.transactions.filter { $0.outcome != .fail }.flatMap { written($0, key) }
        return Set(all).count < all.count
    }

    /// Over sessions and reads-from.
    private func leads(_ first: Transaction, _ second: Transaction) -> Bool {
        var reached: Set<Int> = [first.index]
        var pending = [first]
        while let current = pending.popLast() {
            for next in naive.transactions where !reached.contains(next.index) && isDirect(current, next) {
                reached.insert(next.index)
                pending.append(next)
            }
        }
        return reached.contains(second.index)
    }

    private func isDirect(_ first: Transaction, _ second: Transaction) -> Bool {
        first.session == second.session && first.index < second.index
            || second.isRead
                && second.micros.contains { micro in
                    micro.f == "r" && (seen(micro.value).last.map { writes(first, micro.key, $0) } ?? false)
                        || micro.f == "r"
                            && (last(seen(micro.value), besides: second, micro.key).map {
                                writes(first, micro.key, $0)
                            } ?? false)
                }
    }

    // MARK: What a level forbids

    private func isForbidden(_ anomaly: Anomaly, _ guarantee: Guarantee) -> Bool {
        let kinds = anomaly.cycle.map(\.kind)
        let isStrict = Self.isStrict(guarantee)
        let hasSession = ![.serializable, .snapshotIsolation].contains(guarantee)
        if kinds.contains(.realTime) && !isStrict || kinds.contains(.session) && !hasSession { return false }
        let isSerial = [.serializable, .strongSessionSerializable, .strictSerializable].contains(guarantee)
        let isAdjacent = kinds.indices.contains {
            kinds[$0] == .rw && kinds[($0 + 1) % kinds.count] == .rw
        }
        switch guarantee {
        case .readCommitted, .readAtomic, .causal: return kinds.count { $0 == .rw } <= 1
        case .prefixConsistency:
            // Between an rw and the ww edges after it a snapshot would have to be taken.
            return !isAdjacent
                && !kinds.indices.contains {
                    [.ww, .commit].contains(kinds[$0]) && kinds[($0 + 1) % kinds.count] == .rw
                }
        default: return isSerial || !isAdjacent
        }
    }
}
