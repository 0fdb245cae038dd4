import Determinism
import HistoryModel

/// Violations of what must add up: elements in and out, counts, balances and identifiers.
struct TotalPlants {
    let subject: PlantSubject
    private var history: History { subject.history }
    private var containers: ContainerPlants { ContainerPlants(subject: subject) }
    private var collections: CollectionPlants { CollectionPlants(subject: subject) }

    func planters(_ guarantee: Guarantee) -> [Planter] {
        switch guarantee {
        case .noDuplicates:
            [
                planter(.duplicated, "nothing that was put in once is shown or taken out", removals + grown) {
                    subject.key($0).onlyGrows
                        ? collections.duplicated($0, &$1) : containers.duplicated($0, &$1)
                }
            ]
        case .totalQueue:
            [
                planter(.phantomRead, "nothing was taken out", removals) { containers.phantomRead($0, &$1) },
                planter(.lostWrite, "no queue was found empty after all that was taken out", removals) {
                    removal, _ in
                    lostElement(removal)
                },
            ]
        case .counter:
            [
                planter(.lostWrite, "no counter was read", counted) { read, _ in
                    containers.counted(read, isLow: true)
                },
                planter(.phantomRead, "no counter was read", counted) { read, _ in
                    containers.counted(read, isLow: false)
                },
            ]
        case .uniqueIDs:
            [
                planter(.duplicated, "fewer than two identifiers were given out", identified) {
                    duplicatedID($0, &$1)
                }
            ]
        case .bank:
            [
                planter(.fracturedRead, "fewer than two reads show balances", statements) { read, _ in
                    misstated(read)
                }
            ]
        case .calendar:
            [
                planter(.lostWrite, "no final read shows who has a slot", bookings) { read, _ in
                    [ChangedAnswer(read, .null)]
                }
            ]
        default: []
        }
    }

    private func planter(
        _ kind: PlantKind, _ need: String, _ operations: [Int],
        _ attempt: @escaping (Int, inout SeededRandom) -> [ChangedAnswer]?
    ) -> Planter {
        Planter(kind, need: need, count: operations.count) { attempt(operations[$0], &$1) }
    }

    private var removals: [Int] { subject.keys.flatMap(\.removals) }
    private var grown: [Int] { subject.reads.filter { subject.key($0).onlyGrows } }
    private var counted: [Int] { subject.reads.filter { subject.key($0).kind == .counter } }

    /// What was put in, and came out once, never comes out: afterwards the queue was empty, and no removal is unaccounted for.
    private func lostElement(_ removal: Int) -> [ChangedAnswer]? {
        let key = subject.key(removal)
        guard !key.hasOpenRemovals, let insertion = key.writer(subject.answer(removal)),
            key.takers[subject.answer(removal)] == [removal], let last = key.endedUpdates.operations.last,
            ObjectFunction.removals.contains(subject.objects.function(last)), subject.answer(last).isNull,
            subject.isOver(insertion, before: last),
            key.removals.allSatisfy({ subject.isOver($0, before: last) })
        else { return nil }
        return [ChangedAnswer(removal, .null)]
    }

    /// Answered requests for identifiers.
    private var identified: [Int] {
        let columns = history.columns
        let isAsked = history.functions.map { UniqueIDs.functions.contains($0) }
        return (0..<columns.count).filter {
            columns.outcome[$0] == .ok && isAsked[Int(columns.function[$0].number)] && !columns.answer[$0].isNull
        }
    }

    private func duplicatedID(_ request: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let others = identified.filter { history.columns.key[$0] == history.columns.key[request] && $0 != request }
        return others.isEmpty
            ? nil : [ChangedAnswer(request, subject.value(subject.answer(random.choose(others))))]
    }

    /// Final reads of slots whose holders had been told before.
    private var bookings: [Int] {
        let columns = history.columns
        let told = (0..<columns.count).filter {
            columns.outcome[$0] == .ok && history.functions[Int(columns.function[$0].number)] == "reserve"
        }
        let byKey = Dictionary(told.map { (columns.key[$0], $0) }) { first, _ in first }
        return (0..<columns.count).filter { read in
            guard columns.outcome[read] == .ok, subject.objects.function(read) == .read, history.isFinal(read),
                let reservation = byKey[columns.key[read]]
            else { return false }
            return columns.answer[read] == columns.argument[reservation]
                && subject.isOver(reservation, before: read)
        }
    }

    /// Answered reads of all accounts of a bank, as objects.
    private var statements: [Int] {
        let columns = history.columns
        let reads = (0..<columns.count).filter {
            columns.outcome[$0] == .ok && subject.objects.function($0) == .read && columns.answer[$0].isObject
        }
        return reads.count > 1 ? reads : []
    }

    /// One account shows a unit more, or a unit less where there is no more: another read shows the right sum.
    private func misstated(_ read: Int) -> [ChangedAnswer]? {
        guard case .object(var accounts) = subject.value(subject.answer(read)),
            let place = accounts.firstIndex(where: { $0.value.int != nil }), let balance = accounts[place].value.int
        else { return nil }
        accounts[place] = Value.Member(accounts[place].name, .int(balance == .max ? balance - 1 : balance + 1))
        return [ChangedAnswer(read, .object(accounts))]
    }
}
