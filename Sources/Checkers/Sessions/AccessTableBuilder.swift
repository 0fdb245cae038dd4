import HistoryModel

extension AccessTable {
    /// The accesses of a history.
    convenience init(_ history: History, _ model: OperationModel = .auto) {
        var builder = AccessTableBuilder(AccessSteps(history, model))
        builder.makeRows()
        builder.makeAccesses()
        builder.resolveReads()
        self.init(builder.table)
    }
}

/// Makes the columns of a history's accesses; each step passes over the operations in their order, which is how they lie in
/// memory.
private struct AccessTableBuilder {
    private(set) var table: AccessColumns
    private let steps: AccessSteps
    private let history: History
    private let columns: OperationColumns
    private let values: ValueStore
    /// By operation: its session, -1 if it is no row.
    private var session: [Int32] = []
    /// By session: where its accesses begin.
    private var firstAccess: [Int32] = []
    private var writes = 0
    /// What is no scalar, by value: a number that takes the place of its bits.
    private var compounds: [Value: UInt32] = [:]
    /// Elements that nobody added.
    private var foreign: [Foreign: Int32] = [:]
    private var map = VersionMap(capacity: 0)
    /// By version: the second one with the same key and value, if this is the first of several; -1 otherwise.
    private var repetition: [Int32] = []

    private struct Foreign: Hashable {
        var key: Int32
        var bits: UInt32
    }

    init(_ steps: AccessSteps) {
        self.steps = steps
        history = steps.history
        columns = history.columns
        values = history.values
        table = AccessColumns(keys: steps.keys)
    }

    // Step 1: where rows and accesses lie.

    mutating func makeRows() {
        session = Array(repeating: -1, count: columns.count)
        var current = [Int32](repeating: -1, count: history.clients.count)
        var rows: [Int32] = []
        var accesses: [Int32] = []
        var buffer: [AccessSteps.Step] = []
        for ordinal in 0..<columns.count {
            let process = Int(columns.process[ordinal])
            if current[process] < 0 {
                current[process] = Int32(rows.count)
                rows.append(0)
                accesses.append(0)
            }
            let number = current[process]
            if columns.outcome[ordinal] == .info { current[process] = -1 }
            buffer.removeAll(keepingCapacity: true)
            steps.append(ordinal, to: &buffer)
            guard !buffer.isEmpty else { continue }
            session[ordinal] = number
            rows[Int(number)] += 1
            accesses[Int(number)] += Int32(buffer.count)
            for step in buffer where step.kind != .read && step.kind != .readAll { writes += 1 }
        }
        place(rows, accesses)
    }

    private mutating func place(_ rows: [Int32], _ accesses: [Int32]) {
        firstAccess = [0]
        for number in rows.indices {
            table.session.append(table.session[number] + rows[number])
            firstAccess.append(firstAccess[number] + accesses[number])
        }
        let rowCount = Int(table.session[rows.count])
        let accessCount = Int(firstAccess[rows.count])
        table.owner = Array(repeating: 0, count: rowCount)
        table.operation = table.owner
        table.call = table.owner
        table.ret = table.owner
        table.first = Array(repeating: Int32(accessCount), count: rowCount + 1)
        table.kind = Array(repeating: .read, count: accessCount)
        table.key = Array(repeating: 0, count: accessCount)
        table.version = table.key
        table.list = table.key
    }

    // Step 2: what lies there, and a version for each write.

    mutating func makeAccesses() {
        startVersions()
        var nextRow = table.session
        var nextAccess = firstAccess
        var buffer: [AccessSteps.Step] = []
        for ordinal in 0..<columns.count where session[ordinal] >= 0 {
            let number = Int(session[ordinal])
            let row = Int(nextRow[number])
            nextRow[number] += 1
            table.owner[row] = Int32(number)
            table.operation[row] = Int32(ordinal)
            table.call[row] = history.call(ordinal)
            table.ret[row] = columns.outcome[ordinal] == .ok ? history.ret(ordinal) : .max
            table.first[row] = nextAccess[number]
            buffer.removeAll(keepingCapacity: true)
            steps.append(ordinal, to: &buffer)
            for step in buffer {
                let access = Int(nextAccess[number])
                nextAccess[number] += 1
                table.kind[access] = step.kind
                table.key[access] = step.key
                if step.kind != .read, step.kind != .readAll { table.version[access] = makeVersion(step, row) }
            }
        }
    }

    private mutating func startVersions() {
        map = VersionMap(capacity: writes)
        let initial = table.keys.count
        table.writer = Array(repeating: -1, count: initial)
        table.versionKey = (0..<Int32(initial)).map(\.self)
        table.value = Array(repeating: .null, count: initial)
        table.isRepeated = Array(repeating: false, count: initial)
        repetition = table.writer
        table.writer.reserveCapacity(initial + writes)
        table.versionKey.reserveCapacity(initial + writes)
        table.value.reserveCapacity(initial + writes)
        table.isRepeated.reserveCapacity(initial + writes)
        repetition.reserveCapacity(initial + writes)
    }

    private mutating func makeVersion(_ step: AccessSteps.Step, _ row: Int) -> Int32 {
        let fresh = Int32(table.writer.count)
        let earlier = map.insert(step.key, bits(step.value), fresh)
        if earlier >= 0 {
            table.isRepeated[Int(earlier)] = true
            if step.kind != .write { return earlier }
            if repetition[Int(earlier)] < 0 { repetition[Int(earlier)] = fresh }
        }
        table.writer.append(Int32(row))
        table.versionKey.append(step.key)
        table.value.append(step.value)
        table.isRepeated.append(earlier >= 0)
        repetition.append(-1)
        return fresh
    }

    /// Equal for equal values of one history.
    private mutating func bits(_ value: ValueRef) -> UInt32 {
        guard !value.isScalar else { return value.bits }
        let fresh = UInt32(compounds.count)
        let full = values.value(value)
        let number = compounds[full, default: fresh]
        compounds[full] = number
        return number
    }

    // Step 3: whose versions were read.

    mutating func resolveReads() {
        var nextRow = table.session
        var buffer: [AccessSteps.Step] = []
        for ordinal in 0..<columns.count where session[ordinal] >= 0 {
            let row = Int(nextRow[Int(session[ordinal])])
            nextRow[Int(session[ordinal])] += 1
            buffer.removeAll(keepingCapacity: true)
            steps.append(ordinal, to: &buffer)
            for (place, step) in buffer.enumerated() {
                let access = Int(table.first[row]) + place
                if step.kind == .read { table.version[access] = origin(step.key, step.value, row) }
                if step.kind == .readAll { table.list[access] = addList(step) }
            }
        }
    }

    /// Which version a row saw: of those with that value, the only one that had been invoked before the row ended.
    private mutating func origin(_ key: Int32, _ value: ValueRef, _ row: Int) -> Int32 {
        let version = map.find(key, bits(value))
        guard version >= 0, table.call[Int(table.writer[Int(version)])] <= table.ret[row] else {
            return value.isNull ? key : AccessTable.nobodys
        }
        let next = repetition[Int(version)]
        let isOnly = next < 0 || table.call[Int(table.writer[Int(next)])] > table.ret[row]
        return isOnly && !value.isNull ? version : AccessTable.unclear
    }

    private mutating func addList(_ step: AccessSteps.Step) -> Int32 {
        let place = table.elements.count
        table.elements.append(0)
        for member in values.lists[values.range(ofList: step.value)] where !steps.isLeftOut(member, Int(step.key)) {
            table.elements.append(element(step.key, member))
        }
        table.elements[place] = Int32(table.elements.count - place - 1)
        return Int32(place)
    }

    /// An element is the same whoever added it, and whenever.
    private mutating func element(_ key: Int32, _ value: ValueRef) -> Int32 {
        let bits = bits(value)
        let version = map.find(key, bits)
        guard version < 0 else { return version }
        let fresh = Int32(table.elementCount)
        let number = foreign[Foreign(key: key, bits: bits), default: fresh]
        if number == fresh {
            foreign[Foreign(key: key, bits: bits)] = fresh
            table.foreign.append(value)
        }
        return number
    }
}
