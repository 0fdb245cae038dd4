import HistoryModel

/// Which reads say that their operation came after what they saw.
enum CausalScope {
    /// Those of registers.
    case registers
    /// Those of sets and lists, too, as far as it is known who put their elements there.
    case all
}

/// Who reads and writes what, as columns: the operations of each session in program order, and what each of them reads
/// and writes of one key.
///
/// Left out is what certainly did not happen, reads that were not answered, and keys of which nothing can be judged.
final class AccessTable: Sendable {
    enum Kind: UInt8 {
        /// What a register held.
        case read
        /// A value for a register.
        case write
        /// All elements of a set or list.
        case readAll
        /// One element for a set.
        case add
        /// One element for the end of a list.
        case append
    }

    /// A version that nobody wrote who may have been seen.
    static let nobodys: Int32 = -1
    /// A version that several operations may have written.
    static let unclear: Int32 = -2

    // By row: one operation. The rows of a session are neighbours.

    /// The session.
    let owner: [Int32]
    /// The ordinal in the history.
    let operation: [Int32]
    /// The instant of the invocation.
    let call: [Int32]
    /// The instant of the completion; `.max` where nobody knows how it ended. Equal instants are concurrent.
    let ret: [Int32]
    /// Accesses of row `r`: `first[r]..<first[r + 1]`; one entry more than there are rows.
    let first: [Int32]

    // By access, in program order.

    let kind: [Kind]
    let key: [Int32]
    /// What was written or seen. For reads also `nobodys` and `unclear`; 0 for a `readAll`.
    let version: [Int32]
    /// What a `readAll` saw: a range of `elements`. 0 for others.
    let list: [Int32]

    /// Lists of versions, each behind its length. An element is the version of whoever put it there first; those that nobody
    /// put there have numbers from `versionCount` on.
    let elements: [Int32]
    let foreign: [ValueRef]

    // By session.

    /// Rows of session `s`: `session[s]..<session[s + 1]`; one entry more than there are sessions.
    let session: [Int32]

    // By version: first the initial one of each key, then one for each write and for each different element, in the order
    // of invocations.

    /// The row that wrote it, the first of those that put the element there; -1 for initial ones.
    let writer: [Int32]
    /// The key it is a version of.
    let versionKey: [Int32]
    let value: [ValueRef]
    /// Whether several operations wrote it or put it there: then nobody knows whose it is.
    let isRepeated: [Bool]

    let keys: KeyTable

    init(_ columns: AccessColumns) {
        owner = columns.owner
        operation = columns.operation
        call = columns.call
        ret = columns.ret
        first = columns.first
        kind = columns.kind
        key = columns.key
        version = columns.version
        list = columns.list
        elements = columns.elements
        foreign = columns.foreign
        session = columns.session
        writer = columns.writer
        versionKey = columns.versionKey
        value = columns.value
        isRepeated = columns.isRepeated
        keys = columns.keys
    }

    var count: Int { operation.count }
    var sessionCount: Int { session.count - 1 }
    var versionCount: Int { writer.count }
    /// As many as there are versions and foreign elements.
    var elementCount: Int { writer.count + foreign.count }

    /// The accesses of a row.
    func accesses(_ row: Int) -> Range<Int> { Int(first[row])..<Int(first[row + 1]) }

    /// The rows of a session.
    func rows(_ session: Int) -> Range<Int> { Int(self.session[session])..<Int(self.session[session + 1]) }

    /// What a `readAll` saw.
    func list(_ access: Int) -> ArraySlice<Int32> { list(at: list[access]) }

    /// Where in `elements` stands what a `readAll` saw.
    func places(_ access: Int) -> Range<Int> { list(access).indices }

    /// The row that put the element at a place of `elements` there; `nil` if nobody can say, or if a row that shows it had
    /// ended before.
    func source(_ place: Int, _ row: Int) -> Int? {
        let element = Int(elements[place])
        guard element < versionCount, !isRepeated[element] else { return nil }
        let writer = Int(writer[element])
        return call[writer] <= ret[row] ? writer : nil
    }

    /// A list by its place in `elements`.
    func list(at place: Int32) -> ArraySlice<Int32> {
        let first = Int(place) + 1
        return elements[first..<first + Int(elements[Int(place)])]
    }

    /// The rows in the order of the operations: so versions come in the order of their numbers, and loops over millions of
    /// them find what they look up in the cache.
    func rowsByOperation() -> [Int32] {
        guard let last = operation.max() else { return [] }
        var rows = [Int32](repeating: -1, count: Int(last) + 1)
        for row in operation.indices { rows[Int(operation[row])] = Int32(row) }
        return rows.filter { $0 >= 0 }
    }

    /// True for a read of what its own operation wrote.
    func isInternal(_ access: Int, _ row: Int) -> Bool {
        guard accesses(row).count > 1 else { return false }
        return version[access] >= 0 && Int(version[access]) < versionCount
            && writer[Int(version[access])] == Int32(row)
    }

    func isOK(_ row: Int) -> Bool { ret[row] != .max }

    /// What was written, or what a foreign element is.
    func value(of element: Int32) -> ValueRef {
        Int(element) < versionCount ? value[Int(element)] : foreign[Int(element) - versionCount]
    }

    func isInitial(_ version: Int32) -> Bool { Int(version) < keys.count }

    /// True if the first row had certainly ended when the second began.
    func completed(_ first: Int, before second: Int) -> Bool {
        ret[first] < call[second] || first < second && owner[first] == owner[second]
    }
}

/// The columns of an `AccessTable` while they are made.
struct AccessColumns {
    var owner: [Int32] = []
    var operation: [Int32] = []
    var call: [Int32] = []
    var ret: [Int32] = []
    var first: [Int32] = [0]
    var kind: [AccessTable.Kind] = []
    var key: [Int32] = []
    var version: [Int32] = []
    var list: [Int32] = []
    var elements: [Int32] = [0]
    var foreign: [ValueRef] = []
    var session: [Int32] = [0]
    var writer: [Int32] = []
    var versionKey: [Int32] = []
    var value: [ValueRef] = []
    var isRepeated: [Bool] = []
    var keys: KeyTable

    /// Without any accesses yet.
    init(keys: KeyTable) { self.keys = keys }

    var elementCount: Int { writer.count + foreign.count }
}
