import HistoryModel

/// One read inside a `txn`.
struct MicroRead {
    var key: String
    var value: ValueRef

    /// The reads of a `txn`; `nil` if it does anything else.
    static func all(_ txn: ValueRef, _ values: ValueStore) -> [MicroRead]? {
        guard txn.isList else { return nil }
        let read = values.ref(of: "r")
        var reads: [MicroRead] = []
        for micro in values.range(ofList: txn) {
            let parts = values.range(ofList: values.lists[micro])
            guard parts.count == 3, values.lists[parts.lowerBound] == read,
                let key = keyName(values.value(values.lists[parts.lowerBound + 1]))
            else { return nil }
            reads.append(MicroRead(key: key, value: values.lists[parts.lowerBound + 2]))
        }
        return reads
    }

    /// The keys of any `txn`, as far as they can be made out.
    static func keys(_ txn: Value) -> [String] {
        (txn.list ?? []).compactMap { micro in
            micro.list.flatMap { $0.count > 1 ? keyName($0[1]) : nil }
        }
    }

    static func keyName(_ value: Value) -> String? {
        value.string ?? value.int.map { String($0) }
    }
}

/// Everything that one node held at the end.
struct Dump {
    /// The ordinal of the operation in the history.
    var operation: Int
    var node: String?
    private var values: [String: Value] = [:]
    /// Whether keys that are missing live at other nodes.
    private(set) var isPartial = false

    /// `nil` unless the dump was answered with a list of `[key, value]`.
    init?(_ operation: HistoryModel.Operation, _ ordinal: Int) {
        guard operation.outcome == .ok, let list = operation.result.list else { return nil }
        self.operation = ordinal
        node = operation.node
        for pair in list {
            if pair == .list(["partial"]) {
                isPartial = true
                continue
            }
            guard let sides = pair.list, sides.count == 2, let key = sides[0].string else { return nil }
            values[key] = sides[1] == .list([]) ? .null : Self.canonical(sides[1])
        }
    }

    /// What the node held under a key, `null` if nothing or an empty list. Of a set: its elements in one order.
    subscript(key: String, isSet isSet: Bool) -> Value {
        let value = values[key] ?? .null
        guard isSet, let elements = value.list else { return value }
        let ordered = elements.sorted { JSONText.bytes($0).lexicographicallyPrecedes(JSONText.bytes($1)) }
        return .list(ordered)
    }

    var keys: [String] { values.keys.sorted() }

    /// Whether it says something of a key.
    func speaks(of key: String) -> Bool { !isPartial || values[key] != nil }

    /// Nodes keep numbers as text: whole numbers become numbers.
    private static func canonical(_ value: Value) -> Value {
        switch value {
        case .string(let text):
            guard let int = Int64(text), String(int) == text else { return value }
            return .int(int)
        case .list(let elements): return .list(elements.map(canonical))
        default: return value
        }
    }
}
