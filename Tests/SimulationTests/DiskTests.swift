import Determinism
import Replication
import Testing

@testable import Simulation

@Suite struct DiskTests {
    private func entry(_ lsn: LSN, timeline: UInt32 = 1) -> LogEntry {
        LogEntry(Position(timeline: timeline, lsn: lsn), .noop)
    }

    @Test func `a kill keeps what was written, some prefix of what is being written, and nothing else`() {
        var kept: Set<Int> = []
        for seed in 0..<200 {
            var disk = SimulatedDisk()
            var random = SeededRandom(seed: UInt64(seed))
            disk.entries = [entry(1), entry(2)]
            disk.writing = [entry(3), entry(4), entry(5)]
            disk.unwritten = [entry(6)]
            disk.kill(&random)
            #expect(disk.entries.map(\.lsn) == Array(1...LSN(disk.entries.count)))
            #expect(disk.writing.isEmpty && disk.unwritten.isEmpty)
            kept.insert(disk.entries.count)
        }
        #expect(kept == [2, 3, 4, 5])
    }

    @Test func `writes come one after the other`() {
        var disk = SimulatedDisk()
        #expect(disk.write(at: 100, taking: 50) == 150)
        #expect(disk.write(at: 110, taking: 50) == 200)
        #expect(disk.write(at: 500, taking: 50) == 550)
    }

    @Test func `a log that a newer snapshot has left behind is not recovered`() {
        var disk = SimulatedDisk()
        disk.entries = (1...5).map { entry($0) }
        #expect(disk.recovered.entries.count == 5)
        let store = Store(position: Position(timeline: 1, lsn: 3))
        disk.snapshot = Snapshot(store: store, end: 3, history: TimelineHistory())
        #expect(disk.recovered.entries.count == 5)
        disk.truncate(upTo: 5)
        #expect(disk.entries.map(\.lsn) == [4, 5])
        disk.snapshot = Snapshot(
            store: Store(position: Position(timeline: 2, lsn: 5)), end: 5, history: TimelineHistory())
        #expect(disk.recovered.entries.isEmpty)
    }
}
