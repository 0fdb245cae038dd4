import HistoryModel

/// What the operations of a history wrote and saw, as the checkers of orders take it: single operations and whole
/// transactions alike.
struct OrderFacts {
    let table: TransactionTable
    let reads: ReadsFrom
    let writers: KeyWriters
    /// In which order lists hold what was appended.
    let versions: VersionOrders
    /// No transaction writes: each operation does one thing, or reads several keys at one moment.
    let isPlain: Bool
    /// By transaction: whether it compares and writes at one moment.
    private let isCas: [Bool]

    init(_ history: History) {
        table = TransactionTable(history)
        reads = ReadsFrom(table)
        writers = KeyWriters(reads)
        versions = VersionOrders(reads, writers, isImmediate: false)
        let functions = table.operation.map { history.operations[Int($0)].f }
        isCas = functions.map { $0 == "cas" }
        isPlain = Self.isPlain(history)
    }

    /// Whether no transaction of a history writes; quick, because it is asked before anything else is made.
    static func isPlain(_ history: History) -> Bool {
        guard let txn = history.functions.firstIndex(of: "txn") else { return true }
        let (columns, values) = (history.columns, history.values)
        let read = values.ref(of: "r")
        return !(0..<columns.count).contains { ordinal in
            Int(columns.function[ordinal].number) == txn
                && values.range(ofList: columns.argument[ordinal]).contains { micro in
                    let parts = values.range(ofList: values.lists[micro])
                    return !parts.isEmpty && values.lists[parts.lowerBound] != read
                }
        }
    }

    /// A read of a list that is no beginning of the longest one.
    struct OddList {
        var transaction: Int
        var key: Int
        /// Who appended its elements, in the order of the list; what nobody appended, or only tried to, is told elsewhere.
        var writers: [Int]
    }

    /// All such reads, in the order of their operations.
    var oddLists: [OddList] {
        table.kind.indices.filter { reads.lists.isIncompatible[$0] }.map { micro in
            let writers = table.list(micro).map { table.writer(Int(table.elements[$0])) }
            return OddList(
                transaction: Int(table.owner[micro]), key: Int(table.key[micro]),
                writers: writers.filter { $0 >= 0 && reads.isIncluded[$0] })
        }
    }

    /// Whether an operation wrote anything that counts.
    func writes(_ transaction: Int) -> Bool { !writers.entries(transaction).isEmpty }

    /// Whether what it read is the state that it wrote to.
    func readsWhereItWrites(_ transaction: Int) -> Bool { isCas[transaction] || !writes(transaction) }

    /// Who appended to a list what its longest read shows, in that order.
    func head(_ key: Int) -> ArraySlice<Int32> {
        let order = versions.keys[key]
        return order.members[..<order.headCount]
    }

    /// Why an order that explains what is known need not explain everything.
    var doubts: [String] {
        table.problems
            + reads.doubts.enumerated().compactMap { key, doubt in
                doubt.map { "key \"\(table.keyNames[key])\": \($0)" }
            }
    }
}
