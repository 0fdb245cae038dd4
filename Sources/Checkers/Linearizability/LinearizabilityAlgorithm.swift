public import HistoryModel

/// An algorithm that decides whether an object is linearizable; the raw value is how users name it.
public enum LinearizabilityAlgorithm: String, Hashable, Sendable, CaseIterable {
    /// Registers of which no two updates write the same value.
    case zones
    /// Lists that are appended to and read as a whole.
    case versions
    /// Sets that only grow and are read as a whole.
    case levels
    /// Sets that are used element by element.
    case elements
    /// Counters of which all increments are alike.
    case slots
    /// Counters of any increments: bounds, which are sound and prove no history linearizable.
    case sums
    /// Locks.
    case holds
    case queue, stack
    case priorityQueue = "priority-queue"
    /// The frontier search under limits, for any object.
    case search
    /// A depth-first search that remembers where it was (Wing and Gong 1993; Lowe 2017), under limits, for any object: slow,
    /// and of use to check others.
    case depthFirst = "depth-first"

    init(_ exact: ExactAlgorithm) {
        self =
            switch exact {
            case .register: .zones
            case .list: .versions
            case .set: .levels
            case .elements: .elements
            case .counter: .slots
            case .sums: .sums
            case .mutex: .holds
            case .queue: .queue
            case .stack: .stack
            case .priorityQueue: .priorityQueue
            }
    }

    /// What it is for, for people who choose.
    public var summary: String {
        switch self {
        case .zones: "registers, no two updates of one value"
        case .versions: "lists with append and full reads"
        case .levels: "grow-only sets with full reads"
        case .elements: "sets with add, remove and contains"
        case .slots: "counters, all increments alike"
        case .sums: "counters, bounds only"
        case .holds: "locks"
        case .queue: "queues of unique values"
        case .stack: "stacks of unique values"
        case .priorityQueue: "priority queues of unique values"
        case .search: "anything, under limits"
        case .depthFirst: "anything that is small, to check others"
        }
    }

    /// The algorithm for one kind of object; `nil` for searches.
    var exact: ExactAlgorithm? { ExactAlgorithm.allCases.first { LinearizabilityAlgorithm($0) == self } }

    /// The algorithms that take every object of a history that can be judged at all.
    public static func fitting(_ history: History, model: OperationModel = .auto) -> [LinearizabilityAlgorithm] {
        let objects = HistoryObjects(history, model)
        var builder = ObjectBuilder(objects)
        var fitting = allCases
        for (number, object) in objects.objects.enumerated() where object.problem == nil {
            let operations = builder.build(number)
            guard operations.count > 0 else { continue }
            fitting.removeAll { !$0.fits(object.kind, operations) }
        }
        if ModelledObject.all(history, model).contains(where: { $0.problem == nil }) {
            fitting.removeAll { $0.exact != nil }
        }
        return fitting
    }

    func fits(_ kind: ObjectKind?, _ operations: ObjectOperations) -> Bool {
        guard let exact else { return SearchedModel(kind, operations) != nil }
        // Reads alone are reads of anything.
        return kind.map(kinds.contains) ?? false && exact.fits(operations)
    }

    /// The objects that an exact algorithm may be asked about.
    private var kinds: [ObjectKind] {
        switch self {
        case .zones: [.register]
        case .versions: [.list, .text]
        case .levels: [.set]
        case .elements: [.elements]
        case .slots, .sums: [.counter]
        case .holds: [.mutex]
        case .queue: [.queue]
        case .stack: [.stack]
        case .priorityQueue: [.priorityQueue]
        case .search, .depthFirst: []
        }
    }
}
