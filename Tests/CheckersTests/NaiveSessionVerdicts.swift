import Checkers
import HistoryModel

/// What the checkers of sessions must say of a history of registers.
struct NaiveSessionVerdicts {
    private let sessions: NaiveSessions
    private let before: [NaiveSessions.Write: Set<NaiveSessions.Write>]
    /// By key: the place of each write, where something gives one.
    private var ranks: [String?: [NaiveSessions.Write: Int64]] = [:]
    private let usesRealTime: Bool

    /// A part of a history orders no key that the whole leaves without order.
    init(_ history: History, partOf whole: History? = nil, usesRealTime: Bool = false) {
        self.usesRealTime = usesRealTime
        sessions = NaiveSessions(history)
        before = sessions.happensBefore()
        let known = whole.map { NaiveSessionVerdicts($0).ranks }
        for key in Set(sessions.allWrites.map(\.key)) where known.map({ $0[key] != nil }) ?? true {
            if let numbers = numbers(key) ?? versions(key) { ranks[key] = numbers }
        }
    }

    /// True if no order of writes fits at all: some read sees what comes after it.
    var isAbsurd: Bool { sessions.breaks([]) || before.contains { $0.value.contains($0.key) } }

    private func numbers(_ key: String?) -> [NaiveSessions.Write: Int64]? {
        let writes = sessions.allWrites.filter { $0.key == key }
        let numbers = writes.compactMap(\.value.int)
        guard Set(writes.map { sessions.session[$0.operation] }).count == 1, numbers.count == writes.count,
            zip(numbers, numbers.dropFirst()).allSatisfy({ $0 < $1 })
        else { return nil }
        return Dictionary(uniqueKeysWithValues: zip(writes, numbers))
    }

    /// What the system says.
    private func versions(_ key: String?) -> [NaiveSessions.Write: Int64]? {
        var versions: [NaiveSessions.Write: Int64] = [:]
        for write in sessions.allWrites where write.key == key {
            let operation = sessions.operations[write.operation]
            guard operation.outcome == .ok, let version = operation.meta["version"]?.int else { continue }
            versions[write] = version
        }
        for number in sessions.operations.indices where sessions.operations[number].outcome == .ok {
            for read in sessions.reads(number) where read.key == key {
                guard let source = sessions.source(read, number) else { continue }
                let isSingle = sessions.operations[number].f == "read"
                if isSingle, let given = sessions.operations[number].meta["version"]?.int {
                    if let known = versions[source], known != given { return nil }
                    versions[source] = given
                }
            }
        }
        let seen = sessions.operations.indices.flatMap { number in
            sessions.reads(number).filter { $0.key == key }.compactMap { sessions.source($0, number) }
        }
        let acknowledged = sessions.allWrites.filter {
            $0.key == key && sessions.operations[$0.operation].outcome == .ok
        }
        guard !versions.isEmpty, (seen + acknowledged).allSatisfy({ versions[$0] != nil }) else { return nil }
        return Set(versions.values).count == versions.count ? versions : nil
    }

    /// Two operations of one session, of the given kinds, where the second comes below the first by rank.
    private func isLower(
        _ key: String?, _ first: (Int) -> [NaiveSessions.Write], _ second: (Int) -> [NaiveSessions.Write?]
    ) -> Bool {
        guard let ranks = ranks[key] else { return false }
        return sessions.operations.indices.contains { later in
            sessions.operations.indices.contains { earlier in
                sessions.isEarlier(earlier, later)
                    && first(earlier).contains { high in
                        second(later).contains { low in
                            guard high.key == key, let rank = ranks[high] else { return false }
                            guard let low else { return true }
                            return low.key == key && ranks[low].map { $0 < rank } ?? false
                        }
                    }
            }
        }
    }

    private func ownWrites(_ number: Int) -> [NaiveSessions.Write] {
        sessions.operations[number].outcome == .ok ? sessions.writes(number) : []
    }

    private func seen(_ number: Int) -> [NaiveSessions.Write] {
        guard sessions.operations[number].outcome == .ok else { return [] }
        return sessions.reads(number).compactMap { sessions.source($0, number) }.filter { $0.operation != number }
    }

    /// What is read of a key; `nil` stands for the initial value.
    private func read(_ number: Int, _ key: String?) -> [NaiveSessions.Write?] {
        guard sessions.operations[number].outcome == .ok else { return [] }
        return sessions.reads(number).filter { $0.key == key }.compactMap { read in
            if sessions.isInitial(read, number) { return .some(nil) }
            return sessions.source(read, number).flatMap { $0.operation == number ? .none : .some($0) }
        }
    }

    private func breaksReads(_ firsts: [(Int) -> [NaiveSessions.Write]]) -> Bool {
        let keys = Set(sessions.allWrites.map(\.key))
        return keys.contains { key in
            if ranks[key] != nil { return firsts.contains { isLower(key, $0) { read($0, key) } } }
            var steps: NaiveSessions.Older = [:]
            for later in sessions.operations.indices {
                for earlier in sessions.operations.indices where sessions.isEarlier(earlier, later) {
                    for high in firsts.flatMap({ $0(earlier) }) where high.key == key {
                        for low in read(later, key) {
                            guard let low else { return true }
                            if low != high { steps[low, default: []].insert(high) }
                        }
                    }
                }
            }
            // A circle that takes at least one of the steps.
            let older = before.filter { $0.key.key == key }.mapValues { $0.filter { $0.key == key } }
            return circle(of: steps, in: NaiveSessions.union([older, steps]))
        }
    }

    /// Alone, or together with the other of the two where that one is not broken, either.
    func breaksReadYourWrites() -> Bool {
        breaksReads([ownWrites]) || !breaksReads([seen]) && breaksReads([ownWrites, seen])
    }

    func breaksMonotonicReads() -> Bool {
        breaksReads([seen]) || !breaksReads([ownWrites]) && breaksReads([ownWrites, seen])
    }

    // Evidence beside what sessions did: versions, and the order of real time where that is assumed.

    private func evidenceOlder(_ first: NaiveSessions.Write, _ second: NaiveSessions.Write) -> Bool? {
        guard first.key == second.key, let one = ranks[first.key]?[first], let other = ranks[second.key]?[second]
        else { return nil }
        return one < other
    }

    private func ended(_ first: NaiveSessions.Write, before second: NaiveSessions.Write) -> Bool {
        let operation = sessions.operations[first.operation]
        guard usesRealTime, operation.outcome == .ok, let end = operation.completion else { return false }
        return end.time < sessions.operations[second.operation].invocation.time
    }

    /// For the writes of this history, or of a part of it.
    func evidence(for part: NaiveSessions? = nil) -> NaiveSessions.Older {
        let wanted = (part ?? sessions).allWrites.map { write in
            (write, whole: part.map { part in whole(write, part) } ?? write)
        }
        var older: NaiveSessions.Older = [:]
        for (second, later) in wanted {
            for (first, earlier) in wanted
            where evidenceOlder(earlier, later) == true || ended(earlier, before: later) {
                older[second, default: []].insert(first)
            }
        }
        return older
    }

    /// A write of a part by its number in the whole.
    private func whole(_ write: NaiveSessions.Write, _ part: NaiveSessions) -> NaiveSessions.Write {
        let index = part.operations[write.operation].index
        var write = write
        write.operation = sessions.operations.firstIndex { $0.index == index } ?? -1
        return write
    }

    /// True if no order of writes fits the evidence, or if some transaction was seen in parts.
    var isTorn: Bool {
        guard !isAbsurd, let shown = sessions.shown([]), !sessions.breaks([], evidence: evidence()) else {
            return true
        }
        return circle(
            of: shown, in: NaiveSessions.union([sessions.order([.writesFollowReads]), evidence(), shown]))
    }

    /// True if one of these orders is the opposite of what all together say.
    private func circle(of some: NaiveSessions.Older, in all: NaiveSessions.Older) -> Bool {
        let closed = NaiveSessions.closed(all)
        return some.contains { later, earlier in earlier.contains { closed[$0]?.contains(later) == true } }
    }

    /// By versions, or because an atomic read shows what must be older than what it must show.
    func breaksMonotonicWrites() -> Bool {
        let hasLower = Set(sessions.allWrites.map(\.key)).contains { key in
            isLower(key, ownWrites) { number in sessions.writes(number).filter { ranks[key]?[$0] != nil } }
        }
        guard !hasLower, let shown = sessions.shown([.monotonicWrites]) else { return true }
        return circle(of: shown, in: NaiveSessions.union([before, evidence(), shown]))
    }

    func breaksWritesFollowReads() -> Bool {
        let hasLower = Set(sessions.allWrites.map(\.key)).contains { key in
            isLower(key, seen) { number in sessions.writes(number).filter { ranks[key]?[$0] != nil } }
        }
        return hasLower || showsWriteWithoutItsCause()
    }

    /// What a write's session had read before it, and what that follows.
    private func causes(_ write: NaiveSessions.Write, _ visible: [Set<NaiveSessions.Write>]) -> Set<
        NaiveSessions.Write
    > {
        sessions.operations.indices.reduce(into: []) { causes, earlier in
            guard !sessions.reads(earlier).isEmpty,
                sessions.isEarlier(earlier, write.operation) || earlier == write.operation
            else { return }
            causes.formUnion(visible[earlier])
        }
    }

    /// Pairs of an atomic read's answers, the first a write that follows a read of the second one's key.
    var pairsOfWritesAfterReads: Int {
        let visible = sessions.visible([.writesFollowReads])
        return sessions.operations.indices.filter { sessions.operations[$0].outcome == .ok }.reduce(0) {
            sum, number in
            let keys = sessions.reads(number).filter { read in
                sessions.isInitial(read, number)
                    || sessions.source(read, number).map { $0.operation != number } ?? false
            }.map(\.key)
            return sum
                + seen(number).reduce(0) { sum, effect in
                    let caused = Set(causes(effect, visible).map(\.key))
                    return sum + keys.count { $0 != effect.key && caused.contains($0) }
                }
        }
    }

    private func isOlder(_ first: NaiveSessions.Write, than second: NaiveSessions.Write) -> Bool {
        evidenceOlder(first, second)
            ?? (before[second]?.contains(first) == true || ended(first, before: second))
    }

    /// One operation that shows a write, and of another key something older than what the write's session had read of it.
    private func showsWriteWithoutItsCause() -> Bool {
        let visible = sessions.visible([.writesFollowReads])
        return sessions.operations.indices.contains { number in
            guard sessions.operations[number].outcome == .ok else { return false }
            return seen(number).contains { effect in
                sessions.reads(number).contains { read in
                    guard read.key != effect.key else { return false }
                    let candidates = causes(effect, visible).filter { $0.key == read.key }
                    if sessions.isInitial(read, number) { return !candidates.isEmpty }
                    guard let source = sessions.source(read, number), source.operation != number else {
                        return false
                    }
                    return candidates.contains { $0 != source && isOlder(source, than: $0) }
                }
            }
        }
    }

    /// One operation that shows a write, and of another key something older than what came before that write.
    func breaksConsistentPrefixNode() -> Bool {
        sessions.operations.indices.contains { number in
            guard sessions.operations[number].outcome == .ok else { return false }
            return seen(number).contains { effect in
                let needed = before[effect] ?? []
                return sessions.reads(number).contains { read in
                    guard read.key != effect.key else { return false }
                    if sessions.isInitial(read, number) { return needed.contains { $0.key == read.key } }
                    guard let source = sessions.source(read, number), source.operation != number else {
                        return false
                    }
                    return needed.contains { $0.key == read.key && $0 != source && isOlder(source, than: $0) }
                }
            }
        }
    }
}
