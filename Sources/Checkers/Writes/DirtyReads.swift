import HistoryModel

/// Nothing was read that was rolled back later, that a failed write would have written, or that nobody wrote.
///
/// Rolled back is an element that no final read or dump shows any more, and a register's version that is newer than
/// every final one; what another write may have replaced is no evidence.
struct DirtyReads {
    private let versions: SessionVersions
    private let finals: FinalReadings
    private var accesses: Accesses { versions.accesses }
    private var draft: VerdictDraft
    private var judged: Set<Int> = []

    static func draft(_ versions: SessionVersions, _ finals: FinalReadings, _ options: CheckOptions) -> VerdictDraft
    {
        DirtyReads(versions, finals, options).draft
    }

    private init(_ versions: SessionVersions, _ finals: FinalReadings, _ options: CheckOptions) {
        self.versions = versions
        self.finals = finals
        draft = VerdictDraft(.noDirtyReads, options, algorithm: "")
        for number in accesses.keys.indices { check(number) }
        draft.algorithm = "reads against final reads and dumps: " + versions.algorithm(judged)
    }

    private mutating func check(_ number: Int) {
        let key = accesses.keys[number]
        draft.count("final-reads", finals.readings[number].count)
        guard key.problem == nil else { return draft.doubtProblem(key) }
        let seen = firstSightings(number)
        for (value, operation) in seen.sorted(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
            checkOrigin(number, value, operation)
        }
        for reading in finals.readings[number] where reading.isDump { checkForeign(key, reading) }
        checkFate(number, key)
    }

    /// By value: the operation that saw it and was completed first; final ones too.
    private func firstSightings(_ number: Int, finalToo: Bool = true) -> [Int: Int] {
        var first: [Int: Int] = [:]
        func note(_ value: Int, _ operation: Int) {
            guard let known = first[value] else {
                first[value] = operation
                return
            }
            if end(operation) < end(known) { first[value] = operation }
        }
        let isSet = accesses.keys[number].isSet
        for position in accesses.keys[number].readings {
            let reading = accesses.readings[position]
            guard finalToo || !reading.isFinal else { continue }
            if isSet {
                reading.elements.forEach { note($0, reading.operation) }
            } else {
                note(reading.value, reading.operation)
            }
        }
        guard finalToo else { return first }
        for reading in finals.readings[number] where reading.isDump {
            if isSet { reading.elements.forEach { note($0, reading.operation) } }
            if !isSet, let value = reading.value { note(value, reading.operation) }
        }
        return first
    }

    /// Where its completion stands among the events.
    private func end(_ operation: Int) -> Int32 {
        let completion = accesses.history.columns.completion[operation]
        return completion < 0 ? .max : completion
    }

    /// What failed or nobody wrote.
    private mutating func checkOrigin(_ number: Int, _ value: Int, _ operation: Int) {
        let key = accesses.keys[number]
        switch accesses.origin(value, key: number, reader: operation) {
        case .initial, .update: break
        case .ambiguous: if !key.isSet { draft.doubtAmbiguous(key) }
        case .failed(let write):
            draft.report(
                Anomaly(
                    .readOfFailedWrite, key: key.name,
                    [
                        Anomaly.Step(accesses.index(write), .seenWrite),
                        Anomaly.Step(accesses.index(operation), .violatingRead),
                    ]))
        case .phantom:
            draft.report(phantom(key, operation, key.values[value]))
        }
    }

    private mutating func checkForeign(_ key: KeyAccesses, _ reading: FinalReading) {
        if !key.isSet, reading.value == nil,
            let dump = accesses.dumps.first(where: { $0.operation == reading.operation })
        {
            draft.report(phantom(key, reading.operation, dump[key.name ?? "", isSet: false]))
        }
        for element in reading.foreign { draft.report(phantom(key, reading.operation, element)) }
    }

    private func phantom(_ key: KeyAccesses, _ operation: Int, _ value: Value) -> Anomaly {
        let text = String(decoding: JSONText.bytes(value), as: UTF8.self)
        return Anomaly(
            .phantomRead, key: key.name, [Anomaly.Step(accesses.index(operation), .violatingRead)],
            detail: "nobody had written \(text)")
    }

    /// What was there, and is not there at the end.
    private mutating func checkFate(_ number: Int, _ key: KeyAccesses) {
        let seen = firstSightings(number, finalToo: false).filter { key.isSet || $0.key != 0 }
        var unjudged = 0
        for (value, operation) in seen.sorted(by: { ($0.value, $0.key) < ($1.value, $1.key) }) {
            guard case .update(let write) = origin(number, value, operation) else { continue }
            let later = finals.readings[number].filter { accesses.completed(operation, before: $0.operation) }
            guard !later.isEmpty else {
                unjudged += 1
                continue
            }
            draft.count("values-judged")
            judged.insert(number)
            guard later.allSatisfy({ isRolledBack(number, value, write, $0) }) else { continue }
            draft.report(
                Anomaly(
                    .rolledBackRead, key: key.name,
                    [
                        Anomaly.Step(accesses.index(write), .seenWrite),
                        Anomaly.Step(accesses.index(operation), .violatingRead),
                        Anomaly.Step(accesses.index(later[0].operation), .finalRead),
                    ]))
        }
        guard unjudged > 0 else { return }
        draft.doubt(
            "\(unjudged) values read of \(key.title) have no final read or dump after them: end the run with final reads"
        )
    }

    /// Elements may be added twice: the first add stands for all.
    private func origin(_ number: Int, _ value: Int, _ operation: Int) -> Origin {
        let origin = accesses.origin(value, key: number, reader: operation)
        guard origin == .ambiguous, accesses.keys[number].isSet,
            let add = accesses.keys[number].writers[value].first
        else { return origin }
        return .update(add)
    }

    private func isRolledBack(_ number: Int, _ value: Int, _ write: Int, _ reading: FinalReading) -> Bool {
        if accesses.keys[number].isSet { return !reading.elements.contains(value) }
        guard let final = reading.value else { return false }
        return versions.isOlder(accesses.origin(final, key: number, reader: reading.operation), than: write)
    }
}
