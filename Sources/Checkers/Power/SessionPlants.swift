import Determinism
import HistoryModel

/// Violations of the guarantees of sessions.
///
/// No order of the versions of a key excuses them: a register that nobody sets to `null` is `null` only before its first
/// write; a value with a single writer does not come back once a session has seen it replaced; and what was added to a list
/// or set that only grows stays there, lists in one order.
struct SessionPlants {
    let subject: PlantSubject
    let sessions: PlantSessions
    let timelines: Timelines
    private var history: History { subject.history }
    /// What each session did to each key.
    private(set) var parts: [Part] = []
    /// By operation: its part, -1 for none.
    private var partOf: [Int32]
    private var partNumbers: [PartName: Int32] = [:]
    /// By key: one session wrote all of it, with ascending numbers.
    private(set) var isCounter: [Bool] = []

    /// The `ok` operations of one session on one key, in its order.
    struct Part {
        var updates: [Int] = []
        var reads: [Int] = []
    }

    private struct PartName: Hashable {
        var session: Int
        var key: Int
    }

    init(_ subject: PlantSubject) {
        self.subject = subject
        sessions = PlantSessions(subject.history)
        timelines = Timelines(subject.history)
        partOf = Array(repeating: -1, count: subject.history.columns.count)
        for key in subject.keys.indices {
            for update in subject.keys[key].updates where subject.history.columns.outcome[update] == .ok {
                parts[part(update, key)].updates.append(update)
            }
            for read in subject.keys[key].reads { parts[part(read, key)].reads.append(read) }
        }
        isCounter = subject.keys.map { key in
            let numbers = key.updates.map {
                subject.history.values.int(subject.history.columns.argument[$0]) ?? .min
            }
            let owner = key.updates.first.map { sessions.session[$0] }
            return key.updates.allSatisfy {
                sessions.session[$0] == owner && subject.objects.function($0) == .write
            }
                && zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 } && numbers.first != .min
        }
    }

    private mutating func part(_ operation: Int, _ key: Int) -> Int {
        let name = PartName(session: sessions.session[operation], key: key)
        let number = partNumbers[name, default: Int32(parts.count)]
        if Int(number) == parts.count {
            parts.append(Part())
            partNumbers[name] = number
        }
        partOf[operation] = number
        return Int(number)
    }

    /// What the session of an operation had done to a key before it.
    func before(_ operation: Int, key: Int) -> (updates: ArraySlice<Int>, reads: ArraySlice<Int>) {
        guard let number = partNumbers[PartName(session: sessions.session[operation], key: key)] else {
            return ([], [])
        }
        let part = parts[number]
        return (
            part.updates[..<part.updates.partitioningIndex { $0 >= operation }],
            part.reads[..<part.reads.partitioningIndex { $0 >= operation }]
        )
    }

    // MARK: Read your writes

    /// A session that wrote a register reads that nobody had; or, where it alone counts the register up, an earlier count
    /// of its own. Of a list or set it misses what it added itself.
    func missedOwnWrite(_ read: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let number = subject.objects.object(read)
        let key = subject.keys[number]
        let own = before(read, key: number).updates
        guard let last = own.last else { return nil }
        if key.kind == .register {
            guard key.hasInitial else { return nil }
            if isCounter[number], own.count > 1, random.chance(1, in: 2) {
                return [ChangedAnswer(read, subject.value(history.columns.argument[random.choose(own.dropLast())]))]
            }
            return subject.answer(read).isNull || last > read ? nil : [ChangedAnswer(read, .null)]
        }
        let added = Set(own.map { history.columns.argument[$0] })
        return CollectionPlants(subject: subject).cut(read, &random) { element in
            added.contains(element) && key.possibleWriter(element) != nil
        }
    }

    // MARK: Monotonic reads

    /// A session goes back to what it had read before something else, or misses what it had read.
    func wentBack(_ read: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        if let older = older(read, &random) { return [ChangedAnswer(read, older)] }
        let element = repeatedElement(read, &random)
        return element.flatMap { element in
            CollectionPlants(subject: subject).cut(read, &random) { $0 == element }
        }
    }

    /// The session never comes forward again.
    func rolledBack(_ read: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let later = laterReads(read)
        if let older = older(read, &random) { return later.map { ChangedAnswer($0, older) } }
        return repeatedElement(read, &random).map { CollectionPlants(subject: subject).without($0, later) }
    }

    /// A read and those that come after it in its session, of the same key.
    func laterReads(_ read: Int) -> [Int] {
        guard partOf[read] >= 0 else { return [] }
        let reads = parts[partOf[read]].reads
        return Array(reads[reads.partitioningIndex { $0 >= read }...])
    }

    /// What the register held before what the session last read of it.
    private func older(_ read: Int, _ random: inout SeededRandom) -> Value? {
        let number = subject.objects.object(read)
        let key = subject.keys[number]
        let seen = before(read, key: number).reads.suffix(200)
        guard key.kind == .register, key.isScalar, let last = seen.last,
            key.possibleWriter(subject.answer(last)) != nil
        else {
            return nil
        }
        if key.hasInitial, random.chance(1, in: 3) { return .null }
        let again = firstMade(seen.count, &random) { place -> Value? in
            let value = subject.answer(seen[seen.startIndex + place])
            guard value != subject.answer(last), key.possibleWriter(value) != nil, !value.isNull else { return nil }
            return subject.value(value)
        }
        return again ?? (key.hasInitial ? .null : nil)
    }

    /// An element that the session had read of a list or set, and reads again.
    private func repeatedElement(_ read: Int, _ random: inout SeededRandom) -> ValueRef? {
        let number = subject.objects.object(read)
        let key = subject.keys[number]
        guard key.onlyGrows, let last = before(read, key: number).reads.last else { return nil }
        let seen = subject.elements(last)
        let shown = Set(subject.elements(read))
        return firstMade(seen.count, &random) { place in
            let isFit = shown.contains(seen[place]) && key.possibleWriter(seen[place]) != nil
            return isFit ? seen[place] : nil
        }
    }

    /// A session reads two elements of a list in the order opposite to that in which it had read them.
    func reordered(_ read: Int, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        let number = subject.objects.object(read)
        let key = subject.keys[number]
        guard key.kind == .list, key.onlyGrows, let last = before(read, key: number).reads.last else { return nil }
        let seen = subject.elements(last)
        var elements = subject.elements(read)
        let place = firstMade(min(seen.count, elements.count) - 1, &random) { place -> Int? in
            let pair = elements[place...(place + 1)]
            let isFit =
                pair.elementsEqual(seen[place...(place + 1)]) && elements[place] != elements[place + 1]
                && pair.allSatisfy { key.possibleWriter($0) != nil }
            return isFit ? place : nil
        }
        guard let place else { return nil }
        elements.swapAt(place, place + 1)
        return [ChangedAnswer(read, subject.list(elements))]
    }

    // MARK: The order of writes

    /// A list or set shows an element without one that comes before it: that its session had added, or (`seen`) read,
    /// before it added this one.
    func withoutCause(_ read: Int, seen: Bool, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        guard let (cause, _) = causeAndEffect(read, seen: seen, &random) else { return nil }
        var elements = subject.elements(read)
        elements.remove(at: cause)
        return [ChangedAnswer(read, subject.list(elements))]
    }

    /// A list shows an element in the place of one that comes before it, and that one in its own.
    func beforeCause(_ read: Int, seen: Bool, _ random: inout SeededRandom) -> [ChangedAnswer]? {
        guard subject.key(read).kind == .list, let (cause, effect) = causeAndEffect(read, seen: seen, &random),
            cause < effect
        else { return nil }
        var elements = subject.elements(read)
        elements.swapAt(cause, effect)
        return [ChangedAnswer(read, subject.list(elements))]
    }

    /// The places of two elements in an answer, of which the first comes before the second: its session had added or
    /// (`seen`) read it.
    private func causeAndEffect(
        _ read: Int, seen: Bool, _ random: inout SeededRandom
    ) -> (cause: Int, effect: Int)? {
        let number = subject.objects.object(read)
        let key = subject.keys[number]
        guard key.onlyGrows else { return nil }
        let elements = subject.elements(read)
        let places = Dictionary(elements.enumerated().map { ($1, $0) }) { first, _ in first }
        return firstMade(elements.count, &random) { place in
            guard let write = key.possibleWriter(elements[place]), canShow(read, write) else { return nil }
            let own = before(write, key: number)
            let causes =
                seen
                ? own.reads.last.map(subject.elements) ?? []
                : own.updates.suffix(4).map { history.columns.argument[$0] }
            let cause = causes.last {
                $0 != elements[place] && places[$0] != nil && key.possibleWriter($0) != nil
            }
            return cause.flatMap { places[$0] }.map { ($0, place) }
        }
    }

    /// Whether a read could show this write: one that shows what was written later only proves nothing about causes.
    func canShow(_ read: Int, _ write: Int) -> Bool {
        guard sessions.session[read] != sessions.session[write] else { return write < read }
        return history.call(write) <= history.ret(read)
    }
}
