import HistoryModel

/// What a session reads of a key never goes back to an older version (Terry et al., PDIS 1994).
///
/// Going back is proven by the order of writes, by the initial value after a written one, and by a version that comes
/// again after another (A, B, A): no order of versions explains that.
struct MonotonicReads {
    private let versions: SessionVersions
    private var accesses: Accesses { versions.accesses }
    private var draft: VerdictDraft
    private var judged: Set<Int> = []

    /// What a session has seen of one register.
    private struct Seen {
        var origins: [Origin] = []
        var readings: [Int] = []
        /// The versions seen and all that came before them: tells quickly that a version is new.
        var reach = HappensBefore.Reach()
        var hasWrite = false
    }

    init(_ versions: SessionVersions, _ options: CheckOptions) {
        self.versions = versions
        draft = VerdictDraft(.monotonicReads, options, algorithm: "")
        for operations in versions.sessions.operations {
            check(operations)
        }
        for key in accesses.keys { draft.doubtProblem(key) }
        draft.algorithm = versions.algorithm(judged)
    }

    static func draft(_ versions: SessionVersions, _ options: CheckOptions) -> VerdictDraft {
        MonotonicReads(versions, options).draft
    }

    private mutating func check(_ operations: [Int]) {
        var registers: [Int: Seen] = [:]
        var elements: [Int: [Int: Int]] = [:]
        for operation in operations {
            for position in accesses.readingsOf[operation] {
                let reading = accesses.readings[position]
                guard accesses.keys[reading.key].problem == nil else { continue }
                if accesses.keys[reading.key].isSet {
                    checkSet(reading, &elements[reading.key, default: [:]])
                } else {
                    checkRegister(position, &registers[reading.key, default: Seen()])
                }
            }
        }
    }

    private mutating func checkRegister(_ position: Int, _ seen: inout Seen) {
        let reading = accesses.readings[position]
        let origin = accesses.origin(reading)
        if seen.hasWrite {
            draft.count("successive-reads")
            judged.insert(reading.key)
        }
        switch origin {
        case .ambiguous: draft.doubtAmbiguous(accesses.keys[reading.key])
        case .failed, .phantom: break
        case .initial, .update:
            guard origin != seen.origins.last else { return }
            if let newer = newer(than: origin, seen) { report(reading, origin, seen, newer) }
            seen.origins.append(origin)
            seen.readings.append(position)
            guard case .update(let write) = origin else { return }
            versions.order.extend(&seen.reach, with: write)
            seen.hasWrite = true
        }
    }

    /// Where in what was seen a version lies that is newer than this one.
    private func newer(than origin: Origin, _ seen: Seen) -> Int? {
        if case .update(let write) = origin, !versions.order.contains(seen.reach, write) { return nil }
        if let first = seen.origins.firstIndex(of: origin) {
            return seen.origins.indices.last { $0 > first && seen.origins[$0] != origin }
        }
        return seen.origins.indices.last { index in
            guard case .update(let write) = seen.origins[index] else { return false }
            return versions.isOlder(origin, than: write)
        }
    }

    private mutating func report(_ reading: Reading, _ origin: Origin, _ seen: Seen, _ newer: Int) {
        var evidence: [Anomaly.Step] = []
        if case .update(let write) = seen.origins[newer] {
            evidence.append(Anomaly.Step(accesses.index(write), .expectedWrite))
        }
        evidence += versions.seenWrite(origin)
        let earlier = accesses.readings[seen.readings[newer]].operation
        evidence.append(Anomaly.Step(accesses.index(earlier), .earlierRead))
        evidence.append(Anomaly.Step(accesses.index(reading.operation), .violatingRead))
        let isAgain = seen.origins[..<newer].contains(origin)
        draft.report(
            Anomaly(
                .readWentBack, key: accesses.keys[reading.key].name, evidence,
                detail: isAgain ? "the session had seen this version before the newer one" : nil))
    }

    /// `seen` holds by element the first operation of the session that saw it.
    private mutating func checkSet(_ reading: Reading, _ seen: inout [Int: Int]) {
        if !seen.isEmpty {
            draft.count("successive-reads")
            judged.insert(reading.key)
        }
        let present = Set(reading.elements)
        let missing = seen.keys.filter { !present.contains($0) }.sorted()
        if let first = missing.first, let earlier = seen[first] {
            draft.report(
                Anomaly(
                    .readWentBack, key: accesses.keys[reading.key].name,
                    [
                        Anomaly.Step(accesses.index(earlier), .earlierRead),
                        Anomaly.Step(accesses.index(reading.operation), .violatingRead),
                    ],
                    detail: "element \(text(first, reading.key)) is gone"
                        + (missing.count > 1 ? " and \(missing.count - 1) more" : "")))
        }
        for element in present where seen[element] == nil {
            seen[element] = reading.operation
        }
    }

    private func text(_ element: Int, _ key: Int) -> String {
        String(decoding: JSONText.bytes(accesses.keys[key].values[element]), as: UTF8.self)
    }
}
