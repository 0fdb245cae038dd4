import Checkers
import HistoryModel

/// What led to what over registers, sets and lists together, and what may not be missed then, spelled out.
struct NaiveCausality {
    private let operations: [HistoryModel.Operation]
    private let session: [Int]
    private let collections: Set<String?>
    private let reads: [[Read]]
    private let writes: [[Write]]
    /// By operation: those that happened before it, as far as sessions and reads show.
    private var before: [Set<Int>]

    private struct Read {
        var key: String?
        var value: Value
    }

    private struct Write {
        var operation: Int
        var key: String?
        var value: Value
    }

    init(_ history: History) {
        let operations = Array(history.operations)
        self.operations = operations
        session = NaiveSessions(history, withFailed: true).session
        reads = operations.map(Self.reads)
        writes = operations.indices.map { number in
            Self.writes(operations[number]).map { Write(operation: number, key: $0.key, value: $0.value) }
        }
        collections = Set(
            operations.flatMap { operation -> [String?] in
                if ["add", "append"].contains(operation.f) { return [operation.key] }
                return Self.micros(operation).filter { $0[0] == "append" }.map { $0[1].string }
            } + reads.joined().filter { $0.value.list != nil }.map(\.key))
        before = []
        let direct = operations.indices.map { number in
            Set(
                operations.indices.filter { !writes[$0].isEmpty && isEarlier($0, number) }
                    + operations.indices.filter { $0 == number || isEarlier($0, number) }.flatMap {
                        sources($0)
                    }
            ).subtracting([number])
        }
        before = Self.closed(direct)
    }

    private static func closed(_ direct: [Set<Int>]) -> [Set<Int>] {
        let numbered = Dictionary(uniqueKeysWithValues: direct.enumerated().map { ($0, $1) })
        let closed = NaiveSessions.closed(numbered)
        return direct.indices.map { closed[$0] ?? [] }
    }

    /// True if something would have happened before itself.
    var isAbsurd: Bool { before.indices.contains { before[$0].contains($0) } }

    private static func micros(_ operation: HistoryModel.Operation) -> [[Value]] {
        guard operation.f == "txn", operation.outcome != .fail else { return [] }
        return (operation.outcome == .ok ? operation.result : operation.argument).list?.compactMap(\.list) ?? []
    }

    private static func reads(_ operation: HistoryModel.Operation) -> [Read] {
        guard operation.outcome == .ok else { return [] }
        if operation.f == "read" { return [Read(key: operation.key, value: operation.result)] }
        return micros(operation).filter { $0[0] == "r" }.map { Read(key: $0[1].string, value: $0[2]) }
    }

    private static func writes(_ operation: HistoryModel.Operation) -> [(key: String?, value: Value)] {
        guard operation.outcome != .fail else { return [] }
        if ["write", "add", "append"].contains(operation.f) { return [(operation.key, operation.argument)] }
        return micros(operation).filter { $0[0] != "r" }.map { ($0[1].string, $0[2]) }
    }

    private func isEarlier(_ first: Int, _ second: Int) -> Bool {
        first < second && session[first] == session[second]
    }

    private func canSee(_ reader: Int, _ writer: Int) -> Bool {
        operations[writer].invocation.time <= operations[reader].completion?.time ?? .max
    }

    /// All writes of a value, of which there should be one.
    private func writers(_ value: Value, _ key: String?) -> [Write] {
        writes.joined().filter { $0.key == key && $0.value == value }
    }

    /// The only operation that can have written what was read; of a set or list one for each element.
    private func sources(_ read: Read, _ reader: Int) -> [Int] {
        if collections.contains(read.key) {
            return (read.value.list ?? []).compactMap { element in
                let all = writers(element, read.key)
                return all.count == 1 && canSee(reader, all[0].operation) ? all[0].operation : nil
            }
        }
        let all = writers(read.value, read.key).filter { canSee(reader, $0.operation) }
        return all.count == 1 && !read.value.isNull ? [all[0].operation] : []
    }

    /// What an operation read of others.
    private func sources(_ number: Int) -> [Int] {
        reads[number].flatMap { sources($0, number) }.filter { $0 != number }
    }

    private func isInitial(_ read: Read) -> Bool {
        !collections.contains(read.key) && read.value.isNull && writers(.null, read.key).isEmpty
    }

    /// The reads of an operation that do not show what it wrote itself to a register.
    private func outside(_ number: Int) -> [Read] {
        reads[number].filter { collections.contains($0.key) || !sources($0, number).contains(number) }
    }

    /// Whether a read shows its key as it was before one of some operations, and as it may not be after it.
    private func misses(_ read: Read, _ reader: Int, _ causes: Set<Int>, knowsOlder: (Int, Int) -> Bool) -> Bool {
        causes.contains { cause in
            writes[cause].contains { write in
                guard write.key == read.key, cause != reader else { return false }
                if collections.contains(read.key) {
                    return writers(write.value, write.key).count == 1
                        && !(read.value.list ?? []).contains(write.value)
                }
                if isInitial(read) { return true }
                return sources(read, reader).contains { $0 != cause && knowsOlder($0, cause) }
            }
        }
    }

    /// Pairs of reads of different keys: of one operation, or the first of an earlier one of the session.
    private func hasPair(isAtomic: Bool, _ isBroken: (Read, Int, Read, Int) -> Bool) -> Bool {
        operations.indices.contains { second in
            operations.indices.contains { first in
                guard isAtomic ? first == second : isEarlier(first, second) else { return false }
                return outside(first).contains { effect in
                    outside(second).contains { other in
                        effect.key != other.key && isBroken(effect, first, other, second)
                    }
                }
            }
        }
    }

    /// Something is shown, and on another key not what happened before it.
    private func breaksPrefix(isAtomic: Bool) -> Bool {
        hasPair(isAtomic: isAtomic) { effect, first, other, second in
            sources(effect, first).contains { source in
                source != first && misses(other, second, before[source]) { before[$1].contains($0) }
            }
        }
    }

    var breaksConsistentPrefixNode: Bool { breaksPrefix(isAtomic: true) }
    var breaksConsistentPrefixSession: Bool { breaksPrefix(isAtomic: false) }

    /// One operation shows a write, and on another key (one of the two no register) not what comes with it.
    private func brings(_ causes: (Int) -> Set<Int>, knowsOlder: (Int, Int) -> Bool) -> Bool {
        hasPair(isAtomic: true) { effect, number, other, _ in
            guard collections.contains(effect.key) || collections.contains(other.key) else { return false }
            return sources(effect, number).contains { source in
                source != number && misses(other, number, causes(source), knowsOlder: knowsOlder)
            }
        }
    }

    var breaksMonotonicWritesAcrossKeys: Bool {
        brings({ effect in Set(operations.indices.filter { isEarlier($0, effect) }) }) { isEarlier($0, $1) }
    }

    /// Of registers beside sets and lists the initial value alone is known to be older.
    var breaksWritesFollowReadsAcrossKeys: Bool {
        let direct = operations.indices.map { number in
            Set(operations.indices.filter { $0 == number || isEarlier($0, number) }.flatMap { sources($0) })
                .subtracting([number])
        }
        let closed = Self.closed(direct)
        return brings({ closed[$0] }) { _, _ in false }
    }
}
