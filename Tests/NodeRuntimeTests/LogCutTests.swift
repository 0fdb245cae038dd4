import Foundation
import Replication
import Testing

@testable import NodeRuntime

@Suite("Cutting the end of a log off")
struct LogCutTests {
    /// A directory with records 1 to 12 of timeline 1, four to a segment, that a node has left.
    struct Written {
        let cluster: Cluster
        let options: NodeOptions
        var path: String { options.dataDirectory }

        init() throws {
            cluster = try Cluster(1) { $0.design = PingDesign() }
            options = try cluster.options("n1")
            try Self.open(options) { directory, files throws(NodeError) in
                #expect(directory.state.records.isEmpty)
                files.segmentSize = 100
                try files.write(cuttingAfter: nil, (1...12).map { LogCutTests.record($0) })
            }
        }

        /// Opens the directory as a node does at its start.
        static func open(
            _ options: NodeOptions, _ body: (DataDirectory, inout LogFiles) throws(NodeError) -> Void
        ) throws {
            let directory = try DataDirectory(options)
            defer { DataDirectory.unlock(directory.lock) }
            var files = try LogFiles(
                directory: directory.path, isSyncing: true, segments: directory.segments,
                last: directory.state.records.last?.lsn ?? 0)
            try body(directory, &files)
        }

        /// What the next start finds, as pairs of timeline and LSN.
        func found() throws -> [Position] {
            var positions: [Position] = []
            try Self.open(options) { directory, _ in positions = directory.state.records.map(\.position) }
            return positions
        }

        var segments: [String] {
            ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).filter { $0.hasSuffix(".wal") }
                .sorted()
        }
    }

    static func record(_ lsn: LSN, timeline: UInt32 = 1) -> StoredRecord {
        StoredRecord(timeline: timeline, lsn: lsn, kind: 1, payload: [UInt8](repeating: UInt8(lsn), count: 10))
    }

    static func positions(_ kept: LSN, then new: LSN) -> [Position] {
        (0..<kept).map { Position(timeline: 1, lsn: $0 + 1) }
            + (0..<new).map { Position(timeline: 2, lsn: kept + $0 + 1) }
    }

    @Test("what is cut is gone for good, and the log goes on behind the cut", arguments: 0...12 as ClosedRange<LSN>)
    func cuts(after lsn: LSN) throws {
        let log = try Written()
        #expect(log.segments.count == 3)
        try Written.open(log.options) { _, files throws(NodeError) in
            try files.write(cuttingAfter: lsn, [Self.record(lsn + 1, timeline: 2)])
            try files.write(cuttingAfter: nil, [Self.record(lsn + 2, timeline: 2)])
        }
        #expect(try log.found() == Self.positions(lsn, then: 2))
        #expect(try log.found() == Self.positions(lsn, then: 2), "a second start finds the same")
    }

    @Test(
        "a crash in the middle: the next start finishes the cut, and never repeats it",
        arguments: 0...12 as ClosedRange<LSN>, [[], [0], [1], [2], [0, 2], [1, 2], [0, 1, 2]] as [[Int]])
    func crashes(after lsn: LSN, gone: [Int]) throws {
        let log = try Written()
        try LogCut.begin(after: lsn, in: log.path)
        // Any of the files that are to go may have gone: the kernel removes them in an order of its own.
        let segments = log.segments
        for place in gone where LSN(place) * 4 >= lsn {
            try FileManager.default.removeItem(atPath: log.path + "/" + segments[place])
        }
        #expect(try log.found() == Self.positions(lsn, then: 0))
        try Written.open(log.options) { directory, files throws(NodeError) in
            #expect(directory.reports.isEmpty)
            try files.write(cuttingAfter: nil, [Self.record(lsn + 1, timeline: 2)])
        }
        #expect(try log.found() == Self.positions(lsn, then: 1))
    }

    @Test("an intention that cannot be read is refused")
    func damaged() throws {
        let log = try Written()
        try Data("7".utf8).write(to: URL(fileURLWithPath: log.path + "/" + LogCut.name))
        #expect { try log.found() } throws: { ($0 as? NodeError)?.code == .refusedData }
    }

    @Test("flushes that were ordered before a cut speak only of what is left")
    func reports() throws {
        let log = try Written()
        let directory = try DataDirectory(log.options)
        defer { DataDirectory.unlock(directory.lock) }
        let disk = DiskThread(
            try LogFiles(directory: log.path, isSyncing: true, segments: directory.segments, last: 12),
            directory: log.path)
        let writer = LogWriter(disk)
        writer.append(Self.record(13))
        writer.flush(upTo: 13) { _ in }
        let isSaved = DispatchSemaphore(value: 0)
        writer.save(state: [1]) { _ in isSaved.signal() }
        writer.append(Self.record(14))
        writer.cut(after: 11)
        writer.append(Self.record(12, timeline: 2))
        let isDone = DispatchSemaphore(value: 0)
        writer.flush(upTo: 12) { _ in isDone.signal() }
        #expect(try writer.writePending().get() == nil, "the thread has not finished the flush before it")
        isSaved.wait()
        #expect(writer.flushed() == 11)
        for _ in 1...2 { writer.landed() }
        let end = try writer.writePending().get()
        if end == nil { isDone.wait() }
        #expect(end ?? writer.flushed() == 12)
        disk.stop()
        DataDirectory.unlock(directory.lock)
        #expect(try log.found() == Self.positions(11, then: 1))
    }
}
