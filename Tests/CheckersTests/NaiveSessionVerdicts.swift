import Checkers
import HistoryModel

/// What the checkers of sessions must say of a history of registers.
struct NaiveSessionVerdicts {
    private let sessions: NaiveSessions
    private let before: [NaiveSessions.Write: Set<NaiveSessions.Write>]
    /// By key: the place of each write, where something gives one.
    private var ranks: [String?: [NaiveSessions.Write: Int64]] = [:]

    /// A part of a history orders no key that the whole leaves without order.
    init(_ history: History, partOf whole: History? = nil) {
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
            guard operation.outcome == .ok else { continue }
            guard let version = operation.meta["version"]?.int else { return nil }
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
        guard !versions.isEmpty, seen.allSatisfy({ versions[$0] != nil }) else { return nil }
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

    private func breaksReads(_ first: (Int) -> [NaiveSessions.Write]) -> Bool {
        let keys = Set(sessions.allWrites.map(\.key))
        return keys.contains { key in
            if ranks[key] != nil { return isLower(key, first) { read($0, key) } }
            var steps: [NaiveSessions.Write: Set<NaiveSessions.Write>] = [:]
            for later in sessions.operations.indices {
                for earlier in sessions.operations.indices where sessions.isEarlier(earlier, later) {
                    for high in first(earlier) where high.key == key {
                        for low in read(later, key) {
                            guard let low else { return true }
                            if low != high { steps[low, default: []].insert(high) }
                        }
                    }
                }
            }
            // A circle that takes at least one of the steps.
            var older = before.filter { $0.key.key == key }.mapValues { $0.filter { $0.key == key } }
            for (low, high) in steps { older[low, default: []].formUnion(high) }
            older = NaiveSessions.closed(older)
            return steps.contains { low, high in high.contains { older[$0]?.contains(low) == true } }
        }
    }

    func breaksReadYourWrites() -> Bool { breaksReads(ownWrites) }

    func breaksMonotonicReads() -> Bool { breaksReads(seen) }

    func breaksMonotonicWrites() -> Bool {
        let hasLower = Set(sessions.allWrites.map(\.key)).contains { key in
            isLower(key, ownWrites) { number in sessions.writes(number).filter { ranks[key]?[$0] != nil } }
        }
        return hasLower || sessions.breaks([.monotonicWrites])
    }

    func breaksWritesFollowReads() -> Bool {
        let hasLower = Set(sessions.allWrites.map(\.key)).contains { key in
            isLower(key, seen) { number in sessions.writes(number).filter { ranks[key]?[$0] != nil } }
        }
        return hasLower || showsWriteWithoutItsCause()
    }

    /// One operation that shows a write, and of another key something older than what the write's session had read of it.
    private func showsWriteWithoutItsCause() -> Bool {
        let visible = sessions.visible([.writesFollowReads])
        func causes(_ write: NaiveSessions.Write) -> Set<NaiveSessions.Write> {
            sessions.operations.indices.reduce(into: []) { causes, earlier in
                guard !sessions.reads(earlier).isEmpty,
                    sessions.isEarlier(earlier, write.operation) || earlier == write.operation
                else { return }
                causes.formUnion(visible[earlier])
            }
        }
        return sessions.operations.indices.contains { number in
            guard sessions.operations[number].outcome == .ok else { return false }
            return seen(number).contains { effect in
                sessions.reads(number).contains { read in
                    guard read.key != effect.key else { return false }
                    let candidates = causes(effect).filter { $0.key == read.key }
                    if sessions.isInitial(read, number) { return !candidates.isEmpty }
                    guard let source = sessions.source(read, number), source.operation != number else {
                        return false
                    }
                    return candidates.contains { $0 != source && causes($0).contains(source) }
                }
            }
        }
    }
}
