/// What an algorithm said of one object.
struct JudgedObject {
    var algorithm: LinearizabilityAlgorithm
    /// How verdicts name the algorithm; empty if none decides such operations.
    var name: String
    var verdict: ObjectVerdict
    /// Where a search gave up: the ordinal of the operation up to whose return there is an order.
    var passed: Int?
}

/// What has algorithms decide one object.
protocol AlgorithmJudge {
    /// The verdict of an algorithm; without one, of the fastest that takes the object and comes to an end.
    func judge(by algorithm: LinearizabilityAlgorithm?, _ budget: inout SearchBudget) -> JudgedObject

    /// The algorithm to compare another one with: one of another kind, if any takes the object.
    func second(to first: LinearizabilityAlgorithm) -> LinearizabilityAlgorithm?
}

/// Has algorithms decide one object.
struct ObjectJudge: AlgorithmJudge {
    private let kind: ObjectKind?
    private let operations: ObjectOperations
    private let options: CheckOptions
    /// The operations with all ends in the order of the lines; there only where operations of one process touch.
    private let byLines: ObjectOperations?

    init(
        _ kind: ObjectKind?, _ operations: ObjectOperations, byLines: ObjectOperations?, _ options: CheckOptions
    ) {
        self.kind = kind
        self.operations = operations
        self.byLines = byLines
        self.options = options
    }

    func judge(by algorithm: LinearizabilityAlgorithm?, _ budget: inout SearchBudget) -> JudgedObject {
        if let algorithm {
            guard algorithm.fits(kind, operations) else {
                let reason = "the algorithm \(algorithm.rawValue) is not for such operations"
                return JudgedObject(algorithm: algorithm, name: "", verdict: .undecided(reason))
            }
            return decide(algorithm, &budget)
        }
        guard let exact = ExactAlgorithm.ignoringTies(operations) else { return decide(.search, &budget) }
        let judged = decide(LinearizabilityAlgorithm(exact), &budget)
        guard case .undecided = judged.verdict, SearchedModel(kind, operations) != nil else { return judged }
        return decide(.search, &budget)
    }

    func second(to first: LinearizabilityAlgorithm) -> LinearizabilityAlgorithm? {
        guard first == .search else { return SearchedModel(kind, operations) == nil ? nil : .search }
        // Bounds of sums prove nothing where they find nothing.
        let exact = ExactAlgorithm.choose(operations).map { LinearizabilityAlgorithm($0) }
        return exact == nil || exact == .sums ? .depthFirst : exact
    }

    private func decide(_ algorithm: LinearizabilityAlgorithm, _ budget: inout SearchBudget)
        -> JudgedObject
    {
        var judged = algorithm.exact.map { decide($0) } ?? search(algorithm, &budget)
        if options.plantedError == algorithm { judged.verdict = judged.verdict.inverted(operations.operation) }
        return judged
    }

    /// Where operations of one process touch, times do not tell their order. Taken for concurrent they may be free of an
    /// order that they have, and taken in the order of the lines other operations that touch have an order which they need
    /// not have: a violation in spite of the one, and a linearization in spite of the other, are what they are.
    private func decide(_ algorithm: ExactAlgorithm) -> JudgedObject {
        let name = LinearizabilityAlgorithm(algorithm)
        func judged(_ verdict: ObjectVerdict) -> JudgedObject {
            JudgedObject(algorithm: name, name: algorithm.rawValue, verdict: verdict)
        }
        let verdict = algorithm.check(operations, wantsOrder: options.wantsLinearization)
        guard let byLines, case .linearizable = verdict else { return judged(verdict) }
        let ordered = algorithm.check(byLines, wantsOrder: options.wantsLinearization)
        if case .linearizable = ordered { return judged(ordered) }
        return judged(.undecided("times do not tell the order of operations of one process"))
    }

    private func search(_ algorithm: LinearizabilityAlgorithm, _ budget: inout SearchBudget) -> JudgedObject {
        let search = algorithm == .depthFirst ? SearchedModel.Search.depthFirst : .frontier
        guard let model = SearchedModel(kind, operations) else {
            return JudgedObject(
                algorithm: algorithm, name: "",
                verdict: .undecided("no algorithm decides such operations"))
        }
        let (verdict, passed) = model.check(operations, by: search, wantsOrder: options.wantsLinearization, &budget)
        return JudgedObject(algorithm: algorithm, name: model.name(search), verdict: verdict, passed: passed)
    }
}
