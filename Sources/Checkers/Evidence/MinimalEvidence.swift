import HistoryModel

/// Reduces the proof of a violation to the fewest of its operations that are still a violation on their own.
///
/// A set of operations is a violation on its own when it holds the updates whose values its operations saw, as far as
/// anybody wrote them, and a history of only these is judged `invalid` by the same checker. The elements of lists and
/// sets would be too many: their updates are not part of the proof, but stand beside it as `info` operations, which may
/// or may not have happened. Leaving out what nobody saw, and weakening, can hide a violation and never make one: what
/// stands is certain whatever else the history holds. What may have been taken out of sets stands beside the proof, too.
struct MinimalEvidence {
    private let history: History
    private let options: CheckOptions
    /// By process: its operations of unknown outcome, each of which ended a session; made when the first proof is reduced.
    private var ends: [Int32: [Int]]?
    /// What may have taken elements out of sets; made when the first proof is reduced.
    private var removals: Set<Int>?
    /// What each key is; made when the first proof is reduced.
    private var kinds: [String?: ObjectKind]?
    /// What the operations of the proof in hand saw.
    private var updates: ObservedUpdates?
    /// What the proof in hand shows.
    private var kind = Anomaly.Kind.notLinearizable
    /// Checks that may still be made for one proof.
    private var budget = 0

    /// Guarantees whose proofs are as small as can be from the beginning.
    private static let areSmall: Set<Guarantee> = [
        .convergence, .noDuplicates, .totalQueue, .uniqueIDs, .bank, .counter, .calendar,
        .loginspect, .liveness, .conflictAudit,
    ]
    /// Larger proofs are not looked through for the very fewest, only until none of the rest can go.
    private static let thorough = 7
    /// So many proofs of a verdict are reduced: those that people read first.
    static let most = 3
    /// Proofs of these kinds are made of what is needed alone.
    private static let least: Set<Anomaly.Kind> = [
        .causalityCycle, .missedCause, .replacedRead, .noSequentialOrder, .noWriteOrder, .longFork,
    ]
    /// What sessions and prefixes find.
    private static let ofSessions: Set<Anomaly.Kind> = [
        .readWentBack, .writesOutOfOrder, .writeBeforeItsCause, .brokenPrefix, .effectWithoutCause,
    ]
    /// Larger proofs are left as they are.
    private static let largest = 40
    /// So many operations are looked through for what a proof lacks.
    private static let widest = 400

    init(_ history: History, _ options: CheckOptions) {
        self.history = history
        var options = options
        options.applyMinimums = false
        options.reducesEvidence = false
        options.limits.steps = min(options.limits.steps, 100_000)
        self.options = options
    }

    /// The anomaly with the least proof; as it was, if its operations do not stand on their own.
    mutating func reduced(_ anomaly: Anomaly, _ guarantee: Guarantee) -> Anomaly {
        kind = anomaly.kind
        // What a counter shows comes from all its increments, of which a proof need not name any; and what no kind is known
        // of was decided by a model.
        guard guarantee != .linearizable || ![nil, .counter].contains(objectKind(anomaly.key)) else {
            return anomaly
        }
        let evidence = Set(anomaly.evidence.compactMap { history.ordinal(ofIndex: $0.operation) })
        // What differs or adds up wrong needs no witness; the cycles of transactions are as short as can be and proven
        // edge by edge.
        guard !Self.areSmall.contains(guarantee), !Self.least.contains(anomaly.kind),
            !anomaly.evidence.contains(where: { $0.role == .member }),
            evidence.count == Set(anomaly.evidence.map(\.operation)).count,
            evidence.count <= Self.largest
        else { return anomaly }
        if ends == nil { ends = sessionEnds() }
        if removals == nil { removals = allRemovals() }
        guard removals?.count ?? 0 <= Self.widest else { return anomaly }
        for attempt in 0...2 {
            budget = 300
            let candidates =
                switch attempt {
                case 0: evidence
                case 1: evidence.union(ObservedUpdates.sharingValues(history, with: evidence))
                default: evidence.union(before(evidence))
                }
            guard candidates.count <= (attempt == 0 ? Self.largest : Self.widest) else { continue }
            let updates: ObservedUpdates
            do throws(ObservedUpdates.Failure) {
                updates = try ObservedUpdates(history, of: candidates, elementsOf: evidence)
            } catch {
                guard error == .unfit else { return anomaly }
                continue
            }
            self.updates = updates
            var operations = updates.closure(candidates)
            guard var best = violation(operations, guarantee) else { continue }
            shrink(&operations, &best, guarantee)
            if operations.count <= Self.thorough { fewest(operations, &best, guarantee) }
            return best
        }
        return anomaly
    }

    private func sessionEnds() -> [Int32: [Int]] {
        let columns = history.columns
        var ends: [Int32: [Int]] = [:]
        for ordinal in 0..<columns.count where columns.outcome[ordinal] == .info {
            ends[Int32(columns.process[ordinal]), default: []].append(ordinal)
        }
        return ends
    }

    private func allRemovals() -> Set<Int> {
        guard let remove = history.functions.firstIndex(of: "remove") else { return [] }
        let columns = history.columns
        return Set(
            (0..<columns.count).filter {
                Int(columns.function[$0].number) == remove && columns.outcome[$0] != .fail
            })
    }

    private mutating func objectKind(_ key: String?) -> ObjectKind? {
        let known = kinds ?? objectKinds()
        kinds = known
        return known[key]
    }

    /// The kinds of the keys that are judged by an algorithm for objects of that kind.
    private func objectKinds() -> [String?: ObjectKind] {
        let modelled = Set(ModelledObject.all(history, options.model).flatMap(\.keys))
        var kinds: [String?: ObjectKind] = [:]
        for object in HistoryObjects(history, options.model).objects where !modelled.contains(object.name) {
            if object.problem == nil { kinds[object.name] = object.kind }
        }
        return kinds
    }

    /// All operations on the proof's keys or by its processes that were invoked before the last one of it.
    private func before(_ evidence: Set<Int>) -> Set<Int> {
        let columns = history.columns
        let keys = Set(evidence.map { columns.key[$0] })
        let processes = Set(evidence.map { columns.process[$0] })
        let last = evidence.max() ?? 0
        var found: Set<Int> = []
        for operation in 0...last
        where keys.contains(columns.key[operation]) || processes.contains(columns.process[operation]) {
            found.insert(operation)
            if found.count > Self.widest { break }
        }
        return found
    }

    /// Leaves out operations while what is left is a violation, many at first, until each is needed.
    private mutating func shrink(_ operations: inout Set<Int>, _ best: inout Anomaly, _ guarantee: Guarantee) {
        var size = max(1, operations.count / 2)
        while true {
            var isShrunk = false
            let all = operations.sorted(by: >)
            for start in stride(from: 0, to: all.count, by: size) {
                let chunk = all[start..<min(start + size, all.count)]
                guard let rest = updates?.closed(operations.subtracting(chunk)), rest.count < operations.count,
                    let smaller = violation(rest, guarantee)
                else { continue }
                operations = rest
                best = smaller
                isShrunk = true
            }
            if size == 1, !isShrunk { return }
            if !isShrunk { size = max(1, size / 2) }
        }
    }

    /// Tries all smaller sets, the smallest first.
    private mutating func fewest(_ operations: Set<Int>, _ best: inout Anomaly, _ guarantee: Guarantee) {
        let all = operations.sorted()
        let choices = (1..<(1 << all.count)).filter { $0.nonzeroBitCount < all.count }
            .sorted { ($0.nonzeroBitCount, $0) < ($1.nonzeroBitCount, $1) }
        for choice in choices {
            let chosen = Set(all.indices.filter { choice >> $0 & 1 == 1 }.map { all[$0] })
            guard let found = violation(chosen, guarantee) else { continue }
            best = found
            return
        }
    }

    /// The violation that a history of only these operations shows, if it does and they are enough.
    private mutating func violation(_ operations: Set<Int>, _ guarantee: Guarantee) -> Anomaly? {
        guard !operations.isEmpty, budget > 0, let updates, updates.closure(operations) == operations,
            let part = part(operations, updates)
        else { return nil }
        budget -= 1
        var options = options
        options.guarantees = [guarantee]
        guard let verdict = check(part, options).first, verdict.judgement == .invalid else { return nil }
        let named = Set(operations.map { history.operations[$0].index })
        let found = verdict.anomalies.filter { $0.kind == kind && hasUpdates($0, named) }
            .min { $0.evidence.count < $1.evidence.count }
        // What was only added to explain the others is no part of the proof.
        guard var found else { return nil }
        found.evidence.removeAll { !named.contains($0.operation) }
        let missing = named.subtracting(found.evidence.map(\.operation)).sorted()
        found.evidence = missing.map { Anomaly.Step($0, .orderWitness) } + found.evidence
        return found
    }

    /// False if the violation needs an update that only stands beside the proof: a cause, its effect, or one that shows that a
    /// key is a list, and no set.
    private func hasUpdates(_ anomaly: Anomaly, _ named: Set<Int>) -> Bool {
        guard Self.ofSessions.contains(anomaly.kind) else { return true }
        return anomaly.evidence.allSatisfy { step in
            named.contains(step.operation) || ![.cause, .effect, .expectedWrite].contains(step.role)
        }
    }

    /// The history of only these operations, of what may have written the elements that they saw, and of removals.
    private func part(_ operations: Set<Int>, _ updates: ObservedUpdates) -> History? {
        let weakened = updates.elementUpdates(operations).union(removals ?? []).subtracting(operations)
        var events: [Event] = []
        for ordinal in operations.union(weakened) {
            let operation = history.operations[ordinal]
            events.append(operation.invocation.event)
            guard operations.contains(ordinal), let completion = operation.completion else { continue }
            events.append(completion.event)
        }
        let ordered = events.sorted { $0.index < $1.index }
        return try? History(apart(ordered, operations, weakened), hasTimes: history.hasTimes)
    }

    /// Gives each operation that was left open a process of its own, because its process went on, and each session, because
    /// what ended the one before it may be left out.
    private func apart(_ events: [Event], _ operations: Set<Int>, _ weakened: Set<Int>) -> [Event] {
        var next = (history.clients.max() ?? 0) + 1
        var processes: [Int: Int] = [:]
        for ordinal in weakened.sorted() {
            processes[history.operations[ordinal].index] = next
            next += 1
        }
        var sessions: [Session: Int] = [:]
        for ordinal in operations.sorted() {
            let process = Int32(history.columns.process[ordinal])
            let number = (ends?[process] ?? []).count { $0 < ordinal }
            guard number > 0 else { continue }
            let session = Session(process: process, number: number)
            if sessions[session] == nil {
                sessions[session] = next
                next += 1
            }
            let operation = history.operations[ordinal]
            processes[operation.index] = sessions[session]
            if let completion = operation.completion { processes[completion.event.index] = sessions[session] }
        }
        return events.map { event in
            guard let process = processes[event.index] else { return event }
            var event = event
            event.process = .client(process)
            return event
        }
    }

    /// One of the sessions of a process, from 0 on.
    private struct Session: Hashable {
        var process: Int32
        var number: Int
    }
}
