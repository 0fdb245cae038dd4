public import HistoryModel
import SequentialModels

extension Certificate {
    /// What is wrong with it as a proof that a history is linearizable; `nil` if it is one.
    ///
    /// Each operation that was answered is in the order of its object exactly once, one of which nobody knows the outcome at
    /// most once, and one that failed not at all; none had returned before an operation in front of it was invoked, those of
    /// one process are in the order in which it invoked them, and the model gives every answer. Time is that of one run
    /// through each order.
    public func flaw(in history: History) -> CertificateFlaw? {
        var check = CertificateCheck(history)
        for object in objects {
            if let flaw = check.flaw(object) { return flaw }
        }
        return check.missingObject
    }
}

/// Follows the orders of the objects of one history.
private struct CertificateCheck {
    private let history: History
    private var traits: [String?: KeyTraits] = [:]
    private var unjudged: HistoryModel.Operation?
    private var done: Set<String?> = []
    /// By operation, and for the reads of transactions by place: whether it has taken effect.
    private var isTaken: [Bool]
    private var takenParts: Set<Step> = []

    typealias Step = Certificate.Step

    init(_ history: History) {
        self.history = history
        isTaken = [Bool](repeating: false, count: history.operations.count)
        for operation in history.operations where operation.f != "dump" && operation.outcome != .fail {
            guard operation.f == "txn" else {
                traits[operation.key, default: KeyTraits()].note(operation)
                continue
            }
            guard let reads = Self.reads(operation) else {
                unjudged = unjudged ?? operation
                continue
            }
            for read in reads where operation.outcome == .ok { traits[read.key, default: KeyTraits()].answers += 1 }
        }
    }

    /// The reads of a transaction; `nil` if it does anything else.
    private static func reads(_ operation: HistoryModel.Operation) -> [(key: String, answer: Value)]? {
        var reads: [(key: String, answer: Value)] = []
        for micro in (operation.outcome == .ok ? operation.result : operation.argument).list ?? [] {
            guard let parts = micro.list, parts.count == 3, parts[0] == "r",
                let key = parts[1].keyName
            else { return nil }
            reads.append((key, parts[2]))
        }
        return reads
    }

    /// An object with answers and without an order.
    var missingObject: CertificateFlaw? {
        if let unjudged {
            return CertificateFlaw("operation \(unjudged.index) is a transaction that does more than read")
        }
        let missing = traits.filter { $0.value.answers > 0 && !done.contains($0.key) }.map { Self.title($0.key) }
        return missing.min().map { CertificateFlaw("there is no order of the operations on \($0)") }
    }

    private static func title(_ key: String?) -> String { key.map { "key \"\($0)\"" } ?? "the object without key" }

    mutating func flaw(_ object: Certificate.Object) -> CertificateFlaw? {
        guard done.insert(object.key).inserted else {
            return CertificateFlaw("\(Self.title(object.key)) has two orders")
        }
        return switch object.model {
        case .register: follow(object, CASRegisterModel())
        case .list: follow(object, ListModel())
        case .text: follow(object, TextModel())
        case .set: follow(object, GrowOnlySetModel())
        case .elements: follow(object, SetModel())
        case .counter: follow(object, CounterModel())
        case .lock: follow(object, MutexModel())
        case .queue: follow(object, QueueModel())
        case .stack: follow(object, StackModel())
        case .priorityQueue: follow(object, PriorityQueueModel())
        }
    }

    private mutating func follow<Model: SequentialModel>(
        _ object: Certificate.Object, _ model: Model
    ) -> CertificateFlaw? {
        let traits = traits[object.key] ?? KeyTraits()
        let calls = ObjectCalls(model: object.model, traits: traits)
        var state = model.initial
        var latestCall = Int32.min
        // By process: its last operation that has taken effect.
        var latest = [Int](repeating: -1, count: history.clients.count)
        var answers = 0
        for step in object.order {
            func flaw(_ what: String) -> CertificateFlaw {
                CertificateFlaw("\(Self.title(object.key)): operation \(step.operation) \(what)")
            }
            guard let operation = operation(step.operation) else { return flaw("is not in the history") }
            let ordinal = operation.ordinal
            guard operation.outcome != .fail else { return flaw("failed") }
            guard let call = call(operation, step, object.key, calls) else {
                return flaw("is none that a \(object.model.rawValue) of this key has")
            }
            guard take(step, ordinal) else { return flaw("takes effect twice") }
            guard history.ret(ordinal) >= latestCall else {
                return flaw("had returned before one in front of it was invoked")
            }
            let process = Int(history.columns.process[ordinal])
            // What nobody saw end may take effect after the next operation of its process.
            guard latest[process] <= ordinal || operation.outcome != .ok else {
                return flaw("comes behind a later one of its process")
            }
            guard model.apply(call, to: &state) else { return flaw("was not answered as the model answers") }
            latestCall = max(latestCall, history.call(ordinal))
            latest[process] = max(latest[process], ordinal)
            answers += operation.outcome == .ok && !KeyTraits.saysNothing(operation) ? 1 : 0
        }
        guard answers < traits.answers else { return nil }
        return CertificateFlaw(
            "\(Self.title(object.key)): \(traits.answers - answers) of \(traits.answers) operations that were answered "
                + "are not in the order")
    }

    /// The operation with an index; operations ascend by it.
    private func operation(_ index: Int) -> HistoryModel.Operation? {
        var (low, high) = (0, history.operations.count)
        while low < high {
            let middle = (low + high) / 2
            if history.operations[middle].index < index { low = middle + 1 } else { high = middle }
        }
        guard low < history.operations.count, history.operations[low].index == index else { return nil }
        return history.operations[low]
    }

    /// What a step does to an object; `nil` if it does nothing to it.
    private func call(
        _ operation: HistoryModel.Operation, _ step: Step, _ key: String?, _ calls: ObjectCalls
    ) -> Call? {
        guard operation.f == "txn" else {
            return operation.key == key && step.part == nil ? calls.call(operation) : nil
        }
        guard let part = step.part, let reads = Self.reads(operation), reads.indices.contains(part),
            reads[part].key == key
        else { return nil }
        return calls.read(operation.outcome == .ok ? .some(reads[part].answer) : .none)
    }

    /// Notes that a step takes effect; false if it did before.
    private mutating func take(_ step: Step, _ ordinal: Int) -> Bool {
        if step.part != nil { return takenParts.insert(step).inserted }
        defer { isTaken[ordinal] = true }
        return !isTaken[ordinal]
    }
}
