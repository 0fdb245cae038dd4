import HistoryModel

/// Makes the columns of one object after the other.
struct ObjectBuilder {
    private let objects: HistoryObjects
    private let history: History
    private let columns: OperationColumns
    private let values: ValueStore
    private var numbers: ValueNumbers
    private var operations = ObjectOperations()
    private var object = KeyedObject(name: nil)
    private var built = 0
    private var clock = Clock.instants
    private var texts = ObjectTexts()
    /// By process: when its last acknowledged operation on an object ended, and in which build that was.
    private var lastEnd: [(instant: Int32, build: Int)]
    private var builds = 0
    /// Of the object built last, by position: the place of a read in its transaction. There are few of these.
    private(set) var parts: [Int32: Int32] = [:]
    /// Of the object built last: the removals that each answered drain consists of.
    private var drains: [Range<Int>] = []
    /// True if something without priority was inserted into a priority queue.
    private var lacksPriorities = false
    /// The numbers of amounts below zero, which no value of the history need stand for.
    private var negatives: [Int64: Int32] = [:]

    /// What is taken for the time at which something happened.
    enum Clock {
        /// The recorded time: operations that touch are concurrent.
        case instants
        /// The place in the history: all ends of operations are in order.
        case lines
    }

    init(_ objects: HistoryObjects) {
        self.objects = objects
        history = objects.history
        columns = history.columns
        values = history.values
        numbers = ValueNumbers(history)
        lastEnd = [(Int32, Int)](repeating: (-1, -1), count: history.clients.count)
    }

    /// The operations on an object that has a kind and no problem.
    mutating func build(_ number: Int, by clock: Clock = .instants) -> ObjectOperations {
        object = objects.objects[number]
        built = number
        self.clock = clock
        builds += 1
        numbers.begin()
        negatives = [:]
        let entries = objects.entries(number)
        operations = ObjectOperations()
        lacksPriorities = false
        parts = [:]
        drains = []
        operations.reserve(entries.count)
        texts = ObjectTexts(entries, object, objects, &numbers)
        for entry in entries {
            let part = entry < 0 ? objects.microReads[Int(~entry)] : nil
            let ordinal = Int(part?.operation ?? entry)
            if part != nil {
                parts[Int32(operations.count)] = Int32(Int(~entry) - objects.microReads(ordinal).lowerBound)
            }
            if columns.outcome[ordinal] != .fail {
                take(ordinal, part == nil ? objects.function(ordinal) : .read, part?.answer)
            }
        }
        if !drains.isEmpty { operations.split(drains, whereAlone: clock == .instants) }
        operations.valueCount = Int(numbers.count)
        if lacksPriorities { operations.amount = [] }
        while operations.amount.count < operations.valueCount, !operations.amount.isEmpty {
            operations.amount.append(0)
        }
        return operations
    }

    /// Adds an operation, unless it constrains nothing.
    private mutating func take(_ ordinal: Int, _ function: ObjectFunction, _ part: ValueRef?) {
        let isOk = columns.outcome[ordinal] == .ok
        let argument = columns.argument[ordinal]
        let answer = part ?? columns.answer[ordinal]
        switch function {
        case .read: if isOk { takeRead(ordinal, answer) }
        case .write: add(ordinal, .write, argument: number(argument))
        case .append: add(ordinal, .append, argument: number(argument))
        case .cas: takeCas(ordinal, argument)
        case .add where object.kind == .counter, .increment: takeIncrement(ordinal, argument, sign: 1)
        case .decrement: takeIncrement(ordinal, argument, sign: -1)
        case .add: add(ordinal, .add, argument: number(argument), result: isOk ? told(answer) : -1)
        case .remove: takeRemove(ordinal, argument, answer)
        case .contains:
            let result = told(answer)
            if isOk, result >= 0 { add(ordinal, .contains, argument: number(argument), result: result) }
        case .acquire: takeAcquire(ordinal, isOk ? answer : .null)
        case .release: add(ordinal, .release)
        case .enqueue: add(ordinal, .enqueue, argument: number(argument))
        case .push: add(ordinal, .push, argument: number(argument))
        case .insert where object.kind == .elements: add(ordinal, .add, argument: number(argument))
        case .insert: add(ordinal, .insert, argument: prioritized(argument))
        case .dequeue: add(ordinal, .dequeue, result: isOk ? shown(answer) : -1)
        case .pop: add(ordinal, .pop, result: isOk ? shown(answer) : -1)
        case .pollMax: add(ordinal, .pollMax, result: isOk ? shown(answer) : -1)
        case .peek: if isOk { add(ordinal, .peek, result: shown(answer)) }
        case .drain: takeDrain(ordinal, answer)
        case .txn, .dump, .unknown: break
        }
    }

    private mutating func add(
        _ ordinal: Int, _ function: ObjectOperations.Function, argument: Int32 = -1, expected: Int32 = -1,
        result: Int32 = -1
    ) {
        let isOk = columns.outcome[ordinal] == .ok
        let call: Int32
        let ret: Int32
        if clock == .instants {
            call = history.call(ordinal)
            ret = isOk ? history.ret(ordinal) : .max
        } else {
            call = columns.invocation[ordinal]
            ret = isOk ? columns.completion[ordinal] : .max
        }
        let process = columns.process[ordinal]
        let last = lastEnd[process]
        if last.build == builds, last.instant == call { operations.hasTies = true }
        if isOk { lastEnd[process] = (ret, builds) }
        operations.operation.append(Int32(ordinal))
        operations.process.append(process)
        operations.call.append(call)
        operations.ret.append(ret)
        operations.function.append(function)
        operations.argument.append(argument)
        operations.expected.append(expected)
        operations.result.append(result)
    }

    private mutating func number(_ value: ValueRef) -> Int32 { numbers.number(value) }

    private mutating func takeCas(_ ordinal: Int, _ argument: ValueRef) {
        let pair = values.range(ofList: argument)
        let lists = values.lists
        add(
            ordinal, .cas, argument: number(lists[pair.upperBound - 1]), expected: number(lists[pair.lowerBound]))
    }

    /// Logs in which elements are inserted have only removes that found what they removed.
    private mutating func takeRemove(_ ordinal: Int, _ argument: ValueRef, _ answer: ValueRef) {
        let isOk = columns.outcome[ordinal] == .ok
        let isCertain = object.use.contains(ObjectUse(.insert))
        add(
            ordinal, .remove, argument: number(argument), result: !isOk ? -1 : isCertain ? 1 : told(answer))
    }

    /// Yes, no or nothing.
    private func told(_ answer: ValueRef) -> Int32 { answer == .true ? 1 : answer == .false ? 0 : -1 }
}

extension ObjectBuilder {
    private mutating func takeRead(_ ordinal: Int, _ answer: ValueRef) {
        switch object.kind {
        case .list, .set:
            add(ordinal, .read, result: answer.isNull || answer.isList ? -1 : number(answer))
            let range = values.range(ofList: answer)
            for place in range {
                operations.elements.append(number(values.lists[place]), at: operations.count - 1)
            }
        case .text: takeText(ordinal, answer)
        case .counter: add(ordinal, .read, result: answer.isNull ? zero() : amount(answer, sign: 1) ?? -1)
        case .register: add(ordinal, .read, result: isAbsent(answer) ? 0 : number(answer))
        default: break
        }
    }

    /// True for null, and for the empty string where that is what a key-value store answers for an absent key.
    private func isAbsent(_ answer: ValueRef) -> Bool {
        if answer.isNull { return true }
        guard object.use.contains(.isKeyValue), !texts.writesEmpty, answer.isString else { return false }
        return values.string(answer)?.isEmpty ?? false
    }

    private mutating func takeText(_ ordinal: Int, _ answer: ValueRef) {
        guard texts.lists != nil, answer.isString || answer.isNull else {
            return add(ordinal, .read, result: number(answer))
        }
        add(ordinal, .read)
        let bytes = values.string(answer).map { Array($0.utf8) } ?? []
        guard let (elements, hasRest) = texts.lists?.elements(bytes) else { return }
        for element in elements { operations.elements.append(element, at: operations.count - 1) }
        if hasRest { operations.elements.append(numbers.fresh(), at: operations.count - 1) }
    }

    private mutating func takeIncrement(_ ordinal: Int, _ argument: ValueRef, sign: Int64) {
        add(ordinal, .increment, argument: amount(argument, sign: sign) ?? -1)
    }

    /// The number of an amount; `nil` if it is none. No amount at all is 1.
    private mutating func amount(_ value: ValueRef, sign: Int64) -> Int32? {
        guard let int = value.isNull ? 1 : values.int(value) else { return nil }
        guard sign < 0 || value.isNull else { return note(int, number(value)) }
        if let known = negatives[int * sign] { return known }
        negatives[int * sign] = numbers.count
        return note(int * sign, numbers.fresh())
    }

    /// What a counter holds that nobody ever added to.
    private mutating func zero() -> Int32 {
        if let known = negatives[0] { return known }
        negatives[0] = numbers.count
        return note(0, numbers.fresh())
    }

    /// The number of a value that is its own priority; only whole numbers have one.
    private mutating func prioritized(_ value: ValueRef) -> Int32 {
        guard let priority = values.int(value) else {
            lacksPriorities = true
            return number(value)
        }
        return note(priority, number(value))
    }

    /// The number of what came out; in a priority queue it has a priority, whether or not anybody put it in.
    private mutating func shown(_ value: ValueRef) -> Int32 {
        guard object.kind == .priorityQueue, let priority = values.int(value) else { return number(value) }
        return note(priority, number(value))
    }

    private mutating func note(_ amount: Int64, _ number: Int32) -> Int32 {
        while operations.amount.count <= Int(number) { operations.amount.append(0) }
        operations.amount[number] = amount
        return number
    }

    /// A drain takes out one element after the other until nothing is left. One of unknown outcome may have taken any number:
    /// no more than were put in and are not known to have been taken out.
    private mutating func takeDrain(_ ordinal: Int, _ answer: ValueRef) {
        let removal: ObjectOperations.Function =
            object.kind == .stack ? .pop : object.kind == .priorityQueue ? .pollMax : .dequeue
        guard columns.outcome[ordinal] == .ok else {
            for _ in 0..<mostLeft() { add(ordinal, removal) }
            return
        }
        let first = operations.count
        for element in values.elements(answer) ?? [] where !element.isNull {
            add(ordinal, removal, result: shown(element))
        }
        add(ordinal, removal, result: 0)
        drains.append(first..<operations.count)
    }

    private func mostLeft() -> Int {
        let balance = objects.entries(built).filter { $0 >= 0 }.reduce(0) { balance, entry in
            let (function, outcome) = (objects.function(Int(entry)), columns.outcome[Int(entry)])
            let answer = columns.answer[Int(entry)]
            switch function {
            case .enqueue, .push, .insert: return balance + (outcome == .fail ? 0 : 1)
            case .dequeue, .pop, .pollMax: return balance - (outcome == .ok && !answer.isNull ? 1 : 0)
            case .drain where outcome == .ok: return balance - (values.elements(answer)?.count { !$0.isNull } ?? 0)
            default: return balance
            }
        }
        return max(0, balance)
    }

    private mutating func takeAcquire(_ ordinal: Int, _ answer: ValueRef) {
        guard let token = values.int(answer) else { return add(ordinal, .acquire) }
        add(ordinal, .acquire, result: note(token, number(answer)))
    }
}
