import HistoryModel
import SequentialModels

/// Per key, one order of all operations that respects real time explains every answer (Herlihy and Wing, 1990). Keys
/// are judged apart, because linearizability is local; each read of a `txn` is a read of its key.
///
/// Keys that one of `ExactAlgorithm` takes are decided in O(n log n), others by search under limits.
struct Linearizability {
    private let history: History
    private let options: CheckOptions
    private let objects: HistoryObjects
    private var builder: ObjectBuilder
    private var draft: VerdictDraft
    private var budget: SearchBudget
    private var algorithms: [String: Int] = [:]

    static func draft(_ history: History, _ options: CheckOptions) -> VerdictDraft {
        Linearizability(history, options).draft
    }

    private init(_ history: History, _ options: CheckOptions) {
        self.history = history
        self.options = options
        objects = HistoryObjects(history, options.model)
        builder = ObjectBuilder(objects)
        draft = VerdictDraft(.linearizable, options, algorithm: "")
        budget = SearchBudget(steps: options.limits.steps, bytes: options.limits.bytes)
        for number in objects.objects.indices { check(number) }
        let counts = ContactCounts(objects)
        draft.count("answers", counts.answers)
        draft.count("reads-after-write", counts.readsAfterWrite)
        draft.count("concurrent-pairs", counts.concurrentPairs)
        let parts = algorithms.sorted { $0.key < $1.key }.map {
            "\($0.key) on \($0.value) \($0.value == 1 ? "key" : "keys")"
        }
        draft.algorithm = parts.isEmpty ? "none" : parts.joined(separator: ", ")
    }

    private mutating func check(_ number: Int) {
        let object = objects.objects[number]
        if let problem = object.problem { return draft.doubt("\(object.title) cannot be judged: \(problem)") }
        let operations = builder.build(number)
        guard operations.count > 0 else { return }
        guard let (algorithm, verdict) = decide(number, operations) else { return search(object, operations) }
        if case .undecided(let reason) = verdict { return search(object, operations, after: algorithm, reason) }
        algorithms[algorithm.rawValue, default: 0] += 1
        report(verdict, object, operations)
    }

    private mutating func report(_ verdict: ObjectVerdict, _ object: KeyedObject, _ operations: ObjectOperations) {
        guard case .violated(let violations) = verdict else { return }
        let roles = ProofRoles(history, operations)
        for violation in violations {
            let steps = roles.steps(violation.operations)
            draft.report(Anomaly(.notLinearizable, key: object.name, steps, detail: violation.detail))
        }
    }

    /// The verdict of the algorithm that takes an object, if one does.
    ///
    /// Where operations of one process touch, times do not tell their order. Taken for concurrent they may be free of an
    /// order that they have, and taken in the order of the lines other operations that touch have an order which they need
    /// not have: a violation in spite of the one, and a linearization in spite of the other, are what they are.
    private mutating func decide(
        _ number: Int, _ operations: ObjectOperations
    ) -> (ExactAlgorithm, ObjectVerdict)? {
        guard let algorithm = ExactAlgorithm.ignoringTies(operations) else { return nil }
        let verdict = algorithm.check(operations)
        guard operations.hasTies, case .linearizable = verdict else { return (algorithm, verdict) }
        let ordered = algorithm.check(builder.build(number, by: .lines))
        if case .linearizable = ordered { return (algorithm, ordered) }
        return nil
    }

    /// Decides by search what no algorithm takes, or what one took and did not decide for a reason.
    private mutating func search(
        _ object: KeyedObject, _ operations: ObjectOperations, after algorithm: ExactAlgorithm? = nil,
        _ reason: String = ""
    ) {
        guard let model = SearchedModel(object.kind) else {
            if let algorithm { algorithms[algorithm.rawValue, default: 0] += 1 }
            let doubt = reason.isEmpty ? "no algorithm decides such operations" : reason
            return draft.doubt("\(object.title): \(doubt)")
        }
        algorithms[model.rawValue, default: 0] += 1
        let (verdict, passed) = model.check(operations, &budget)
        report(verdict, object, operations)
        guard case .undecided(let reason) = verdict else { return }
        let prefix = passed.map {
            "; up to the end of operation \(history.operations[$0].index) there is an order"
        }
        draft.doubt(
            "\(object.title): \(reason) among \(operations.count) operations\(prefix ?? ""): write unique values, "
                + "use more keys or fewer clients, or raise the limit")
    }
}

/// The models of which a search decides one key; the raw value is how verdicts name it.
enum SearchedModel: String {
    case register = "frontier search of a cas register (exact)"
    case set = "frontier search of a grow-only set (exact)"

    init?(_ kind: ObjectKind?) {
        switch kind {
        case .register: self = .register
        case .set: self = .set
        default: return nil
        }
    }

    func check(_ operations: ObjectOperations, _ budget: inout SearchBudget) -> (
        verdict: ObjectVerdict, passed: Int?
    ) {
        switch self {
        case .register: ObjectSearch(CASRegisterModel(), operations).check(&budget)
        case .set: ObjectSearch(GrowOnlySetModel(), operations).check(&budget)
        }
    }
}
