import Determinism
import Replication

/// What a node has stored, and what is on its way there.
struct SimulatedDisk {
    /// Who leads by the last order, and the words of the command line that it was given beside.
    struct Control {
        var words: String
        var role: Role
        var leader: NodeName?
    }

    var control: Control?
    var snapshot: Snapshot?
    var entries: [LogEntry] = []
    /// Appended, and in no write yet.
    var unwritten: [LogEntry] = []
    /// In the writes that are under way.
    var writing: [LogEntry] = []
    /// Until then earlier writes keep the disk busy: it does one thing after the other.
    var busyUntil: Int64 = 0

    /// When a write that takes `length` and is ordered now is done.
    mutating func write(at now: Int64, taking length: Int64) -> Int64 {
        busyUntil = max(busyUntil, now) + length
        return busyUntil
    }

    mutating func written(_ count: Int) {
        entries += writing.prefix(count)
        writing.removeFirst(count)
    }

    /// A kill: what no write has taken up is gone; of the writes under way the kernel has some prefix.
    mutating func kill(_ random: inout SeededRandom) {
        entries += writing.prefix(random.below(writing.count + 1))
        writing = []
        unwritten = []
        busyUntil = 0
    }

    mutating func install(_ snapshot: Snapshot) {
        self.snapshot = snapshot
        entries = []
        writing = []
    }

    /// Entries that a stored snapshot covers go.
    mutating func truncate(upTo lsn: LSN) {
        guard let start = snapshot?.start.lsn else { return }
        entries.removeAll { $0.lsn <= min(lsn, start) }
    }

    /// What a node finds when it starts: as `DataDirectory` of the real node brings snapshot and log together.
    var recovered: RecoveredState {
        var found = entries
        if let start = snapshot?.start, let first = found.first?.lsn, let last = found.last?.lsn {
            let isOther = first <= start.lsn && last >= start.lsn && found[Int(start.lsn - first)].position != start
            if last < start.lsn || isOther { found = [] }
        }
        return RecoveredState(snapshot: snapshot, entries: found, hasLed: control?.role == .leader)
    }
}
