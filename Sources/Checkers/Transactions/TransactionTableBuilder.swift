import HistoryModel

extension TransactionTable {
    /// The transactions of a history.
    init(_ history: History) {
        var builder = TransactionTableBuilder(history)
        builder.addAll()
        self = builder.table
    }
}

/// Makes the columns of a history's transactions.
private struct TransactionTableBuilder {
    private(set) var table = TransactionTable()
    private let history: History
    private var keyNumbers: [String: Int32] = [:]
    private var versions: [Version: Int32] = [:]
    /// By key: what is done to it.
    private var uses: [Uses] = []

    private struct Uses {
        var isAppended = false
        var isWritten = false
        var isReadAsList = false
    }

    private struct Version: Hashable {
        var key: Int32
        var value: Value
    }

    /// A micro-operation before it has numbers.
    private struct Micro {
        var kind: TransactionTable.Kind
        var key: Int32
        var value: Value
        var isKnown: Bool
    }

    init(_ history: History) {
        self.history = history
    }

    mutating func addAll() {
        // What a key is has to be known before its values are numbered.
        let transactions = history.operations.map { micros($0) }
        for micros in transactions { noteUses(micros ?? []) }
        for key in uses.indices {
            // A list that nobody appended to is a list all the same, unless somebody wrote it as a value.
            table.isList[key] = uses[key].isAppended || uses[key].isReadAsList && !uses[key].isWritten
            if uses[key].isAppended, uses[key].isWritten {
                note(Int32(key), "some write to it and some append")
            }
        }
        let instants = TransactionInstants(history)
        let sessions = Sessions(history)
        var numbers: [Int: Int32] = [:]
        for (ordinal, operation) in history.operations.enumerated() {
            guard let micros = transactions[ordinal] else { continue }
            let fresh = Int32(numbers.count)
            let session = numbers[sessions.session[ordinal], default: fresh]
            numbers[sessions.session[ordinal]] = session
            table.operation.append(Int32(ordinal))
            table.session.append(session)
            table.call.append(instants.call[ordinal])
            table.ret.append(operation.outcome == .ok ? instants.ret[ordinal] : .max)
            table.status.append(operation.outcome == .ok ? .ok : operation.outcome == .fail ? .fail : .info)
            for micro in micros { add(micro) }
            table.first.append(Int32(table.kind.count))
        }
        table.sessionCount = numbers.count
        findWriters()
    }

    /// What an operation does as a transaction, `nil` if it is none.
    private mutating func micros(_ operation: HistoryModel.Operation) -> [Micro]? {
        let isOk = operation.outcome == .ok
        switch operation.f {
        case "txn": return txn(isOk ? operation.result : operation.argument, isOk, operation.index)
        case "read": return [Micro(kind: .read, key: key(operation.key), value: operation.result, isKnown: isOk)]
        case "write", "append":
            let kind: TransactionTable.Kind = operation.f == "write" ? .write : .append
            return [Micro(kind: kind, key: key(operation.key), value: operation.argument, isKnown: false)]
        case "cas": return cas(operation)
        case "dump": return nil
        default:
            note(key(operation.key), "'\(operation.f)' is no read, write or append")
            return nil
        }
    }

    private mutating func cas(_ operation: HistoryModel.Operation) -> [Micro]? {
        let key = key(operation.key)
        guard let pair = operation.argument.list, pair.count == 2 else {
            note(key, "operation \(operation.index) is a cas without [old, new]")
            return nil
        }
        return [
            Micro(kind: .read, key: key, value: pair[0], isKnown: operation.outcome != .fail),
            Micro(kind: .write, key: key, value: pair[1], isKnown: false),
        ]
    }

    private mutating func txn(_ value: Value, _ isKnown: Bool, _ index: Int) -> [Micro]? {
        guard let list = value.list else {
            let problem = "operation \(index) is a txn without a list of micro-operations"
            if !table.problems.contains(problem) { table.problems.append(problem) }
            return nil
        }
        var micros: [Micro] = []
        for element in list {
            guard let parts = element.list, parts.count > 1, let name = MicroRead.keyName(parts[1]) else {
                table.problems.append("operation \(index) has a micro-operation that is no [f, key, value]")
                continue
            }
            let key = key(name)
            let value = parts.count > 2 ? parts[2] : .null
            switch parts[0] {
            case "r": micros.append(Micro(kind: .read, key: key, value: value, isKnown: isKnown))
            case "append": micros.append(Micro(kind: .append, key: key, value: value, isKnown: false))
            case "w": micros.append(Micro(kind: .write, key: key, value: value, isKnown: false))
            default: note(key, "operation \(index) has a micro-operation that is none of r, w, append")
            }
        }
        return micros
    }

    private mutating func key(_ name: String?) -> Int32 {
        let name = name ?? ""
        if let number = keyNumbers[name] { return number }
        let number = Int32(table.keyNames.count)
        keyNumbers[name] = number
        table.keyNames.append(name)
        table.isList.append(false)
        table.keyProblem.append(nil)
        uses.append(Uses())
        return number
    }

    private mutating func note(_ key: Int32, _ problem: String) {
        if table.keyProblem[Int(key)] == nil { table.keyProblem[Int(key)] = problem }
    }

    private mutating func noteUses(_ micros: [Micro]) {
        for micro in micros {
            let key = Int(micro.key)
            switch micro.kind {
            case .append: uses[key].isAppended = true
            case .write: uses[key].isWritten = true
            case .read: if micro.value.list != nil { uses[key].isReadAsList = true }
            }
        }
    }

    private mutating func add(_ micro: Micro) {
        var version: Int32 = -1
        var list = (first: Int32(table.elements.count), count: Int32(0))
        if micro.kind != .read {
            if micro.value.isNull { note(micro.key, "null is written to it, which is also what it holds at first") }
            version = number(micro.key, micro.value)
        } else if micro.isKnown, table.isList[Int(micro.key)] {
            if let elements = micro.value.list {
                for element in elements { table.elements.append(number(micro.key, element)) }
                list.count = Int32(elements.count)
            } else if !micro.value.isNull {
                version = number(micro.key, micro.value)
            }
        } else if micro.isKnown, !micro.value.isNull {
            version = number(micro.key, micro.value)
        }
        table.kind.append(micro.kind)
        table.key.append(micro.key)
        table.value.append(version)
        table.isKnown.append(micro.isKnown)
        table.listFirst.append(list.first)
        table.listCount.append(list.count)
        table.owner.append(Int32(table.operation.count - 1))
    }

    private mutating func number(_ key: Int32, _ value: Value) -> Int32 {
        let version = Version(key: key, value: value)
        if let number = versions[version] { return number }
        let number = Int32(table.writeOf.count)
        versions[version] = number
        table.writeOf.append(-1)
        table.isRepeated.append(false)
        table.values.append(value)
        return number
    }

    private mutating func findWriters() {
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

/// When operations ran, as dense ranks of the times in the history.
private struct TransactionInstants {
    private(set) var call: [Int32] = []
    private(set) var ret: [Int32] = []

    init(_ history: History) {
        var open: [ProcessID: Int] = [:]
        var instant: Int32 = 0
        var time = history.events.first?.time ?? 0
        for event in history.events {
            if event.time != time {
                time = event.time
                instant += 1
            }
            guard event.process != .nemesis else { continue }
            if event.type == .invoke {
                open[event.process] = call.count
                call.append(instant)
                ret.append(.max)
            } else if let ordinal = open[event.process] {
                ret[ordinal] = instant
            }
        }
    }
}
