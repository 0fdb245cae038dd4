/// The algorithms that decide one object in O(n log n); the raw value is how verdicts name them.
enum ExactAlgorithm: String, Hashable, Sendable, CaseIterable {
    case register = "zones of clusters and cas chains (exact)"
    case list = "versions of list reads (exact)"
    case set = "levels of set reads (exact)"
    case elements = "elements of a set one by one (exact)"
    case counter = "slots of increments (exact)"
    case sums = "bounds of sums (sound)"
    case mutex = "zones of holds by their processes (exact)"
    case queue = "order of queued values (exact)"
    case stack = "nesting of stacked values (exact)"
    case priorityQueue = "free instants by priority (exact)"

    /// The algorithm that decides an object; `nil` where none does: values repeat, functions are of no such object, or
    /// instants do not tell the order of the operations of each process.
    static func choose(_ operations: ObjectOperations) -> ExactAlgorithm? {
        operations.hasTies ? nil : ignoringTies(operations)
    }

    /// The same, taking operations of one process that touch for concurrent: then only a violation is proven.
    static func ignoringTies(_ operations: ObjectOperations) -> ExactAlgorithm? {
        let functions = functions(of: operations)
        return allCases.first { functions & ~$0.functions == 0 && $0.decides(operations) }
    }

    /// Whether an object is one that the algorithm is right about, taking operations of one process that touch for
    /// concurrent.
    func fits(_ operations: ObjectOperations) -> Bool {
        Self.functions(of: operations) & ~functions == 0 && decides(operations)
    }

    private static func functions(of operations: ObjectOperations) -> UInt32 {
        operations.function.reduce(0) { $0 | bit($1) }
    }

    private static func bit(_ function: ObjectOperations.Function) -> UInt32 { 1 << UInt32(function.rawValue) }

    /// The functions that an object may have, as bits.
    private var functions: UInt32 {
        let functions: [ObjectOperations.Function] =
            switch self {
            case .register: [.read, .write, .cas]
            case .list: [.read, .write, .append]
            case .set: [.read, .add]
            case .elements: [.add, .remove, .contains]
            case .counter, .sums: [.read, .increment]
            case .mutex: [.acquire, .release]
            case .queue: [.enqueue, .dequeue, .peek]
            case .stack: [.push, .pop, .peek]
            case .priorityQueue: [.insert, .pollMax, .peek]
            }
        return functions.reduce(0) { $0 | Self.bit($1) }
    }

    /// Decides, or says why not.
    func check(_ operations: ObjectOperations, wantsOrder: Bool = false) -> ObjectVerdict {
        switch self {
        case .register: RegisterCheck.check(operations, wantsOrder: wantsOrder)
        case .list: ListCheck.check(operations, wantsOrder: wantsOrder)
        case .set: SetLevels.check(operations, wantsOrder: wantsOrder)
        case .elements: SetElements.check(operations, wantsOrder: wantsOrder)
        case .counter: CounterSlots.check(operations, wantsOrder: wantsOrder)
        case .sums: CounterSums.check(operations, wantsOrder: wantsOrder)
        case .mutex: MutexHolds.check(operations, wantsOrder: wantsOrder)
        case .queue: QueueCheck.check(operations, wantsOrder: wantsOrder)
        case .stack: StackCheck.check(operations, wantsOrder: wantsOrder)
        case .priorityQueue: PriorityQueueCheck.check(operations, wantsOrder: wantsOrder)
        }
    }

    /// Whether an object of these functions is one that the algorithm is right about.
    private func decides(_ operations: ObjectOperations) -> Bool {
        switch self {
        case .register:
            // What counters hold stands among the amounts: they start with 0, also where nothing was ever added.
            operations.amount.isEmpty && !operations.hasElements && operations.hasUniqueUpdates
                && operations.areReadsAsExpected
        case .list: operations.hasElements && operations.areReadsAsExpected && ListCheck.takes(operations)
        case .set: operations.function.contains(.add) && operations.areReadsAsExpected
        case .elements: ElementCalls.all(operations).allSatisfy(\.isUnambiguous)
        case .counter: operations.hasPlainAmounts && operations.commonAmount != nil
        case .sums: operations.hasPlainAmounts
        case .mutex: operations.haveProcessesOneEnd && operations.hasAllTokensOrNone
        case .queue, .stack: operations.hasUniqueInsertions
        case .priorityQueue: operations.hasUniqueInsertions && operations.hasUniquePriorities
        }
    }
}
