import Checkers
import HistoryModel

/// The session guarantees as one definition, spelled out: what each read sees at least, and which order of all writes that
/// asks for. Registers only.
///
/// An operation sees the writes that it reads. With read-your-writes also its session's own acknowledged writes before it;
/// with monotonic reads all that its session's earlier reads saw; with monotonic writes, beside each write, the earlier ones
/// of that write's session; with writes-follow-reads, beside each write, all that its session's earlier reads saw. A read
/// returns the newest version that it sees. The history keeps a set of guarantees exactly if one order of the writes fits,
/// which respects sessions (monotonic writes) and what was read before (writes-follow-reads). In any case what a cas
/// replaces is older, and the writes of a transaction are seen together.
struct NaiveSessions {
    let operations: [HistoryModel.Operation]
    /// A process up to its first info.
    let session: [Int]
    private let accesses: [[Access]]

    struct Access {
        var key: String?
        var value: Value
        var isWrite: Bool
    }

    /// Of all operations that may have happened, or of those with the given indices.
    init(_ history: History, only indices: Set<Int>? = nil, withFailed: Bool = false) {
        operations = history.operations.filter {
            (withFailed || $0.outcome != .fail) && (indices?.contains($0.index) ?? true)
        }
        var current: [ProcessID: Int] = [:]
        var numbers: [Int: Int] = [:]
        var count = 0
        for operation in history.operations {
            if current[operation.process] == nil {
                current[operation.process] = count
                count += 1
            }
            numbers[operation.index] = current[operation.process]
            if operation.outcome == .info { current[operation.process] = nil }
        }
        session = operations.map { numbers[$0.index] ?? 0 }
        accesses = operations.map(Self.accesses)
    }

    private static func accesses(_ operation: HistoryModel.Operation) -> [Access] {
        let isOK = operation.outcome == .ok
        switch operation.f {
        case "read": return isOK ? [Access(key: operation.key, value: operation.result, isWrite: false)] : []
        case "write": return [Access(key: operation.key, value: operation.argument, isWrite: true)]
        case "cas":
            guard let pair = operation.argument.list, pair.count == 2 else { return [] }
            return [
                Access(key: operation.key, value: pair[0], isWrite: false),
                Access(key: operation.key, value: pair[1], isWrite: true),
            ]
        case "txn":
            let micros = (isOK ? operation.result : operation.argument).list ?? []
            return micros.compactMap(\.list).filter { isOK || $0[0] != "r" }.map {
                Access(key: $0[1].string, value: $0[2], isWrite: $0[0] != "r")
            }
        default: return []
        }
    }

    /// One write of one key.
    struct Write: Hashable {
        var operation: Int
        var key: String?
        var value: Value
    }

    func writes(_ operation: Int) -> [Write] {
        accesses[operation].filter(\.isWrite).map { Write(operation: operation, key: $0.key, value: $0.value) }
    }

    func reads(_ operation: Int) -> [Access] { accesses[operation].filter { !$0.isWrite } }

    var allWrites: [Write] { operations.indices.flatMap(writes) }

    /// The only write that a read may have seen; `nil` if it is the initial value, or nobody can say.
    func source(_ read: Access, _ reader: Int) -> Write? {
        guard !read.value.isNull else { return nil }
        let candidates = allWrites.filter {
            $0.key == read.key && $0.value == read.value && canSee(reader, $0.operation)
        }
        return candidates.count == 1 ? candidates[0] : nil
    }

    func isInitial(_ read: Access, _ reader: Int) -> Bool {
        read.value.isNull
            && !allWrites.contains { $0.key == read.key && $0.value.isNull && canSee(reader, $0.operation) }
    }

    private func canSee(_ reader: Int, _ writer: Int) -> Bool {
        guard operations[reader].outcome == .ok, let end = operations[reader].completion else { return true }
        return operations[writer].invocation.time <= end.time
    }

    func isEarlier(_ first: Int, _ second: Int) -> Bool { first < second && session[first] == session[second] }

    // The definition.

    /// What each operation sees at least.
    func visible(_ guarantees: Set<Guarantee>) -> [Set<Write>] {
        var visible = operations.indices.map { number in
            Set(reads(number).compactMap { source($0, number) }.filter { $0.operation != number })
        }
        var changes = true
        while changes {
            changes = false
            for number in operations.indices {
                var seen = visible[number]
                for earlier in operations.indices where isEarlier(earlier, number) {
                    if guarantees.contains(.readYourWrites), operations[earlier].outcome == .ok,
                        !reads(number).isEmpty
                    {
                        seen.formUnion(writes(earlier))
                    }
                    if guarantees.contains(.monotonicReads), operations[earlier].outcome == .ok,
                        !reads(earlier).isEmpty,
                        !reads(number).isEmpty
                    {
                        seen.formUnion(visible[earlier])
                    }
                }
                for write in seen {
                    seen.formUnion(writes(write.operation))
                    for earlier in operations.indices {
                        if guarantees.contains(.monotonicWrites), isEarlier(earlier, write.operation) {
                            seen.formUnion(writes(earlier))
                        }
                        if guarantees.contains(.writesFollowReads), !reads(earlier).isEmpty,
                            isEarlier(earlier, write.operation) || earlier == write.operation
                        {
                            seen.formUnion(visible[earlier])
                        }
                    }
                }
                if seen != visible[number] {
                    visible[number] = seen
                    changes = true
                }
            }
        }
        return visible
    }

    /// By write: others that must be older.
    typealias Older = [Write: Set<Write>]

    /// True if no order of the writes, which contains some evidence, lets all of these guarantees be kept.
    func breaks(_ guarantees: Set<Guarantee>, evidence: Older = [:]) -> Bool {
        guard let shown = shown(guarantees) else { return true }
        return Self.hasCircle(Self.union([order(guarantees), evidence, shown]))
    }

    /// What the guarantees ask of the order of writes, whatever is read afterwards.
    func order(_ guarantees: Set<Guarantee>) -> Older {
        let visible = visible(guarantees)
        var older: Older = [:]
        for number in operations.indices {
            for write in writes(number) {
                let replaced = reads(number).compactMap { source($0, number) }
                older[write, default: []].formUnion(
                    replaced.filter { $0.operation != number && $0.key == write.key })
                for earlier in operations.indices where isEarlier(earlier, number) {
                    if guarantees.contains(.monotonicWrites) {
                        older[write, default: []].formUnion(writes(earlier))
                    }
                    if guarantees.contains(.writesFollowReads), !reads(earlier).isEmpty {
                        older[write, default: []].formUnion(visible[earlier])
                    }
                }
                if guarantees.contains(.writesFollowReads), !reads(number).isEmpty {
                    older[write, default: []].formUnion(visible[number].filter { $0.operation != number })
                }
            }
        }
        return older
    }

    /// What is older because a read sees it and shows something else; `nil` if a read sees a write of a key that it shows as
    /// never written.
    func shown(_ guarantees: Set<Guarantee>) -> Older? {
        let visible = visible(guarantees)
        var older: Older = [:]
        for number in operations.indices where operations[number].outcome == .ok {
            for read in reads(number) {
                let others = visible[number].filter { $0.key == read.key && $0.operation != number }
                if isInitial(read, number) {
                    if !others.isEmpty { return nil }
                } else if let source = source(read, number), source.operation != number {
                    older[source, default: []].formUnion(others.filter { $0 != source })
                }
            }
        }
        return older
    }

    static func union(_ orders: [Older]) -> Older {
        orders.reduce(into: [:]) { $0.merge($1) { $0.union($1) } }
    }

    static func hasCircle<Node: Hashable>(_ before: [Node: Set<Node>]) -> Bool {
        var left = before
        while true {
            let free = left.filter { $0.value.allSatisfy { left[$0] == nil } }
            if free.isEmpty { return !left.isEmpty }
            for node in free.keys { left[node] = nil }
        }
    }

    /// By write: all that the history proves to be older, by sessions and reads; a transaction's writes are so together.
    func happensBefore() -> [Write: Set<Write>] {
        var before: [Write: Set<Write>] = [:]
        for number in operations.indices {
            for write in writes(number) {
                for earlier in operations.indices where isEarlier(earlier, number) {
                    before[write, default: []].formUnion(writes(earlier))
                    guard operations[earlier].outcome == .ok else { continue }
                    before[write, default: []].formUnion(reads(earlier).compactMap { source($0, earlier) })
                }
                before[write, default: []].formUnion(
                    reads(number).compactMap { source($0, number) }.filter { $0.operation != number })
            }
        }
        return Self.closed(before.mapValues { Set($0.flatMap { writes($0.operation) }) })
    }

    static func closed<Node: Hashable>(_ before: [Node: Set<Node>]) -> [Node: Set<Node>] {
        var before = before
        var changes = true
        while changes {
            changes = false
            for (node, earlier) in before {
                let all = earlier.reduce(into: earlier) { $0.formUnion(before[$1] ?? []) }
                if all.count > earlier.count {
                    before[node] = all
                    changes = true
                }
            }
        }
        return before
    }
}
