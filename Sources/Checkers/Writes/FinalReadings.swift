import HistoryModel

/// What one key held at the end, as a final read or a dump shows it.
struct FinalReading {
    /// The ordinal of the operation in the history.
    var operation: Int
    /// What a register held: a version, `AccessTable.nobodys` or `unclear`.
    var version: Int32
    /// What a register held beside it, where a system keeps what was written without knowledge of each other.
    var siblings: [Int32] = []
    /// What a set or list held.
    var elements: Set<Int32>
    /// What nobody ever wrote or put there, of a dump.
    var strangers: [Value] = []
    var isDump: Bool

    /// True for a register with a value that no write left.
    var hasStranger: Bool { version == AccessTable.nobodys || siblings.contains(AccessTable.nobodys) }
}

/// All that shows how the keys ended.
///
/// Nothing counts that was read while a fault was active that keeps replicas apart: the end had not come. A kill does
/// not keep apart: a dead node answers nothing.
struct FinalReadings {
    /// By key.
    private(set) var readings: [[FinalReading]]
    /// True if some were left out because a fault was active.
    private(set) var isCutShort = false

    init(_ table: AccessTable, _ history: History) {
        readings = [[FinalReading]](repeating: [], count: table.keys.count)
        let healing = Healing(history)
        for row in table.rowsByOperation().map(Int.init) where table.isOK(row) {
            let operation = Int(table.operation[row])
            guard history.isFinal(operation) else { continue }
            let isHealed = healing.isHealed(history.operations[operation])
            for access in table.accesses(row) where Self.isReading(access, row, table) {
                guard isHealed else {
                    isCutShort = true
                    continue
                }
                let isList = table.kind[access] == .readAll
                readings[Int(table.key[access])].append(
                    FinalReading(
                        operation: operation, version: table.version[access],
                        elements: isList ? Set(table.list(access)) : [], isDump: false))
            }
        }
        let dumps = Dump.all(history)
        let sibling = history.values.ref(of: .string("sibling"))
        guard !dumps.isEmpty || sibling != nil else { return }
        let values = ValueVersions(table, history)
        if sibling != nil { addSiblings(table, history, values) }
        for dump in dumps {
            guard healing.isHealed(history.operations[dump.operation]) else {
                isCutShort = true
                continue
            }
            add(dump, table, values)
        }
    }

    /// What final reads of registers told beside their values: `sibling` in the metadata, one or a list.
    private mutating func addSiblings(_ table: AccessTable, _ history: History, _ values: ValueVersions) {
        for key in readings.indices where table.keys.kind[key] == .register {
            for index in readings[key].indices {
                let operation = readings[key][index].operation
                guard let told = history.operations[operation].meta["sibling"] else { continue }
                readings[key][index].siblings = (told.list ?? [told]).map {
                    values.version(values.spelling($0, key), key, seenBy: operation)
                }
            }
        }
    }

    /// A cas is no final read, nor is what shows a transaction its own writes.
    private static func isReading(_ access: Int, _ row: Int, _ table: AccessTable) -> Bool {
        guard table.kind[access] == .readAll || table.kind[access] == .read, !table.isInternal(access, row)
        else { return false }
        return !table.accesses(row).contains { table.kind[$0] == .write && table.key[$0] == table.key[access] }
    }

    /// The values of a register in a dump: a list that nobody wrote as such is one of siblings.
    private func siblings(_ held: Value, _ key: Int, _ values: ValueVersions, _ operation: Int) -> [Value] {
        guard let list = held.list, !list.isEmpty,
            values.version(held, key, seenBy: operation) == AccessTable.nobodys
        else { return [held] }
        return list
    }

    private mutating func add(_ dump: Dump, _ table: AccessTable, _ values: ValueVersions) {
        for (key, name) in table.keys.names.enumerated() {
            guard let name, table.keys.problem[key] == nil, dump.speaks(of: name) else { continue }
            let kind = table.keys.kind[key]
            let held = dump[name, isSet: kind != .register]
            var reading = FinalReading(
                operation: dump.operation, version: Int32(key), elements: [], isDump: true)
            switch kind {
            case .register:
                let all = siblings(held, key, values, dump.operation)
                let spelt = all.map { values.spelling($0, key) }
                let versions = spelt.map { values.version($0, key, seenBy: dump.operation) }
                reading.version = versions[0]
                reading.siblings = Array(versions.dropFirst())
                reading.strangers = zip(spelt, versions).filter { $1 == AccessTable.nobodys }.map(\.0)
            case .set, .list:
                for element in held.list ?? (held.isNull ? [] : [held]) {
                    let value = values.spelling(element, key)
                    if values.isRemoved(value, key) { continue }
                    if let version = values.element(value, key) {
                        reading.elements.insert(version)
                    } else {
                        reading.strangers.append(value)
                    }
                }
            case .counter, .other: continue
            }
            readings[key].append(reading)
        }
    }
}

extension CausalVersions {
    /// Whether all that a register held is older than a write.
    func isOlder(_ reading: FinalReading, than row: Int) -> Bool {
        isOlder(reading.version, than: row) && reading.siblings.allSatisfy { isOlder($0, than: row) }
    }
}

extension Dump {
    /// The dumps that were answered.
    static func all(_ history: History) -> [Dump] {
        guard let function = history.functions.firstIndex(of: "dump") else { return [] }
        return (0..<history.columns.count).compactMap { ordinal in
            guard Int(history.columns.function[ordinal].number) == function else { return nil }
            return Dump(history.operations[ordinal], ordinal)
        }
    }
}

/// When faults that keep replicas apart were active.
struct Healing {
    private let windows: [FaultWindow]
    private let heals: [Int64]

    init(_ history: History) {
        windows = history.faultWindows.filter { $0.kind != "kill" }
        heals = history.nemesis.filter { $0.f == "heal" }.map(\.time)
    }

    /// True if no such fault was active when the operation was invoked.
    func isHealed(_ operation: HistoryModel.Operation) -> Bool {
        let time = operation.invocation.time
        return !windows.contains { window in
            guard window.start <= time else { return false }
            if let end = window.end, end <= time { return false }
            return !heals.contains { window.start <= $0 && $0 <= time }
        }
    }
}
