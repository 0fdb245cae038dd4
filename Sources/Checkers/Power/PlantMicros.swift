import HistoryModel

/// The reads and writes inside transactions, as planting needs them; single reads, writes and appends are transactions too.
struct PlantMicros {
    /// One answered read.
    struct Read {
        var operation: Int
        /// Its place in the transaction; -1 for a single read.
        var place: Int
        var key: String
        var value: Value
    }

    private struct Version: Hashable {
        var key: String
        var value: Value
    }

    private let history: History
    private(set) var reads: [Read] = []
    /// By operation: its place in `reads`.
    private var readsOf: [Int: Range<Int>] = [:]
    /// By operation and key: the values that it wrote, in its order.
    private var writesOf: [Int: [String: [Value]]] = [:]
    /// By version: the one operation that may have written it, -1 if there are several.
    private var writers: [Version: Int] = [:]
    /// By version: two operations that read a list with it.
    private var shownBy: [Version: (Int, Int)] = [:]
    /// By key: what only operations that failed wrote.
    private(set) var failed: [String: [Value]] = [:]
    private var lists: Set<String> = []
    /// By operation: keys that it uses before a place, once for each.
    private var isRepeatedUse: Set<[Int]> = []

    init(_ history: History) {
        self.history = history
        for ordinal in 0..<history.columns.count { add(ordinal) }
        for key in failed.keys {
            failed[key]?.removeAll { writers[Version(key: key, value: $0)] != nil }
        }
        for read in reads where lists.contains(read.key) {
            let elements = elements(read)
            for element in elements { noteShown(Version(key: read.key, value: element), read.operation) }
            guard elements.count > 1 else { continue }
            noteShown(Version(key: read.key, value: .list(Array(elements[..<2]))), read.operation)
        }
    }

    private mutating func add(_ ordinal: Int) {
        let operation = history.operations[ordinal]
        let isOk = operation.outcome == .ok
        let first = reads.count
        switch operation.f {
        case "txn":
            var used: Set<String> = []
            for (place, micro) in ((isOk ? operation.result : operation.argument).list ?? []).enumerated() {
                guard let parts = micro.list, parts.count == 3, let key = MicroRead.keyName(parts[1]) else {
                    continue
                }
                if !used.insert(key).inserted { isRepeatedUse.insert([ordinal, place]) }
                if parts[0] != "r" { write(ordinal, key, parts[2], isList: parts[0] == "append") }
                if parts[0] == "r", isOk {
                    addRead(Read(operation: ordinal, place: place, key: key, value: parts[2]))
                }
            }
        case "read":
            guard isOk, let key = operation.key else { break }
            addRead(Read(operation: ordinal, place: -1, key: key, value: operation.result))
        case "write", "append":
            guard let key = operation.key else { break }
            write(ordinal, key, operation.argument, isList: operation.f == "append")
        default: break
        }
        readsOf[ordinal] = first..<reads.count
    }

    private mutating func addRead(_ read: Read) {
        if read.value.list != nil { lists.insert(read.key) }
        reads.append(read)
    }

    private mutating func write(_ ordinal: Int, _ key: String, _ value: Value, isList: Bool) {
        if isList { lists.insert(key) }
        let version = Version(key: key, value: value)
        if history.columns.outcome[ordinal] == .fail {
            failed[key, default: []].append(value)
            return
        }
        writers[version] = writers[version].map { $0 == ordinal ? ordinal : -1 } ?? ordinal
        writesOf[ordinal, default: [:]][key, default: []].append(value)
    }

    private mutating func noteShown(_ version: Version, _ operation: Int) {
        guard let known = shownBy[version] else {
            shownBy[version] = (operation, operation)
            return
        }
        if known.0 == known.1, known.0 != operation { shownBy[version]?.1 = operation }
    }

    func isList(_ key: String) -> Bool { lists.contains(key) }

    func elements(_ read: Read) -> [Value] { read.value.list ?? [] }

    func reads(_ operation: Int) -> ArraySlice<Read> { reads[readsOf[operation] ?? 0..<0] }

    func writes(_ operation: Int, _ key: String) -> [Value] { writesOf[operation]?[key] ?? [] }

    /// The only operation that may have written a value.
    func writer(_ value: Value, _ key: String) -> Int? {
        writers[Version(key: key, value: value)].flatMap { $0 < 0 ? nil : $0 }
    }

    /// Whether some read of an operation that is none of these shows an element, or begins with a list of two.
    func isShown(_ element: Value, _ key: String, besides operations: [Int]) -> Bool {
        guard let known = shownBy[Version(key: key, value: element)] else { return false }
        return !operations.contains(known.0) || !operations.contains(known.1)
    }

    /// The newest that a read shows; `nil` for nothing at all.
    func last(_ read: Read) -> Value? {
        isList(read.key) ? elements(read).last : read.value.isNull ? nil : read.value
    }

    /// Whether a read shows a value, where an empty list is nothing.
    func same(_ read: Read, _ value: Value) -> Bool {
        isList(read.key) ? elements(read) == value.list ?? [] : read.value == value
    }

    /// Whether the transaction does nothing with the key before this read.
    func isFirstUse(_ read: Read) -> Bool { !isRepeatedUse.contains([read.operation, read.place]) }

    func isUsed(_ number: Int64) -> Bool { writers.keys.contains { $0.value == .int(number) } }

    /// The answer of the operation with another value for a read.
    func changed(_ read: Read, _ value: Value) -> Value? {
        guard read.place >= 0 else { return value }
        guard var micros = history.operations[read.operation].result.list, var parts = micros[read.place].list
        else {
            return nil
        }
        parts[2] = value
        micros[read.place] = .list(parts)
        return .list(micros)
    }
}
