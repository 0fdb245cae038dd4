import Determinism
import HistoryModel

/// Which violations can be planted against which guarantee.
struct PlantCatalog {
    private let history: History
    private let options: CheckOptions
    private lazy var subject = PlantSubject(history, options.model)
    private lazy var sessions = SessionPlants(subject)
    private lazy var finals = FinalPlants(subject)
    private lazy var transactions = TransactionPlants(history)

    init(_ history: History, _ options: CheckOptions) {
        self.history = history
        self.options = options
    }

    /// The ways to break a guarantee; none if none is known.
    mutating func planters(_ guarantee: Guarantee) -> [Planter] {
        switch guarantee {
        case .linearizable: LinearizablePlants(subject: subject).planters
        case .readYourWrites, .monotonicReads, .monotonicWrites, .writesFollowReads, .consistentPrefixNode,
            .consistentPrefixSession:
            sessions.planters(guarantee)
        case .noLostWrites, .noDirtyReads, .convergence, .conflictAudit: finals.planters(guarantee)
        case .noDuplicates, .totalQueue, .counter, .uniqueIDs, .bank, .calendar:
            TotalPlants(subject: subject).planters(guarantee)
        case .noStaleReads: StalenessPlants(sessions, options).planters(StalenessBounds(versions: 0))
        case .boundedStaleness: StalenessPlants(sessions, options).planters(options.stalenessBounds)
        case .pram: sessions.orderPlanters(.pram)
        case .weakCausal, .causal, .sequential, .consistentPrefix: ordered(guarantee)
        case .noLongFork: [sessions.longFork]
        default: IsolationLevel.of(guarantee).map { transactions.planters($0) } ?? []
        }
    }

    /// About orders of operations: as of transactions of one operation each, and by what sessions know.
    private mutating func ordered(_ guarantee: Guarantee) -> [Planter] {
        let level: Guarantee =
            switch guarantee {
            case .sequential: .strongSessionSerializable
            case .consistentPrefix: .readAtomic
            default: .causal
            }
        var planters = IsolationLevel.of(level).map { transactions.planters($0) } ?? []
        // Each reader may have an order of its own.
        if guarantee == .weakCausal { planters.removeAll { $0.kind == .reordered } }
        // Nobody need see what its own session did.
        if guarantee == .consistentPrefix { planters.removeAll { $0.kind == .staleRead } }
        guard OrderFacts.isPlain(history) else { return planters }
        let own = guarantee == .consistentPrefix ? sessions.prefixPlanters : sessions.orderPlanters(guarantee)
        return own + planters.filter { planter in !own.contains { $0.kind == planter.kind } }
    }
}

/// The ways to break linearizability, by objects of each kind.
private struct LinearizablePlants {
    let subject: PlantSubject

    private typealias Attempt = (Int, inout SeededRandom) -> [ChangedAnswer]?

    var planters: [Planter] {
        let registers = RegisterPlants(subject: subject)
        let collections = CollectionPlants(subject: subject)
        return whole(registers, collections) + containers
    }

    /// Of registers, and of lists and sets that are read as a whole.
    private func whole(_ registers: RegisterPlants, _ collections: CollectionPlants) -> [Planter] {
        [
            reading(
                .staleRead, "no read begins after a value that only one write has was replaced",
                registers.staleRead, collections.staleRead),
            reading(
                .nonMonotonicRead, "no read begins after another one had shown a newer value",
                registers.nonMonotonicRead, collections.nonMonotonicRead),
            reading(
                .lostWrite, "no read that began after a write shows what it wrote", registers.lostWrite,
                collections.lostWrite),
            reading(
                .rolledBack, "nothing is read twice, one read after the other", registers.rolledBack,
                collections.rolledBack),
            reading(
                .reordered, "no list shows two elements that were appended one after the other",
                { _, _ in nil }, collections.reordered),
            reading(.duplicated, "no list or set was read", { _, _ in nil }, collections.duplicated),
            reading(.phantomRead, "nothing was read", registers.phantomRead, collections.phantomRead),
            reading(
                .abortedRead, "no write failed before a read", registers.abortedRead, collections.abortedRead),
        ]
    }

    private func reading(
        _ kind: PlantKind, _ need: String, _ register: @escaping Attempt, _ collection: @escaping Attempt
    ) -> Planter {
        let subject = subject
        let reads = subject.reads.filter {
            let key = subject.key($0)
            return key.kind == .register || key.onlyGrows
        }
        return Planter(kind, need: need, count: reads.count) { place, random in
            let isRegister = subject.key(reads[place]).kind == .register
            return isRegister ? register(reads[place], &random) : collection(reads[place], &random)
        }
    }

    /// Of objects that are used piece by piece. Only the kinds of objects that are there: of others nothing need be said.
    private var containers: [Planter] {
        let plants = ContainerPlants(subject: subject)
        func operations(_ kinds: [ObjectKind], _ operations: (PlantKey) -> [Int]) -> [Int] {
            subject.keys.filter { key in key.kind.map(kinds.contains) ?? false }.flatMap(operations)
        }
        func planter(
            _ kind: PlantKind, _ need: String, _ operations: [Int], _ attempt: @escaping Attempt
        ) -> Planter {
            Planter(kind, need: need, count: operations.count) { attempt(operations[$0], &$1) }
        }
        let removals = operations([.queue, .stack, .priorityQueue], \.removals)
        let counters = operations([.counter], \.reads)
        let elements = operations([.elements], \.reads)
        let refused = operations([.mutex], \.refused)
        let acquisitions = operations([.mutex], \.updates)
        let all = [
            planter(.duplicated, "nothing was taken out twice", removals, plants.duplicated),
            planter(.phantomRead, "nothing was taken out", removals, plants.phantomRead),
            planter(.lostWrite, "nothing was taken out that was put in before", removals, plants.lostWrite),
            planter(.reordered, "no two were taken out one after the other", removals, plants.reordered),
            planter(.lostWrite, "no counter was read", counters) { read, _ in plants.counted(read, isLow: true) },
            planter(.phantomRead, "no counter was read", counters) { read, _ in
                plants.counted(read, isLow: false)
            },
            planter(.staleRead, "no element was found after it was added", elements) { read, _ in
                plants.missedElement(read)
            },
            planter(.phantomRead, "no element was looked for that nobody adds", elements) { read, _ in
                plants.phantomElement(read)
            },
            planter(.sharedLock, "no acquisition was refused while another process had the lock", refused) {
                refused, _ in
                plants.sharedLock(refused)
            },
            planter(.reordered, "no two acquisitions brought back tokens", acquisitions) { acquire, _ in
                plants.reorderedTokens(acquire)
            },
        ]
        return all.filter { $0.count > 0 }
    }
}
