import Determinism
import HistoryModel

/// Violations of linearizability on queues, stacks, priority queues, element sets, counters and locks.
struct ContainerPlants {
    let subject: PlantSubject
    private var history: History { subject.history }

    /// What was put in once is taken out twice.
    func duplicated(_ removal: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let key = subject.key(removal)
        let taken = firstMade(key.removals.count, &random) { place -> ValueRef? in
            let value = subject.answer(key.removals[place])
            let isOther = value != subject.answer(removal) && key.possibleWriter(value) != nil
            return isOther ? value : nil
        }
        return taken.map { [ChangedAnswer(removal, subject.value($0))] }
    }

    func phantomRead(_ removal: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        [ChangedAnswer(removal, subject.foreign(like: subject.key(removal).sample, &random))]
    }

    /// A removal finds nothing although what it had found was there all the time: it had been put in before, and nobody
    /// else took it, for all removals say what they took.
    func lostWrite(_ removal: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let key = subject.key(removal)
        let value = subject.answer(removal)
        guard let insertion = key.writer(value), subject.isOver(insertion, before: removal),
            !key.hasOpenRemovals, key.takers[value] == [removal]
        else { return nil }
        return [ChangedAnswer(removal, .null)]
    }

    /// Two removals, one over before the other began, bring back each what the other had, and the order of the container
    /// tells them apart:
    /// - a queue: what was put in first comes last;
    /// - a stack, priority queue: both were there when the first removal began, and the one that lies deeper comes first.
    func reordered(_ removal: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let key = subject.key(removal)
        let start = key.updates.partitioningIndex { $0 > removal }
        let second = key.updates[start...].prefix(64).first { mayGoFirst($0, removal, key) }
        guard let second else { return nil }
        return [
            ChangedAnswer(removal, subject.value(subject.answer(second))),
            ChangedAnswer(second, subject.value(subject.answer(removal))),
        ]
    }

    /// Whether it is a violation that the value of `later` comes out at `earlier`, and the other way round.
    private func mayGoFirst(_ later: Int, _ earlier: Int, _ key: PlantKey) -> Bool {
        guard ObjectFunction.removals.contains(subject.objects.function(later)),
            history.columns.outcome[later] == .ok, subject.isOver(earlier, before: later),
            let first = key.writer(subject.answer(earlier)), let second = key.writer(subject.answer(later)),
            key.takers[subject.answer(earlier)] == [earlier], key.takers[subject.answer(later)] == [later]
        else { return false }
        switch key.kind {
        case .queue: return subject.isOver(first, before: second)
        case .stack:
            return subject.isOver(second, before: first) && subject.isOver(first, before: earlier)
        case .priorityQueue:
            guard subject.isOver(first, before: earlier), subject.isOver(second, before: earlier),
                let higher = history.values.int(subject.answer(earlier)),
                let lower = history.values.int(subject.answer(later))
            else { return false }
            return lower < higher
        default: return false
        }
    }

    /// A counter is read below all that had been added when the read began, or above all that can have been when it ended.
    func counted(_ read: Int, isLow: Bool) -> [ChangedAnswer]? {
        let key = subject.key(read)
        var bound: Int64 = 0
        for update in key.updates {
            guard let amount = amount(update) else { return nil }
            let isCertain = history.columns.outcome[update] == .ok && subject.isOver(update, before: read)
            let isPossible = history.call(update) <= history.ret(read)
            if (amount > 0) == isLow ? isCertain : isPossible { bound += amount }
        }
        return [ChangedAnswer(read, .int(bound + (isLow ? -1 : 1)))]
    }

    private func amount(_ update: Int) -> Int64? {
        let argument = history.columns.argument[update]
        guard argument.isNull || history.values.int(argument) != nil else { return nil }
        let amount = history.values.int(argument) ?? 1
        // Of amounts up to here no history has so many that their sum overflows.
        guard amount.magnitude < 1 << 30 else { return nil }
        return subject.objects.function(update) == .decrement ? -amount : amount
    }

    /// An element is not found though it had been added and nobody had begun to take it away.
    func missedElement(_ read: Int) -> [ChangedAnswer]? {
        let key = subject.key(read)
        let element = history.columns.argument[read]
        guard subject.answer(read) == .true, let add = key.acknowledgedWriter(element),
            subject.isOver(add, before: read)
        else { return nil }
        let mayBeGone = key.firstRemoval[element].map { $0 <= history.ret(read) } ?? false
        return mayBeGone ? nil : [ChangedAnswer(read, .bool(false))]
    }

    /// An element is found that nobody adds.
    func phantomElement(_ read: Int) -> [ChangedAnswer]? {
        let key = subject.key(read)
        guard subject.answer(read) == .false, key.writers[history.columns.argument[read]] == nil else { return nil }
        return [ChangedAnswer(read, .bool(true))]
    }

    /// A lock is given, by an acquisition that was refused, while another process had it from before to after.
    func sharedLock(_ refused: Int) -> [ChangedAnswer]? {
        let key = subject.key(refused)
        let columns = history.columns
        let end = key.updates.partitioningIndex { $0 > refused }
        // Who holds it took it lately.
        for place in (0..<end).suffix(64) where subject.isOver(key.updates[place], before: refused) {
            let acquire = key.updates[place]
            guard columns.outcome[acquire] == .ok, subject.objects.function(acquire) == .acquire,
                columns.process[acquire] != columns.process[refused]
            else { continue }
            let next = key.updates[(place + 1)...].first { columns.process[$0] == columns.process[acquire] }
            guard next.map({ subject.isOver(refused, before: $0) }) ?? true else { continue }
            return [ChangedAnswer(refused, .null, outcome: .ok)]
        }
        return nil
    }

    /// Two acquisitions, one over before the other began, bring back each the other's fencing token.
    func reorderedTokens(_ acquire: Int) -> [ChangedAnswer]? {
        let key = subject.key(acquire)
        guard let token = history.values.int(subject.answer(acquire)) else { return nil }
        let start = key.updates.partitioningIndex { $0 > acquire }
        for later in key.updates[start...].prefix(64) {
            guard subject.objects.function(later) == .acquire, history.columns.outcome[later] == .ok,
                subject.isOver(acquire, before: later), let next = history.values.int(subject.answer(later)),
                next > token
            else { continue }
            return [ChangedAnswer(acquire, .int(next)), ChangedAnswer(later, .int(token))]
        }
        return nil
    }
}
