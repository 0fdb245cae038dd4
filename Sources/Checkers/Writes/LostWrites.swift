import HistoryModel

/// Every acknowledged update is there at the end, or was overwritten by a later one.
///
/// An added element must be in every final read and dump begun after it was acknowledged. A register's final value must
/// not be older than an acknowledged write; which is older, the session order and reads-from must prove.
struct LostWrites {
    private let versions: SessionVersions
    private let finals: FinalReadings
    private var accesses: Accesses { versions.accesses }
    private var draft: VerdictDraft
    private var judged: Set<Int> = []

    static func draft(_ versions: SessionVersions, _ finals: FinalReadings, _ options: CheckOptions) -> VerdictDraft
    {
        LostWrites(versions, finals, options).draft
    }

    private init(_ versions: SessionVersions, _ finals: FinalReadings, _ options: CheckOptions) {
        self.versions = versions
        self.finals = finals
        draft = VerdictDraft(.noLostWrites, options, algorithm: "")
        for number in accesses.keys.indices { check(number) }
        draft.algorithm = "final reads and dumps: " + versions.algorithm(judged)
    }

    private mutating func check(_ number: Int) {
        let key = accesses.keys[number]
        let readings = finals.readings[number]
        draft.count("final-reads", readings.count)
        guard key.problem == nil else { return draft.doubtProblem(key) }
        let acknowledged = key.updates.map { accesses.updates[$0] }.filter { $0.outcome == .ok }
        guard !acknowledged.isEmpty else { return }
        let before = draft.counted("acknowledged-updates-judged")
        if key.isSet { checkSet(key, acknowledged, readings) } else { checkRegister(key, acknowledged, readings) }
        if draft.counted("acknowledged-updates-judged") > before {
            judged.insert(number)
        } else {
            let why = finals.isCutShort ? " outside of all faults" : ""
            draft.doubt(
                "\(key.title) has \(acknowledged.count) acknowledged updates and no final read or dump after them\(why): "
                    + "end the run with final reads or dumps")
        }
    }

    private mutating func checkSet(_ key: KeyAccesses, _ adds: [Update], _ readings: [FinalReading]) {
        var told: Set<Int> = []
        for add in adds {
            let later = readings.filter { accesses.completed(add.operation, before: $0.operation) }
            guard !later.isEmpty else { continue }
            draft.count("acknowledged-updates-judged")
            let missing = later.filter { !$0.elements.contains(add.value) }
            guard let first = missing.first, told.insert(add.value).inserted else { continue }
            report(
                key, add.operation, [], first,
                "absent from \(missing.count) of \(later.count) final reads and dumps")
        }
    }

    private mutating func checkRegister(_ key: KeyAccesses, _ writes: [Update], _ readings: [FinalReading]) {
        countRegister(writes, readings)
        var told: Set<Int> = []
        for reading in readings {
            guard let value = reading.value else {
                draft.doubt("\(key.title) ends with a value that no client wrote: see no-dirty-reads")
                continue
            }
            let origin = accesses.origin(value, key: writes[0].key, reader: reading.operation)
            switch origin {
            case .ambiguous: draft.doubtAmbiguous(key)
            case .failed, .phantom:
                draft.doubt("\(key.title) ends with a value whose write did not happen: see no-dirty-reads")
            case .initial, .update: break
            }
            let lost = writes.last {
                accesses.completed($0.operation, before: reading.operation)
                    && versions.isOlder(origin, than: $0.operation)
            }
            guard let lost, told.insert(lost.operation).inserted else { continue }
            report(key, lost.operation, versions.seenWrite(origin), reading, nil)
        }
    }

    /// Only the last acknowledged write of a session can be missed: it overwrote the earlier ones.
    private mutating func countRegister(_ writes: [Update], _ readings: [FinalReading]) {
        let covered = writes.filter { write in
            readings.contains { accesses.completed(write.operation, before: $0.operation) }
        }
        draft.count(
            "acknowledged-updates-judged", Set(covered.map { versions.sessions.session[$0.operation] }).count)
    }

    private mutating func report(
        _ key: KeyAccesses, _ lost: Int, _ seen: [Anomaly.Step], _ reading: FinalReading, _ detail: String?
    ) {
        draft.report(
            Anomaly(
                .lostWrite, key: key.name,
                [Anomaly.Step(accesses.index(lost), .expectedWrite)] + seen
                    + [Anomaly.Step(accesses.index(reading.operation), .finalRead)], detail: detail))
    }
}
