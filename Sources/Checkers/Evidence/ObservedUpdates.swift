import HistoryModel

/// Which updates may have written what a few operations saw.
///
/// Knows functions whose answers name what they saw: reads and writes of registers, cas, add, append, and transactions
/// of these. For those, and only those, leaving out what nobody saw cannot make a violation.
struct ObservedUpdates {
    /// A value under a key.
    private struct Place: Hashable {
        var key: Value
        var value: Value
        /// One of many elements of a list or set.
        var isElement = false
    }

    private let history: History
    /// The operations whose elements' updates count like any others.
    private let named: Set<Int>
    /// By operation: the updates that may have written the values that it saw.
    private var writers: [Int: Set<Int>] = [:]
    /// By operation: the updates that may have written elements of the lists that it saw.
    private var elements: [Int: Set<Int>] = [:]

    static let functions: Set<String> = ["read", "write", "cas", "add", "append", "txn", "dump"]
    /// Rounds through the history: a cas saw what another wrote, and so on.
    private static let mostRounds = 8

    /// Why there is no saying who wrote what.
    enum Failure: Error {
        /// A value that was seen may be several updates', so that leaving one out can make a violation; so it is for
        /// more operations, too.
        case ambiguous
        /// One of the operations is of another kind, or too long a chain of cas hangs on them.
        case unfit
    }

    init(_ history: History, of operations: Set<Int>, elementsOf named: Set<Int>) throws(Failure) {
        self.history = history
        self.named = named
        var fresh = operations
        var rounds = 0
        while !fresh.isEmpty {
            guard rounds < Self.mostRounds,
                fresh.allSatisfy({ Self.functions.contains(history.operations[$0].f) })
            else { throw .unfit }
            rounds += 1
            try find(fresh)
            fresh = Set(fresh.flatMap { (writers[$0] ?? []).union(elements[$0] ?? []) }).subtracting(writers.keys)
        }
    }

    /// These operations, the updates whose values they saw, the updates that those saw, and so on; of the updates of
    /// elements only those that were named.
    func closure(_ operations: Set<Int>) -> Set<Int> {
        var all = operations
        var pending = Array(operations)
        while let operation = pending.popLast() {
            let needed = (writers[operation] ?? []).union((elements[operation] ?? []).intersection(named))
            for writer in needed where all.insert(writer).inserted { pending.append(writer) }
        }
        return all
    }

    /// Those of the operations that can stay when only these do: what they saw must be among them.
    func closed(_ operations: Set<Int>) -> Set<Int> {
        var rest = operations
        while let open = rest.first(where: { !closure([$0]).isSubset(of: rest) }) { rest.remove(open) }
        return rest
    }

    /// The operations that saw or wrote one of the values that these saw or wrote.
    static func sharingValues(_ history: History, with operations: Set<Int>) -> Set<Int> {
        let places = Set(
            operations.flatMap { seen(history.operations[$0]) + written(history.operations[$0]) }.map {
                Place(key: $0.key, value: $0.value)
            })
        let wanted = Set(places.compactMap { history.values.ref(of: $0.value) })
        let columns = history.columns
        var found: Set<Int> = []
        for ordinal in 0..<columns.count
        where wanted.contains(columns.argument[ordinal]) || wanted.contains(columns.answer[ordinal])
            || columns.argument[ordinal].isList || columns.answer[ordinal].isList
        {
            let operation = history.operations[ordinal]
            guard functions.contains(operation.f), operation.outcome != .fail else { continue }
            let touched = seen(operation) + written(operation)
            if touched.contains(where: { !$0.isElement && places.contains($0) }) { found.insert(ordinal) }
        }
        return found
    }

    /// The updates that may have written the elements which these operations saw, with all that those saw.
    func elementUpdates(_ operations: Set<Int>) -> Set<Int> {
        closure(Set(operations.flatMap { elements[$0] ?? [] }))
    }

    private mutating func find(_ operations: Set<Int>) throws(Failure) {
        var readers: [Place: Set<Int>] = [:]
        for operation in operations {
            writers[operation] = []
            elements[operation] = []
            for place in Self.seen(history.operations[operation]) { readers[place, default: []].insert(operation) }
        }
        guard !readers.isEmpty else { return }
        var written: Set<Place> = []
        let wanted = Set(readers.keys.compactMap { history.values.ref(of: $0.value) })
        let functions = Set(
            history.functions.indices.filter { Self.functions.contains(history.functions[$0]) }.map {
                FunctionID(UInt16($0))
            })
        let columns = history.columns
        for operation in 0..<columns.count
        where columns.outcome[operation] != .fail && functions.contains(columns.function[operation])
            && mayWrite(columns.argument[operation], wanted)
        {
            for var place in Self.written(history.operations[operation]) {
                for reader in readers[place] ?? [] where reader != operation { writers[reader]?.insert(operation) }
                if readers[place] != nil, !written.insert(place).inserted { throw .ambiguous }
                place.isElement = true
                for reader in readers[place] ?? [] where reader != operation { elements[reader]?.insert(operation) }
            }
        }
    }

    /// Whether one of the values stands anywhere in an argument, at most three levels deep.
    private func mayWrite(_ argument: ValueRef, _ wanted: Set<ValueRef>, depth: Int = 0) -> Bool {
        guard argument.isList else { return wanted.contains(argument) }
        guard depth < 3 else { return false }
        return history.values.range(ofList: argument).contains {
            mayWrite(history.values.lists[$0], wanted, depth: depth + 1)
        }
    }

    private static func seen(_ operation: HistoryModel.Operation) -> [Place] {
        let key = operation.key.map { Value.string($0) } ?? .null
        switch operation.f {
        case "read": return places(key, operation.result)
        // A cas of unknown outcome saw it too, if it took effect.
        case "cas":
            return operation.argument.list?.first.map { places(key, $0) } ?? []
        case "txn":
            return micros(operation.result).filter { $0.function == "r" }.flatMap { places($0.key, $0.value) }
        case "dump":
            return (operation.result.list ?? []).flatMap { pair -> [Place] in
                guard let sides = pair.list, sides.count == 2 else { return [] }
                return places(name(sides[0]), sides[1])
            }
        default: return []
        }
    }

    private static func written(_ operation: HistoryModel.Operation) -> [Place] {
        let key = operation.key.map { Value.string($0) } ?? .null
        switch operation.f {
        case "write", "add", "append": return [Place(key: key, value: operation.argument)]
        case "cas":
            guard let pair = operation.argument.list, pair.count == 2 else { return [] }
            return [Place(key: key, value: pair[1])]
        case "txn":
            return micros(operation.argument).filter { $0.function != "r" }.map {
                Place(key: $0.key, value: $0.value)
            }
        default: return []
        }
    }

    private static func micros(_ txn: Value) -> [(function: String, key: Value, value: Value)] {
        (txn.list ?? []).compactMap { micro in
            guard let parts = micro.list, parts.count == 3, let function = parts[0].string else { return nil }
            return (function, name(parts[1]), parts[2])
        }
    }

    /// Keys are texts outside of transactions.
    private static func name(_ key: Value) -> Value { key.keyName.map { .string($0) } ?? key }

    /// What an answer shows; nodes keep numbers as text.
    private static func places(_ key: Value, _ answer: Value) -> [Place] {
        let values = answer.list ?? (answer.isNull ? [] : [answer])
        return values.flatMap { value -> [Value] in
            guard let text = value.string, let int = Int64(text) else { return [value] }
            return [value, .int(int)]
        }.map { Place(key: key, value: $0, isElement: answer.list != nil) }
    }
}
