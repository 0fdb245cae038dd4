import HistoryModel
import SequentialModels

/// What the operations on one key must be known of together before any of them is a call.
struct KeyTraits {
    /// How many answers an order must explain.
    var answers = 0
    /// Elements are put in by `insert`: of such objects only removes that found something are recorded.
    var hasInserts = false
    /// A key-value store's `get` may answer the empty string for an absent key, unless somebody wrote the empty string.
    var isKeyValue = false
    var writesEmpty = false

    mutating func note(_ operation: HistoryModel.Operation) {
        if operation.f == "insert" { hasInserts = true }
        if operation.f == "get" || operation.f == "put" { isKeyValue = true }
        if ["put", "write", "append"].contains(operation.f), operation.argument == "" { writesEmpty = true }
        if operation.outcome == .ok, !Self.saysNothing(operation) { answers += 1 }
    }

    /// True for a question whose answer is neither yes nor no.
    static func saysNothing(_ operation: HistoryModel.Operation) -> Bool {
        operation.f == "contains" && operation.result.bool == nil
    }
}

/// Makes the calls of a model of the operations on one key.
struct ObjectCalls {
    let model: Certificate.Model
    let traits: KeyTraits

    private static let names: [String: String] = [
        "get": "read", "put": "write", "inc": "increment", "dec": "decrement", "lock": "acquire",
        "unlock": "release",
        "enq": "enqueue", "deq": "dequeue", "poll": "poll-max",
    ]

    private static func functions(_ model: Certificate.Model) -> Set<Call.Function> {
        switch model {
        case .register: [.read, .write, .cas]
        case .list, .text: [.read, .write, .append]
        case .set: [.read, .add]
        case .elements: [.add, .insert, .remove, .contains]
        case .counter: [.read, .increment, .decrement, .add]
        case .lock: [.acquire, .release]
        case .queue: [.enqueue, .dequeue, .peek]
        case .stack: [.push, .pop, .peek]
        case .priorityQueue: [.insert, .pollMax, .peek]
        }
    }

    /// The call of an operation that did not fail; `nil` for one that the object does not have.
    func call(_ operation: HistoryModel.Operation) -> Call? {
        let function = Call.Function(rawValue: Self.names[operation.f] ?? operation.f)
        guard Self.functions(model).contains(function) else { return nil }
        let isOk = operation.outcome == .ok
        // `nil` in a conditional expression would be the value `null`.
        let answer = isOk ? Optional.some(operation.result) : .none
        switch function {
        case .read: return read(answer)
        case .write: return Call(.write, model == .list ? [operation.argument] : operation.argument)
        case .insert where model == .elements: return Call(.add, operation.argument)
        case .add where model == .elements: return Call(.add, operation.argument, result: truth(answer))
        case .remove:
            let isCertain = traits.hasInserts && isOk
            return Call(.remove, operation.argument, result: isCertain ? .some(true) : truth(answer))
        case .contains: return Call(.contains, operation.argument, result: truth(answer))
        case .acquire:
            return Call(.acquire, result: answer?.int.map(Value.int), process: operation.process)
        case .release: return Call(.release, process: operation.process)
        case .dequeue, .pop, .pollMax, .peek: return Call(function, result: answer)
        default: return Call(function, operation.argument)
        }
    }

    /// The call of a read.
    func read(_ answer: Value?) -> Call {
        let isAbsent = model == .register && answer == "" && traits.isKeyValue && !traits.writesEmpty
        return Call(.read, result: isAbsent ? .some(.null) : answer)
    }

    private func truth(_ answer: Value?) -> Value? { answer?.bool.map(Value.bool) }
}
