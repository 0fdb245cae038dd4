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

    @Test func `a power cut keeps what is durable, and half of the next record if it is asked to`() {
        for isTorn in [false, true] {
            var disk = disk(1...2)
            for lsn in LSN(3)...4 {
                disk.append(StoredRecord(timeline: 1, lsn: lsn, kind: 1, payload: [1, 2, 3, 4]))
                _ = disk.flush(upTo: lsn, at: 0, taking: 1)
            }
            _ = disk.finish()
            disk.cutPower(torn: isTorn)
            #expect(disk.records.map(\.lsn) == [3] || disk.records.map(\.lsn) == [1, 2, 3])
            #expect(disk.torn?.lsn == (isTorn ? 4 : nil) && disk.torn?.payload == (isTorn ? [1, 2] : nil))
            #expect(disk.start().records.last?.lsn == 3 && disk.torn == nil)
        }
    }

    @Test func `a bug takes the torn record for a whole one`() {
        var disk = SimulatedDisk(acceptsTorn: true)
        disk.append(StoredRecord(timeline: 1, lsn: 1, kind: 1, payload: [1, 2, 3, 4]))
        disk.cutPower(torn: true)
        #expect(disk.start().records.map(\.payload) == [[1, 2]])
    }

    @Test
    func `what is never made durable survives a kill and no power cut, and a kill of a process that holds it`() {
        for (losesBuffers, isPowerCut, kept) in [(false, false, 1), (true, false, 0), (false, true, 0)] {
            var disk = SimulatedDisk(isSyncing: false, losesBuffers: losesBuffers)
            var random = SeededRandom(seed: 1)
            disk.append(record(1))
            _ = disk.flush(upTo: 1, at: 0, taking: 1)
            guard case .flushed(upTo: 1) = disk.finish() else { return #expect(Bool(false), "it says so") }
            isPowerCut ? disk.cutPower(torn: false) : disk.kill(&random)
            #expect(disk.records.count == kept)
        }
    }

    @Test func `while the gate is closed nothing begins, and what waited goes on in order when it opens`() {
        var disk = SimulatedDisk()
        disk.closeGate()
        disk.append(record(1))
        #expect(disk.flush(upTo: 1, at: 0, taking: 1) == nil)
        #expect(disk.begin(.state([1], 1), at: 0, taking: 1) == nil)
        var killed = disk
        var random = SeededRandom(seed: 3)
        killed.kill(&random)
        #expect(killed.records.isEmpty && killed.state == nil)
        #expect(disk.openGate(at: 10) { 5 } == [15, 20])
        guard case .flushed(upTo: 1) = disk.finish() else { return #expect(Bool(false), "the flush is first") }
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
