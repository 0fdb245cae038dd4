import HistoryModel

/// What operations read and write of which keys, as the history has it.
struct AccessSteps {
    /// One read or write of one key.
    struct Step {
        var kind: AccessTable.Kind
        var key: Int32
        var value: ValueRef
    }

    let history: History
    /// The keys, and what each of them is.
    private(set) var keys: KeyTable
    private let model: OperationModel
    private let columns: OperationColumns
    private let values: ValueStore
    private let functions: [Function]
    private let readName: ValueRef?
    private let writeName: ValueRef?
    private let appendName: ValueRef?
    private var isRegister: [Bool] = []
    /// By key: false for those that are left out.
    private var isJudged: [Bool] = []
    /// By key: true for sets that elements are taken out of.
    private var hasRemovals: [Bool] = []

    private enum Function: UInt8 {
        case read, write, cas, add, append, increment, remove, txn, aside, unknown

        init(_ name: String) {
            switch name {
            case "read": self = .read
            case "write": self = .write
            case "cas": self = .cas
            case "add": self = .add
            case "append": self = .append
            case "increment", "decrement": self = .increment
            case "remove": self = .remove
            case "txn": self = .txn
            case "dump": self = .aside
            default: self = KeyTable.otherFunctions.contains(name) ? .aside : .unknown
            }
        }
    }

    init(_ history: History, _ model: OperationModel) {
        self.history = history
        self.model = model
        columns = history.columns
        values = history.values
        functions = history.functions.map(Function.init)
        readName = values.ref(of: "r")
        writeName = values.ref(of: "w")
        appendName = values.ref(of: "append")
        keys = KeyTable(history, model)
        for ordinal in 0..<columns.count { note(ordinal) }
        keys.settle()
        isRegister = keys.kind.map { $0 == .register }
        isJudged = keys.kind.indices.map {
            keys.problem[$0] == nil && keys.kind[$0] != .other && keys.kind[$0] != .counter
        }
        hasRemovals = keys.kind.indices.map { keys.removals($0) > 0 }
    }

    private func function(_ ordinal: Int) -> Function { functions[Int(columns.function[ordinal].number)] }

    // What the keys are.

    private mutating func note(_ ordinal: Int) {
        let key = keys.number(columns.key[ordinal])
        if model != .auto, function(ordinal) != .txn, let problem = model.problem(history.operations[ordinal]) {
            return fail(key, ordinal, problem)
        }
        switch function(ordinal) {
        case .read: noteRead(key, history.result(ordinal))
        case .write: keys.note(key, .write)
        case .cas:
            keys.note(key, .write)
            guard values.range(ofList: columns.argument[ordinal]).count != 2 else { return }
            fail(key, ordinal, "is a cas without [old, new]")
        case .add: keys.note(key, .add)
        case .append: keys.note(key, .append)
        case .increment: keys.note(key, .increment)
        case .remove: if columns.outcome[ordinal] != .fail { noteRemoval(key, ordinal) }
        case .txn: noteTxn(ordinal)
        case .aside: break
        case .unknown:
            let name = history.functions[Int(columns.function[ordinal].number)]
            fail(key, ordinal, "is '\(name)', which is unknown to the checkers")
        }
    }

    /// Notes why a key cannot be judged.
    private mutating func fail(_ key: Int, _ ordinal: Int, _ problem: String) {
        guard keys.problem[key] == nil else { return }
        keys.fail(key, "operation \(history.operations[ordinal].index) \(problem)")
    }

    private mutating func noteRead(_ key: Int, _ value: ValueRef) {
        keys.note(key, value.isList ? [.read, .readList] : value.isNull ? .read : [.read, .readScalar])
        if !value.isList, !value.isNull, values.int(value) == nil { keys.note(key, .readOther) }
    }

    private mutating func noteRemoval(_ key: Int, _ ordinal: Int) {
        let argument = columns.argument[ordinal]
        if argument.isNull { fail(key, ordinal, "is a remove that does not say what it takes out") }
        keys.noteRemoval(of: values.value(argument), key)
    }

    private mutating func noteTxn(_ ordinal: Int) {
        let isOK = columns.outcome[ordinal] == .ok
        for micro in micros(ordinal) {
            let parts = values.range(ofList: micro)
            guard parts.count > 1, let key = keys.number(values.lists[parts.lowerBound + 1], history) else {
                continue
            }
            let function = values.lists[parts.lowerBound]
            if function == readName {
                noteRead(Int(key), isOK && parts.count > 2 ? values.lists[parts.lowerBound + 2] : .null)
            } else if function == writeName {
                keys.note(Int(key), .write)
            } else if function == appendName {
                keys.note(Int(key), .append)
            } else {
                fail(Int(key), ordinal, "is a txn with a micro-operation that is none of r, w, append")
            }
        }
    }

    private func micros(_ ordinal: Int) -> ArraySlice<ValueRef> {
        let txn = columns.outcome[ordinal] == .ok ? columns.answer[ordinal] : columns.argument[ordinal]
        return values.lists[values.range(ofList: txn)]
    }

    // What operations do.

    /// True for an element of a set that cannot be judged, because it is taken out again, or may have been.
    func isLeftOut(_ element: ValueRef, _ key: Int) -> Bool {
        hasRemovals[key] && keys.isRemoved(values.value(element), key)
    }

    /// Adds what an operation did or may have done; nothing if it certainly did not happen, or is about a key or an element
    /// that cannot be judged.
    func append(_ ordinal: Int, to steps: inout [Step]) {
        let outcome = columns.outcome[ordinal]
        let function = function(ordinal)
        guard outcome != .fail, ![.aside, .remove, .unknown].contains(function) else { return }
        guard function != .txn else { return appendTxn(ordinal, &steps) }
        let key = keys.number(columns.key[ordinal])
        guard isJudged[key] else { return }
        let argument = columns.argument[ordinal]
        switch function {
        case .read: if outcome == .ok { steps.append(read(key, columns.answer[ordinal])) }
        case .write: steps.append(Step(kind: .write, key: Int32(key), value: argument))
        case .add:
            if !isLeftOut(argument, key) { steps.append(Step(kind: .add, key: Int32(key), value: argument)) }
        case .append: steps.append(Step(kind: .append, key: Int32(key), value: argument))
        case .cas:
            let pair = values.range(ofList: argument)
            steps.append(read(key, values.lists[pair.lowerBound]))
            steps.append(Step(kind: .write, key: Int32(key), value: values.lists[pair.lowerBound + 1]))
        case .txn, .increment, .remove, .aside, .unknown: break
        }
    }

    private func appendTxn(_ ordinal: Int, _ steps: inout [Step]) {
        let isOK = columns.outcome[ordinal] == .ok
        for micro in micros(ordinal) {
            let parts = values.range(ofList: micro)
            guard parts.count > 1, let key = keys.known(values.lists[parts.lowerBound + 1]), isJudged[Int(key)]
            else {
                continue
            }
            let value = parts.count > 2 ? values.lists[parts.lowerBound + 2] : .null
            let function = values.lists[parts.lowerBound]
            if function == readName {
                if isOK { steps.append(read(Int(key), value)) }
            } else {
                steps.append(Step(kind: function == writeName ? .write : .append, key: key, value: value))
            }
        }
    }

    private func read(_ key: Int, _ value: ValueRef) -> Step {
        Step(kind: isRegister[key] ? .read : .readAll, key: Int32(key), value: value)
    }
}
