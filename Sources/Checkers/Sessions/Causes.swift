import HistoryModel

/// Which write of one key is among the causes of a write of another: it was acknowledged to, or read by, somebody whose
/// later writes led there.
struct Causes {
    let versions: SessionVersions
    let timelines: Timelines
    /// By register key: its writes that may have happened, by session and in its order.
    private let writes: [[(session: Int, operations: [Int])]]

    init(_ versions: SessionVersions) {
        self.versions = versions
        timelines = Timelines(versions.accesses.history)
        let accesses = versions.accesses
        writes = accesses.keys.map { key in
            guard !key.isSet, key.problem == nil else { return [] }
            var bySession: [Int: [Int]] = [:]
            for position in key.updates where accesses.updates[position].outcome != .fail {
                let operation = accesses.updates[position].operation
                bySession[versions.sessions.session[operation], default: []].append(operation)
            }
            return bySession.sorted { $0.key < $1.key }.map { (session: $0.key, operations: $0.value) }
        }
    }

    /// The latest write of `key` in each session that some causes reach; `place` says how far they reach into a session.
    func latest(on key: Int, place: (Int) -> Int) -> [Int] {
        writes[key].compactMap { session, operations in
            let reached = place(session)
            let count = operations.partitioningIndex { versions.sessions.place[$0] > reached }
            return count > 0 ? operations[count - 1] : nil
        }
    }

    /// The latest writes of `key` before `effect` on the effect's timeline, one for each session.
    ///
    /// A cause on another timeline may have been lost in a failover before the effect was written: then it is missing
    /// from the order that the effect belongs to, and `no-lost-writes` tells.
    func causes(of effect: Int, on key: Int) -> [Int] {
        writes[key].compactMap { session, operations in
            let reached = versions.order.time(effect, session: session)
            let count = operations.partitioningIndex { versions.sessions.place[$0] > reached }
            return operations[..<count].last { timelines.areSame($0, effect) }
        }
    }
}
