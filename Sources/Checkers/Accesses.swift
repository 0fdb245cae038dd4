import HistoryModel

/// An operation that changes one key: a write, a cas, an add.
struct Update {
    /// The ordinal of the operation in the history.
    var operation: Int
    var key: Int
    /// The value that is written or added, by its number in the key.
    var value: Int
    /// What a cas compares with.
    var expected: Int?
    var outcome: EventType
}

/// An answer that shows what one key held.
struct Reading {
    enum Source {
        case read
        case txn
        /// The old value of a cas that was answered `ok`.
        case cas
    }

    /// The ordinal of the operation in the history.
    var operation: Int
    var key: Int
    /// What a register held, by its number in the key; 0 is the initial `null`.
    var value: Int
    /// What a set held, by the numbers of the elements.
    var elements: [Int]
    var source: Source
    var isFinal: Bool
}

/// What a history says about one key.
struct KeyAccesses {
    /// `nil` for the operations without a key, which are one register.
    let name: String?
    var isSet = false
    /// Why this key cannot be judged at all.
    var problem: String?
    /// Positions in `Accesses.updates`, by invocation.
    var updates: [Int] = []
    /// Positions in `Accesses.readings`, by invocation.
    var readings: [Int] = []
    /// The values by their numbers; `null` is 0.
    private(set) var values: [Value] = [.null]
    /// The numbers of scalars by reference: quicker than by value.
    private var numbers: [ValueRef: Int] = [.null: 0]
    /// The numbers of lists and objects.
    private var compositeNumbers: [Value: Int] = [:]
    private let history: History
    /// By value: the operations that wrote it or may have.
    private(set) var writers: [[Int]] = [[]]
    /// By value: the operations that tried to write it and certainly did not.
    private(set) var failedWriters: [[Int]] = [[]]

    init(name: String?, _ history: History) {
        self.name = name
        self.history = history
    }

    /// The number of a value, new if it has none yet.
    mutating func number(_ ref: ValueRef) -> Int {
        if let number = numbers[ref] { return number }
        let value = history.values.value(ref)
        if ref.isScalar {
            numbers[ref] = values.count
        } else {
            if let number = compositeNumbers[value] { return number }
            compositeNumbers[value] = values.count
        }
        values.append(value)
        writers.append([])
        failedWriters.append([])
        return values.count - 1
    }

    /// The number of a value that the history knows.
    func known(_ value: Value) -> Int? {
        history.values.ref(of: value).map { numbers[$0] } ?? compositeNumbers[value]
    }

    mutating func addWriter(_ operation: Int, of value: Int, outcome: EventType) {
        if outcome == .fail {
            failedWriters[value].append(operation)
        } else {
            writers[value].append(operation)
        }
    }

    /// How messages name the key.
    var title: String { name.map { "key \"\($0)\"" } ?? "the register without key" }
}

/// Who reads and writes what: the history sorted by keys, with values as small numbers.
struct Accesses {
    let history: History
    private let model: OperationModel
    private(set) var keys: [KeyAccesses] = []
    private(set) var updates: [Update] = []
    private(set) var readings: [Reading] = []
    /// By operation: its position in `updates`.
    private(set) var updateOf: [Int?]
    /// By operation: its positions in `readings`.
    private(set) var readingsOf: [Range<Int>]
    private(set) var dumps: [Dump] = []
    /// Functions of clients that no checker knows, each once.
    private(set) var unknownFunctions: [String] = []
    private var keyNumbers: [String?: Int] = [:]

    init(_ history: History, _ model: OperationModel = .auto) {
        self.history = history
        self.model = model
        updateOf = [Int?](repeating: nil, count: history.operations.count)
        readingsOf = [Range<Int>](repeating: 0..<0, count: history.operations.count)
        if model == .auto { findSets() }
        for ordinal in history.operations.indices {
            let first = readings.count
            add(ordinal)
            readingsOf[ordinal] = first..<readings.count
        }
    }

    /// The number of a key that clients touched.
    func keyNumber(_ name: String?) -> Int? { keyNumbers[name] }

    func operation(_ ordinal: Int) -> HistoryModel.Operation { history.operations[ordinal] }

    /// The index by which evidence names an operation.
    func index(_ ordinal: Int) -> Int { history.operations[ordinal].index }

    private mutating func key(_ name: String?) -> Int {
        if let number = keyNumbers[name] { return number }
        keyNumbers[name] = keys.count
        keys.append(KeyAccesses(name: name, history))
        keys[keys.count - 1].isSet = model == .set
        return keys.count - 1
    }

    /// A key is a set if something is added to it or a read of it returned a list.
    private mutating func findSets() {
        for operation in history.operations {
            if operation.f == "add" || operation.f == "read" && operation.resultRef.isList {
                keys[key(operation.key)].isSet = true
            }
            guard operation.f == "txn", operation.outcome == .ok else { continue }
            for micro in MicroRead.all(operation.resultRef, history.values) ?? [] where micro.value.isList {
                keys[key(micro.key)].isSet = true
            }
        }
    }

    private mutating func add(_ ordinal: Int) {
        let operation = history.operations[ordinal]
        // A txn is the business of the keys inside it, which `addTxn` finds.
        if operation.f != "txn", let problem = model.problem(operation) {
            keys[key(operation.key)].problem = "operation \(operation.index) \(problem)"
            return
        }
        switch operation.f {
        case "read":
            let key = key(operation.key)
            guard operation.outcome == .ok else { return }
            addReading(ordinal, key, operation.resultRef, .read)
        case "write", "add": addUpdate(ordinal, key(operation.key), operation.argumentRef)
        case "cas": addCas(ordinal, key(operation.key), operation)
        case "txn": addTxn(ordinal, operation)
        case "dump": if let dump = Dump(operation, ordinal) { dumps.append(dump) }
        default: addUnknown(operation)
        }
    }

    private mutating func addUnknown(_ operation: HistoryModel.Operation) {
        if !unknownFunctions.contains(operation.f) { unknownFunctions.append(operation.f) }
        keys[key(operation.key)].problem = "the function '\(operation.f)' is unknown to the checkers"
    }

    private mutating func addUpdate(_ ordinal: Int, _ key: Int, _ argument: ValueRef, expected: ValueRef? = nil) {
        let operation = history.operations[ordinal]
        if keys[key].isSet != (operation.f == "add") {
            keys[key].problem = "set and register operations are mixed"
        }
        let value = keys[key].number(argument)
        updateOf[ordinal] = updates.count
        keys[key].updates.append(updates.count)
        keys[key].addWriter(ordinal, of: value, outcome: operation.outcome)
        updates.append(
            Update(
                operation: ordinal, key: key, value: value, expected: expected.map { keys[key].number($0) },
                outcome: operation.outcome))
    }

    private mutating func addCas(_ ordinal: Int, _ key: Int, _ operation: HistoryModel.Operation) {
        guard let pair = history.values.elements(operation.argumentRef), pair.count == 2,
            let old = pair.first, let new = pair.last
        else {
            keys[key].problem = "operation \(operation.index) is a cas without [old, new]"
            return
        }
        if operation.outcome == .ok { addReading(ordinal, key, old, .cas) }
        addUpdate(ordinal, key, new, expected: old)
    }

    private mutating func addTxn(_ ordinal: Int, _ operation: HistoryModel.Operation) {
        guard let asked = MicroRead.all(operation.argumentRef, history.values) else {
            for name in MicroRead.keys(operation.argument) {
                keys[key(name)].problem = "operation \(operation.index) is a txn that does more than read"
            }
            return
        }
        let micros = operation.outcome == .ok ? MicroRead.all(operation.resultRef, history.values) ?? [] : asked
        for micro in micros {
            let key = key(micro.key)
            if operation.outcome == .ok { addReading(ordinal, key, micro.value, .txn) }
        }
    }

    private mutating func addReading(_ ordinal: Int, _ key: Int, _ value: ValueRef, _ source: Reading.Source) {
        let isFinal = history.operations[ordinal].isFinal
        var reading = Reading(
            operation: ordinal, key: key, value: 0, elements: [], source: source, isFinal: isFinal)
        if !keys[key].isSet {
            reading.value = keys[key].number(value)
        } else if let list = history.values.elements(value) {
            reading.elements = list.map { keys[key].number($0) }
        } else if !value.isNull {
            keys[key].problem = "operation \(index(ordinal)) reads a set and returned no list"
        }
        keys[key].readings.append(readings.count)
        readings.append(reading)
    }
}

extension HistoryModel.Operation {
    /// True for reads of the last phase, after healing and catching up.
    var isFinal: Bool { history.isFinal(ordinal) }
}
