import Checkers
import HistoryModel

/// What the checkers of sessions must say of a history of sets and lists.
struct NaiveCollections {
    let operations: [HistoryModel.Operation]
    private let session: [Int]
    private let keys: Set<String?>
    private let isList: Bool
    /// In program order.
    let reads: [Read]
    let adds: [Add]

    /// What an operation showed of a key.
    struct Read {
        var operation: Int
        var key: String?
        var list: [Value]
        /// Of these, what stands before the first that the same operation put there.
        var others: [Value]
    }

    /// What an operation put there, or may have put there.
    struct Add: Hashable {
        var operation: Int
        var key: String?
        var element: Value
    }

    init(_ history: History) {
        operations = Array(history.operations)
        session = NaiveSessions(history, withFailed: true).session
        isList = operations.contains { $0.f == "append" || $0.f == "txn" && "\($0.argument)".contains("append") }
        let removals = history.operations.filter { $0.f == "remove" && $0.outcome != .fail }
        // What is taken out, or may be, whenever: nothing is said of it.
        func isRemoved(_ element: Value, _ key: String?) -> Bool {
            removals.contains { $0.key == key && $0.argument == element }
        }
        let adds = operations.indices.flatMap { Self.adds(history.operations[$0], $0) }.filter {
            !isRemoved($0.element, $0.key)
        }
        self.adds = adds
        reads = operations.indices.flatMap { number in
            Self.reads(history.operations[number], number).map { read in
                var read = read
                read.list.removeAll { isRemoved($0, read.key) }
                let own = adds.filter { $0.operation == number && $0.key == read.key }.map(\.element)
                read.others = Array(read.list.prefix { !own.contains($0) })
                return read
            }
        }
        keys = Set(adds.map(\.key) + reads.map(\.key))
    }

    private static func micros(_ operation: HistoryModel.Operation) -> [[Value]] {
        (operation.outcome == .ok ? operation.result : operation.argument).list?.compactMap(\.list) ?? []
    }

    private static func reads(_ operation: HistoryModel.Operation, _ number: Int) -> [Read] {
        guard operation.outcome == .ok else { return [] }
        switch operation.f {
        case "read":
            return [Read(operation: number, key: operation.key, list: operation.result.list ?? [], others: [])]
        case "txn":
            return micros(operation).filter { $0[0] == "r" }.map {
                Read(operation: number, key: $0[1].string, list: $0[2].list ?? [], others: [])
            }
        default: return []
        }
    }

    private static func adds(_ operation: HistoryModel.Operation, _ number: Int) -> [Add] {
        guard operation.outcome != .fail else { return [] }
        switch operation.f {
        case "add", "append": return [Add(operation: number, key: operation.key, element: operation.argument)]
        case "txn":
            return micros(operation).filter { $0[0] == "append" }.map {
                Add(operation: number, key: $0[1].string, element: $0[2])
            }
        default: return []
        }
    }

    func isEarlier(_ first: Int, _ second: Int) -> Bool {
        first < second && session[first] == session[second]
    }

    func reads(_ key: String?) -> [Read] { reads.filter { $0.key == key } }

    func adds(_ key: String?) -> [Add] { adds.filter { $0.key == key } }

    private func canSee(_ reader: Int, _ add: Int) -> Bool {
        operations[add].invocation.time <= operations[reader].completion?.time ?? .max
    }

    /// The only operation that can have put an element there.
    func adder(_ element: Value, _ key: String?, _ reader: Int) -> Add? {
        let all = adds(key).filter { $0.element == element }
        return all.count == 1 && canSee(reader, all[0].operation) ? all[0] : nil
    }

    /// The longest read of a list, if all others are beginnings of it and no element is there or was appended twice.
    private func longest(_ key: String?) -> [Value]? {
        let lists = reads(key).map(\.list)
        let longest = lists.max { $0.count < $1.count } ?? []
        guard isList, lists.allSatisfy({ longest.starts(with: $0) }) else { return nil }
        let isUnique = longest.allSatisfy { element in
            let count = longest.count { $0 == element }
            let appends = adds(key).count { $0.element == element }
            return appends == 0 || appends == 1 && count == 1
        }
        return isUnique ? longest : nil
    }

    private func rank(_ add: Add, _ longest: [Value]) -> Int {
        longest.firstIndex(of: add.element).map { $0 + 1 } ?? .max
    }

    func breaksReadYourWrites() -> Bool {
        keys.contains { key in
            let longest = longest(key)
            return reads(key).contains { read in
                adds(key).contains { add in
                    guard isEarlier(add.operation, read.operation), operations[add.operation].outcome == .ok else {
                        return false
                    }
                    if let longest { return rank(add, longest) > read.list.count }
                    return !read.list.contains(add.element)
                }
            }
        }
    }

    /// A set without what the session had seen in it; a list that does not begin with what the session had seen of it.
    func breaksMonotonicReads() -> Bool {
        keys.contains { key in
            let reads = reads(key)
            return reads.indices.contains { later in
                reads[..<later].contains { earlier in
                    guard session[earlier.operation] == session[reads[later].operation] else { return false }
                    if isList { return !reads[later].list.starts(with: earlier.others) }
                    return !earlier.list.allSatisfy { reads[later].list.contains($0) }
                }
            }
        }
    }

    func breaksMonotonicWrites() -> Bool {
        keys.contains { key in
            if let longest = longest(key) {
                return adds(key).contains { later in
                    adds(key).contains {
                        isEarlier($0.operation, later.operation) && rank($0, longest) > rank(later, longest)
                    }
                }
            }
            return brings(key) { effect in
                adds(key).filter { isEarlier($0.operation, effect.operation) }.map(\.element)
            }
        }
    }

    func breaksWritesFollowReads() -> Bool {
        keys.contains { key in
            if let longest = longest(key) {
                return adds(key).contains { add in
                    reads(key).contains { read in
                        let isBefore = isEarlier(read.operation, add.operation) || read.operation == add.operation
                        return isBefore && read.others.count > rank(add, longest)
                    }
                }
            }
            return brings(key) { effect in
                reads(key).filter {
                    isEarlier($0.operation, effect.operation) || $0.operation == effect.operation
                }.flatMap(\.others)
            }
        }
    }

    /// A read that shows an element and lacks another that comes with it; of a list also one that shows that behind it.
    private func brings(_ key: String?, _ causes: (Add) -> [Value]) -> Bool {
        reads(key).contains { read in
            read.list.contains { element in
                guard let effect = adder(element, key, read.operation) else { return false }
                let shown = isList ? Array(read.list.prefix { $0 != element }) : read.list
                return causes(effect).contains { $0 != element && !shown.contains($0) }
            }
        }
    }
}
