import Determinism
import HistoryModel

/// Violations of linearizability on registers.
///
/// All rest on one fact: a value with a single writer is there from that write to the next one. So if the write of `a` was
/// over before something began that shows another value to be there, and that was over before a read began, the read
/// cannot bring back `a`: it would have to be written again.
struct RegisterPlants {
    let subject: PlantSubject
    private var history: History { subject.history }

    /// `read` shows a value that was replaced: its write was over before another write began that was over before the read
    /// began.
    func staleRead(_ read: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let key = subject.key(read)
        guard key.isScalar, let newer = key.endedUpdates.latest(before: history.call(read)) else { return nil }
        return older(than: newer, key, &random).map { [ChangedAnswer(read, $0)] }
    }

    /// `read` shows a value although an earlier read, which began after the value was written, showed another one.
    func nonMonotonicRead(_ read: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let key = subject.key(read)
        guard key.isScalar, let earlier = key.endedReads.latest(before: history.call(read)) else { return nil }
        return older(than: earlier, key, &random).map { [ChangedAnswer(read, $0)] }
    }

    /// Whoever read what a write left reads something older; one of them began when the write was over.
    func lostWrite(_ read: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let key = subject.key(read)
        let value = subject.answer(read)
        guard key.isScalar, let write = key.writer(value), subject.isOver(write, before: read),
            let older = older(than: write, key, &random)
        else { return nil }
        return (key.readers[value] ?? []).map { ChangedAnswer($0, older) }
    }

    /// `read` saw a value, and all that began after its end and saw it too read something older.
    func rolledBack(_ read: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let key = subject.key(read)
        let value = subject.answer(read)
        guard key.isScalar, !value.isNull else { return nil }
        let later = (key.readers[value] ?? []).filter { subject.isOver(read, before: $0) }
        guard !later.isEmpty, let older = older(than: read, key, &random) else { return nil }
        return later.map { ChangedAnswer($0, older) }
    }

    func phantomRead(_ read: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let key = subject.key(read)
        return [ChangedAnswer(read, subject.foreign(like: key.sample, &random))]
    }

    /// The value of a failed write that began before the read was over, and that no other write has.
    func abortedRead(_ read: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let key = subject.key(read)
        guard key.isScalar else { return nil }
        return subject.failed(before: read, &random).map { [ChangedAnswer(read, subject.value($0))] }
    }

    /// A value whose only write was over before an operation began that wrote or read another one; the initial value if an
    /// operation wrote or read anything.
    private func older(than operation: Int, _ key: PlantKey, _ random: inout SeededRandom) -> Value? {
        guard let shown = shown(operation) else { return nil }
        let written = key.endedSoleWriters
        let count = written.count(before: history.call(operation))
        if key.hasInitial, !shown.isNull, count == 0 || random.chance(1, in: 4) { return .null }
        return firstMade(count, &random) { place in
            guard let value = self.shown(written.operations[place]), value != shown, !value.isNull else {
                return nil
            }
            return subject.value(value)
        } ?? (key.hasInitial && !shown.isNull ? .null : nil)
    }

    /// What the register holds at some moment of an operation.
    private func shown(_ operation: Int) -> ValueRef? {
        switch subject.objects.function(operation) {
        case .read: subject.answer(operation)
        case .write: history.columns.argument[operation]
        case .cas: history.values.elements(history.columns.argument[operation])?.last
        default: nil
        }
    }
}
