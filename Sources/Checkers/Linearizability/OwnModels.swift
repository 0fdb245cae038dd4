public import HistoryModel
public import SequentialModels

/// Whether one order of all operations on each object, in real time, is explained by a model.
///
/// For models of your own; what the models of `check` know is decided faster there. Decided by search under the options'
/// limits: exact, or `unknown` with the reason and with how far there is an order. Each object that the model tells apart is
/// judged by itself. Operations that failed did not happen, and those whose end nobody knows may have. Dumps are left out
/// unless the model knows them.
///
/// ```swift
/// let history = try JSONLines.read(bytes).history
/// let verdict = linearizable(history, model: DoublingModel())
/// print(verdict.judgement, verdict.anomalies)
/// ```
public func linearizable<Model: SequentialModel>(
    _ history: History, model: Model, _ options: CheckOptions = CheckOptions()
) -> Verdict {
    var checker = OwnModelCheck(history, model, options)
    return checker.verdict()
}

/// Decides the objects of a history by a model, one after the other.
private struct OwnModelCheck<Model: SequentialModel> {
    private let history: History
    private let model: Model
    private let options: CheckOptions
    private var draft: VerdictDraft
    private var budget: SearchBudget
    /// In the order in which they first come up.
    private var objects: [Entry] = []
    private var numbers: [Value: Int] = [:]

    private struct Entry {
        var object: Value
        var search: ModelSearch<Model>
        var contacts = ModelContacts()
        /// An operation that the model does not know.
        var stranger: HistoryModel.Operation?

        /// The key, where the object is one or a part of one.
        var key: String? { object.string ?? object.list?.first?.string }

        var title: String {
            object.isNull ? "the object" : "object \(String(decoding: JSONText.bytes(object), as: UTF8.self))"
        }
    }

    init(_ history: History, _ model: Model, _ options: CheckOptions) {
        self.history = history
        self.model = model
        self.options = options
        draft = VerdictDraft(.linearizable, options, algorithm: "")
        budget = SearchBudget(options.limits)
    }

    mutating func verdict() -> Verdict {
        for ordinal in history.operations.indices { add(ordinal) }
        for entry in objects { decide(entry) }
        draft.algorithm =
            "frontier search of \(Model.self) (exact) on \(objects.count) "
            + (objects.count == 1 ? "object" : "objects")
        return draft.verdict(Exercise(history, options), options)
    }

    private mutating func add(_ ordinal: Int) {
        let operation = history.operations[ordinal]
        guard operation.outcome != .fail else { return }
        let isKnown = model.functions.contains(Call.Function(rawValue: operation.f))
        guard isKnown || operation.f != "dump" else { return }
        let number = number(model.object(of: operation))
        guard isKnown else {
            if objects[number].stranger == nil { objects[number].stranger = operation }
            return
        }
        let what = model.call(operation)
        let (call, ret) = (history.call(ordinal), operation.outcome == .ok ? history.ret(ordinal) : .max)
        let process = history.columns.process[ordinal]
        objects[number].search.add(operation: ordinal, process: process, call: call, ret: ret, what)
        objects[number].contacts.add(
            process: process, call: call, ret: ret, end: history.end(ordinal), isUpdate: !model.isRead(what),
            isAnswer: what.saysSomething)
    }

    private mutating func number(_ object: Value) -> Int {
        if let number = numbers[object] { return number }
        numbers[object] = objects.count
        objects.append(Entry(object: object, search: ModelSearch(model)))
        return objects.count - 1
    }

    private mutating func decide(_ entry: Entry) {
        if let stranger = entry.stranger {
            let operation = "operation \(stranger.index) is '\(stranger.f)'"
            return draft.doubt("\(entry.title) cannot be judged: \(operation), which \(Model.self) does not know")
        }
        draft.count("answers", entry.contacts.answers)
        draft.count("reads-after-write", entry.contacts.answersAfterUpdate)
        draft.count("concurrent-pairs", entry.contacts.concurrentPairs())
        switch entry.search.check(&budget) {
        case .linearizable: break
        case .violated(let ordinals, let last, let basis):
            draft.report(
                Anomaly(
                    .notLinearizable, key: entry.key, ordinals.sorted().map { step($0, last) },
                    detail: basis.words("object")))
        case .undecided(let reason, let passed):
            let prefix = passed.map {
                "; up to the end of operation \(history.operations[$0].index) there is an order"
            }
            draft.doubt(
                "\(entry.title): \(reason) among \(entry.search.operations.count) operations\(prefix ?? ""): "
                    + "use more objects or fewer clients, or raise the limit")
        }
    }

    private func step(_ ordinal: Int, _ last: Int) -> Anomaly.Step {
        let isViolatingRead = ordinal == last && model.isRead(model.call(history.operations[ordinal]))
        return Anomaly.Step(history.operations[ordinal].index, isViolatingRead ? .violatingRead : .conflicting)
    }
}

extension Call {
    /// True unless the object would have done the same whatever it held, and said nothing.
    var saysSomething: Bool {
        if function == .txn { return result?.list?.contains { $0.list?.first == "r" } ?? false }
        let plain: Set<Function> = [
            .write, .add, .append, .enqueue, .push, .pushFront, .pushBack, .insert, .increment, .decrement, .open,
            .transfer,
        ]
        return result != nil || !plain.contains(function)
    }
}
