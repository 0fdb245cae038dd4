import HistoryModel

/// Nothing was read that was rolled back later, that a failed write would have written, or that nobody wrote.
///
/// Rolled back is an element that no final read or dump shows any more, and a register's version that is newer than
/// every final one; what another write may have replaced is no evidence. A dump shows what nobody wrote too, but a value
/// that the last dumps do not agree in, and that no client read, is for `Convergence`.
struct DirtyReads {
    private let versions: CausalVersions
    private let finals: FinalReadings
    private let sightings: Sightings
    private var table: AccessTable { versions.table }
    private var history: History { versions.history }
    private var draft: VerdictDraft
    private var judged: Set<Int> = []

    static func draft(_ versions: CausalVersions, _ finals: FinalReadings, _ options: CheckOptions) -> VerdictDraft
    {
        DirtyReads(versions, finals, options).draft
    }

    private init(_ versions: CausalVersions, _ finals: FinalReadings, _ options: CheckOptions) {
        self.versions = versions
        self.finals = finals
        sightings = Sightings(versions.table, versions.history, finals)
        draft = VerdictDraft(.noDirtyReads, options, algorithm: "")
        var seen = [[Int32]](repeating: [], count: table.keys.count)
        for version in table.keys.count..<table.versionCount where sightings.first[version] >= 0 {
            seen[Int(table.versionKey[version])].append(Int32(version))
        }
        checkStrangers(seen)
        for key in table.keys.elementsFirst { check(key, seen[key]) }
        draft.algorithm = "reads against final reads and dumps: " + versions.algorithm(judged)
    }

    private mutating func check(_ key: Int, _ seen: [Int32]) {
        draft.count("final-reads", finals.readings[key].count)
        draft.doubtProblem(table.keys, key)
        guard table.keys.problem[key] == nil else { return }
        if sightings.isUnclear[key] { draft.doubtUnclear(table.keys, key) }
        checkFate(key, seen)
    }

    /// What failed, nobody wrote, or was seen before somebody put it there.
    private mutating func checkStrangers(_ seen: [[Int32]]) {
        var found = sightings.strangers.map { (operation: $0.value, key: $0.key.key, value: $0.key.value) }
        for version in seen.joined() where isEarly(version) {
            found.append(
                (
                    Int(sightings.first[version]), Int(table.versionKey[version]),
                    history.values.value(table.value[version])
                ))
        }
        guard !found.isEmpty else { return }
        let values = ValueVersions(table, history)
        let texts = found.map { (finding: $0, text: String(decoding: JSONText.bytes($0.value), as: UTF8.self)) }
        for (finding, text) in texts.sorted(by: {
            ($0.finding.key, $0.finding.operation, $0.text) < ($1.finding.key, $1.finding.operation, $1.text)
        }) {
            let read = Anomaly.Step(versions.index(operation: finding.operation), .violatingRead)
            if let failed = values.failedUpdate(finding.value, finding.key) {
                let write = Anomaly.Step(versions.index(operation: failed), .seenWrite)
                draft.report(Anomaly(.readOfFailedWrite, key: table.keys.names[finding.key], [write, read]))
            } else {
                draft.report(
                    Anomaly(
                        .phantomRead, key: table.keys.names[finding.key], [read],
                        detail: "nobody had written \(text)"))
            }
        }
    }

    /// True for an element that was seen before anybody began to put it there.
    private func isEarly(_ version: Int32) -> Bool {
        table.call[Int(table.writer[Int(version)])] > history.ret(Int(sightings.first[version]))
    }

    /// What was there, and is not there at the end.
    private mutating func checkFate(_ key: Int, _ seen: [Int32]) {
        let before = seen.filter { sightings.firstBeforeEnd[$0] >= 0 && !isEarly($0) }.sorted {
            (sightings.firstBeforeEnd[$0], $0) < (sightings.firstBeforeEnd[$1], $1)
        }
        var unjudged = 0
        for version in before {
            let operation = Int(sightings.firstBeforeEnd[version])
            let write = Int(table.writer[Int(version)])
            let later = finals.readings[key].filter { history.completed(operation, before: $0.operation) }
            guard !later.isEmpty else {
                unjudged += 1
                continue
            }
            draft.count("values-judged")
            judged.insert(key)
            guard later.allSatisfy({ isRolledBack(key, version, write, $0) }) else { continue }
            draft.report(
                Anomaly(
                    .rolledBackRead, key: table.keys.names[key],
                    [
                        Anomaly.Step(versions.index(write), .seenWrite),
                        Anomaly.Step(versions.index(operation: operation), .violatingRead),
                        Anomaly.Step(versions.index(operation: later[0].operation), .finalRead),
                    ]))
        }
        guard unjudged > 0 else { return }
        draft.doubt(
            "\(unjudged) values read of \(table.keys.title(key)) have no final read or dump after them: end the run with "
                + "final reads")
    }

    private func isRolledBack(_ key: Int, _ version: Int32, _ write: Int, _ reading: FinalReading) -> Bool {
        if table.keys.kind[key] != .register { return !reading.elements.contains(version) }
        return versions.isOlder(reading, than: write)
    }
}
