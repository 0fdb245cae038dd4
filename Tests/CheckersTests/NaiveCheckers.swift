import HistoryModel

extension NaiveHistory {
    /// Tries all orders.
    func isLinearizable() -> Bool {
        let keys = Set(
            operations.indices.flatMap { number in
                [operations[number].key].compactMap(\.self) + answers(number).compactMap(\.0)
            })
        return keys.allSatisfy { key in
            let calls = NaiveCall.all(self, key)
            return NaiveCall.hasOrder(calls, sets.contains(key) ? .list([]) : .null, self)
        }
    }

    /// One atomic answer that shows a write and another key as it was before a write that the first one followed.
    func breaksConsistentPrefixNode() -> Bool {
        operations.indices.contains { number in
            operations[number].f == "txn"
                && answers(number).contains { effectKey, effect in
                    guard let write = writer(of: effect, effectKey, number) else { return false }
                    return answers(number).contains { key, value in
                        key != effectKey
                            && before[write].contains {
                                operations[$0].key == key && isOlder(value, key, number, than: $0)
                            }
                    }
                }
        }
    }

    /// An answer that shows a write, and later in the session another key as before a write that it followed.
    func breaksConsistentPrefixSession() -> Bool {
        pairs { first, second in
            answers(first).contains { effectKey, effect in
                guard let write = writer(of: effect, effectKey, first) else { return false }
                return answers(second).contains { key, value in
                    key != effectKey
                        && before[write].contains {
                            operations[$0].key == key && isOlder(value, key, second, than: $0)
                        }
                }
            }
        }
    }

    /// An acknowledged update such that no final read begun afterwards, or no dump, has it or anything later.
    func losesWrites() -> Bool {
        operations.indices.contains { update in
            guard operations[update].outcome == .ok, !isRemoved(operations[update].argument, operations[update].key)
            else { return false }
            let later = finals(operations[update].key).filter { ended(update, before: $0.0) }
            let dumps = later.filter { operations[$0.0].f == "dump" }
            let reads = later.filter { operations[$0.0].f != "dump" }
            return [reads, dumps].contains { ends in
                !ends.isEmpty && ends.allSatisfy { final, value in misses(update, final, value) }
            }
        }
    }

    /// Whether it was taken out of a set, or may have been, whenever.
    private func isRemoved(_ value: Value, _ key: String?) -> Bool {
        operations.contains {
            $0.f == "remove" && $0.outcome != .fail && $0.key == key && $0.argument == value
        }
    }

    private func misses(_ update: Int, _ final: Int, _ value: Value) -> Bool {
        if ["add", "append"].contains(operations[update].f) {
            return !(value.list ?? []).contains(operations[update].argument)
        }
        return isWrite(update) && isOlder(value, operations[update].key, final, than: update)
    }

    /// An answer that is in no final read begun afterwards, that failed, or that nobody wrote; what nobody wrote and dumps
    /// alone show, some last ones and others not, is of replicas that differ.
    func hasDirtyReads() -> Bool {
        operations.indices.contains { number in
            let isFinal = operations[number].invocation.meta["final"] == .bool(true)
            for (key, value) in seen(number) where operations.contains(where: { $0.key == key }) {
                let writers = updates(key, value).filter { operations[$0].outcome != .fail }
                if value == .null, writers.isEmpty { continue }
                let possible = writers.filter { canSee(number, $0) }
                let isRemoved = isRemoved(value, key)
                if isRemoved, operations[number].f == "dump" { continue }
                if possible.isEmpty, value != .null {
                    if updates(key, value).isEmpty, isDisputed(value, key, number) { continue }
                    return true
                }
                guard !isFinal, !possible.isEmpty, !isRemoved, operations[number].f != "dump" else { continue }
                let later = finals(key).filter { ended(number, before: $0.0) }
                let isSet = sets.contains(key ?? "")
                guard !later.isEmpty, isSet || possible.count == 1 else { continue }
                let isGone = later.allSatisfy { final, end in
                    isSet
                        ? !(end.list ?? []).contains(value)
                        : isOlder(end, key, final, than: possible[0])
                }
                if isGone { return true }
            }
            return false
        }
    }

    /// Whether a dump shows what the last dumps of some nodes have and those of others do not.
    private func isDisputed(_ value: Value, _ key: String?, _ number: Int) -> Bool {
        guard operations[number].f == "dump" else { return false }
        var holds: [String?: Bool] = [:]
        for (final, end) in finals(key) where operations[final].f == "dump" {
            holds[operations[final].node] = (end.list ?? [end]).contains(value)
        }
        return Set(holds.values).count == 2
    }

    /// Two nodes whose dumps differ.
    func diverges() -> Bool {
        let dumps = operations.filter { $0.f == "dump" && $0.outcome == .ok }
        return dumps.contains { left in
            dumps.contains { right in
                left.node != right.node && contents(left.result) != contents(right.result)
            }
        }
    }

    /// What a dump holds, apart from keys that somebody was still writing.
    private func contents(_ dump: Value) -> Set<Value> {
        let busy = operations.filter { $0.completion == nil && $0.f != "read" }.compactMap(\.key)
        return Set(
            (dump.list ?? []).filter {
                $0.list?.last != .null && $0.list?.last != .list([]) && !busy.contains($0.list?.first?.string ?? "")
            })
    }

    private func updates(_ key: String?, _ value: Value) -> [Int] {
        operations.indices.filter {
            ["write", "cas", "add", "append"].contains(operations[$0].f) && operations[$0].key == key
                && written($0) == value
        }
    }

    /// Each value and element that an operation shows.
    private func seen(_ number: Int) -> [(String?, Value)] {
        if operations[number].f == "dump" {
            return (operations[number].result.list ?? []).flatMap { pair -> [(String?, Value)] in
                let sides = pair.list ?? []
                return (sides[1].list ?? [sides[1]]).map { (sides[0].string, $0) }
            }
        }
        guard let list = setAnswer(number) else { return answers(number) }
        return list.map { (operations[number].key, $0) }
    }

    private func setAnswer(_ number: Int) -> [Value]? {
        guard operations[number].f == "read", operations[number].outcome == .ok,
            sets.contains(operations[number].key ?? "")
        else { return nil }
        return operations[number].result.list ?? []
    }

    /// What final reads and dumps show of a key.
    private func finals(_ key: String?) -> [(Int, Value)] {
        operations.indices.compactMap { number in
            let operation = operations[number]
            guard operation.outcome == .ok else { return nil }
            if operation.f == "dump" {
                let pair = (operation.result.list ?? []).first { $0.list?.first?.string == key }
                return (number, pair?.list?.last ?? .null)
            }
            guard operation.f == "read", operation.key == key, operation.invocation.meta["final"] == .bool(true)
            else {
                return nil
            }
            return (number, operation.result)
        }
    }

    /// Whether two operations of one session, in this order, satisfy a condition.
    private func pairs(_ condition: (Int, Int) -> Bool) -> Bool {
        operations.indices.contains { first in
            operations.indices.contains { second in
                first < second && session[first] == session[second] && condition(first, second)
            }
        }
    }
}

/// One operation of one key for the search through all orders.
struct NaiveCall {
    var number: Int
    var f: String
    var argument: Value
    var result: Value
    var mustHappen: Bool

    static func all(_ history: NaiveHistory, _ key: String) -> [NaiveCall] {
        history.operations.indices.flatMap { number -> [NaiveCall] in
            let operation = history.operations[number]
            if operation.f == "txn" {
                return history.answers(number).filter { $0.0 == key }.map {
                    NaiveCall(number: number, f: "read", argument: .null, result: $0.1, mustHappen: true)
                }
            }
            guard operation.key == key, operation.outcome != .fail else { return [] }
            guard operation.f != "read" || operation.outcome == .ok else { return [] }
            return [
                NaiveCall(
                    number: number, f: operation.f, argument: operation.argument, result: operation.result,
                    mustHappen: operation.outcome == .ok)
            ]
        }
    }

    static func hasOrder(_ left: [NaiveCall], _ state: Value, _ history: NaiveHistory) -> Bool {
        if !left.contains(where: \.mustHappen) { return true }
        return left.indices.contains { position in
            let call = left[position]
            let isFirst = !left.contains { $0.mustHappen && history.ended($0.number, before: call.number) }
            guard isFirst, let next = call.applied(to: state) else { return false }
            var rest = left
            rest.remove(at: position)
            return hasOrder(rest, next, history)
        }
    }

    private func applied(to state: Value) -> Value? {
        if f == "write" { return argument }
        if f == "cas" {
            guard argument.list?.first == state else { return .none }
            return argument.list?.last
        }
        let elements = state.list ?? []
        if f == "add" { return elements.contains(argument) ? state : .list(elements + [argument]) }
        let isSet = state.list != .none
        let seen = result.list ?? []
        guard isSet ? seen.count == elements.count && Set(seen) == Set(elements) : result == state else {
            return .none
        }
        return state
    }
}
