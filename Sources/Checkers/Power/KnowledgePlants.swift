import Determinism
import HistoryModel

/// Violations of orders of operations, by what a session knows: its own writes, and with each write that it read the earlier
/// ones of the session that made it.
///
/// Under PRAM, and whatever contains sessions and reads-from, it sees all of them, those of one session in their order. So a
/// register that is known to be written is not `null`, and does not show what the writing session itself had replaced; and
/// what is known to be in a list or set that only grows is there.
extension SessionPlants {
    /// Where a session knows a write from.
    private enum Source {
        case itself
        /// It read the same key before.
        case sameKey
        /// It read another key before.
        case otherKey
    }

    /// Against PRAM, weak causal consistency, causal convergence and one order of all operations.
    func orderPlanters(_ guarantee: Guarantee) -> [Planter] {
        let isJudged = subject.keys.map { isFit($0, guarantee) }
        let readings = subject.readings.filter { isJudged[$0.key] }
        let hasCollections = isCollectionJudged(guarantee)
        func planter(
            _ kind: PlantKind, _ need: String,
            _ attempt: @escaping (PlantReading, inout SeededRandom) -> [ChangedAnswer]?
        ) -> Planter {
            Planter(kind, need: need, count: readings.count) { attempt(readings[$0], &$1) }
        }
        let planters = [
            planter(.staleRead, "no session reads what it wrote itself") { outdated($0, .itself, guarantee, &$1) },
            planter(.nonMonotonicRead, "no session reads again what somebody wrote") {
                outdated($0, .sameKey, guarantee, &$1)
            },
            planter(.rolledBack, "no session reads again what somebody wrote") {
                neverForward($0, guarantee, &$1)
            },
            planter(
                .missingCause, "no session reads what another one wrote, and then what that one had written before"
            ) {
                outdated($0, .otherKey, guarantee, &$1)
                    ?? (hasCollections && $0.place < 0 ? withoutCause($0.operation, &$1) : nil)
            },
            reading(
                .fracturedRead, "no txn of reads shows a write and, on another key, what came before it",
                transactions
            ) {
                txnWithoutCause($0, .written, onTimeline: false, &$1)
                    ?? (guarantee == .pram ? nil : txnWithoutCause($0, .read, onTimeline: false, &$1))
            },
        ]
        guard hasCollections else { return planters }
        return planters
            + ofLists("no list shows two elements whose order is known") {
                beforeCause($0, seen: false, &$1) ?? beforeCause($0, seen: true, &$1)
                    ?? (guarantee == .weakCausal ? nil : reordered($0, &$1))
            }
    }

    /// Against one order of all writes, in which nobody need read forward.
    var prefixPlanters: [Planter] {
        [
            reading(.missingCause, "no list or set shows two elements that one session added", subject.reads) {
                withoutCause($0, seen: false, &$1)
            },
            reading(
                .fracturedRead, "no txn of reads shows a write and, on another key, an earlier one of its session",
                transactions
            ) {
                txnWithoutCause($0, .written, onTimeline: false, &$1)
            },
        ] + ofLists("no list shows two elements that one session appended") { beforeCause($0, seen: false, &$1) }
    }

    /// Sets, lists and counters are none of PRAM's.
    private func isFit(_ key: PlantKey, _ guarantee: Guarantee) -> Bool {
        key.kind == .register && key.isScalar || key.onlyGrows && isCollectionJudged(guarantee)
    }

    private func isCollectionJudged(_ guarantee: Guarantee) -> Bool { guarantee != .pram }

    private func withoutCause(_ read: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        withoutCause(read, seen: false, &random) ?? withoutCause(read, seen: true, &random)
    }

    // MARK: What is known

    /// Writes of a key that the session of an operation knows before it: of each session the last one, or some.
    private func known(_ reading: PlantReading, _ source: Source) -> [Int] {
        if source == .itself { return before(reading.operation, key: reading.key).updates.suffix(1) }
        return earlier(reading).filter { ($0.key == reading.key) == (source == .sameKey) }.flatMap { shown in
            writers(shown.answer, shown.key).filter { canShow(shown.operation, $0) }.compactMap { writer in
                source == .sameKey ? writer : before(writer, key: reading.key).updates.last
            }
        }
    }

    /// What the session had read before, of late, of registers and what only grows.
    private func earlier(_ reading: PlantReading) -> [PlantReading] {
        let session = sessions.operations[sessions.session[reading.operation]]
        let place = session.partitioningIndex { $0 >= reading.operation }
        return session[..<place].suffix(32).flatMap(subject.readings).filter { isFit($0.key) }
    }

    // MARK: What is out of date

    private func outdated(
        _ reading: PlantReading, _ source: Source, _ guarantee: Guarantee, _ random: inout SeededRandom
    ) -> [ChangedAnswer]? {
        let known = known(reading, source)
        guard !known.isEmpty else { return nil }
        let value =
            subject.keys[reading.key].kind == .register
            ? replaced(reading, known, source, guarantee, &random) : shortened(reading, known, &random)
        return value.flatMap { subject.changed(reading, $0) }.map { [$0] }
    }

    /// What the register held before the writes that are known: what a session had written before one of them; nothing; or
    /// what the reader had read before it last read it, which one order of its own does not bring back.
    private func replaced(
        _ reading: PlantReading, _ known: [Int], _ source: Source, _ guarantee: Guarantee,
        _ random: inout SeededRandom
    ) -> Value? {
        let key = subject.keys[reading.key]
        let hasNothing = key.hasInitial && !reading.answer.isNull
        if hasNothing, random.chance(1, in: 3) { return .null }
        var older = known.flatMap { write in
            before(write, key: reading.key).updates.suffix(100).compactMap { update in
                subject.written(update).flatMap { key.possibleWriter($0) == update ? $0 : nil }
            }
        }
        if source == .sameKey, guarantee != .weakCausal {
            older += readBefore(reading)
        }
        older.removeAll { $0 == reading.answer || $0.isNull }
        guard !older.isEmpty else { return hasNothing ? .null : nil }
        return subject.value(random.choose(older))
    }

    /// What the session had read of a register before it last read it.
    private func readBefore(_ reading: PlantReading) -> [ValueRef] {
        let seen = earlier(reading).filter { $0.key == reading.key }
        guard let last = seen.last, isWritten(last) else { return [] }
        return seen.filter { $0.answer != last.answer && isWritten($0) }.map(\.answer)
    }

    /// Whether one write alone can have left what was read.
    private func isWritten(_ reading: PlantReading) -> Bool {
        subject.keys[reading.key].possibleWriter(reading.answer).map { canShow(reading.operation, $0) } ?? false
    }

    /// A list or set without an element that is known; of a list, without what stands behind it either.
    private func shortened(_ reading: PlantReading, _ known: [Int], _ random: inout SeededRandom) -> Value? {
        let key = subject.keys[reading.key]
        let last = Dictionary(known.map { (sessions.session[$0], $0) }, uniquingKeysWith: max)
        let elements = subject.history.values.elements(reading.answer).map(Array.init) ?? []
        return firstMade(elements.count, &random) { place in
            guard let writer = key.possibleWriter(elements[place]), let bound = last[sessions.session[writer]],
                writer <= bound
            else { return nil }
            return subject.list(
                key.kind == .list ? Array(elements[..<place]) : elements.filter { $0 != elements[place] })
        }
    }

    /// The session goes back, and reads what it went back to from then on.
    private func neverForward(
        _ reading: PlantReading, _ guarantee: Guarantee, _ random: inout SeededRandom
    ) -> [ChangedAnswer]? {
        guard subject.keys[reading.key].kind == .register else {
            return reading.place < 0 ? rolledBack(reading.operation, &random) : nil
        }
        guard reading.place < 0, let back = outdated(reading, .sameKey, guarantee, &random)?.first else {
            return nil
        }
        return laterReads(reading.operation).map { ChangedAnswer($0, back.answer) }
    }
}
