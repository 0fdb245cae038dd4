import HistoryModel

/// The transactions of a history as columns of dense small numbers; single reads, writes and appends count as
/// transactions of one micro-operation, and so does a `cas` (it reads the old value and writes the new one).
struct TransactionTable {
    enum Kind: UInt8 {
        case read, append, write
    }

    enum Status: UInt8 {
        case ok
        /// It certainly did not happen.
        case fail
        /// It may have happened: it counts if somebody saw what it wrote.
        case info
    }

    // By transaction, in the order of invocations.

    /// The ordinal in the history.
    var operation: [Int32] = []
    /// A process up to its first `info`, `0..<sessionCount`; within a session transactions ascend.
    var session: [Int32] = []
    /// The instant of the invocation.
    var call: [Int32] = []
    /// The instant of the completion; `.max` where it is `info` or missing. Equal instants are concurrent.
    var ret: [Int32] = []
    var status: [Status] = []
    /// Micro-operations of transaction `t`: `first[t]..<first[t + 1]`; one entry more than there are transactions.
    var first: [Int32] = [0]

    // By micro-operation, in program order.

    var kind: [Kind] = []
    /// The key, `0..<keyCount`.
    var key: [Int32] = []
    /// The version: the number of the pair of key and value over all keys, `0..<versionCount`. What was written or
    /// appended, or what a read of a register saw; -1: the initial `null`, a list, or nobody knows. A read of a list that
    /// saw something else has the number of that.
    var value: [Int32] = []
    /// Whether a read's answer is known. Of `info` only what a `cas` must have seen is, provided that it happened.
    var isKnown: [Bool] = []
    /// What a read of a list saw: a range of `elements`. Reads of equal lists may share it.
    var listFirst: [Int32] = []
    var listCount: [Int32] = []

    /// Versions, for the reads of lists.
    var elements: [Int32] = []

    // By key.

    var keyNames: [String] = []
    /// Whether it is appended to; a register otherwise.
    var isList: [Bool] = []
    /// Why a key cannot be judged: what is left of it proves violations, but never their absence.
    var keyProblem: [String?] = []

    // By version.

    /// The micro-operation that wrote it: the first of a transaction that may have happened, failing that the first of
    /// one that did not; -1: nobody.
    var writeOf: [Int32] = []
    /// Written by several micro-operations of transactions that may have happened: nobody knows whose a read saw.
    var isRepeated: [Bool] = []

    /// What it stands for.
    var values: [ValueRef] = []

    var sessionCount = 0
    /// Why the history as a whole cannot be judged: operations that no transaction stands for.
    var problems: [String] = []

    var count: Int { operation.count }
    var keyCount: Int { keyNames.count }
    var versionCount: Int { writeOf.count }

    /// By micro-operation: its transaction.
    var owner: [Int32] = []

    /// The micro-operations of a transaction.
    func micros(_ transaction: Int) -> Range<Int> {
        Int(first[transaction])..<Int(first[transaction + 1])
    }

    /// The transaction that wrote a version, -1 if nobody did.
    func writer(_ version: Int) -> Int {
        writeOf[version] < 0 ? -1 : Int(owner[Int(writeOf[version])])
    }

    /// Where a read of a list has its elements.
    func list(_ micro: Int) -> Range<Int> {
        Int(listFirst[micro])..<Int(listFirst[micro] + listCount[micro])
    }
}
