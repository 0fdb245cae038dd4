public import HistoryModel

extension Guarantee {
    /// The guarantees that the operations of a history could break, in the order of `allCases`: what a history is judged by
    /// if nobody says more.
    ///
    /// Told by what was tried, not by what was answered: operations that all failed make a guarantee `unknown`, they do not
    /// make it vanish. Of a history without any operation nothing is known: the guarantees of any run.
    public static func applicable(to history: History, model: OperationModel = .auto) -> [Guarantee] {
        guard history.columns.count > 0 else { return standard }
        guard fitting(history) == standard else { return isolation }
        let signs = HistorySigns(history, model)
        return allCases.filter(signs.fit)
    }
}

/// What there is in a history.
private struct HistorySigns {
    private let functions: Set<String>
    private let hasReads: Bool
    private let hasUpdates: Bool
    /// There are operations on queues, locks and other objects that are not read as a whole.
    private let hasObjects: Bool
    private let hasFinals: Bool
    private let hasVersions: Bool
    private let hasCollections: Bool
    private let hasSeveralKeys: Bool
    private let hasCounters: Bool
    private let hasLists: Bool

    init(_ history: History, _ model: OperationModel) {
        var used = [Bool](repeating: false, count: history.functions.count)
        for function in history.columns.function { used[Int(function.number)] = true }
        functions = Set(history.functions.indices.filter { used[$0] }.map { history.functions[$0] })
        hasReads = !functions.isDisjoint(with: ["read", "txn", "cas"])
        hasUpdates = !functions.isDisjoint(with: ["write", "cas", "add", "append", "txn"])
        hasObjects = functions.contains { name in
            switch ObjectFunction(name) {
            case .read, .write, .cas, .append, .add, .txn, .dump: false
            case .unknown: KeyedModels.functions.contains(name)
            default: true
            }
        }
        hasFinals = (0..<history.columns.count).contains { history.isFinal($0) }
        let names: [Value] = ["version", "mod_revision", "revision", "lsn"]
        hasVersions = names.contains { history.values.ref(of: $0) != nil }
        hasSeveralKeys = history.keys.count > 1 || functions.contains("txn")
        let answers = Self.answers(history)
        hasLists = answers.hasLists
        hasCounters =
            functions.contains { [.increment, .decrement].contains(ObjectFunction($0)) }
            || answers.hasCounts && model == .auto
        hasCollections = !functions.isDisjoint(with: ["add", "append"]) || model == .set
    }

    /// Whether reads show lists, and whether one of a key that something is added to shows a number.
    private static func answers(_ history: History) -> (hasLists: Bool, hasCounts: Bool) {
        let columns = history.columns
        let add = history.functions.firstIndex(of: "add")
        let read = history.functions.firstIndex(of: "read")
        var isAdded = [Bool](repeating: false, count: history.keys.count + 1)
        var isCounted = isAdded
        var hasLists = false
        for ordinal in 0..<columns.count {
            let function = Int(columns.function[ordinal].number)
            let key = Int(columns.key[ordinal].number) + 1
            if function == add { isAdded[key] = true }
            guard function == read, columns.outcome[ordinal] == .ok else { continue }
            if columns.answer[ordinal].isList { hasLists = true }
            if history.values.int(columns.answer[ordinal]) != nil { isCounted[key] = true }
        }
        return (hasLists, zip(isAdded, isCounted).contains { $0 && $1 })
    }

    /// Functions whose histories are judged by their sums.
    private static let totals = UniqueIDs.functions.union(["drain", "transfer", "reserve"])

    /// Elements go in and come out.
    private var hasContainers: Bool {
        let used = Set(functions.map(ObjectFunction.init))
        let pairs: [(ObjectFunction, ObjectFunction)] = [(.enqueue, .dequeue), (.push, .pop), (.insert, .pollMax)]
        return pairs.contains { used.contains($0) && (used.contains($1) || used.contains(.drain)) }
    }

    /// The functions are named as those of a key-value store.
    private var isKeyValue: Bool { functions.contains("get") && !functions.isDisjoint(with: ["put", "append"]) }

    func fit(_ guarantee: Guarantee) -> Bool {
        switch guarantee {
        case .linearizable:
            (hasReads && hasUpdates || hasObjects || isKeyValue) && functions.isDisjoint(with: Self.totals)
        case .readYourWrites, .monotonicReads: hasReads && hasUpdates
        case .monotonicWrites, .writesFollowReads:
            hasReads && hasUpdates && (hasVersions || hasCollections || functions.contains("txn"))
        case .consistentPrefixNode: functions.contains("txn")
        case .consistentPrefixSession: hasReads && hasUpdates && hasSeveralKeys
        case .noLostWrites, .noDirtyReads: hasUpdates && (hasFinals || functions.contains("dump"))
        case .convergence: functions.contains("dump")
        case .noDuplicates: hasContainers || hasCollections && hasLists
        case .totalQueue: hasContainers
        case .uniqueIDs: !functions.isDisjoint(with: UniqueIDs.functions)
        case .bank: functions.contains("transfer") && hasReads
        case .counter: hasCounters
        case .calendar: functions.contains("reserve")
        default: false
        }
    }
}
