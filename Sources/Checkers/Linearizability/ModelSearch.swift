import SequentialModels

/// On what the operations that a search shows are a violation.
enum ProofBasis {
    /// On nothing else.
    case alone
    /// Whatever the object held before them.
    case anyState
    /// On others that are not shown, whether or not those took effect.
    case others

    /// For people; nothing if the operations say all.
    func words(_ object: String) -> String? {
        switch self {
        case .alone: nil
        case .anyState: "whatever the \(object) held before these operations"
        case .others: "whether or not the other operations on the \(object) took effect"
        }
    }
}

/// Decides by search whether a model explains the operations on one object.
struct ModelSearch<Model: SequentialModel> {
    private(set) var operations = SearchOperations()
    let states: ModelStates<Model>
    /// How many configurations the first attempt keeps.
    private let firstWidth: Int

    /// What the search came to; operations are given by their ordinals in the history.
    enum Outcome {
        /// In this order, if it was asked for, without those that did not take effect.
        case linearizable(order: [Int]?)
        /// No order explains these, whatever the others did; after the return of `last` nothing was possible.
        case violated([Int], last: Int, on: ProofBasis)
        /// There is an order of all operations up to the return of `passed`, if that is not `nil`.
        case undecided(String, passed: Int?)
    }

    static var usualWidth: Int { 32 }
    /// How many steps the search for a small proof may take.
    private static var proofSteps: Int { 1_000_000 }

    init(_ model: Model, firstWidth: Int = Self.usualWidth) {
        states = ModelStates(model)
        self.firstWidth = firstWidth
    }

    /// Adds an operation, in the order of their invocations.
    mutating func add(operation: Int, process: Int32, call: Int32, ret: Int32, _ what: Call) {
        operations.append(
            operation: Int32(operation), process: process, call: call, ret: ret, number: states.number(what))
    }

    func check(wantsOrder: Bool = false, _ budget: inout SearchBudget) -> Outcome {
        var search = FrontierSearch(states)
        switch search.decide(operations, width: firstWidth, wantsOrder: wantsOrder, &budget) {
        case .linearizable:
            return .linearizable(order: wantsOrder ? search.order.map { Int(operations.operation[Int($0)]) } : nil)
        case .stuck(let position): return violation(position, budget)
        case .undecided(let reason, let passed):
            return .undecided(reason, passed: passed.map { Int(operations.operation[$0]) })
        }
    }

    /// The same by the other search; of a violation it names all operations.
    func checkDepthFirst(_ budget: inout SearchBudget) -> Outcome {
        var search = DepthFirstSearch(operations, states)
        do {
            guard let order = try search.decide(&budget) else {
                return .violated(operations.operation.map { Int($0) }, last: 0, on: .alone)
            }
            return .linearizable(order: order.map { Int(operations.operation[Int($0)]) })
        } catch {
            return .undecided(error.reason, passed: nil)
        }
    }

    private func violation(_ position: Int, _ budget: SearchBudget) -> Outcome {
        let budget = SearchBudget(steps: Self.proofSteps, bytes: budget.bytes)
        let least = Counterexample(operations, states, stuckAt: position, budget)
        return .violated(least.named, last: Int(operations.operation[position]), on: least.basis)
    }
}
