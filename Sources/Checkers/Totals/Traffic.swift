import HistoryModel

/// What was put into one queue, stack or priority queue, and what came out of it.
struct Traffic {
    /// One element that was put in.
    struct Put {
        var value: Int32
        var operation: Int32
        var call: Int32
        /// `.max` where nobody knows how it ended.
        var ret: Int32
    }

    /// One element that came out.
    struct Take {
        var value: Int32
        var operation: Int32
        var call: Int32
        var ret: Int32
    }

    /// An answer that says that nothing is left: a drain, or a removal that found nothing.
    struct Empty {
        var operation: Int32
        var call: Int32
        var ret: Int32
    }

    /// Those that may have happened, by invocation.
    private(set) var puts: [Put] = []
    /// By invocation; the elements of one drain in its order.
    private(set) var takes: [Take] = []
    private(set) var empties: [Empty] = []
    /// Instants of the invocations of removals whose end nobody knows: each may have taken one element.
    private(set) var openTakes: [Int32] = []
    /// The same of drains, each of which may have taken any number.
    private(set) var openDrains: [Int32] = []
    /// By the number of a value: a put of it that certainly did not happen.
    private(set) var failedPuts: [Int32: Int32] = [:]
    /// By number.
    private(set) var values: [ValueRef] = [.null]
    private let history: History

    /// Of one object; the numbers of its values are its own.
    init(_ objects: HistoryObjects, _ number: Int, _ numbers: inout ValueNumbers) {
        history = objects.history
        numbers.begin()
        for ordinal in objects.entries(number).map(Int.init) where ordinal >= 0 {
            switch objects.function(ordinal) {
            case .enqueue, .push, .insert: addPut(ordinal, &numbers)
            case .dequeue, .pop, .pollMax: addTake(ordinal, &numbers)
            case .drain: addDrain(ordinal, &numbers)
            default: break
            }
        }
    }

    private mutating func number(_ value: ValueRef, _ numbers: inout ValueNumbers) -> Int32 {
        let number = numbers.number(value)
        if Int(number) == values.count { values.append(value) }
        return number
    }

    private mutating func addPut(_ ordinal: Int, _ numbers: inout ValueNumbers) {
        let value = number(history.columns.argument[ordinal], &numbers)
        if history.columns.outcome[ordinal] == .fail {
            failedPuts[value] = failedPuts[value] ?? Int32(ordinal)
            return
        }
        puts.append(
            Put(value: value, operation: Int32(ordinal), call: history.call(ordinal), ret: history.ret(ordinal)))
    }

    private mutating func addTake(_ ordinal: Int, _ numbers: inout ValueNumbers) {
        switch history.columns.outcome[ordinal] {
        case .ok: add(history.columns.answer[ordinal], ordinal, &numbers)
        case .fail, .invoke: break
        case .info: openTakes.append(history.call(ordinal))
        }
    }

    private mutating func add(_ answer: ValueRef, _ ordinal: Int, _ numbers: inout ValueNumbers) {
        let (call, ret) = (history.call(ordinal), history.ret(ordinal))
        if answer.isNull {
            empties.append(Empty(operation: Int32(ordinal), call: call, ret: ret))
        } else {
            takes.append(
                Take(value: number(answer, &numbers), operation: Int32(ordinal), call: call, ret: ret))
        }
    }

    private mutating func addDrain(_ ordinal: Int, _ numbers: inout ValueNumbers) {
        switch history.columns.outcome[ordinal] {
        case .ok:
            for element in history.values.elements(history.columns.answer[ordinal]) ?? [] where !element.isNull {
                add(element, ordinal, &numbers)
            }
            add(.null, ordinal, &numbers)
        case .fail, .invoke: break
        case .info: openDrains.append(history.call(ordinal))
        }
    }
}

extension Traffic {
    /// What came out although nobody can have put it in; `failed` is a put of it that was refused.
    struct Unexpected {
        var take: Take
        var failed: Int32?
    }

    /// What came out more often than it can have been put in by then.
    struct Duplicated {
        /// The puts that may have happened.
        var puts: [Int32]
        var earlier: [Int32]
        var take: Take
    }

    /// Judges each element that came out, in the order of the answers: the k-th copy of a value needs k puts of it that had
    /// begun by then.
    func outgoing() -> (unexpected: [Unexpected], duplicated: [Duplicated]) {
        var unexpected: [Unexpected] = []
        var duplicated: [Duplicated] = []
        var begun = [[Put]](repeating: [], count: values.count)
        for put in puts { begun[put.value].append(put) }
        var gone = [[Int32]](repeating: [], count: values.count)
        let order = takes.enumerated().sorted { ($0.element.ret, $0.offset) < ($1.element.ret, $1.offset) }
        for take in order.map(\.element) {
            let possible = begun[take.value].partitioningIndex { $0.call > take.ret }
            if possible == 0 {
                unexpected.append(Unexpected(take: take, failed: failedPuts[take.value]))
                continue
            }
            if gone[take.value].count >= possible {
                let puts = begun[take.value].prefix(possible).map(\.operation)
                duplicated.append(Duplicated(puts: puts, earlier: gone[take.value], take: take))
            } else {
                gone[take.value].append(take.operation)
            }
        }
        return (unexpected, duplicated)
    }
}
