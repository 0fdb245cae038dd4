/// How a search ended.
enum SearchOutcome: Equatable {
    case linearizable
    /// No order explains what happened up to the return of the operation at this position.
    case stuck(Int)
    /// A limit was reached. There is an order of all operations up to the return of the one at this position; `nil` if
    /// not even one return was passed.
    case undecided(String, passed: Int?)
}

/// What a search may still take.
struct SearchBudget {
    private(set) var steps: Int
    let bytes: Int

    init(steps: Int, bytes: Int) {
        self.steps = steps
        self.bytes = bytes
    }

    init(_ limits: CheckLimits) { self.init(steps: limits.steps, bytes: limits.bytes) }

    @inline(__always)
    mutating func spend(_ number: Int) throws(LimitReached) {
        steps -= number
        guard steps > 0 else { throw LimitReached(reason: "the step limit was reached") }
    }

    /// Asks for so much memory.
    func hold(_ number: Int) throws(LimitReached) {
        guard number <= bytes else {
            throw LimitReached(reason: "the memory limit of \(bytes >> 20) MiB was reached")
        }
    }
}

/// Runs searches over operations of one object, one after the other; what one learns of the model serves the next.
struct FrontierSearch {
    private var transitions: TransitionTable
    /// The positions of the operations in an order that explains them, without those that did not take effect: what the
    /// last search found, if it was asked for.
    private(set) var order: [Int32] = []

    /// Calls that get a number later are not known to the search.
    init(_ space: any StateSpace) {
        transitions = TransitionTable(space)
    }

    /// Each attempt that failed is followed by one that keeps so many times as many configurations.
    private static var widening: Int { 16 }

    /// Searches narrowly first: as soon as there are more than `width` configurations, only those go on that used the
    /// fewest indefinite operations. Most histories that are linearizable are so by one of these. If these come to no
    /// order, the search goes back to where it first left some out and goes on with more of them. `budget` takes what was
    /// spent.
    mutating func decide(
        _ operations: SearchOperations, width: Int = .max, wantsOrder: Bool = false, _ budget: inout SearchBudget
    ) -> SearchOutcome {
        let walk = SearchWalk(operations)
        return walk.mostAtOnce <= SmallSlotSet.capacity
            ? decide(walk, SmallSlotSet.self, width, wantsOrder, &budget)
            : decide(walk, LargeSlotSet.self, width, wantsOrder, &budget)
    }

    private mutating func decide<Slots: SlotSet>(
        _ walk: SearchWalk, _: Slots.Type, _ width: Int, _ wantsOrder: Bool, _ budget: inout SearchBudget
    ) -> SearchOutcome {
        var frontier = Frontier<Slots>(walk, transitions.taken(), width: width, wantsOrder: wantsOrder, budget)
        // Where some configurations were first left out.
        var complete: Frontier<Slots>?
        var farthest = (moment: 0, passed: Int?.none)
        defer { transitions = frontier.transitions }
        while true {
            do {
                defer {
                    budget = frontier.budget
                    if frontier.moment > farthest.moment { farthest = (frontier.moment, frontier.passed) }
                }
                switch try frontier.walk() {
                case .linearizable:
                    if wantsOrder { order = frontier.order() }
                    return .linearizable
                case .crowded:
                    complete = frontier
                    frontier.prune()
                case .stuck(let position):
                    guard let all = complete else { return .stuck(position) }
                    complete = nil
                    let spent = frontier.budget
                    frontier = all
                    frontier.widen(by: Self.widening, spent)
                }
            } catch {
                return .undecided(error.reason, passed: farthest.passed)
            }
        }
    }
}
