import Determinism
import HistoryModel

/// Violations of levels of isolation, by transactions whose reads are changed.
///
/// What comes before a write is told by the data alone: of a list, all that stands before the element, provided that another
/// read shows the element; of a register, what the writing transaction itself had read there before. So a transaction
/// that reads what comes before a write came before the writer (*rw*), and what else ties it behind the writer makes a circle.
struct TransactionPlants {
    let history: History
    let micros: PlantMicros
    let sessions: PlantSessions

    init(_ history: History) {
        self.history = history
        micros = PlantMicros(history)
        sessions = PlantSessions(history)
    }

    /// Every level but read committed, and the two of snapshots that ask for nothing of sessions, respects sessions.
    func planters(_ level: IsolationLevel) -> [Planter] {
        var planters = anyLevel
        if level.guarantee != .readCommitted {
            planters.append(
                planter(.fracturedRead, "no transaction reads two keys that another one wrote") { read, _ in
                    fracturedRead(read)
                })
        }
        // Monotonic within a session, as the definitions of these levels have it.
        if level.guarantee == .readAtomic || level.implies(.readAtomic) {
            planters.append(
                planter(.staleRead, "no transaction reads what its session had written") { read, _ in
                    staleRead(read) { sessions.session[$0] == sessions.session[$1] && $0 < $1 }
                })
        }
        if level.guarantee == .snapshotIsolation || level.implies(.snapshotIsolation) {
            planters.append(
                planter(.lostUpdate, "no transaction replaced what another one had read and replaced") { read, _ in
                    lostUpdate(read)
                })
        }
        if level.implies(.strongSnapshotIsolation) {
            planters.append(
                planter(.nonMonotonicRead, "no transaction reads what one wrote that was over when it began") {
                    read, _ in
                    staleRead(read) { history.ret($0) < history.call($1) }
                })
        }
        return planters
    }

    /// Against read committed, and so against every level.
    private var anyLevel: [Planter] {
        [
            planter(.phantomRead, "nothing was read") { phantomRead($0, &$1) },
            planter(.abortedRead, "no transaction failed that wrote to a key that was read") {
                abortedRead($0, &$1)
            },
            planter(.intermediateRead, "no transaction is read that wrote twice to a key") { read, _ in
                intermediateRead(read)
            },
            planter(.duplicated, "no list with elements was read") { duplicated($0, &$1) },
            planter(.reordered, "no two reads show the same two elements of a list") { read, _ in reordered(read) },
        ]
    }

    private func planter(
        _ kind: PlantKind, _ need: String,
        _ attempt: @escaping (PlantMicros.Read, inout SeededRandom) -> [ChangedAnswer]?
    ) -> Planter {
        let reads = micros.reads
        return Planter(kind, need: need, count: reads.count) { attempt(reads[$0], &$1) }
    }

    // MARK: What no level allows

    private func phantomRead(_ read: PlantMicros.Read, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        var number = 900_000_000 + Int64(random.below(90_000_000))
        while micros.isUsed(number) { number += 1 }
        return micros.isList(read.key)
            ? changed(read, .list(micros.elements(read) + [.int(number)])) : changed(read, .int(number))
    }

    /// What only a transaction wrote that failed.
    private func abortedRead(_ read: PlantMicros.Read, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let failed = micros.failed[read.key] ?? []
        guard !failed.isEmpty else { return nil }
        let value = random.choose(failed)
        return micros.isList(read.key)
            ? changed(read, .list(micros.elements(read) + [value])) : changed(read, value)
    }

    /// The first of two values that one transaction left on the key: it was never there when it was over.
    private func intermediateRead(_ read: PlantMicros.Read) -> [ChangedAnswer]? {
        if micros.isList(read.key) {
            let elements = micros.elements(read)
            let place = elements.indices.dropLast().first { place in
                let writer = micros.writer(elements[place], read.key)
                return writer != nil && writer == micros.writer(elements[place + 1], read.key)
                    && writer != read.operation
            }
            return place.flatMap { changed(read, .list(Array(elements[...$0]))) }
        }
        guard let writer = micros.writer(read.value, read.key), writer != read.operation else { return nil }
        let own = micros.writes(writer, read.key)
        guard own.count > 1, own.last == read.value, micros.writer(own[0], read.key) == writer, own[0] != read.value
        else { return nil }
        return changed(read, own[0])
    }

    private func duplicated(_ read: PlantMicros.Read, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let elements = micros.elements(read)
        guard micros.isList(read.key), !elements.isEmpty else { return nil }
        let twice = random.choose(elements)
        guard micros.writer(twice, read.key) != nil else { return nil }
        return changed(read, .list(elements + [twice]))
    }

    /// Another transaction reads the two elements in the order in which this one had them.
    private func reordered(_ read: PlantMicros.Read) -> [ChangedAnswer]? {
        var elements = micros.elements(read)
        guard micros.isList(read.key), elements.count > 1,
            micros.isShown(.list(Array(elements[..<2])), read.key, besides: [read.operation]),
            micros.writer(elements[0], read.key) != nil, micros.writer(elements[1], read.key) != nil
        else { return nil }
        elements.swapAt(0, 1)
        return changed(read, .list(elements))
    }

    // MARK: Circles

    /// The last version that it reads was written by a transaction that comes before it all the same.
    private func staleRead(
        _ read: PlantMicros.Read, where comesFirst: (Int, Int) -> Bool
    ) -> [ChangedAnswer]? {
        guard let last = micros.last(read), let writer = micros.writer(last, read.key), writer != read.operation,
            history.columns.outcome[writer] == .ok, comesFirst(writer, read.operation)
        else { return nil }
        return before(last, writer, read).flatMap { changed(read, $0) }
    }

    /// Of the two keys it reads what the other transaction wrote to one, and what came before that on the other.
    private func fracturedRead(_ read: PlantMicros.Read) -> [ChangedAnswer]? {
        guard let last = micros.last(read), let writer = micros.writer(last, read.key), writer != read.operation
        else {
            return nil
        }
        let isSeenElsewhere = micros.reads(read.operation).contains { other in
            other.key != read.key && micros.last(other).flatMap { micros.writer($0, other.key) } == writer
        }
        guard isSeenElsewhere else { return nil }
        return before(last, writer, read).flatMap { changed(read, $0) }
    }

    /// Both read the same version and replaced it.
    private func lostUpdate(_ read: PlantMicros.Read) -> [ChangedAnswer]? {
        guard !micros.writes(read.operation, read.key).isEmpty, let last = micros.last(read),
            let writer = micros.writer(last, read.key), writer != read.operation,
            history.columns.outcome[writer] == .ok, let older = before(last, writer, read),
            micros.reads(writer).contains(where: { $0.key == read.key && micros.same($0, older) })
        else { return nil }
        return changed(read, older)
    }

    /// What a key held before the writer of `last` came; `nil` if the data do not tell, or if the reader cannot but see
    /// what it wrote itself.
    private func before(_ last: Value, _ writer: Int, _ read: PlantMicros.Read) -> Value? {
        guard micros.isFirstUse(read) else { return nil }
        guard micros.isList(read.key) else {
            let own = micros.reads(writer).first { $0.key == read.key }
            guard let own, micros.isFirstUse(own), own.value == .null || micros.writer(own.value, read.key) != nil
            else {
                return nil
            }
            return own.value
        }
        let elements = micros.elements(read)
        // All that the writer had appended goes.
        var count = elements.count
        while count > 0, micros.writer(elements[count - 1], read.key) == writer { count -= 1 }
        guard elements[..<count].allSatisfy({ micros.writer($0, read.key) != nil }),
            count > 0 && micros.writer(elements[count - 1], read.key) != read.operation || count == 0,
            micros.isShown(last, read.key, besides: [read.operation, writer])
        else { return nil }
        return .list(Array(elements[..<count]))
    }

    private func changed(_ read: PlantMicros.Read, _ value: Value) -> [ChangedAnswer]? {
        guard micros.isFirstUse(read) else { return nil }
        return micros.changed(read, value).map { [ChangedAnswer(read.operation, $0)] }
    }
}
