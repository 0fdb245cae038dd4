import HistoryModel
import SequentialModels

/// Per key, one order of all operations that respects real time explains every answer (Herlihy and Wing, 1990). Keys
/// are judged apart, because linearizability is local; each read of a `txn` is a read of its key.
///
/// Keys whose values are unique are decided in O(n log n), others by search under limits.
struct Linearizability {
    private let accesses: Accesses
    private var draft: VerdictDraft
    private var budget: SearchBudget
    private var algorithms: [String: Int] = [:]

    static func draft(_ accesses: Accesses, _ options: CheckOptions) -> VerdictDraft {
        Linearizability(accesses, options).draft
    }

    private init(_ accesses: Accesses, _ options: CheckOptions) {
        self.accesses = accesses
        draft = VerdictDraft(.linearizable, options, algorithm: "")
        budget = SearchBudget(steps: options.limits.steps, bytes: options.limits.bytes)
        for number in accesses.keys.indices { check(number) }
        let parts = algorithms.sorted { $0.key < $1.key }.map {
            "\($0.key) on \($0.value) \($0.value == 1 ? "key" : "keys")"
        }
        draft.algorithm = parts.isEmpty ? "none" : parts.joined(separator: ", ")
    }

    private mutating func check(_ number: Int) {
        let key = accesses.keys[number]
        guard key.problem == nil else { return draft.doubtProblem(key) }
        let calls = KeyCalls(accesses, number)
        guard !calls.updates.isEmpty || !calls.readings.isEmpty else { return }
        count(number, calls)
        let method = LinearizabilityMethod.choose(accesses, calls)
        algorithms[method.rawValue, default: 0] += 1
        switch method.check(accesses, calls, &budget) {
        case .linearizable: break
        case .violated(let anomalies): anomalies.forEach { draft.report($0) }
        case .undecided(let reason): draft.doubt(reason)
        }
    }

    private mutating func count(_ number: Int, _ calls: KeyCalls) {
        let answers = accesses.keys[number].readings.map { accesses.readings[$0].operation }
        draft.count("answers", answers.count)
        let counts = ContactCounts(accesses, calls, answers)
        draft.count("reads-after-write", counts.readsAfterWrite)
        draft.count("concurrent-pairs", counts.concurrentPairs)
    }
}

/// How the operations of a key met one another.
struct ContactCounts {
    private(set) var readsAfterWrite = 0
    private(set) var concurrentPairs = 0

    init(_ accesses: Accesses, _ calls: KeyCalls, _ answers: [Int]) {
        countPairs(accesses, calls)
        let updates = calls.updates.filter { $0.outcome == .ok }.map { accesses.operation($0.operation) }
        // The first acknowledged update of some process, and the first of any other.
        let ends = updates.compactMap { update in update.completion.map { (time: $0.time, process: update.process) }
        }
        .sorted { $0.time < $1.time }
        guard let first = ends.first else { return }
        let second = ends.first { $0.process != first.process }
        for answer in answers.map(accesses.operation) {
            let earliest = first.process == answer.process ? second?.time : first.time
            if let earliest, earliest < answer.invocation.time { readsAfterWrite += 1 }
        }
    }

    private mutating func countPairs(_ accesses: Accesses, _ calls: KeyCalls) {
        var moments: [(time: Int64, isReturn: Bool, isUpdate: Bool)] = []
        let all = calls.updates.map { ($0.operation, true) } + calls.readings.map { ($0.operation, false) }
        for (ordinal, isUpdate) in all {
            let interval = Interval(accesses.operation(ordinal), ordinal)
            let end = accesses.operation(ordinal).completion?.time ?? interval.ret
            moments.append((interval.call, false, isUpdate))
            moments.append((end, true, isUpdate))
        }
        moments.sort { ($0.time, $0.isReturn ? 1 : 0) < ($1.time, $1.isReturn ? 1 : 0) }
        var open = (updates: 0, reads: 0)
        for moment in moments {
            let step = moment.isReturn ? -1 : 1
            if !moment.isReturn { concurrentPairs += moment.isUpdate ? open.updates + open.reads : open.updates }
            if moment.isUpdate { open.updates += step } else { open.reads += step }
        }
    }
}

/// The ways to decide one key; the raw value is how verdicts name them.
enum LinearizabilityMethod: String {
    case chains = "zones of clusters and cas chains (exact)"
    case levels = "levels of set reads (exact)"
    case registerSearch = "frontier search of a cas register (exact)"
    case setSearch = "frontier search of a grow-only set (exact)"

    /// The fast way where every value is written once and time tells the order of each process' operations.
    static func choose(_ accesses: Accesses, _ calls: KeyCalls) -> LinearizabilityMethod {
        let isFast = !calls.hasTies(accesses) && (calls.key.isSet || calls.key.hasUniqueValues)
        if calls.key.isSet {
            return isFast && calls.key.writers.allSatisfy { $0.count < 2 } ? .levels : .setSearch
        }
        return isFast ? .chains : .registerSearch
    }

    func check(_ accesses: Accesses, _ calls: KeyCalls, _ budget: inout SearchBudget) -> KeyVerdict {
        switch self {
        case .chains: RegisterChains.check(accesses, calls)
        case .levels: SetLevels.check(accesses, calls)
        case .registerSearch: KeySearch(CASRegisterModel(), accesses, calls).check(&budget)
        case .setSearch: KeySearch(GrowOnlySetModel(), accesses, calls).check(&budget)
        }
    }
}
