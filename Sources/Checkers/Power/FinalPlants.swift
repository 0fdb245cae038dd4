import Determinism
import HistoryModel

/// Violations that final reads and dumps show.
///
/// Only ends count that no fault kept from being the end. A register that nobody sets to `null` is `null` at the end only if
/// all its writes are lost; an element that nobody takes away is lost if it is gone.
struct FinalPlants {
    private let subject: PlantSubject
    private let dumps: [Int]
    /// By key: its final reads, by invocation.
    private let finals: [[Int]]
    private var history: History { subject.history }

    init(_ subject: PlantSubject) {
        self.subject = subject
        let history = subject.history
        let healing = Healing(history)
        dumps = (0..<history.columns.count).filter {
            subject.objects.function($0) == .dump && history.columns.outcome[$0] == .ok
                && history.columns.answer[$0].isList && healing.isHealed(history.operations[$0])
        }
        finals = subject.keys.map { key in
            key.reads.filter { history.isFinal($0) && healing.isHealed(history.operations[$0]) }
        }
    }

    func planters(_ guarantee: Guarantee) -> [Planter] {
        switch guarantee {
        case .noLostWrites:
            let writes = subject.keys.flatMap(\.endedUpdates.operations)
            return [
                Planter(
                    .lostWrite, need: "no final read or dump begins after an acknowledged write",
                    count: writes.count
                ) { place, _ in lostWrite(writes[place]) }
            ]
        case .noDirtyReads:
            return dirty
        case .conflictAudit:
            return [
                Planter(
                    .lostWrite, need: "no final read or dump begins after the last write of a register",
                    count: subject.keys.count
                ) { place, _ in unknownWrite(place) }
            ]
        default:
            return [
                Planter(
                    .divergedReplica, need: "no two dumps hold a key that was not being written",
                    count: subject.keys.count
                ) { place, random in diverged(place, &random) }
            ]
        }
    }

    private var dirty: [Planter] {
        let registers = RegisterPlants(subject: subject)
        let collections = CollectionPlants(subject: subject)
        let reads = subject.reads.filter {
            !history.isFinal($0) && (subject.key($0).kind == .register || subject.key($0).onlyGrows)
        }
        func planter(
            _ kind: PlantKind, _ need: String, _ attempt: @escaping (Int, inout SeededRandom) -> [ChangedAnswer]?
        ) -> Planter {
            Planter(kind, need: need, count: reads.count) { attempt(reads[$0], &$1) }
        }
        return [
            planter(.phantomRead, "nothing was read") {
                subject.key($0).onlyGrows ? collections.phantomRead($0, &$1) : registers.phantomRead($0, &$1)
            },
            planter(.abortedRead, "no write failed before a read") {
                subject.key($0).onlyGrows ? collections.abortedRead($0, &$1) : registers.abortedRead($0, &$1)
            },
            planter(.rolledBack, "no final read or dump begins after a read") { rolledBack($0, &$1) },
        ]
    }

    /// What shows how a key ended, and began after an operation was over: final reads, and dumps that name it.
    private func ends(_ key: Int, after operation: Int) -> [Int] {
        let named = subject.objects.objects[key].name
        let own = finals[key].filter { subject.isOver(operation, before: $0) }
        return own + (named == nil ? [] : dumps.filter { subject.isOver(operation, before: $0) })
    }

    /// An acknowledged write is not there at the end: an element is gone, a register is as if never written.
    private func lostWrite(_ write: Int) -> [ChangedAnswer]? {
        gone(subject.objects.object(write), subject.written(write), after: write)
    }

    /// The last write of a register, which no other write can have known, is not there at the end, nor is any other.
    private func unknownWrite(_ number: Int) -> [ChangedAnswer]? {
        let key = subject.keys[number]
        guard key.kind == .register, let write = key.updates.last, history.columns.outcome[write] == .ok,
            let changes = gone(number, subject.written(write), after: write)
        else { return nil }
        // Siblings would show it all the same.
        let areAlone = changes.allSatisfy { history.operations[$0.ordinal].meta["sibling"] == nil }
        return areAlone ? changes : nil
    }

    /// What was read is not there at the end.
    private func rolledBack(_ read: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let number = subject.objects.object(read)
        let key = subject.keys[number]
        let seen = key.onlyGrows ? subject.elements(read) : [subject.answer(read)]
        let value = firstMade(seen.count, &random) { key.possibleWriter(seen[$0]) != nil ? seen[$0] : nil }
        return value.flatMap { gone(number, $0, after: read) }
    }

    /// Ends of a key without an element, or without any write; `nil` if there are none.
    private func gone(_ number: Int, _ value: ValueRef?, after operation: Int) -> [ChangedAnswer]? {
        let key = subject.keys[number]
        guard let value, key.onlyGrows || key.kind == .register && key.hasInitial else { return nil }
        let ends = ends(number, after: operation)
        var changes: [ChangedAnswer] = []
        for end in ends {
            let held = subject.value(subject.answer(end))
            let isDump = subject.objects.function(end) == .dump
            let changed = isDump ? without(number, value, dump: held) : without(key, value, held)
            guard let changed else { return nil }
            changes.append(ChangedAnswer(end, changed))
        }
        return changes.isEmpty ? nil : changes
    }

    private func without(_ key: PlantKey, _ value: ValueRef, _ held: Value) -> Value? {
        guard key.onlyGrows, !held.isNull else { return .null }
        guard let elements = held.list else { return nil }
        let lost = subject.value(value)
        // Dumps have numbers as text now and then.
        let text = lost.int.map { Value.string(String($0)) } ?? lost
        return .list(elements.filter { $0 != lost && $0 != text })
    }

    private func without(_ number: Int, _ value: ValueRef, dump: Value) -> Value? {
        guard let pairs = dump.list else { return nil }
        var changed: [Value] = []
        for pair in pairs {
            guard let sides = pair.list, sides.count == 2 else { return nil }
            guard sides[0].string == subject.objects.objects[number].name else {
                changed.append(pair)
                continue
            }
            guard let rest = without(subject.keys[number], value, sides[1]) else { return nil }
            changed.append([sides[0], rest])
        }
        return .list(changed)
    }

    /// A node holds under a key what no other does.
    private func diverged(_ number: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let key = subject.keys[number]
        let nodes = Set(dumps.compactMap { history.operations[$0].node })
        // Which dump is the last of a node is not for us to say: each node was asked once.
        guard let name = subject.objects.objects[number].name, nodes.count > 1, nodes.count == dumps.count,
            let start = dumps.map({ history.call($0) }).min(),
            key.updates.allSatisfy({ history.ret($0) < start })
        else { return nil }
        let dump = random.choose(dumps)
        guard let pairs = subject.value(subject.answer(dump)).list else { return nil }
        let rest = pairs.filter { $0.list?.first?.string != name }
        let foreign = subject.foreign(like: nil, &random)
        return [ChangedAnswer(dump, .list(rest + [[.string(name), key.onlyGrows ? [foreign] : foreign]]))]
    }
}
