import HistoryModel
import SequentialModels

/// Per key, one order of all operations that respects real time explains every answer (Herlihy and Wing, 1990). Keys
/// are judged apart, because linearizability is local; each read of a `txn` is a read of its key.
///
/// Keys whose values are unique are decided in O(n log n), others by search under limits.
struct Linearizability {
    private let accesses: Accesses
    private let ranks: TimeRanks
    private var draft: VerdictDraft
    private var budget: SearchBudget
    private var algorithms: [String: Int] = [:]

    static func draft(_ accesses: Accesses, _ options: CheckOptions) -> VerdictDraft {
        Linearizability(accesses, options).draft
    }

    private init(_ accesses: Accesses, _ options: CheckOptions) {
        self.accesses = accesses
        ranks = TimeRanks(accesses.history)
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
        let operations = ObjectOperations(calls, accesses, ranks)
        if let exact = ExactAlgorithm.choose(operations) {
            algorithms[exact.rawValue, default: 0] += 1
            return report(exact.check(operations), calls)
        }
        let method: SearchedModel = key.isSet ? .set : .register
        algorithms[method.rawValue, default: 0] += 1
        switch method.check(accesses, calls, &budget) {
        case .linearizable: break
        case .violated(let anomalies): anomalies.forEach { draft.report($0) }
        case .undecided(let reason): draft.doubt(reason)
        }
    }

    private mutating func report(_ verdict: ObjectVerdict, _ calls: KeyCalls) {
        switch verdict {
        case .linearizable: break
        case .violated(let violations):
            for violation in violations {
                let steps = Proof(accesses, calls).steps(Set(violation.operations.map(Int.init)))
                draft.report(
                    Anomaly(.notLinearizable, key: calls.key.name, steps, detail: violation.detail))
            }
        case .undecided(let reason): draft.doubt("\(calls.key.title): \(reason)")
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

/// The models of which a search decides one key; the raw value is how verdicts name it.
enum SearchedModel: String {
    case register = "frontier search of a cas register (exact)"
    case set = "frontier search of a grow-only set (exact)"

    func check(_ accesses: Accesses, _ calls: KeyCalls, _ budget: inout SearchBudget) -> KeyVerdict {
        switch self {
        case .register: KeySearch(CASRegisterModel(), accesses, calls).check(&budget)
        case .set: KeySearch(GrowOnlySetModel(), accesses, calls).check(&budget)
        }
    }
}
