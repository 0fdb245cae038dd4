import HistoryModel

/// A session sees its own acknowledged writes: a read of a key after an own `ok` write returns that or a later version
/// (Terry et al., PDIS 1994; Viotti and Vukolić 2016).
///
/// Own writes that ended in `info` oblige nobody, and end the session.
struct ReadYourWrites {
    private let versions: SessionVersions
    private var accesses: Accesses { versions.accesses }
    private var draft: VerdictDraft
    private var judged: Set<Int> = []

    init(_ versions: SessionVersions, _ options: CheckOptions) {
        self.versions = versions
        draft = VerdictDraft(.readYourWrites, options, algorithm: "")
        for operations in versions.sessions.operations {
            check(operations)
        }
        for key in accesses.keys { draft.doubtProblem(key) }
        draft.algorithm = versions.algorithm(judged)
    }

    static func draft(_ versions: SessionVersions, _ options: CheckOptions) -> VerdictDraft {
        ReadYourWrites(versions, options).draft
    }

    private mutating func check(_ operations: [Int]) {
        var lastWrite: [Int: Int] = [:]
        var added: [Int: [Int]] = [:]
        for operation in operations {
            for position in accesses.readingsOf[operation] {
                let reading = accesses.readings[position]
                if let write = lastWrite[reading.key] { checkRegister(reading, write) }
                if let adds = added[reading.key] { checkSet(reading, adds) }
            }
            guard let update = accesses.updateOf[operation].map({ accesses.updates[$0] }), update.outcome == .ok,
                accesses.keys[update.key].problem == nil
            else { continue }
            if accesses.keys[update.key].isSet {
                added[update.key, default: []].append(operation)
            } else {
                lastWrite[update.key] = operation
            }
        }
    }

    private mutating func checkRegister(_ reading: Reading, _ write: Int) {
        draft.count("reads-after-own-write")
        judged.insert(reading.key)
        let origin = accesses.origin(reading)
        if origin == .ambiguous { draft.doubtAmbiguous(accesses.keys[reading.key]) }
        guard versions.isOlder(origin, than: write) else { return }
        draft.report(
            Anomaly(
                .missedOwnWrite, key: accesses.keys[reading.key].name,
                [Anomaly.Step(accesses.index(write), .expectedWrite)] + versions.seenWrite(origin)
                    + [Anomaly.Step(accesses.index(reading.operation), .violatingRead)]))
    }

    private mutating func checkSet(_ reading: Reading, _ adds: [Int]) {
        draft.count("reads-after-own-write")
        judged.insert(reading.key)
        let present = Set(reading.elements)
        let missing = adds.filter { add in
            accesses.updateOf[add].map { !present.contains(accesses.updates[$0].value) } ?? false
        }
        guard let first = missing.first else { return }
        draft.report(
            Anomaly(
                .missedOwnWrite, key: accesses.keys[reading.key].name,
                [
                    Anomaly.Step(accesses.index(first), .expectedWrite),
                    Anomaly.Step(accesses.index(reading.operation), .violatingRead),
                ],
                detail: missing.count > 1 ? "\(missing.count) own elements are missing" : nil))
    }
}
