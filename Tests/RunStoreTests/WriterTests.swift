import FoundationEssentials
import HistoryModel
import RunStore
import Testing

@Suite struct WriterTests {
    static func event(_ time: Int64, process: Int = 0, type: EventType = .invoke) -> Event {
        Event(index: 0, time: time, process: .client(process), type: type, f: "read", key: "x")
    }

    @Test func `events get the next index, and time never runs backwards`() throws {
        try withScratch { scratch in
            let writer = try HistoryWriter(path: scratch + "/h.jsonl")
            let recorded = try [10, 7, 12].map { try writer.record(Self.event($0, process: Int($0))) }
            #expect(recorded.map(\.index) == [0, 1, 2])
            #expect(recorded.map(\.time) == [10, 10, 12])
        }
    }

    @Test func `many tasks at once still make a history`() async throws {
        try await withScratch { scratch in
            let path = scratch + "/h.jsonl"
            let writer = try HistoryWriter(path: path)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for process in 0..<8 {
                    group.addTask {
                        for turn in 0..<200 {
                            try writer.record(Self.event(Int64(turn), process: process))
                            try writer.record(Self.event(Int64(turn), process: process, type: .ok))
                        }
                    }
                }
                try await group.waitForAll()
            }
            try writer.close()
            #expect(try StoredRun.load(path).history.operations.count == 1600)
        }
    }

    @Test func `what is flushed is on disk before the file is closed`() throws {
        try withScratch { scratch in
            let path = scratch + "/h.jsonl"
            let writer = try HistoryWriter(path: path)
            try writer.record(Self.event(1))
            try writer.flush()
            #expect(try bytes(of: path).count > 0)
        }
    }

    @Test func `a quiet run reaches the disk through the ticker`() async throws {
        try await withScratch { scratch in
            let path = scratch + "/h.jsonl"
            let writer = try HistoryWriter(path: path)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await writer.run() }
                try writer.record(Self.event(1))
                for _ in 0..<400 where try bytes(of: path).isEmpty { try await Task.sleep(for: .milliseconds(10)) }
                group.cancelAll()
                await #expect(throws: CancellationError.self) { try await group.waitForAll() }
            }
            #expect(try bytes(of: path).count > 0)
        }
    }

    /// `/dev/full` fails every write as a full disk does.
    @Test func `a full disk is one error that names the file, and then silence`() throws {
        let writer = try HistoryWriter(path: "/dev/full")
        try writer.record(Self.event(1))
        let error = #expect(throws: StoreError.self) { try writer.flush() }
        #expect(error?.code == .cannotWrite)
        #expect(error?.path == "/dev/full")
        #expect(error?.detail.contains("No space left") == true)
        #expect(writer.isStopped)
        try writer.record(Self.event(2))
        try writer.flush()
        try writer.close()
    }

    @Test func `a full disk stops the faults and a record with a named file too`() throws {
        let faults = try FaultsWriter(path: "/dev/full")
        let error = #expect(throws: StoreError.self) { try faults.append(StoredRunTests.fault) }
        #expect(error?.code == .cannotWrite)
        let missing = #expect(throws: StoreError.self) {
            try RunDirectory(path: "/dev/null/nowhere").write(StoredRunTests.record)
        }
        #expect(missing == StoreError(.cannotCreate, path: "/dev/null/nowhere/run.json", missing?.detail ?? ""))
    }

    @Test func `twenty thousand events take less than a second's share of a core`() throws {
        try withScratch { scratch in
            let writer = try HistoryWriter(path: scratch + "/h.jsonl")
            let clock = ContinuousClock()
            let time = try clock.measure {
                for turn in 0..<20_000 { try writer.record(Self.event(Int64(turn), process: turn)) }
                try writer.flush()
            }
            // A debug build on a busy machine; a release build takes a small part of it.
            #expect(time < .seconds(10))
        }
    }

    @Test func `runs of the same second and name get directories of their own`() throws {
        try withScratch { scratch in
            let time = Date(timeIntervalSince1970: 1_795_256_102)
            let names = try (0..<3).map { _ in
                try RunDirectory.create(in: scratch, name: "a run/../x", at: time).name
            }
            #expect(
                names == [
                    "20261121T101502Z-a-run-..-x", "20261121T101502Z-a-run-..-x-2", "20261121T101502Z-a-run-..-x-3",
                ])
        }
    }

    @Test func `a node's name cannot leave the run's directory`() throws {
        try withScratch { scratch in
            let path = try RunDirectory(path: scratch).makeNodeDirectory("../../etc")
            #expect(path == scratch + "/nodes/-..-etc")
        }
    }

    @Test func `a parent that cannot be made is an error that names it`() {
        let error = #expect(throws: StoreError.self) {
            try RunDirectory.create(in: "/dev/null/reports", name: "x", at: Date())
        }
        #expect(error?.code == .cannotCreate)
    }
}
