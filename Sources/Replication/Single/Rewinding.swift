// How a node comes back whose log went another way than its leader's: with `--rewind on` it takes a copy of the leader's
// state in the place of its own, and says what it lost.
extension SingleLeaderReplica {
    private static let shownKeys = 20

    /// The log holds entries that the leader has not; whether something is done about it.
    mutating func rewind() -> Bool {
        guard configuration.rewinds else { return false }
        isRewinding = true
        readiness = .diverged
        link = .idle(retryAt: now)
        return true
    }

    /// The state that a snapshot is put into.
    func blank(_ header: SnapshotHeader) -> Store {
        guard isRewinding, has(.noRewind) else { return Store(position: header.start) }
        var store = applied
        store.settle(at: header.start)
        return store
    }

    /// Names the entries that go because the leader's history went on without them.
    mutating func recordLoss(_ history: TimelineHistory) {
        let shared = history.spans.first { $0.timeline > log.last.timeline }
        let first = max(shared?.first ?? log.last.lsn + 1, log.base.lsn + 1)
        guard isRewinding, first <= log.last.lsn else { return }
        var keys: [String] = []
        for lsn in first...log.last.lsn {
            for key in log[lsn].change.keys.map({ String(decoding: $0, as: UTF8.self) }) where !keys.contains(key) {
                keys.append(key)
            }
        }
        let more = keys.count > Self.shownKeys ? " and \(keys.count - Self.shownKeys) more" : ""
        record(
            .lostSuffix, peer: leader,
            "LSN \(first)..\(log.last.lsn), keys \(keys.prefix(Self.shownKeys).joined(separator: " "))\(more)")
    }
}
