import HistoryModel

/// A key of a history as an object, and what is done to it.
struct KeyedObject {
    /// `nil` for the operations without a key, which are one object.
    let name: String?
    fileprivate(set) var use: ObjectUse = []
    /// What it is; `nil` if nobody can tell.
    fileprivate(set) var kind: ObjectKind?
    /// Why it cannot be judged at all.
    fileprivate(set) var problem: String?
    /// The first operation that adds, or takes away, what no sum can hold.
    fileprivate(set) var oddAmount: Int?
    /// How many operations it has, those included that say nothing.
    fileprivate(set) var count = 0

    /// How messages name the key.
    var title: String { name.map { "key \"\($0)\"" } ?? "the register without key" }
}

/// The objects of a history, one for each key, with the operations on each.
struct HistoryObjects {
    let history: History
    private(set) var objects: [KeyedObject] = []
    /// What each function of the history does.
    let functions: [ObjectFunction]
    /// Of each function: whether it has the name of a key-value store's.
    private let areKeyValue: [Bool]
    /// By object: where its operations begin in `entries`; one more at the end.
    private var starts: [Int32] = []
    /// Ordinals in the history; below zero `~n` for the n-th of `microReads`.
    private var entries: [Int32] = []
    /// The reads of transactions.
    private(set) var microReads: [(operation: Int32, object: Int32, answer: ValueRef)] = []
    /// By the number of a key, plus one: its object, -1 for none.
    private var objectOfKey: [Int32]
    /// Keys that are named in transactions alone.
    private var objectOfName: [String: Int32] = [:]
    private var objectOfPart: [ValueRef: Int32] = [:]
    private let model: OperationModel
    private let columns: OperationColumns

    init(_ history: History, _ model: OperationModel = .auto) {
        self.history = history
        self.model = model
        columns = history.columns
        functions = history.functions.map(ObjectFunction.init)
        areKeyValue = history.functions.map { $0 == "get" || $0 == "put" }
        objectOfKey = [Int32](repeating: -1, count: history.keys.count + 1)
        for ordinal in 0..<columns.count { examine(ordinal) }
        for number in objects.indices { classify(number) }
        if model == .auto { countReads() }
        file()
    }

    /// The operations on an object in the order of their invocations: ordinals, and below zero `~n` for the n-th of
    /// `microReads`.
    func entries(_ object: Int) -> ArraySlice<Int32> { entries[Int(starts[object])..<Int(starts[object + 1])] }

    /// The places in `microReads` of what a transaction read.
    func microReads(_ ordinal: Int) -> Range<Int> {
        let first = microReads.partitioningIndex { $0.operation >= ordinal }
        let end = microReads.partitioningIndex { $0.operation > ordinal }
        return first..<end
    }

    /// What an operation does.
    func function(_ ordinal: Int) -> ObjectFunction {
        functions[Int(columns.function[ordinal].number)]
    }

    /// The object that an operation other than a transaction is on.
    func object(_ ordinal: Int) -> Int { Int(objectOfKey[Int(columns.key[ordinal].number) + 1]) }
}

extension HistoryObjects {
    private mutating func object(_ key: KeyID) -> Int {
        let known = objectOfKey[Int(key.number) + 1]
        if known >= 0 { return Int(known) }
        objectOfKey[Int(key.number) + 1] = Int32(objects.count)
        return add(key == .none ? nil : history.keys[Int(key.number)])
    }

    private mutating func add(_ name: String?) -> Int {
        objects.append(KeyedObject(name: name))
        return objects.count - 1
    }

    /// The object of a key that a transaction names, by text or whole number; `nil` if it is neither.
    private mutating func object(part: ValueRef) -> Int? {
        if let known = objectOfPart[part] { return Int(known) }
        guard let name = history.values.keyName(part) else { return nil }
        let object: Int
        if let key = history.keys.number(of: name) {
            object = self.object(KeyID(Int32(key)))
        } else if let known = objectOfName[name] {
            object = Int(known)
        } else {
            object = add(name)
            objectOfName[name] = Int32(object)
        }
        objectOfPart[part] = Int32(object)
        return object
    }

    /// Notes what an operation says of the kind of its object.
    private mutating func examine(_ ordinal: Int) {
        let function = function(ordinal)
        if function == .dump { return }
        if function == .txn { return examineTransaction(ordinal) }
        let object = object(columns.key[ordinal])
        objects[object].count += 1
        if model != .auto, let problem = model.problem(history.operations[ordinal]) {
            return note("operation \(history.operations[ordinal].index) \(problem)", object)
        }
        var use = ObjectUse(function)
        if areKeyValue[Int(columns.function[ordinal].number)] { use.formUnion(.isKeyValue) }
        switch function {
        case .read:
            if columns.outcome[ordinal] == .ok { use.formUnion(kind(columns.answer[ordinal])) }
        case .append: if columns.argument[ordinal].isString { use.formUnion(.appendsText) }
        case .add, .increment, .decrement:
            if objects[object].oddAmount == nil, !isAmount(ordinal) { objects[object].oddAmount = ordinal }
        case .cas:
            if history.values.elements(columns.argument[ordinal])?.count != 2 {
                note("operation \(history.operations[ordinal].index) is a cas without [old, new]", object)
            }
        case .drain:
            let answer = columns.answer[ordinal]
            if columns.outcome[ordinal] == .ok, !answer.isList, !answer.isNull {
                note("operation \(history.operations[ordinal].index) is a drain that answers no list", object)
            }
        case .unknown: note("the function '\(history.operations[ordinal].f)' is unknown to the checkers", object)
        default: break
        }
        objects[object].use.formUnion(use)
    }

    /// Whether a counter can be moved by the argument: a whole number that has an opposite, or nothing, which is one.
    private func isAmount(_ ordinal: Int) -> Bool {
        let argument = columns.argument[ordinal]
        guard columns.outcome[ordinal] != .fail, !argument.isNull else { return true }
        return history.values.int(argument).map { $0 != .min } ?? false
    }

    private mutating func note(_ problem: String, _ object: Int) {
        if objects[object].problem == nil { objects[object].problem = problem }
    }

    private func kind(_ answer: ValueRef) -> ObjectUse {
        if answer.isNull { return [] }
        if answer.isList { return .readsLists }
        return history.values.int(answer) == nil ? .readsOthers : .readsNumbers
    }

    private mutating func examineTransaction(_ ordinal: Int) {
        let asked = reads(columns.argument[ordinal])
        let isOk = columns.outcome[ordinal] == .ok
        let parts = isOk ? reads(columns.answer[ordinal]) ?? [] : asked ?? []
        for (key, answer) in parts where asked != nil {
            guard let object = object(part: key) else { continue }
            objects[object].use.formUnion(ObjectUse(.read))
            guard isOk else { continue }
            objects[object].use.formUnion(kind(answer))
            objects[object].count += 1
            microReads.append((Int32(ordinal), Int32(object), answer))
        }
        // What failed did not happen.
        guard asked == nil, columns.outcome[ordinal] != .fail else { return }
        for micro in history.values.elements(columns.argument[ordinal]) ?? [] {
            guard let key = history.values.elements(micro)?.dropFirst().first, let object = object(part: key) else {
                continue
            }
            note("operation \(history.operations[ordinal].index) is a txn that does more than read", object)
        }
    }

    /// Keys and answers of a transaction of reads; `nil` if it does anything else.
    private func reads(_ txn: ValueRef) -> [(key: ValueRef, answer: ValueRef)]? {
        guard let micros = history.values.elements(txn) else { return nil }
        var reads: [(key: ValueRef, answer: ValueRef)] = []
        for micro in micros {
            guard let parts = history.values.elements(micro), parts.count == 3,
                history.values.string(parts[parts.startIndex]) == "r",
                history.values.isKeyName(parts[parts.startIndex + 1])
            else { return nil }
            reads.append((parts[parts.startIndex + 1], parts[parts.startIndex + 2]))
        }
        return reads
    }

    private mutating func classify(_ number: Int) {
        let use = objects[number].use
        switch model {
        case .auto:
            objects[number].kind = ObjectKind(use)
            let mixesSet = use.contains(ObjectUse(.add)) || use.contains(.readsLists)
            if objects[number].kind == nil {
                let removes = use.contains(ObjectUse(.remove))
                note(
                    mixesSet && removes
                        ? "elements are removed, and reads show all of them: ask for one at a time, by contains"
                        : mixesSet
                            ? "set and register operations are mixed" : "its operations are of no one object",
                    number)
            }
        case .register, .casRegister: objects[number].kind = .register
        case .set: objects[number].kind = .set
        case .ownerlessLock: note("locks without owner are judged by a model", number)
        }
        if let answer = objects[number].kind?.wrongAnswer(use) { note(answer, number) }
        if objects[number].kind == .counter, let odd = objects[number].oddAmount {
            note(
                "operation \(history.operations[odd].index) moves the counter by what is no number to add up",
                number)
        }
    }

    /// What is only read, as numbers, is a counter where all that is changed are counters: it is 0 and not absent at first.
    private mutating func countReads() {
        let changed = objects.filter { !$0.use.functions.subtracting(ObjectUse(.read)).isEmpty }
        guard !changed.isEmpty, changed.allSatisfy({ $0.kind == .counter }) else { return }
        for number in objects.indices where objects[number].kind == .register {
            let use = objects[number].use
            if use.functions == ObjectUse(.read), use.contains(.readsNumbers), !use.contains(.readsOthers) {
                objects[number].kind = .counter
            }
        }
    }

    /// Sorts the operations by object, those of one object in the order of their invocations.
    private mutating func file() {
        starts = [0]
        for object in objects { starts.append(starts[starts.count - 1] + Int32(object.count)) }
        var next = starts
        entries = [Int32](repeating: 0, count: Int(starts[objects.count]))
        var micro = 0
        for ordinal in 0..<columns.count {
            let function = function(ordinal)
            if function == .txn {
                while micro < microReads.count, microReads[micro].operation == ordinal {
                    let object = microReads[micro].object
                    entries[next[object]] = ~Int32(micro)
                    next[object] += 1
                    micro += 1
                }
            } else if function != .dump {
                let object = object(ordinal)
                entries[next[object]] = Int32(ordinal)
                next[object] += 1
            }
        }
    }
}
