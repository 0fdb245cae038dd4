import Checkers
import HistoryModel

/// What the checkers of sessions must say of a history of sets and lists.
struct NaiveCollections {
    private let operations: [HistoryModel.Operation]
    private let session: [Int]
    private let keys: Set<String?>
    private let isList: Bool

    init(_ history: History) {
        operations = Array(history.operations)
        session = NaiveSessions(history, withFailed: true).session
        keys = Set(operations.map(\.key))
        isList = operations.contains { $0.f == "append" }
    }

    private func isEarlier(_ first: Int, _ second: Int) -> Bool {
        first < second && session[first] == session[second]
    }

    private func reads(_ key: String?) -> [Int] {
        operations.indices.filter {
            operations[$0].f == "read" && operations[$0].outcome == .ok && operations[$0].key == key
        }
    }

    private func adds(_ key: String?) -> [Int] {
        operations.indices.filter {
            operations[$0].f != "read" && operations[$0].outcome != .fail && operations[$0].key == key
        }
    }

    private func list(_ read: Int) -> [Value] { operations[read].result.list ?? [] }

    private func canSee(_ reader: Int, _ add: Int) -> Bool {
        operations[add].invocation.time <= operations[reader].completion?.time ?? .max
    }

    /// The only operation that can have put an element there.
    private func adder(_ element: Value, _ key: String?, _ reader: Int) -> Int? {
        let all = adds(key).filter { operations[$0].argument == element }
        return all.count == 1 && canSee(reader, all[0]) ? all[0] : nil
    }

    /// The longest read of a list, if all others are beginnings of it and no element is there or was appended twice.
    private func longest(_ key: String?) -> [Value]? {
        let lists = reads(key).map(list)
        let longest = lists.max { $0.count < $1.count } ?? []
        guard isList, lists.allSatisfy({ longest.starts(with: $0) }) else { return nil }
        let isUnique = longest.allSatisfy { element in
            let count = longest.count { $0 == element }
            let appends = adds(key).count { operations[$0].argument == element }
            return appends == 0 || appends == 1 && count == 1
        }
        return isUnique ? longest : nil
    }

    private func rank(_ add: Int, _ longest: [Value]) -> Int {
        longest.firstIndex(of: operations[add].argument).map { $0 + 1 } ?? .max
    }

    func breaksReadYourWrites() -> Bool {
        keys.contains { key in
            let longest = longest(key)
            return reads(key).contains { read in
                adds(key).contains { add in
                    guard isEarlier(add, read), operations[add].outcome == .ok else { return false }
                    if let longest { return rank(add, longest) > list(read).count }
                    return !list(read).contains(operations[add].argument)
                }
            }
        }
    }

    func breaksMonotonicReads() -> Bool {
        keys.contains { key in
            let isOrdered = longest(key) != nil
            return reads(key).contains { later in
                reads(key).contains { earlier in
                    guard isEarlier(earlier, later) else { return false }
                    if isOrdered { return list(earlier).count > list(later).count }
                    return !list(earlier).allSatisfy { list(later).contains($0) }
                }
            }
        }
    }

    func breaksMonotonicWrites() -> Bool {
        keys.contains { key in
            if let longest = longest(key) {
                return adds(key).contains { later in
                    adds(key).contains { isEarlier($0, later) && rank($0, longest) > rank(later, longest) }
                }
            }
            return brings(key) { effect in
                adds(key).filter { isEarlier($0, effect) }.map { operations[$0].argument }
            }
        }
    }

    func breaksWritesFollowReads() -> Bool {
        keys.contains { key in
            if let longest = longest(key) {
                return adds(key).contains { add in
                    reads(key).contains { isEarlier($0, add) && list($0).count > rank(add, longest) }
                }
            }
            return brings(key) { effect in
                reads(key).filter { isEarlier($0, effect) }.flatMap(list)
            }
        }
    }

    /// A read that shows an element and lacks another that comes with it.
    private func brings(_ key: String?, _ causes: (Int) -> [Value]) -> Bool {
        reads(key).contains { read in
            list(read).contains { element in
                guard let effect = adder(element, key, read) else { return false }
                return causes(effect).contains { !list(read).contains($0) }
            }
        }
    }
}
