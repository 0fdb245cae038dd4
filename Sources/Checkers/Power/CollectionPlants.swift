import Determinism
import HistoryModel

/// Violations of linearizability on lists and sets that are read as a whole and only grow: what was there once is there
/// from then on, lists in the order of its coming.
struct CollectionPlants {
    let subject: PlantSubject
    private var history: History { subject.history }

    /// `read` lacks an element whose addition was over when it began.
    func staleRead(_ read: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let key = subject.key(read)
        return cut(read, &random) { element in
            guard let write = key.writer(element) else { return false }
            return subject.isOver(write, before: read)
        }
    }

    /// `read` lacks an element that another read, which was over when it began, had shown.
    func nonMonotonicRead(_ read: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let key = subject.key(read)
        guard let earlier = key.endedReads.latest(before: history.call(read)) else { return nil }
        let seen = Set(subject.elements(earlier))
        return cut(read, &random) { seen.contains($0) && key.possibleWriter($0) != nil }
    }

    /// An acknowledged element is in no read, though one began when its addition was over.
    func lostWrite(_ read: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let key = subject.key(read)
        let elements = subject.elements(read)
        let lost = firstMade(elements.count, &random) { place in
            let write = key.writer(elements[place])
            return write.flatMap { subject.isOver($0, before: read) ? elements[place] : nil }
        }
        return lost.map { without($0, key.reads) }
    }

    /// An element that `read` showed is in no read that began afterwards, though it was in one.
    func rolledBack(_ read: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let key = subject.key(read)
        let elements = subject.elements(read)
        guard let last = key.reads.last, subject.isOver(read, before: last) else { return nil }
        let later = key.reads.filter { subject.isOver(read, before: $0) }
        let kept = Set(subject.elements(last))
        let lost = firstMade(elements.count, &random) { place in
            kept.contains(elements[place]) && key.possibleWriter(elements[place]) != nil ? elements[place] : nil
        }
        return lost.map { without($0, later) }
    }

    /// A list shows two elements in the order opposite to that of their additions, of which one was over when the other
    /// began.
    func reordered(_ read: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let key = subject.key(read)
        guard key.kind == .list else { return nil }
        var elements = subject.elements(read)
        let pair = firstMade(elements.count, &random) { first -> (Int, Int)? in
            guard let early = key.writer(elements[first]) else { return nil }
            let second = elements.indices[(first + 1)...].prefix(64).first { place in
                key.possibleWriter(elements[place]).map { subject.isOver(early, before: $0) } ?? false
            }
            return second.map { (first, $0) }
        }
        guard let pair else { return nil }
        elements.swapAt(pair.0, pair.1)
        return [ChangedAnswer(read, subject.list(elements))]
    }

    /// A read shows an element twice that was added once.
    func duplicated(_ read: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let key = subject.key(read)
        let elements = subject.elements(read)
        let twice = firstMade(elements.count, &random) { place in
            key.possibleWriter(elements[place]).map { _ in elements[place] }
        }
        return twice.map { [ChangedAnswer(read, subject.list(elements + [$0]))] }
    }

    func phantomRead(_ read: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let elements = subject.elements(read).map { subject.value($0) }
        let foreign = subject.foreign(like: subject.key(read).sample, &random)
        return [ChangedAnswer(read, .list(elements + [foreign]))]
    }

    /// An element of an addition that failed, which began before the read was over.
    func abortedRead(_ read: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        subject.failed(before: read, &random).map {
            [ChangedAnswer(read, subject.list(subject.elements(read) + [$0]))]
        }
    }

    /// A read without one of its elements; of a list, without what stands behind it either.
    func cut(
        _ read: Int, _ random: inout SeededRandom, where mayGo: (ValueRef) -> Bool
    ) -> [ChangedAnswer]? {
        let elements = subject.elements(read)
        let isList = subject.key(read).kind == .list
        return firstMade(elements.count, &random) { place in
            guard mayGo(elements[place]) else { return nil }
            let rest = isList ? Array(elements[..<place]) : elements.filter { $0 != elements[place] }
            return [ChangedAnswer(read, subject.list(rest))]
        }
    }

    /// Reads without an element, as far as they had it.
    func without(_ element: ValueRef, _ reads: [Int]) -> [ChangedAnswer] {
        reads.compactMap { read in
            let elements = subject.elements(read)
            let rest = elements.filter { $0 != element }
            return rest.count < elements.count ? ChangedAnswer(read, subject.list(rest)) : nil
        }
    }
}
