import Checkers
import HistoryModel

/// Guarantees about orders of operations by their definitions, spelled out over all orders and all that operations could
/// see, for a handful of operations.
struct NaiveOrders {
    struct Action {
        var f: String
        var key: String
        var value: Value
        /// What a `cas` compares with.
        var old: Value = .null
    }

    struct Operation {
        var index: Int
        var outcome: EventType
        var session: Int
        var actions: [Action]
        var call: Int64
        /// `nil`: it may take effect at any later time.
        var ret: Int64?

        var isCas: Bool { actions.contains { $0.f == "cas" } }
        var writes: Bool { actions.contains { $0.f != "r" } }
        var reads: Bool { outcome == .ok && actions.contains { $0.f == "r" } || isCas }
    }

    typealias State = [String: Value]

    let operations: [Operation]
    private let sets: Set<String>
    private let lists: Set<String>

    init(_ history: History) {
        var operations: [Operation] = []
        var sessions: [ProcessID: Int] = [:]
        var sessionCount = 0
        for operation in history.operations {
            let session = sessions[operation.process] ?? sessionCount
            if session == sessionCount { sessionCount += 1 }
            sessions[operation.process] = operation.outcome == .info ? nil : session
            guard operation.outcome != .fail else { continue }
            operations.append(
                Operation(
                    index: operation.index, outcome: operation.outcome, session: session,
                    actions: Self.actions(operation), call: operation.invocation.time,
                    ret: operation.outcome == .ok ? operation.completion?.time : nil))
        }
        self.operations = operations
        let all = history.operations.flatMap { Self.actions($0) }
        sets = Set(all.filter { $0.f == "add" }.map(\.key))
        lists = Set(all.filter { $0.f == "append" }.map(\.key))
    }

    private static func actions(_ operation: HistoryModel.Operation) -> [Action] {
        let key = operation.key ?? ""
        switch operation.f {
        case "txn":
            let value = operation.outcome == .ok ? operation.result : operation.argument
            return (value.list ?? []).compactMap(\.list).map {
                Action(f: $0[0].string ?? "", key: $0[1].string ?? "", value: $0[2])
            }
        case "read": return [Action(f: "r", key: key, value: operation.result)]
        case "write": return [Action(f: "w", key: key, value: operation.argument)]
        case "cas":
            let pair = operation.argument.list ?? []
            return [Action(f: "cas", key: key, value: pair[1], old: pair[0])]
        default: return [Action(f: operation.f, key: key, value: operation.argument)]
        }
    }

    /// Whether some choice of what the `info` operations did keeps the guarantee.
    func keeps(_ guarantee: Guarantee, realTime: Bool = false) -> Bool {
        let certain = operations.indices.filter { operations[$0].outcome == .ok }
        let possible = operations.indices.filter { operations[$0].outcome == .info && operations[$0].writes }
        return (0..<(1 << possible.count)).contains { choice in
            let chosen = possible.enumerated().filter { choice >> $0.offset & 1 == 1 }.map(\.element)
            let included = (certain + chosen).sorted()
            return switch guarantee {
            case .sequential: isSequential(included)
            case .consistentPrefix: hasPrefixes(included, realTime)
            case .causal: hasCauses(included, converging: true)
            case .weakCausal: hasCauses(included, converging: false)
            default: preconditionFailure("no definition of \(guarantee)")
            }
        }
    }

    // MARK: States

    private func holds(_ held: Value, _ key: String, _ value: Value) -> Bool {
        if sets.contains(key) { return Set(held.list ?? []) == Set(value.list ?? []) }
        if lists.contains(key) || value == .list([]) { return (held.list ?? []) == (value.list ?? []) }
        return held == value
    }

    private func apply(_ operation: Operation, _ state: State) -> State {
        operation.actions.reduce(into: state) { state, action in
            switch action.f {
            case "w", "cas": state[action.key] = action.value
            case "append", "add": state[action.key] = .list((state[action.key]?.list ?? []) + [action.value])
            default: break
            }
        }
    }

    /// Whether what it read is there, own writes on top.
    private func explains(_ state: State, _ operation: Operation) -> Bool {
        var state = state
        for action in operation.actions {
            let held = state[action.key] ?? .null
            if action.f == "r", operation.outcome == .ok, !holds(held, action.key, action.value) { return false }
            if action.f == "cas", held != action.old { return false }
            state = apply(
                Operation(index: 0, outcome: .ok, session: 0, actions: [action], call: 0, ret: nil), state)
        }
        return true
    }

    // MARK: Total orders

    private func isSequential(_ included: [Int]) -> Bool {
        func extend(_ state: State, _ left: [Int]) -> Bool {
            if left.isEmpty { return true }
            for next in left where !left.contains(where: { precedes($0, next) }) {
                guard explains(state, operations[next]) else { continue }
                if extend(apply(operations[next], state), left.filter { $0 != next }) { return true }
            }
            return false
        }
        return extend([:], included)
    }

    private func precedes(_ first: Int, _ second: Int) -> Bool {
        first < second && operations[first].session == operations[second].session
    }

    /// One order of the writes; reads come anywhere, those of a transaction that writes before it.
    private func hasPrefixes(_ included: [Int], _ realTime: Bool) -> Bool {
        let writes = included.filter { operations[$0].writes }
        let readers = included.filter { !operations[$0].writes }
        func isBefore(_ first: Int, _ second: Int) -> Bool {
            if precedes(first, second) { return true }
            guard realTime, let ret = operations[first].ret else { return false }
            return ret < operations[second].call
        }
        func extend(_ states: [State], _ left: [Int]) -> Bool {
            if left.isEmpty {
                return readers.allSatisfy { reader in states.contains { explains($0, operations[reader]) } }
            }
            for next in left where !left.contains(where: { isBefore($0, next) }) {
                let operation = operations[next]
                let views = operation.isCas ? [states[states.count - 1]] : states
                guard views.contains(where: { explains($0, operation) }) else { continue }
                if extend(states + [apply(operation, states[states.count - 1])], left.filter { $0 != next }) {
                    return true
                }
            }
            return false
        }
        return extend([[:]], writes)
    }

    // MARK: What operations see

    /// Places operations one by one, each with a set of writes that it sees: all that its session saw and wrote, and with
    /// each write all that that one saw. `converging`: the order of placing decides between writes, for all readers.
    private func hasCauses(_ included: [Int], converging: Bool) -> Bool {
        func extend(_ placed: [Int], _ sight: [Int: Set<Int>]) -> Bool {
            if placed.count == included.count { return true }
            for next in included where !placed.contains(next) {
                let before = included.filter { precedes($0, next) }
                guard before.allSatisfy(placed.contains) else { continue }
                let own = before.reduce(into: Set<Int>()) { own, earlier in
                    own.formUnion(sight[earlier] ?? [])
                    if operations[earlier].writes { own.insert(earlier) }
                }
                let others = placed.filter { operations[$0].writes && !own.contains($0) }
                for choice in 0..<(1 << others.count) {
                    let more = others.enumerated().filter { choice >> $0.offset & 1 == 1 }.map(\.element)
                    let seen = own.union(more)
                    guard more.allSatisfy({ (sight[$0] ?? []).isSubset(of: seen) }),
                        shows(operations[next], placed.filter(seen.contains), sight, converging)
                    else { continue }
                    var sight = sight
                    sight[next] = seen
                    if extend(placed + [next], sight) { return true }
                }
            }
            return false
        }
        return extend([], [:])
    }

    /// Whether an operation reads what it sees, key by key.
    private func shows(
        _ operation: Operation, _ seen: [Int], _ sight: [Int: Set<Int>], _ converging: Bool
    ) -> Bool {
        operation.actions.allSatisfy { action in
            guard action.f == "cas" || action.f == "r" && operation.outcome == .ok else { return true }
            let value = action.f == "cas" ? action.old : action.value
            let writers = seen.filter { writer in
                operations[writer].actions.contains { $0.key == action.key && $0.f != "r" }
            }
            let orders = converging ? [writers] : extensions(writers, sight)
            return orders.contains { order in
                let state = order.reduce(State()) { apply(operations[$1], $0) }
                return holds(state[action.key] ?? .null, action.key, value)
            }
        }
    }

    /// All orders of some writes in which none comes before what it saw.
    private func extensions(_ writers: [Int], _ sight: [Int: Set<Int>]) -> [[Int]] {
        guard !writers.isEmpty else { return [[]] }
        return writers.flatMap { last -> [[Int]] in
            let rest = writers.filter { $0 != last }
            guard !rest.contains(where: { (sight[$0] ?? []).contains(last) }) else { return [] }
            return extensions(rest, sight).map { $0 + [last] }
        }
    }

    // MARK: Long forks

    /// Whether two reads show two writes in opposite orders, by all orders that each key's writes may have had.
    func hasLongFork() -> Bool {
        let reads = operations.filter { $0.outcome == .ok && !$0.writes }
        let sights = reads.map(sights)
        return sights.indices.contains { first in
            sights.indices.contains { second in
                let (one, other) = (sights[first], sights[second])
                return !one.seen.intersection(other.missed).isEmpty && !other.seen.intersection(one.missed).isEmpty
            }
        }
    }

    private struct Write: Hashable {
        var key: String
        var value: Value
    }

    /// What a read certainly shows, and what it certainly does not.
    private func sights(_ read: Operation) -> (seen: Set<Write>, missed: Set<Write>) {
        var seen: Set<Write> = []
        var missed: Set<Write> = []
        for action in read.actions {
            for write in writes(action.key) {
                let shown = isShown(write, action)
                if shown == true { seen.insert(write) }
                if shown == false { missed.insert(write) }
            }
        }
        return (seen, missed)
    }

    private func writes(_ key: String) -> [Write] {
        operations.flatMap(\.actions).filter { $0.key == key && $0.f != "r" }.map {
            Write(key: key, value: $0.value)
        }
    }

    private func isShown(_ write: Write, _ read: Action) -> Bool? {
        if sets.contains(read.key) || lists.contains(read.key) {
            return (read.value.list ?? []).contains(write.value)
        }
        if read.value == write.value { return true }
        if read.value.isNull { return false }
        // Only of a key with one writer the order is known.
        let all = writes(read.key)
        let seen = Set(
            operations.filter { $0.outcome == .ok }.flatMap(\.actions).filter { $0.f == "r" }.map(\.value))
        // What has an unknown outcome and was not seen may not have happened.
        let owners = Set(
            operations.filter { operation in
                operation.actions.contains {
                    $0.key == read.key && $0.f != "r" && (operation.outcome == .ok || seen.contains($0.value))
                }
            }.map(\.session))
        guard owners.count == 1, let place = all.firstIndex(of: write),
            let last = all.firstIndex(of: Write(key: read.key, value: read.value))
        else { return nil }
        return place < last
    }
}
