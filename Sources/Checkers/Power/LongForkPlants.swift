import Determinism
import HistoryModel

/// Two reads that see two writes in opposite orders.
extension SessionPlants {
    /// Two transactions read the same two keys, of which each shows one as it was written and the other as it never was; or two
    /// reads of a set miss each an element that the other one shows.
    var longFork: Planter {
        let readings = subject.readings.filter { isFit($0.key) }
        return Planter(
            .longFork,
            need: "no two txns read two keys that were written, and no two reads show two elements of a set",
            count: readings.count
        ) { place, random in
            let reading = readings[place]
            return subject.keys[reading.key].kind == .set && reading.place < 0
                ? forkedSet(reading, &random) : forked(reading, &random)
        }
    }

    private func forked(_ reading: PlantReading, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        guard reading.place >= 0 else { return nil }
        let others = subject.readings(reading.operation).filter { $0.key != reading.key && mayBeEmpty($0) }
        guard mayBeEmpty(reading), let other = others.first else { return nil }
        // Transactions close by: all pairs of a long history are too many.
        let later = subject.objects.microReads.partitioningIndex { $0.operation > reading.operation }
        let near = subject.objects.microReads[later...].prefix(64).map { Int($0.operation) }
        let second = near.first { operation in
            let shown = subject.readings(operation)
            return [reading.key, other.key].allSatisfy { key in
                shown.count { $0.key == key } == 1 && shown.contains { $0.key == key && mayBeEmpty($0) }
            }
        }
        guard let second, subject.readings(reading.operation).count(where: { $0.key == reading.key }) == 1,
            subject.readings(reading.operation).count(where: { $0.key == other.key }) == 1,
            let opposite = subject.readings(second).first(where: { $0.key == other.key }),
            let first = subject.changed(reading, empty(reading.key)),
            let change = subject.changed(opposite, empty(other.key))
        else { return nil }
        return [first, change]
    }

    /// Whether a read shows a write that it could miss as if there had been none.
    private func mayBeEmpty(_ reading: PlantReading) -> Bool {
        let key = subject.keys[reading.key]
        guard isFit(reading.key), key.kind != .register || key.hasInitial else { return false }
        return !writers(reading.answer, reading.key).isEmpty
    }

    private func forkedSet(_ reading: PlantReading, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let key = subject.keys[reading.key]
        let elements = subject.elements(reading.operation).filter { key.possibleWriter($0) != nil }
        let start = key.reads.partitioningIndex { $0 > reading.operation }
        guard elements.count > 1 else { return nil }
        let plants = CollectionPlants(subject: subject)
        return firstMade(min(key.reads.count - start, 64), &random) { step in
            let other = key.reads[start + step]
            let both = Set(subject.elements(other)).intersection(elements)
            let pair = elements.filter { both.contains($0) }.prefix(2)
            guard let missed = pair.first, let seen = pair.last, missed != seen else { return nil }
            return plants.without(missed, [reading.operation]) + plants.without(seen, [other])
        }
    }
}
