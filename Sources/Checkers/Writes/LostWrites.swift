import HistoryModel

/// Every acknowledged update is there at the end, or was overwritten by a later one.
///
/// An added or appended element must be in some final read begun after it was acknowledged, and in some dump. Not all
/// values of a register that final reads show, nor all that dumps show, may be older than an acknowledged write; which is
/// older, the session order and reads-from must prove. What some replicas show and others do not is not lost: that they
/// differ is for `Convergence`.
struct LostWrites {
    private let versions: CausalVersions
    private let finals: FinalReadings
    private var table: AccessTable { versions.table }
    private var history: History { versions.history }
    private var draft: VerdictDraft
    private var judged: Set<Int> = []

    /// An acknowledged update.
    private struct Update {
        var row: Int
        var operation: Int
        var version: Int32
    }

    static func draft(_ versions: CausalVersions, _ finals: FinalReadings, _ options: CheckOptions) -> VerdictDraft
    {
        LostWrites(versions, finals, options).draft
    }

    private init(_ versions: CausalVersions, _ finals: FinalReadings, _ options: CheckOptions) {
        self.versions = versions
        self.finals = finals
        draft = VerdictDraft(.noLostWrites, options, algorithm: "")
        let updates = acknowledged()
        for key in table.keys.elementsFirst { check(key, updates[key]) }
        draft.algorithm = "final reads and dumps: " + versions.algorithm(judged)
    }

    /// By key, in the order of their invocations.
    private func acknowledged() -> [[Update]] {
        var updates = [[Update]](repeating: [], count: table.keys.count)
        for row in table.rowsByOperation().map(Int.init) where table.isOK(row) {
            for access in table.accesses(row) where table.kind[access] != .read && table.kind[access] != .readAll {
                updates[Int(table.key[access])].append(
                    Update(row: row, operation: Int(table.operation[row]), version: table.version[access]))
            }
        }
        return updates
    }

    private mutating func check(_ key: Int, _ updates: [Update]) {
        let readings = finals.readings[key]
        draft.count("final-reads", readings.count)
        draft.doubtProblem(table.keys, key)
        guard table.keys.problem[key] == nil else { return }
        guard !updates.isEmpty else { return }
        let before = draft.counted("acknowledged-updates-judged")
        if table.keys.kind[key] == .register {
            checkRegister(key, updates, readings)
        } else {
            checkElements(key, updates, readings)
        }
        if draft.counted("acknowledged-updates-judged") > before {
            judged.insert(key)
        } else {
            let why = finals.isCutShort ? " outside of all faults" : ""
            draft.doubt(
                "\(table.keys.title(key)) has \(updates.count) acknowledged updates and no final read or dump after "
                    + "them\(why): end the run with final reads or dumps")
        }
    }

    private mutating func checkElements(_ key: Int, _ updates: [Update], _ readings: [FinalReading]) {
        var told: Set<Int32> = []
        for update in updates {
            let later = readings.filter { history.completed(update.operation, before: $0.operation) }
            guard !later.isEmpty else { continue }
            draft.count("acknowledged-updates-judged")
            // A replica that lacks what another one has is behind, or differs from it: that is for convergence.
            let kinds = [later.filter { !$0.isDump }, later.filter(\.isDump)]
            let missed = kinds.first { readings in
                !readings.isEmpty && !readings.contains { $0.elements.contains(update.version) }
            }
            guard let missed, told.insert(update.version).inserted else { continue }
            report(
                key, update, [], missed[0], "absent from \(missed.count) of \(later.count) final reads and dumps")
        }
    }

    private mutating func checkRegister(_ key: Int, _ updates: [Update], _ readings: [FinalReading]) {
        countRegister(updates, readings)
        if updates.contains(where: { hangsOnStranger($0, readings) }) {
            draft.doubt(
                "\(table.keys.title(key)) ends with a value that no write left: see no-dirty-reads and convergence")
        }
        var told: Set<Int> = []
        for reading in readings {
            if reading.version == AccessTable.unclear { draft.doubtUnclear(table.keys, key) }
            let lost = updates.last {
                history.completed($0.operation, before: reading.operation)
                    && versions.isOlder(reading, than: $0.row)
                    && !isShown($0, readings.filter { $0.isDump == reading.isDump })
            }
            guard let lost, told.insert(lost.operation).inserted else { continue }
            report(key, lost, versions.seenWrite(reading.version), reading, nil)
        }
    }

    /// Whether some reading after an update shows it or what may have replaced it: then the others are behind, or differ,
    /// and that is for convergence.
    private func isShown(_ update: Update, _ readings: [FinalReading]) -> Bool {
        readings.contains {
            history.completed(update.operation, before: $0.operation) && !versions.isOlder($0, than: update.row)
        }
    }

    /// Whether only a value that no write left speaks against the loss of an update.
    private func hangsOnStranger(_ update: Update, _ readings: [FinalReading]) -> Bool {
        guard readings.contains(where: \.hasStranger) else { return false }
        return [false, true].contains { isDump in
            let alike = readings.filter { $0.isDump == isDump }
            return isShown(update, alike) && !isShown(update, alike.filter { !$0.hasStranger })
        }
    }

    /// Only the last acknowledged write of a session can be missed: it overwrote the earlier ones.
    private mutating func countRegister(_ updates: [Update], _ readings: [FinalReading]) {
        let covered = updates.filter { update in
            readings.contains { history.completed(update.operation, before: $0.operation) }
        }
        draft.count("acknowledged-updates-judged", Set(covered.map { table.owner[$0.row] }).count)
    }

    private mutating func report(
        _ key: Int, _ lost: Update, _ seen: [Anomaly.Step], _ reading: FinalReading, _ detail: String?
    ) {
        draft.report(
            Anomaly(
                .lostWrite, key: table.keys.names[key],
                [Anomaly.Step(versions.index(lost.row), .expectedWrite)] + seen
                    + [Anomaly.Step(versions.index(operation: reading.operation), .finalRead)], detail: detail))
    }
}
