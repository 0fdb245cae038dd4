import HistoryModel
import SequentialModels

/// Has a search decide an object by a model that comes along.
struct ModelledJudge: AlgorithmJudge {
    private let object: ModelledObject
    private let history: History
    private let options: CheckOptions

    init(_ object: ModelledObject, _ history: History, _ options: CheckOptions) {
        (self.object, self.history, self.options) = (object, history, options)
    }

    /// The verdict of a search, the frontier search if none is named.
    func judge(by algorithm: LinearizabilityAlgorithm?, _ budget: inout SearchBudget) -> JudgedObject {
        let algorithm = algorithm ?? .search
        guard algorithm.exact == nil else {
            let reason = "the algorithm \(algorithm.rawValue) is not for such operations"
            return JudgedObject(algorithm: algorithm, name: "", verdict: .undecided(reason))
        }
        var judged = search(model, algorithm, &budget)
        if options.plantedError == algorithm { judged.verdict = judged.verdict.inverted(object.operations) }
        return judged
    }

    func second(to first: LinearizabilityAlgorithm) -> LinearizabilityAlgorithm? {
        first == .search ? .depthFirst : .search
    }

    private var model: any SequentialModel {
        switch object.kind {
        case .map: MapModel(lists: object.lists)
        case .lease: LeaseModel()
        case .ownerlessLock: MutexModel(hasOwner: false)
        case .deque: DequeModel()
        case .bank:
            LedgerModel(
                areOpened: object.calls.contains { $0.function == .open },
                allowsOverdraft: options.bank.allowsNegativeBalances)
        }
    }

    private func ret(_ ordinal: Int) -> Int32 {
        history.columns.outcome[ordinal] == .ok ? history.ret(ordinal) : .max
    }

    private func search<Model: SequentialModel>(
        _ model: Model, _ algorithm: LinearizabilityAlgorithm, _ budget: inout SearchBudget
    ) -> JudgedObject {
        var search = ModelSearch(model)
        for (ordinal, call) in zip(object.operations.map(Int.init), object.calls) {
            search.add(
                operation: ordinal, process: history.columns.process[ordinal], call: history.call(ordinal),
                ret: ret(ordinal), call)
        }
        let way = algorithm == .search ? SearchedModel.Search.frontier : .depthFirst
        var judged = JudgedObject(
            algorithm: algorithm, name: "\(way.rawValue) of a \(object.kind.rawValue) (exact)",
            verdict: .linearizable(order: nil))
        switch algorithm == .search ? search.check(&budget) : search.checkDepthFirst(&budget) {
        case .linearizable: break
        case .violated(let ordinals, _, let basis):
            judged.verdict = .violated([ObjectViolation(ordinals.map { Int32($0) }, basis.words("object"))])
        case .undecided(let reason, let passed):
            judged.verdict = .undecided(reason)
            judged.passed = passed
        }
        return judged
    }

    /// How the operations met one another.
    var contacts: ModelContacts {
        var contacts = ModelContacts()
        for (ordinal, call) in zip(object.operations.map(Int.init), object.calls) {
            contacts.add(
                process: history.columns.process[ordinal], call: history.call(ordinal), ret: ret(ordinal),
                end: history.end(ordinal), isUpdate: !isRead(call), isAnswer: call.saysSomething)
        }
        return contacts
    }

    private func isRead(_ call: Call) -> Bool { object.kind == .map ? model.isRead(call) : call.isRead }

    /// The anomaly that a proof is.
    func anomaly(_ violation: ObjectViolation) -> Anomaly {
        let steps = violation.operations.map { Anomaly.Step(history.operations[Int($0)].index, .conflicting) }
        return Anomaly(
            .notLinearizable, key: object.key, steps, detail: violation.detail)
    }
}
