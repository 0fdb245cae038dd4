import Faults
public import Workloads

/// Makes a plan that fails smaller: a shorter run, fewer faults, fewer operations or steps, as long as it still fails.
///
/// Operations and steps by delta debugging (Zeller and Hildebrandt, IEEE TSE 2002): parts are left out, larger ones first.
/// Every attempt is a run of its own; what is left fails by itself.
public struct Minimizer {
    /// What one attempt came to.
    public struct Attempt: Sendable {
        public var fails: Bool
        /// How many operations clients were given, final reads aside.
        public var operations: Int

        public init(fails: Bool, operations: Int) {
            self.fails = fails
            self.operations = operations
        }
    }

    private let plan: Plan
    private let attempt: (Plan) -> Attempt
    private let limit: Int
    /// How many attempts were made.
    public private(set) var attempts = 0
    public private(set) var excerpt = PlanExcerpt()
    /// Is told the number of each attempt.
    public var progress: (Int) -> Void = { _ in }
    /// Operations of the smallest run that fails.
    public private(set) var operations = 0

    /// `attempt` runs a plan; `limit` is the most attempts.
    public init(_ plan: Plan, limit: Int = 400, attempt: @escaping (Plan) -> Attempt) {
        self.plan = plan
        self.limit = limit
        self.attempt = attempt
    }

    /// Looks for a smaller plan; false if the plan does not fail in the first place.
    public mutating func run() -> Bool {
        guard fails(excerpt) else { return false }
        switch plan.work {
        case .scenario(let steps): thinOut(Array(1...max(1, steps.count)))
        case .load(_, let schedule, let duration, _):
            shorten(duration)
            for fault in schedule.faults {
                var smaller = excerpt
                smaller.without.insert(fault.id)
                if fails(smaller) { excerpt = smaller }
            }
            thinOut(Array(1...max(1, operations)))
        }
        return true
    }

    private mutating func fails(_ excerpt: PlanExcerpt) -> Bool {
        guard attempts < limit else { return false }
        attempts += 1
        progress(attempts)
        let outcome = attempt(plan.excerpt(excerpt))
        if outcome.fails { operations = outcome.operations }
        return outcome.fails
    }

    /// The earliest end of the work that still fails, to a hundredth of it.
    private mutating func shorten(_ duration: Duration) {
        var low: Int64 = 0
        var high = duration.nanoseconds
        while high - low > duration.nanoseconds / 100 {
            let middle = low + (high - low) / 2
            var smaller = excerpt
            smaller.until = .nanoseconds(middle)
            if fails(smaller) {
                excerpt = smaller
                high = middle
            } else {
                low = middle
            }
        }
    }

    private mutating func thinOut(_ numbers: [Int]) {
        var kept = numbers
        var size = max(1, kept.count / 2)
        while attempts < limit {
            var isSmaller = false
            var start = 0
            while start < kept.count, kept.count > 1, attempts < limit {
                var smaller = excerpt
                smaller.only = Array(kept[..<start] + kept[min(start + size, kept.count)...])
                if smaller.only?.isEmpty == false, fails(smaller) {
                    excerpt = smaller
                    kept = smaller.only ?? kept
                    isSmaller = true
                } else {
                    start += size
                }
            }
            guard size > 1 || isSmaller else { return }
            size = max(1, size / 2)
        }
    }
}
