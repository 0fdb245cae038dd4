import Determinism
import HistoryModel

/// Violations that show an effect and, on another key, that its cause had not happened: a register is `null`, which it is
/// only before its first write, a list or set that only grows is empty.
extension SessionPlants {
    /// How a write depends on another key.
    enum Cause {
        /// Its session had written the key.
        case written
        /// Its session had read what somebody wrote there.
        case read
    }

    func planters(_ guarantee: Guarantee) -> [Planter] {
        switch guarantee {
        case .readYourWrites:
            [
                reading(
                    .staleRead, "no session reads a key that it wrote", subject.reads
                ) { missedOwnWrite($0, &$1) }
            ]
        case .monotonicReads:
            [
                reading(.nonMonotonicRead, "no session reads a key again", subject.reads) { wentBack($0, &$1) },
                reading(.rolledBack, "no session reads a key again", subject.reads) { rolledBack($0, &$1) },
            ] + ofLists("no session reads two elements of a list again") { reordered($0, &$1) }
        case .monotonicWrites: ordered(.written)
        case .writesFollowReads: ordered(.read)
        case .consistentPrefixNode:
            [
                reading(.missingCause, "no txn reads two keys that one session wrote", transactions) {
                    txnWithoutCause($0, .written, onTimeline: true, &$1)
                }
            ]
        case .consistentPrefixSession:
            [
                reading(
                    .missingCause,
                    "no session reads what another one wrote after it had written a second key, and then that key",
                    subject.reads
                ) { laterWithoutCause($0, &$1) }
            ]
        default: []
        }
    }

    func reading(
        _ kind: PlantKind, _ need: String, _ operations: [Int],
        _ attempt: @escaping (Int, inout SeededRandom) -> [ChangedAnswer]?
    ) -> Planter {
        Planter(kind, need: need, count: operations.count) { attempt(operations[$0], &$1) }
    }

    /// Monotonic writes, and writes follow reads.
    private func ordered(_ cause: Cause) -> [Planter] {
        let isRead = cause == .read
        let what = isRead ? "what its session had read before" : "what its session had written before"
        return [
            reading(.missingCause, "no list or set shows an element and \(what)", subject.reads) {
                withoutCause($0, seen: isRead, &$1)
            },
            reading(.fracturedRead, "no txn shows a write and, on another key, \(what)", transactions) {
                txnWithoutCause($0, cause, onTimeline: false, &$1)
            },
        ] + ofLists("no list shows an element and \(what)") { beforeCause($0, seen: isRead, &$1) }
    }

    /// What only lists can break; of histories without any nothing need be said.
    func ofLists(
        _ need: String, _ attempt: @escaping (Int, inout SeededRandom) -> [ChangedAnswer]?
    ) -> [Planter] {
        let lists = subject.reads.filter { subject.key($0).kind == .list }
        return lists.isEmpty ? [] : [reading(.reordered, need, lists, attempt)]
    }

    /// Answered transactions.
    var transactions: [Int] {
        let columns = subject.history.columns
        return (0..<columns.count).filter { columns.outcome[$0] == .ok && subject.objects.function($0) == .txn }
    }

    /// A transaction of reads shows a write, and of another key that it was never written.
    func txnWithoutCause(
        _ txn: Int, _ cause: Cause, onTimeline: Bool, _ random: inout SeededRandom
    ) -> [ChangedAnswer]? {
        let reads = subject.objects.microReads(txn).map { subject.objects.microReads[$0] }
        guard reads.count > 1, reads.count < 100, case .list(var micros) = subject.value(subject.answer(txn)),
            micros.count == reads.count
        else { return nil }
        return firstMade(reads.count * reads.count, &random) { pair in
            let effect = reads[pair / reads.count]
            let other = reads[pair % reads.count]
            guard !isEmpty(other.answer),
                isCaused(effect.answer, Int(effect.object), shownBy: txn, by: Int(other.object), cause, onTimeline),
                case .list(var parts) = micros[pair % reads.count], parts.count == 3
            else { return nil }
            parts[2] = empty(Int(other.object))
            micros[pair % reads.count] = .list(parts)
            return [ChangedAnswer(txn, .list(micros))]
        }
    }

    /// What nobody has written to yet.
    func empty(_ key: Int) -> Value { subject.keys[key].kind == .register ? .null : .list([]) }

    private func isEmpty(_ answer: ValueRef) -> Bool {
        answer.isNull || subject.history.values.elements(answer).map { $0.isEmpty } ?? false
    }

    /// The operations that wrote what an answer shows, of each element one.
    func writers(_ answer: ValueRef, _ key: Int) -> [Int] {
        let key = subject.keys[key]
        if key.kind == .register { return key.possibleWriter(answer).map { [$0] } ?? [] }
        return (subject.history.values.elements(answer) ?? []).compactMap { key.possibleWriter($0) }
    }

    /// A session reads what another one wrote, and then of another key that it was never written.
    private func laterWithoutCause(_ read: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        guard !isEmpty(subject.answer(read)) else { return nil }
        let session = sessions.operations[sessions.session[read]]
        let earlier = session[..<session.partitioningIndex { $0 >= read }].suffix(64)
        let isCaused = earlier.contains { effect in
            guard history.columns.outcome[effect] == .ok, subject.objects.function(effect) == .read else {
                return false
            }
            let number = subject.objects.object(effect)
            let writers = writers(subject.answer(effect), number)
            guard writers.contains(where: { sessions.session[$0] != sessions.session[read] }) else { return false }
            return self.isCaused(
                subject.answer(effect), number, shownBy: effect, by: subject.objects.object(read), .written, true)
        }
        return isCaused ? [ChangedAnswer(read, empty(subject.objects.object(read)))] : nil
    }

    /// Whether the only write of a value came after a write of another key, from which nothing is ever taken away.
    private func isCaused(
        _ value: ValueRef, _ key: Int, shownBy reader: Int, by other: Int, _ cause: Cause, _ onTimeline: Bool
    ) -> Bool {
        guard key != other, isFit(key), isFit(other),
            subject.keys[other].kind != .register || subject.keys[other].hasInitial
        else { return false }
        return writers(value, key).contains { effect in
            guard canShow(reader, effect) else { return false }
            let done = before(effect, key: other)
            switch cause {
            case .written:
                return done.updates.contains { isOnly($0, other) && (!onTimeline || timelines.areSame($0, effect)) }
            case .read: return done.reads.contains { !writers(subject.answer($0), other).isEmpty }
            }
        }
    }

    func isFit(_ key: Int) -> Bool { subject.keys[key].kind == .register || subject.keys[key].onlyGrows }

    /// Whether nobody else put the element there; what a register held does not matter.
    private func isOnly(_ update: Int, _ key: Int) -> Bool {
        subject.keys[key].kind == .register
            || subject.keys[key].possibleWriter(subject.history.columns.argument[update]) == update
    }

    private var history: History { subject.history }
}
