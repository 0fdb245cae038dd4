import HistoryModel

/// Which operation saw each version first, of those that were answered.
struct Sightings {
    /// What was seen although nobody can have written it by then.
    struct Stranger: Hashable {
        var key: Int
        var value: Value
    }

    /// By version: the ordinal of the operation that saw it and was completed first, -1 if none did. Dumps and final reads too.
    private(set) var first: [Int32]
    /// The same without dumps and final reads.
    private(set) var firstBeforeEnd: [Int32]
    private(set) var strangers: [Stranger: Int] = [:]
    /// By key: some answer does not tell which write it saw.
    private(set) var isUnclear: [Bool]
    private let table: AccessTable
    private let history: History

    init(_ table: AccessTable, _ history: History, _ finals: FinalReadings) {
        self.table = table
        self.history = history
        first = Array(repeating: -1, count: table.versionCount)
        firstBeforeEnd = first
        isUnclear = Array(repeating: false, count: table.keys.count)
        let rows = table.rowsByOperation()
        for row in rows where table.isOK(Int(row)) { note(Int(row)) }
        noteValues(rows)
        noteRemovable()
        for key in 0..<table.keys.count {
            for reading in finals.readings[key] where reading.isDump || !reading.siblings.isEmpty {
                note(reading, key)
            }
            noteStrangers(finals.readings[key], key)
        }
    }

    /// What nobody wrote and dumps show. Of a value that some replicas hold and others do not, convergence tells, unless a
    /// failed write left it.
    private mutating func noteStrangers(_ readings: [FinalReading], _ key: Int) {
        guard readings.contains(where: { !$0.strangers.isEmpty }) else { return }
        let values = ValueVersions(table, history)
        var last: [String: FinalReading] = [:]
        for reading in readings where reading.isDump {
            if let node = history.operations[reading.operation].node { last[node] = reading }
        }
        for reading in readings {
            for value in reading.strangers {
                let holders = last.values.count { $0.strangers.contains(value) }
                let isDisputed = holders > 0 && holders < last.count
                if isDisputed, values.isUnheardOf(value, key) { continue }
                note(Stranger(key: key, value: value), reading.operation)
            }
        }
    }

    private mutating func note(_ row: Int) {
        let operation = Int(table.operation[row])
        let isFinal = history.isFinal(operation)
        for access in table.accesses(row) {
            if table.kind[access] == .readAll {
                for element in table.list(access) where Int(element) < table.versionCount {
                    // What a transaction sees of its own appends is not committed yet.
                    if table.writer[Int(element)] == Int32(row) { continue }
                    note(element, operation, isFinal: isFinal)
                }
            } else if table.kind[access] == .read, !table.isInternal(access, row) {
                let version = table.version[access]
                if version >= 0 { note(version, operation, isFinal: isFinal) }
                if version == AccessTable.unclear { isUnclear[Int(table.key[access])] = true }
            }
        }
    }

    private mutating func note(_ reading: FinalReading, _ key: Int) {
        for element in reading.elements { note(element, reading.operation, isFinal: true) }
        guard table.keys.kind[key] == .register else { return }
        for version in [reading.version] + reading.siblings where version >= 0 {
            note(version, reading.operation, isFinal: true)
        }
        if reading.version == AccessTable.unclear { isUnclear[key] = true }
    }

    private mutating func note(_ version: Int32, _ operation: Int, isFinal: Bool) {
        let place = Int(version)
        if first[place] < 0 || end(operation) < end(Int(first[place])) { first[place] = Int32(operation) }
        guard !isFinal else { return }
        if firstBeforeEnd[place] < 0 || end(operation) < end(Int(firstBeforeEnd[place])) {
            firstBeforeEnd[place] = Int32(operation)
        }
    }

    private mutating func note(_ stranger: Stranger, _ operation: Int) {
        if let known = strangers[stranger], end(known) <= end(operation) { return }
        strangers[stranger] = operation
    }

    /// Where its completion stands among the events.
    private func end(_ operation: Int) -> Int32 {
        let completion = history.columns.completion[operation]
        return completion < 0 ? .max : completion
    }

    /// Elements of sets that are taken out have no versions either, but nobody sees one before somebody may put it there.
    private mutating func noteRemovable() {
        let keys = table.keys
        guard (0..<keys.count).contains(where: { keys.removals($0) > 0 }) else { return }
        var added: [Stranger: Int32] = [:]
        for ordinal in 0..<history.columns.count where history.operations[ordinal].f == "add" {
            guard history.columns.outcome[ordinal] != .fail else { continue }
            let value = history.values.value(history.columns.argument[ordinal])
            let element = Stranger(key: keys.number(history.columns.key[ordinal]), value: value)
            added[element] = added[element] ?? history.call(ordinal)
        }
        let steps = AccessSteps(history, keys.model)
        var buffer: [AccessSteps.Step] = []
        for ordinal in 0..<history.columns.count where history.columns.outcome[ordinal] == .ok {
            buffer.removeAll(keepingCapacity: true)
            steps.append(ordinal, to: &buffer)
            for step in buffer where step.kind == .readAll && keys.removals(Int(step.key)) > 0 {
                for member in history.values.elements(step.value) ?? [] where steps.isLeftOut(member, Int(step.key))
                {
                    let element = Stranger(key: Int(step.key), value: history.values.value(member))
                    if added[element].map({ $0 > history.ret(ordinal) }) ?? true { note(element, ordinal) }
                }
            }
        }
    }

    /// What nobody wrote has no version: its value is in the history alone.
    private mutating func noteValues(_ rows: [Int32]) {
        var steps: AccessSteps?
        var buffer: [AccessSteps.Step] = []
        for row in rows where table.isOK(Int(row)) {
            for (place, access) in table.accesses(Int(row)).enumerated() {
                let key = Int(table.key[access])
                let operation = Int(table.operation[Int(row)])
                if table.kind[access] == .readAll {
                    for element in table.list(access) where Int(element) >= table.versionCount {
                        let value = history.values.value(table.value(of: element))
                        note(Stranger(key: key, value: value), operation)
                    }
                } else if table.kind[access] == .read, table.version[access] == AccessTable.nobodys {
                    let known = steps ?? AccessSteps(history, table.keys.model)
                    steps = known
                    buffer.removeAll(keepingCapacity: true)
                    known.append(operation, to: &buffer)
                    note(Stranger(key: key, value: history.values.value(buffer[place].value)), operation)
                }
            }
        }
    }
}
