import HistoryModel
import SequentialModels

/// The models of which a search decides one object; the raw value is how verdicts name it.
enum SearchedModel: String {
    case register = "cas register"
    case list = "list"
    case set = "grow-only set"
    case elements = "set"
    case counter = "counter"
    case mutex = "lock"
    case queue = "queue"
    case stack = "stack"
    case priorityQueue = "priority queue"

    /// Ways to search.
    enum Search: String {
        case frontier = "frontier search"
        case depthFirst = "depth-first search"
    }

    /// `nil` where no model explains such operations.
    init?(_ kind: ObjectKind?, _ operations: ObjectOperations) {
        switch kind {
        case .register: self = .register
        case .list,
            .text where operations.areReadsAsExpected:
            self = .list
        case .set: self = .set
        case .elements: self = .elements
        case .counter where operations.hasPlainAmounts: self = .counter
        case .mutex: self = .mutex
        case .queue: self = .queue
        case .stack: self = .stack
        case .priorityQueue where operations.amount.count >= operations.valueCount: self = .priorityQueue
        default: return nil
        }
    }

    /// How a verdict names it.
    func name(_ search: Search) -> String { "\(search.rawValue) of a \(rawValue) (exact)" }

    /// The verdict, with proofs and orders by ordinals; `passed` says up to the return of which operation there is an
    /// order where the search gave up.
    func check(
        _ operations: ObjectOperations, by search: Search = .frontier, wantsOrder: Bool,
        _ budget: inout SearchBudget
    ) -> (verdict: ObjectVerdict, passed: Int?) {
        if search == .frontier, let violation = SurplusValues.violation(operations, self) {
            return (.violated([violation]), nil)
        }
        return switch self {
        case .register: check(CASRegisterModel(), operations, search, wantsOrder, &budget)
        case .list: check(ListModel(), operations, search, wantsOrder, &budget)
        case .set: check(GrowOnlySetModel(), operations, search, wantsOrder, &budget)
        case .elements: check(SetModel(), operations, search, wantsOrder, &budget)
        case .counter: check(CounterModel(), operations, search, wantsOrder, &budget)
        case .mutex: check(MutexModel(), operations, search, wantsOrder, &budget)
        case .queue: check(QueueModel(), operations, search, wantsOrder, &budget)
        case .stack: check(StackModel(), operations, search, wantsOrder, &budget)
        case .priorityQueue: check(PriorityQueueModel(), operations, search, wantsOrder, &budget)
        }
    }

    private func check<Model: SequentialModel>(
        _ model: Model, _ operations: ObjectOperations, _ search: Search, _ wantsOrder: Bool,
        _ budget: inout SearchBudget
    ) -> (verdict: ObjectVerdict, passed: Int?) {
        let prepared = ObjectSearch(model, operations, as: self)
        switch search {
        case .frontier: return prepared.check(wantsOrder: wantsOrder, &budget)
        case .depthFirst: return (prepared.checkDepthFirst(&budget), nil)
        }
    }
}
