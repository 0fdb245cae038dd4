import HistoryModel

/// No session sees an effect and afterwards misses its cause: having read a write, it does not read another key as it
/// was before a write that the first one followed.
///
/// Only what was read counts as seen; own writes belong to `read-your-writes`, the same key to `monotonic-reads`.
struct ConsistentPrefixSession {
    private let causes: Causes
    private var versions: SessionVersions { causes.versions }
    private var accesses: Accesses { causes.versions.accesses }
    private var draft: VerdictDraft
    private var steps = 0
    private let limit: Int

    /// What a session has read of one key.
    private struct Seen {
        var reach = HappensBefore.Reach()
        /// Each version once, with the operation that read it.
        var versions: [(write: Int, read: Int)] = []
    }

    static func draft(_ causes: Causes, _ options: CheckOptions) -> VerdictDraft {
        ConsistentPrefixSession(causes, options).draft
    }

    private init(_ causes: Causes, _ options: CheckOptions) {
        self.causes = causes
        limit = options.limits.steps
        draft = VerdictDraft(
            .consistentPrefixSession, options,
            algorithm: "reads of sessions against happens-before of one timeline (sound, may miss)")
        for operations in causes.versions.sessions.operations where steps < limit {
            check(operations)
        }
        if steps >= limit {
            draft.doubt("more than \(limit) steps: raise the step limit or check a shorter history")
        }
        for key in accesses.keys { draft.doubtProblem(key) }
    }

    private mutating func check(_ operations: [Int]) {
        var seen: [Int: Seen] = [:]
        for operation in operations {
            let readings = accesses.readingsOf[operation].map { accesses.readings[$0] }.filter {
                !accesses.keys[$0.key].isSet && accesses.keys[$0.key].problem == nil
            }
            // What one atomic read shows together is judged as a node's prefix, so compare first and add then.
            for reading in readings { check(reading, seen) }
            for reading in readings {
                guard case .update(let write) = accesses.origin(reading) else { continue }
                add(write, operation, to: &seen[reading.key, default: Seen()])
            }
        }
    }

    private func add(_ write: Int, _ read: Int, to seen: inout Seen) {
        guard seen.versions.last?.write != write else { return }
        versions.order.extend(&seen.reach, with: write)
        seen.versions.append((write, read))
    }

    private mutating func check(_ reading: Reading, _ seen: [Int: Seen]) {
        let origin = accesses.origin(reading)
        if origin == .ambiguous { draft.doubtAmbiguous(accesses.keys[reading.key]) }
        var hasCause = false
        for (key, effects) in seen.sorted(by: { $0.key < $1.key }) where key != reading.key {
            let latest = causes.latest(on: reading.key) { versions.order.place(effects.reach, session: $0) }
            steps += 1
            guard !latest.isEmpty, let last = effects.versions.last?.write else { continue }
            hasCause = hasCause || !causes.causes(of: last, on: reading.key).isEmpty
            guard latest.contains(where: { versions.isOlder(origin, than: $0) }),
                report(reading, origin, effects)
            else { continue }
            break
        }
        if hasCause { draft.count("effect-then-cause-reads") }
    }

    /// Finds the first effect that the session had read whose cause is newer than what it reads now.
    private mutating func report(_ reading: Reading, _ origin: Origin, _ effects: Seen) -> Bool {
        for (effect, read) in effects.versions {
            steps += 1
            let missed = causes.causes(of: effect, on: reading.key).first { versions.isOlder(origin, than: $0) }
            guard let missed else { continue }
            draft.report(
                Anomaly(
                    .effectWithoutCause, key: accesses.keys[reading.key].name,
                    [
                        Anomaly.Step(accesses.index(missed), .cause), Anomaly.Step(accesses.index(effect), .effect),
                        Anomaly.Step(accesses.index(read), .earlierRead),
                    ] + versions.seenWrite(origin)
                        + [Anomaly.Step(accesses.index(reading.operation), .violatingRead)]))
            return true
        }
        return false
    }
}
