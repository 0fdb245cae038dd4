import Determinism
import Replication
import Testing

@testable import Simulation

@Suite struct DiskTests {
    private func record(_ lsn: LSN, timeline: UInt32 = 1) -> StoredRecord {
        StoredRecord(timeline: timeline, lsn: lsn, kind: 0, payload: [])
    }

    private func disk(_ lsns: ClosedRange<LSN>) -> SimulatedDisk {
        var disk = SimulatedDisk()
        disk.records = lsns.map { record($0) }
        return disk
    }

    @Test func `a kill keeps what was written, some prefix of what is being written, and nothing else`() {
        var kept: Set<Int> = []
        for seed in 0..<200 {
            var disk = disk(1...2)
            var random = SeededRandom(seed: UInt64(seed))
            for lsn in LSN(3)...5 { disk.append(record(lsn)) }
            _ = disk.flush(upTo: 5, at: 0, taking: 10)
            disk.append(record(6))
            disk.kill(&random)
            #expect(disk.records.map(\.lsn) == Array(1...LSN(disk.records.count)))
            #expect(disk.operations.isEmpty && disk.unwritten.isEmpty)
            kept.insert(disk.records.count)
        }
        #expect(kept == [2, 3, 4, 5])
    }

    @Test func `operations come one after the other, and each is answered in its turn`() {
        var disk = SimulatedDisk()
        disk.append(record(1))
        #expect(disk.flush(upTo: 1, at: 100, taking: 50) == 150)
        #expect(disk.begin(.state([7], 1), at: 110, taking: 50) == 200)
        #expect(disk.begin(.drop(upTo: 0), at: 500, taking: 50) == 550)
        guard case .flushed(upTo: 1) = disk.finish() else { return #expect(Bool(false), "the flush is first") }
        #expect(disk.state == nil && disk.records.count == 1)
        guard case .stateSaved(1) = disk.finish() else { return #expect(Bool(false), "the state is second") }
        #expect(disk.state == [7])
    }

    @Test func `a cut forgets what was appended and what is stored, and a flush never speaks of it`() {
        var disk = disk(1...3)
        disk.append(record(4))
        _ = disk.flush(upTo: 4, at: 0, taking: 1)
        disk.append(record(5))
        disk.cut(after: 2)
        disk.append(record(3, timeline: 2))
        _ = disk.flush(upTo: 3, at: 0, taking: 1)
        guard case .flushed(upTo: 2) = disk.finish() else { return #expect(Bool(false), "4 was cut meanwhile") }
        guard case .flushed(upTo: 3) = disk.finish() else { return #expect(Bool(false), "3 is durable") }
        #expect(disk.records.map(\.timeline) == [1, 1, 2] && disk.records.map(\.lsn) == [1, 2, 3])
    }

    @Test func `a crash in a cut leaves the old log, its beginning, or the new one`() {
        var seen: Set<[UInt32]> = []
        for seed in 0..<200 {
            var disk = disk(1...3)
            var random = SeededRandom(seed: UInt64(seed))
            disk.cut(after: 1)
            disk.append(record(2, timeline: 2))
            _ = disk.flush(upTo: 2, at: 0, taking: 1)
            disk.kill(&random)
            seen.insert(disk.records.map(\.timeline))
        }
        #expect(seen == [[1, 1, 1], [1], [1, 2]])
    }

    @Test func `a log that a newer snapshot has left behind is not recovered`() {
        var disk = disk(1...5)
        #expect(disk.recovered.records.count == 5)
        disk.snapshot = StoredSnapshot(position: Position(timeline: 1, lsn: 3), content: [])
        #expect(disk.recovered.records.count == 5)
        _ = disk.begin(.drop(upTo: 5), at: 0, taking: 1)
        _ = disk.finish()
        #expect(disk.records.map(\.lsn) == [4, 5])
        disk.snapshot = StoredSnapshot(position: Position(timeline: 2, lsn: 5), content: [])
        #expect(disk.recovered.records.isEmpty)
    }
}
