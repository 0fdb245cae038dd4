import HistoryModel

/// An atomic read of several keys at one node is a prefix of the write order of its timeline: a write that is shown
/// brings all that happened before it.
///
/// The write order is known where sessions and reads-from prove it, so this is sound and needs no order of the system.
struct ConsistentPrefixNode {
    private let causes: Causes
    private var versions: SessionVersions { causes.versions }
    private var accesses: Accesses { causes.versions.accesses }
    private var draft: VerdictDraft

    static func draft(_ causes: Causes, _ options: CheckOptions) -> VerdictDraft {
        ConsistentPrefixNode(causes, options).draft
    }

    private init(_ causes: Causes, _ options: CheckOptions) {
        self.causes = causes
        draft = VerdictDraft(
            .consistentPrefixNode, options,
            algorithm: "atomic reads against happens-before of one timeline (sound, may miss)")
        for operation in accesses.readingsOf.indices {
            let readings = accesses.readingsOf[operation].filter {
                accesses.readings[$0].source == .txn && !accesses.keys[accesses.readings[$0].key].isSet
                    && accesses.keys[accesses.readings[$0].key].problem == nil
            }
            if readings.count > 1 { check(readings.map { accesses.readings[$0] }) }
        }
        for key in accesses.keys { draft.doubtProblem(key) }
    }

    private mutating func check(_ readings: [Reading]) {
        let origins = readings.map { accesses.origin($0) }
        for (reading, origin) in zip(readings, origins) where origin == .ambiguous {
            draft.doubtAmbiguous(accesses.keys[reading.key])
        }
        for (effect, origin) in zip(readings, origins) {
            guard case .update(let write) = origin else { continue }
            for (other, seen) in zip(readings, origins) where other.key != effect.key {
                check(write, other, seen)
            }
        }
    }

    /// Judges what a read that shows the write `effect` shows of another key.
    private mutating func check(_ effect: Int, _ reading: Reading, _ seen: Origin) {
        let needed = causes.causes(of: effect, on: reading.key)
        guard !needed.isEmpty else { return }
        draft.count("atomic-reads-of-effects")
        let missed = needed.first { versions.isOlder(seen, than: $0) && canReplace(seen, effect) }
        guard let missed else { return }
        draft.report(
            Anomaly(
                .brokenPrefix, key: accesses.keys[reading.key].name,
                [
                    Anomaly.Step(accesses.index(missed), .cause), Anomaly.Step(accesses.index(effect), .effect),
                ] + versions.seenWrite(seen) + [Anomaly.Step(accesses.index(reading.operation), .violatingRead)]))
    }

    /// False if what was seen may come after the cause in the order of a later timeline.
    private func canReplace(_ seen: Origin, _ effect: Int) -> Bool {
        guard case .update(let write) = seen else { return true }
        guard let timeline = causes.timelines.timeline(write), let limit = causes.timelines.timeline(effect)
        else { return false }
        return timeline <= limit
    }
}
