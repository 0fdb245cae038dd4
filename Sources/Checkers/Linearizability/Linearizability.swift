import HistoryModel
import SequentialModels

/// Per key, one order of all operations that respects real time explains every answer (Herlihy and Wing, 1990). Keys
/// are judged apart, because linearizability is local; each read of a `txn` is a read of its key.
///
/// Keys that one of `ExactAlgorithm` takes are decided in O(n log n), others by search under limits; or all by the algorithm
/// that the options name.
struct Linearizability {
    private let history: History
    private let options: CheckOptions
    private let objects: HistoryObjects
    private var builder: ObjectBuilder
    private var draft: VerdictDraft
    private var budget: SearchBudget
    private var algorithms = AlgorithmCounts()
    private var comparison: AlgorithmComparison?

    static func draft(_ history: History, _ options: CheckOptions) -> VerdictDraft {
        Linearizability(history, options).draft
    }

    private init(_ history: History, _ options: CheckOptions) {
        self.history = history
        self.options = options
        objects = HistoryObjects(history, options.model)
        builder = ObjectBuilder(objects)
        draft = VerdictDraft(.linearizable, options, algorithm: "")
        budget = SearchBudget(options.limits)
        comparison = options.crossChecks ? AlgorithmComparison(options) : nil
        draft.linearization = options.wantsLinearization ? Linearization() : nil
        let modelled = ModelledObject.all(history, options.model)
        let taken = Set(modelled.flatMap(\.keys))
        for number in objects.objects.indices where !taken.contains(objects.objects[number].name) { check(number) }
        for object in modelled { check(object) }
        let counts = ContactCounts(objects, except: taken)
        draft.count("answers", counts.answers)
        draft.count("reads-after-write", counts.readsAfterWrite)
        draft.count("concurrent-pairs", counts.concurrentPairs)
        draft.algorithm = algorithms.text
        draft.crossCheck = comparison?.result
    }

    private mutating func check(_ number: Int) {
        let object = objects.objects[number]
        if let problem = object.problem { return draft.doubt("\(object.title) cannot be judged: \(problem)") }
        let operations = builder.build(number)
        guard operations.count > 0 else { return }
        let hasDrains = object.use.contains(ObjectUse(.drain))
        let byLines = operations.hasTies ? builder.build(number, by: .lines) : nil
        let isNumbered = options.wantsLinearization || hasDrains
        let judge =
            isNumbered
            ? ObjectJudge(object.kind, operations.numbered, byLines: byLines?.numbered, options)
            : ObjectJudge(object.kind, operations, byLines: byLines, options)
        var judged = judge.judge(by: options.algorithm, &budget)
        // Certificates have no word for one of the removals that a drain consists of.
        if hasDrains { draft.linearization = nil }
        if options.wantsLinearization { keepOrder(judged.verdict, object, operations) }
        if isNumbered { judged = judged.named(by: operations) }
        if !judged.name.isEmpty { algorithms.count(judged.name) }
        if let doubt = comparison?.compare(judged, judge, object.title) { return draft.doubt(doubt) }
        report(judged, object, operations)
    }

    /// Decides an object of a model that comes along.
    private mutating func check(_ object: ModelledObject) {
        if let problem = object.problem { return draft.doubt("\(object.title) cannot be judged: \(problem)") }
        let judge = ModelledJudge(object, history, options)
        let contacts = judge.contacts
        draft.count("answers", contacts.answers)
        draft.count("reads-after-write", contacts.answersAfterUpdate)
        draft.count("concurrent-pairs", contacts.concurrentPairs())
        let judged = judge.judge(by: options.algorithm, &budget)
        if !judged.name.isEmpty { algorithms.count(judged.name) }
        // Certificates have no form for such orders.
        draft.linearization = nil
        if let doubt = comparison?.compare(judged, judge, object.title) { return draft.doubt(doubt) }
        switch judged.verdict {
        case .linearizable: break
        case .violated(let violations): for violation in violations { draft.report(judge.anomaly(violation)) }
        case .undecided(let reason): draft.doubt(undecided(judged, reason, object.title, object.operations.count))
        }
    }

    /// Why nobody can say, how far there is an order, and what to do.
    private func undecided(_ judged: JudgedObject, _ reason: String, _ title: String, _ count: Int) -> String {
        let prefix = judged.passed.map {
            "; up to the end of operation \(history.operations[$0].index) there is an order"
        }
        return "\(title): \(reason) among \(count) operations\(prefix ?? ""): write unique values, "
            + "use more keys or fewer clients, or raise the limit"
    }

    /// Keeps the order of an object, given by positions.
    private mutating func keepOrder(_ verdict: ObjectVerdict, _ object: KeyedObject, _ operations: ObjectOperations)
    {
        guard case .linearizable(let order?) = verdict, let kind = object.kind else { return }
        let steps = order.map { position in
            Linearization.Step(ordinal: operations.operation[position], part: builder.parts[position] ?? -1)
        }
        draft.linearization?.objects.append(
            Linearization.Object(key: object.name, kind: Linearization.Kind(kind), order: steps))
    }

    private mutating func report(_ judged: JudgedObject, _ object: KeyedObject, _ operations: ObjectOperations) {
        switch judged.verdict {
        case .linearizable: break
        case .violated(let violations):
            let roles = ProofRoles(history, operations)
            for violation in violations {
                let steps = roles.steps(violation.operations)
                draft.report(Anomaly(.notLinearizable, key: object.name, steps, detail: violation.detail))
            }
        case .undecided(let reason):
            guard judged.algorithm.exact == nil else { return draft.doubt("\(object.title): \(reason)") }
            draft.doubt(undecided(judged, reason, object.title, operations.count))
        }
    }
}

/// How many keys each algorithm decided.
struct AlgorithmCounts {
    private var counts: [String: Int] = [:]

    mutating func count(_ name: String) { counts[name, default: 0] += 1 }

    /// For a verdict.
    var text: String {
        let parts = counts.sorted { $0.key < $1.key }.map {
            "\($0.key) on \($0.value) \($0.value == 1 ? "key" : "keys")"
        }
        return parts.isEmpty ? "none" : parts.joined(separator: ", ")
    }
}
