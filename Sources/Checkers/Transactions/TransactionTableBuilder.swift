import HistoryModel

extension TransactionTable {
    /// The transactions of a history.
    init(_ history: History) {
        var builder = TransactionTableBuilder(history)
        builder.addTransactions()
        builder.nameKinds()
        builder.addValues()
        builder.findWriters()
        self = builder.table
    }
}

/// Makes the columns of a history's transactions.
private struct TransactionTableBuilder {
    private(set) var table = TransactionTable()
    private let history: History
    private let columns: OperationColumns
    private let values: ValueStore
    private var keys = KeyNumbers()
    private var versions = VersionNumbers()
    /// By micro-operation: what it wrote or saw.
    private var refs: [ValueRef] = []
    /// By key: what is done to it.
    private var uses: [Uses] = []
    private let sets: SetCells
    /// By set: the keys that stand for its elements.
    private var cells: [String: [ValueRef: Int32]] = [:]

    private struct Uses {
        var isAppended = false
        var isWritten = false
        var isReadAsList = false
    }

    /// What a function of the history is to a transaction.
    private enum Role {
        case txn, read, write, append, cas, add, none, unknown
    }

    init(_ history: History) {
        self.history = history
        columns = history.columns
        values = history.values
        sets = SetCells(history)
    }

    // MARK: Transactions and micro-operations

    mutating func addTransactions() {
        let roles = history.functions.map(Self.role)
        let words = ["r", "append", "w"].map { values.ref(of: .string($0)) }
        var sessions = [Int32](repeating: -1, count: history.clients.count)
        for ordinal in 0..<columns.count {
            let role = roles[Int(columns.function[ordinal].number)]
            let outcome = columns.outcome[ordinal]
            let process = Int(columns.process[ordinal])
            let isTransaction =
                switch role {
                case .txn: addTxn(ordinal, words)
                case .unknown, .none: addOther(ordinal, role)
                case .add: addElement(ordinal)
                default: addSingle(ordinal, role)
                }
            if isTransaction {
                if sessions[process] < 0 {
                    sessions[process] = Int32(table.sessionCount)
                    table.sessionCount += 1
                }
                table.operation.append(Int32(ordinal))
                table.session.append(sessions[process])
                table.call.append(history.call(ordinal))
                table.ret.append(outcome == .ok ? history.ret(ordinal) : .max)
                table.status.append(outcome == .ok ? .ok : outcome == .fail ? .fail : .info)
                table.first.append(Int32(table.kind.count))
            }
            // Nothing that was promised to a session holds after an info.
            if outcome == .info { sessions[process] = -1 }
        }
    }

    private static func role(_ function: String) -> Role {
        switch function {
        case "txn": .txn
        case "read": .read
        case "write": .write
        case "append": .append
        case "cas": .cas
        case "add": .add
        case "dump": .none
        default: .unknown
        }
    }

    private mutating func addOther(_ ordinal: Int, _ role: Role) -> Bool {
        if role == .unknown {
            let name = history.functions[Int(columns.function[ordinal].number)]
            note(key(of: ordinal), "'\(name)' is no read, write or append")
        }
        return false
    }

    private mutating func addElement(_ ordinal: Int) -> Bool {
        let key = key(of: ordinal)
        let name = keys.names[Int(key)]
        guard sets.isSet(name) else {
            note(key, sets.problems[name] ?? "'add' is no read, write or append")
            return false
        }
        let element = sets.canonical(columns.argument[ordinal])
        add(.write, cells(name)[element] ?? key, element)
        return true
    }

    /// What a read of a set shows of each element.
    private mutating func readElements(_ set: String, _ value: ValueRef) {
        let cells = cells(set)
        let seen = Set(values.range(ofList: value).map { sets.canonical(values.lists[$0]) })
        for element in sets.elements[set] ?? [] {
            guard let cell = cells[element] else { continue }
            add(.read, cell, seen.contains(element) ? element : .null, isKnown: true)
        }
    }

    /// The keys that stand for the elements of a set.
    private mutating func cells(_ set: String) -> [ValueRef: Int32] {
        if let known = cells[set] { return known }
        var numbers: [ValueRef: Int32] = [:]
        for element in sets.elements[set] ?? [] {
            let cell = keys.another(set)
            addKey(cell)
            numbers[element] = cell
        }
        cells[set] = numbers
        return numbers
    }

    private mutating func addSingle(_ ordinal: Int, _ role: Role) -> Bool {
        let key = key(of: ordinal)
        let isOk = columns.outcome[ordinal] == .ok
        switch role {
        case .read where sets.isSet(keys.names[Int(key)]):
            if isOk { readElements(keys.names[Int(key)], history.result(ordinal)) }
        case .read: add(.read, key, history.result(ordinal), isKnown: isOk)
        case .write, .append: add(role == .write ? .write : .append, key, columns.argument[ordinal])
        default:
            let range = values.range(ofList: columns.argument[ordinal])
            guard range.count == 2 else {
                note(key, "operation \(history.operations[ordinal].index) is a cas without [old, new]")
                return false
            }
            add(.read, key, values.lists[range.lowerBound], isKnown: columns.outcome[ordinal] != .fail)
            add(.write, key, values.lists[range.lowerBound + 1])
        }
        return true
    }

    private mutating func addTxn(_ ordinal: Int, _ words: [ValueRef?]) -> Bool {
        let isOk = columns.outcome[ordinal] == .ok
        let value = isOk ? columns.answer[ordinal] : columns.argument[ordinal]
        guard value.isList else {
            table.problems.append(
                "operation \(history.operations[ordinal].index) is a txn without a list of micro-operations")
            return false
        }
        for micro in values.range(ofList: value) {
            let parts = values.range(ofList: values.lists[micro])
            guard parts.count > 1, let key = keys.number(values.lists[parts.lowerBound + 1], values) else {
                let index = history.operations[ordinal].index
                table.problems.append("operation \(index) has a micro-operation that is no [f, key, value]")
                continue
            }
            addKey(key)
            let isSet = sets.isSet(keys.names[Int(key)])
            let value = parts.count > 2 ? values.lists[parts.lowerBound + 2] : .null
            switch values.lists[parts.lowerBound] {
            case words[0] where isSet: if isOk { readElements(keys.names[Int(key)], value) }
            case words[0]: add(.read, key, value, isKnown: isOk)
            case words[1]: add(.append, key, value)
            case words[2]: add(.write, key, value)
            default:
                let index = history.operations[ordinal].index
                note(key, "operation \(index) has a micro-operation that is none of r, w, append")
            }
        }
        return true
    }

    private mutating func key(of ordinal: Int) -> Int32 {
        let key = keys.number(columns.key[ordinal], history)
        addKey(key)
        return key
    }

    private mutating func addKey(_ key: Int32) {
        guard Int(key) == uses.count else { return }
        uses.append(Uses())
        table.keyProblem.append(nil)
    }

    private mutating func note(_ key: Int32, _ problem: String) {
        if table.keyProblem[Int(key)] == nil { table.keyProblem[Int(key)] = problem }
    }

    private mutating func add(
        _ kind: TransactionTable.Kind, _ key: Int32, _ value: ValueRef, isKnown: Bool = false
    ) {
        table.kind.append(kind)
        table.key.append(key)
        table.isKnown.append(isKnown)
        table.owner.append(Int32(table.operation.count))
        refs.append(value)
        switch kind {
        case .append: uses[Int(key)].isAppended = true
        case .write: uses[Int(key)].isWritten = true
        case .read: if value.isList { uses[Int(key)].isReadAsList = true }
        }
    }

    /// Tells lists from registers.
    mutating func nameKinds() {
        table.keyNames = keys.names
        table.isList = uses.map { use in
            // A list that nobody appended to is a list all the same, unless somebody wrote it as a value.
            use.isAppended || use.isReadAsList && !use.isWritten
        }
        for key in uses.indices where uses[key].isAppended && uses[key].isWritten {
            note(Int32(key), "some write to it and some append")
        }
    }

    // MARK: Versions

    mutating func addValues() {
        let count = refs.count
        table.value = [Int32](repeating: -1, count: count)
        table.listFirst = [Int32](repeating: 0, count: count)
        table.listCount = table.listFirst
        var lists = ListReads(keyCount: uses.count)
        for micro in 0..<count {
            let (ref, key) = (refs[micro], table.key[micro])
            if table.kind[micro] != .read {
                if ref.isNull { note(key, "null is written to it, which is also what it holds at first") }
                table.value[micro] = versions.number(key, ref, values)
            } else if table.isKnown[micro], !ref.isNull {
                if table.isList[Int(key)], ref.isList {
                    lists.add(micro, key, ref, values, &versions)
                } else {
                    table.value[micro] = versions.number(key, ref, values)
                }
            }
        }
        lists.place(in: &table)
        table.values = versions.refs
    }

    mutating func findWriters() {
        table.writeOf = [Int32](repeating: -1, count: table.values.count)
        table.isRepeated = [Bool](repeating: false, count: table.values.count)
        for micro in table.kind.indices where table.kind[micro] != .read {
            let version = Int(table.value[micro])
            let earlier = table.writer(version)
            let hasFailed = table.status[Int(table.owner[micro])] == .fail
            if earlier < 0 || table.status[earlier] == .fail && !hasFailed {
                table.writeOf[version] = Int32(micro)
            } else if !hasFailed {
                table.isRepeated[version] = true
            }
        }
    }
}
