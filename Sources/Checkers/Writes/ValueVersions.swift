import HistoryModel

/// The versions of a history by key and value, and the updates that certainly did not happen: for what stands in dumps, and
/// for what nobody can have written.
struct ValueVersions {
    private struct Place: Hashable {
        var key: Int
        var value: Value
    }

    private let table: AccessTable
    private let history: History
    /// In the order of their invocations.
    private var versions: [Place: [Int32]] = [:]
    /// The first update of each value that certainly did not happen.
    private var failed: [Place: Int] = [:]

    init(_ table: AccessTable, _ history: History) {
        self.table = table
        self.history = history
        for version in table.keys.count..<table.versionCount {
            let place = Place(
                key: Int(table.versionKey[version]), value: history.values.value(table.value[version]))
            versions[place, default: []].append(Int32(version))
        }
        for ordinal in 0..<history.columns.count where history.columns.outcome[ordinal] == .fail {
            noteFailed(ordinal)
        }
    }

    private mutating func noteFailed(_ ordinal: Int) {
        let operation = history.operations[ordinal]
        let key = table.keys.number(history.columns.key[ordinal])
        switch operation.f {
        case "write", "add", "append": note(key, operation.argument, ordinal)
        case "cas": if let value = operation.argument.list?.last { note(key, value, ordinal) }
        case "txn":
            for micro in history.values.elements(history.columns.argument[ordinal]) ?? [] {
                guard let parts = history.values.elements(micro), parts.count == 3,
                    history.values.string(parts[parts.startIndex]) != "r",
                    let key = table.keys.known(parts[parts.startIndex + 1])
                else { continue }
                note(Int(key), history.values.value(parts[parts.startIndex + 2]), ordinal)
            }
        default: break
        }
    }

    private mutating func note(_ key: Int, _ value: Value, _ ordinal: Int) {
        let place = Place(key: key, value: value)
        failed[place] = failed[place] ?? ordinal
    }

    /// What an operation saw that saw a value: `nobodys`, `unclear`, or of those with that value the only version that had
    /// been invoked before it ended.
    func version(_ value: Value, _ key: Int, seenBy operation: Int) -> Int32 {
        let end = history.columns.outcome[operation] == .ok ? history.ret(operation) : .max
        let possible = (versions[Place(key: key, value: value)] ?? []).filter {
            table.call[Int(table.writer[Int($0)])] <= end
        }
        if value.isNull { return possible.isEmpty ? Int32(key) : AccessTable.unclear }
        return possible.isEmpty ? AccessTable.nobodys : possible.count == 1 ? possible[0] : AccessTable.unclear
    }

    /// Who put an element there first, whenever; `nil` if nobody did.
    func element(_ value: Value, _ key: Int) -> Int32? { versions[Place(key: key, value: value)]?.first }

    /// The update of a value that certainly did not happen, if there was no other.
    func failedUpdate(_ value: Value, _ key: Int) -> Int? {
        let place = Place(key: key, value: value)
        return versions[place] == nil ? failed[place] : nil
    }

    /// True if no update of the key had this value, whatever came of it.
    func isUnheardOf(_ value: Value, _ key: Int) -> Bool {
        let place = Place(key: key, value: value)
        return versions[place] == nil && failed[place] == nil
    }

    /// True for an element of a set that has no version, because it is taken out again, or may have been.
    func isRemoved(_ value: Value, _ key: Int) -> Bool { table.keys.isRemoved(value, key) }

    /// Dumps turn decimal text into numbers; clients may have meant the text.
    func spelling(_ value: Value, _ key: Int) -> Value {
        guard let int = value.int, versions[Place(key: key, value: value)] == nil, !isRemoved(value, key) else {
            return value
        }
        let text = Value.string(String(int))
        return isUnheardOf(text, key) && !isRemoved(text, key) ? value : text
    }
}
