import HistoryModel
import SequentialModels

/// The keys that transactions connect, in a history in which some transaction writes: what one does takes effect at once, so
/// that its keys are one object, a map of registers and lists.
///
/// Keys that no transaction touches, or only reads by themselves, are left to what judges one key.
struct TransactionGroups {
    /// The objects, in the order in which their keys come up.
    private(set) var objects: [ModelledObject] = []
    private let history: History
    private let columns: OperationColumns
    private var names: [String] = []
    private var numbers: [String: Int] = [:]
    /// By key: another one of its group, or itself.
    private var parents: [Int] = []
    private var uses: [Use] = []
    /// By ordinal of a transaction: a key that it touches.
    private var keyOf: [Int: Int] = [:]
    /// The first transaction that cannot be understood.
    private var riddle: Int?

    /// What is done to one key.
    private struct Use {
        /// Whether some transaction writes it.
        var isInWritingTransaction = false
        var isWritten = false
        var isAppended = false
        var showsLists = false
        var showsOthers = false
    }

    /// One read, write or append in a transaction.
    private struct Micro {
        var word: String
        var key: Int
        var value: ValueRef
    }

    init(_ history: History) {
        self.history = history
        columns = history.columns
        let transactions = self.transactions
        guard transactions.contains(where: mayWrite) else { return }
        for ordinal in transactions { connect(ordinal) }
        guard uses.contains(where: \.isInWritingTransaction) else { return }
        gather()
    }

    private var transactions: [Int] {
        guard let txn = history.functions.firstIndex(of: "txn") else { return [] }
        return (0..<columns.count).filter { columns.function[$0].number == txn && columns.outcome[$0] != .fail }
    }

    /// Whether a transaction does anything but read; quick, because most histories have none that does.
    private func mayWrite(_ ordinal: Int) -> Bool {
        let values = history.values
        let read = values.ref(of: "r")
        return values.range(ofList: columns.argument[ordinal]).contains { place in
            let parts = values.range(ofList: values.lists[place])
            return parts.isEmpty || values.lists[parts.lowerBound] != read
        }
    }

    private mutating func number(_ name: String) -> Int {
        if let known = numbers[name] { return known }
        numbers[name] = names.count
        names.append(name)
        parents.append(parents.count)
        uses.append(Use())
        return names.count - 1
    }

    private mutating func root(_ key: Int) -> Int {
        var key = key
        while parents[key] != key {
            parents[key] = parents[parents[key]]
            key = parents[key]
        }
        return key
    }

    // MARK: Transactions

    /// Notes what a transaction does to its keys, and that they belong together.
    private mutating func connect(_ ordinal: Int) {
        guard let micros = micros(columns.argument[ordinal]) else { return notUnderstood(ordinal) }
        let writes = micros.contains { $0.word != "r" }
        for micro in micros {
            keyOf[ordinal] = keyOf[ordinal] ?? micro.key
            parents[root(micro.key)] = root(micros[0].key)
            if writes { uses[micro.key].isInWritingTransaction = true }
            if micro.word == "w" { uses[micro.key].isWritten = true }
            if micro.word == "append" { uses[micro.key].isAppended = true }
        }
        guard columns.outcome[ordinal] == .ok, !columns.answer[ordinal].isNull else { return }
        guard let answers = self.micros(columns.answer[ordinal]), answers.count == micros.count,
            zip(micros, answers).allSatisfy({ isAnswer($1, to: $0) })
        else { return notUnderstood(ordinal) }
        for answer in answers where answer.word == "r" { show(answer.value, answer.key) }
    }

    private func isAnswer(_ answer: Micro, to micro: Micro) -> Bool {
        answer.word == micro.word && answer.key == micro.key
            && (micro.word == "r" || history.values.areEqual(answer.value, micro.value))
    }

    /// Reads, writes and appends; `nil` if there is anything else.
    private mutating func micros(_ txn: ValueRef) -> [Micro]? {
        guard let list = history.values.elements(txn) else { return nil }
        var micros: [Micro] = []
        for micro in list {
            guard let parts = history.values.elements(micro).map(Array.init), parts.count == 3,
                let word = history.values.string(parts[0]), ["r", "w", "append"].contains(word),
                let name = history.values.keyName(parts[1])
            else { return nil }
            micros.append(Micro(word: word, key: number(name), value: parts[2]))
        }
        return micros
    }

    /// Its keys cannot be judged, as far as they can be made out.
    private mutating func notUnderstood(_ ordinal: Int) {
        riddle = riddle ?? ordinal
        let keys = MicroRead.keys(history.values.value(columns.argument[ordinal])).map { number($0) }
        guard let first = keys.first else { return }
        for key in keys {
            parents[root(key)] = root(first)
            uses[key].isInWritingTransaction = true
        }
    }

    private mutating func show(_ value: ValueRef, _ key: Int) {
        if value.isList { uses[key].showsLists = true }
        if !value.isList, !value.isNull { uses[key].showsOthers = true }
    }

    // MARK: Objects

    private mutating func gather() {
        let places = makeObjects()
        for ordinal in 0..<columns.count where columns.outcome[ordinal] != .fail {
            let name = columns.key[ordinal] == .none ? nil : history.keys[Int(columns.key[ordinal].number)]
            guard let key = keyOf[ordinal] ?? name.flatMap({ numbers[$0] }), let place = places[root(key)] else {
                continue
            }
            if keyOf[ordinal] == nil { examine(ordinal, key, place) }
            if history.functions[Int(columns.function[ordinal].number)] != "dump" {
                objects[place].add(ordinal, call(ordinal))
            }
        }
        for key in names.indices {
            guard let place = places[root(key)] else { continue }
            if let problem = problem(key) { objects[place].note(problem) }
            if uses[key].isAppended || uses[key].showsLists { objects[place].lists.insert(names[key]) }
        }
        guard let riddle else { return }
        let index = history.operations[riddle].index
        for place in objects.indices {
            objects[place].note("operation \(index) is a txn that does more than read, write and append")
        }
    }

    /// One object for each group of several keys, and for each key that transactions write; their places by root.
    private mutating func makeObjects() -> [Int: Int] {
        var members: [Int: [Int]] = [:]
        for key in names.indices { members[root(key), default: []].append(key) }
        var places: [Int: Int] = [:]
        for key in names.indices where places[root(key)] == nil {
            guard let group = members[root(key)],
                group.count > 1 || group.contains(where: { uses[$0].isInWritingTransaction })
            else { continue }
            places[root(key)] = objects.count
            objects.append(ModelledObject(.map, group.map { names[$0] }))
        }
        return places
    }

    /// What an operation did; the answer of one that says that it is over, and nothing else, is unknown.
    private func call(_ ordinal: Int) -> Call {
        let operation = history.operations[ordinal]
        var call = MapModel().call(operation)
        if call.function == .txn, operation.result.isNull { call.result = .none }
        return call
    }

    /// Notes what an operation on one key says of it.
    private mutating func examine(_ ordinal: Int, _ key: Int, _ place: Int) {
        let function = history.functions[Int(columns.function[ordinal].number)]
        switch function {
        case "read": if columns.outcome[ordinal] == .ok { show(columns.answer[ordinal], key) }
        case "write", "cas": uses[key].isWritten = true
        case "append": uses[key].isAppended = true
        case "dump": return
        default:
            let operation = "operation \(history.operations[ordinal].index) is '\(function)'"
            objects[place].note("\(operation), and transactions have read, write, cas and append")
        }
        if function == "cas", history.values.elements(columns.argument[ordinal])?.count != 2 {
            objects[place].note("operation \(history.operations[ordinal].index) is a cas without [old, new]")
        }
    }

    private func problem(_ key: Int) -> String? {
        let use = uses[key]
        if use.isWritten, use.isAppended || use.showsLists {
            return "key \"\(names[key])\" is written like a register and appended to or read like a list"
        }
        return use.isAppended && use.showsOthers ? "a read of the list \"\(names[key])\" returned no list" : nil
    }
}
