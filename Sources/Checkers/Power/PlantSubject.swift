import Determinism
import HistoryModel

/// The single operations on one key, as planting needs them; what transactions do to the key is not in here.
struct PlantKey {
    let kind: ObjectKind?
    /// Nothing is ever taken away or replaced.
    let onlyGrows: Bool
    /// Answered reads, by invocation.
    fileprivate(set) var reads: [Int] = []
    /// What may have happened to it, by invocation: all that changes it and did not fail.
    fileprivate(set) var updates: [Int] = []
    /// The `ok` ones of both, by return.
    fileprivate(set) var endedUpdates = EndedOperations()
    fileprivate(set) var endedReads = EndedOperations()
    /// The updates whose value no other operation may have written.
    fileprivate(set) var endedSoleWriters = EndedOperations()
    /// By value that is no list or object: the reads that brought it back.
    fileprivate(set) var readers: [ValueRef: [Int]] = [:]
    /// What only operations that failed wrote, in their order.
    fileprivate(set) var failedValues: [ValueRef] = []
    /// Of containers: the removals that brought something back, by invocation, and who brought back what.
    fileprivate(set) var removals: [Int] = []
    fileprivate(set) var takers: [ValueRef: [Int]] = [:]
    /// Some removal may have taken nobody knows what.
    fileprivate(set) var hasOpenRemovals = false
    /// Of sets by element: when its removal was first begun that may have happened.
    fileprivate(set) var firstRemoval: [ValueRef: Int32] = [:]
    /// Acquisitions of a lock that were refused.
    fileprivate(set) var refused: [Int] = []
    /// The first value that was written.
    fileprivate(set) var sample: ValueRef?
    /// By value: who wrote it.
    fileprivate(set) var writers: [ValueRef: PlantWriters] = [:]
    /// False where lists or objects are written as values: then references do not tell values apart.
    fileprivate(set) var isScalar = true
    /// Nobody wrote `null`, and it is what a read of the key answers before the first write.
    var hasInitial: Bool { !startsWithText && isScalar && writers[.null] == nil }
    private let startsWithText: Bool

    fileprivate init(_ object: KeyedObject) {
        // Strings may be appended to a list as well as to a string.
        let isListOfText = object.kind == .text && object.use.contains(.readsLists)
        // What a drain takes out is not changed, and makes changes to others uncertain.
        let isOpen = object.problem != nil || object.use.contains(ObjectUse(.drain))
        kind = isOpen ? nil : isListOfText ? .list : object.kind
        startsWithText = object.use.contains(.isKeyValue)
        let replaces = object.use.contains(ObjectUse(.write)) || object.use.contains(ObjectUse(.remove))
        onlyGrows = (kind == .list || kind == .set) && !replaces
    }

    /// The only operation that may have written a value, if it was acknowledged.
    func writer(_ value: ValueRef) -> Int? {
        guard let writers = writers[value], writers.count == 1, writers.isAcknowledged else { return nil }
        return writers.first
    }

    /// The only operation that may have written a value, whatever came of it.
    func possibleWriter(_ value: ValueRef) -> Int? {
        guard let writers = writers[value], writers.count == 1 else { return nil }
        return writers.first
    }

    /// Some operation that wrote a value for certain.
    func acknowledgedWriter(_ value: ValueRef) -> Int? { writers[value].flatMap { $0.acknowledged } }
}

/// Who wrote a value.
struct PlantWriters {
    /// How many that may have happened.
    var count = 0
    var first = -1
    /// The first that did.
    var acknowledged: Int?
    /// One that failed.
    var failed: Int?

    var isAcknowledged: Bool { acknowledged != nil }
}

/// Operations by return, each with the one that began last among those up to it.
struct EndedOperations {
    private(set) var operations: [Int] = []
    private var returns: [Int32] = []
    private var latest: [Int] = []

    init() {}

    fileprivate init(_ operations: [Int], _ history: History) {
        self.operations = operations.sorted { (history.ret($0), $0) < (history.ret($1), $1) }
        returns = self.operations.map { history.ret($0) }
        for operation in self.operations {
            let last = latest.last ?? operation
            latest.append(history.call(operation) > history.call(last) ? operation : last)
        }
    }

    /// How many were over before an instant.
    func count(before instant: Int32) -> Int { returns.partitioningIndex { $0 >= instant } }

    /// Of those that were over before an instant, the one that began last.
    func latest(before instant: Int32) -> Int? {
        let count = count(before: instant)
        return count > 0 ? latest[count - 1] : nil
    }
}

extension ObjectFunction {
    /// What takes something out of a container and says what it was.
    static let removals: Set<ObjectFunction> = [.dequeue, .pop, .pollMax]
}

/// What there is in a history that violations can be made of.
struct PlantSubject {
    let history: History
    let objects: HistoryObjects
    private(set) var keys: [PlantKey]
    /// Answered plain reads of all keys, by invocation.
    private(set) var reads: [Int] = []

    init(_ history: History, _ model: OperationModel) {
        self.history = history
        objects = HistoryObjects(history, model)
        keys = objects.objects.map(PlantKey.init)
        for ordinal in 0..<history.columns.count { add(ordinal) }
        for number in keys.indices {
            let updates = keys[number].updates.filter { (update: Int) in history.columns.outcome[update] == .ok }
            keys[number].endedUpdates = EndedOperations(updates, history)
            keys[number].endedReads = EndedOperations(keys[number].reads, history)
            let sole = keys[number].writers.values.compactMap { $0.count == 1 ? $0.acknowledged : nil }
            keys[number].endedSoleWriters = EndedOperations(sole, history)
            keys[number].failedValues = keys[number].failedValues.filter { keys[number].writers[$0]?.count == 0 }
        }
    }

    private mutating func add(_ ordinal: Int) {
        let function = objects.function(ordinal)
        guard function != .txn, function != .dump, function != .unknown else { return }
        let number = objects.object(ordinal)
        guard keys[number].kind != nil else { return }
        let columns = history.columns
        let outcome = columns.outcome[ordinal]
        if function == .read || function == .contains || function == .peek {
            guard outcome == .ok else { return }
            keys[number].reads.append(ordinal)
            let answer = history.columns.answer[ordinal]
            if answer.isScalar { keys[number].readers[answer, default: []].append(ordinal) }
            if function == .read { reads.append(ordinal) }
            return
        }
        if outcome != .fail { keys[number].updates.append(ordinal) }
        addRemoval(ordinal, function, &keys[number])
        guard let value = written(ordinal) else { return }
        if !value.isScalar { keys[number].isScalar = false }
        if keys[number].sample == nil, !value.isNull { keys[number].sample = value }
        var writers = keys[number].writers[value] ?? PlantWriters()
        if outcome == .fail {
            if writers.failed == nil, !value.isNull { keys[number].failedValues.append(value) }
            writers.failed = ordinal
        } else {
            if writers.count == 0 { writers.first = ordinal }
            writers.count += 1
            if outcome == .ok, writers.acknowledged == nil { writers.acknowledged = ordinal }
        }
        keys[number].writers[value] = writers
    }

    private func addRemoval(_ ordinal: Int, _ function: ObjectFunction, _ key: inout PlantKey) {
        let outcome = history.columns.outcome[ordinal]
        if function == .acquire, outcome == .fail { key.refused.append(ordinal) }
        if function == .remove, outcome != .fail, key.firstRemoval[history.columns.argument[ordinal]] == nil {
            key.firstRemoval[history.columns.argument[ordinal]] = history.call(ordinal)
        }
        guard ObjectFunction.removals.contains(function) else { return }
        if outcome == .info { key.hasOpenRemovals = true }
        guard outcome == .ok, !history.columns.answer[ordinal].isNull else { return }
        key.removals.append(ordinal)
        key.takers[history.columns.answer[ordinal], default: []].append(ordinal)
    }

    /// What an operation puts there.
    func written(_ ordinal: Int) -> ValueRef? {
        let function = objects.function(ordinal)
        let argument = history.columns.argument[ordinal]
        return switch function {
        case .write, .append, .add, .enqueue, .push, .insert: argument
        case .cas: history.values.elements(argument).flatMap { $0.count == 2 ? $0.last : nil }
        default: nil
        }
    }

    func key(_ ordinal: Int) -> PlantKey { keys[objects.object(ordinal)] }

    /// What an answered operation brought back.
    func answer(_ ordinal: Int) -> ValueRef { history.columns.answer[ordinal] }

    func value(_ ref: ValueRef) -> Value { history.values.value(ref) }

    /// The elements that a read showed; none for `null`.
    func elements(_ ordinal: Int) -> [ValueRef] {
        history.values.elements(answer(ordinal)).map(Array.init) ?? []
    }

    func list(_ elements: some Sequence<ValueRef>) -> Value { .list(elements.map { value($0) }) }

    /// True if the first was over before the second began.
    func isOver(_ first: Int, before second: Int) -> Bool { history.ret(first) < history.call(second) }

    /// What only writes of the read's key had that failed, one of which began before the read was over.
    func failed(before read: Int, _ random: inout SeededRandom) -> ValueRef? {
        let key = key(read)
        return firstMade(key.failedValues.count, &random) { place in
            let value = key.failedValues[place]
            let isBefore = key.writers[value]?.failed.map { history.call($0) <= history.ret(read) } ?? false
            return isBefore ? value : nil
        }
    }

    /// A value that the history does not have, of the kind of those that it has.
    func foreign(like sample: ValueRef?, _ random: inout SeededRandom) -> Value {
        var number = 900_000_000 + Int64(random.below(90_000_000))
        let isText = sample?.isString ?? false
        while true {
            let value: Value = isText ? .string("nobody-wrote-\(number)") : .int(number)
            if history.values.ref(of: value) == nil || !isText && !isUsed(number) { return value }
            number += 1
        }
    }

    /// True if some operation names the number. Small numbers have a reference whether or not they are there.
    private func isUsed(_ number: Int64) -> Bool {
        guard let ref = history.values.ref(of: .int(number)) else { return false }
        return keys.contains { $0.writers[ref] != nil }
    }
}

/// The first of some numbers, from a random one on, that something can be made of.
func firstMade<Made>(_ count: Int, _ random: inout SeededRandom, _ make: (Int) -> Made?) -> Made? {
    guard count > 0 else { return nil }
    let start = random.below(count)
    for step in 0..<count {
        if let made = make((start + step) % count) { return made }
    }
    return nil
}
