import Determinism
import Foundation
import Replication
import Synchronization
import Testing

@testable import NodeRuntime

@Suite("The log on its way to the disk")
struct LogWriterTests {
    /// What the thread of the disk has reported: flushes and others.
    final class Reports: Sendable {
        private let all = Mutex<[Bool]>([])

        func append(isFlush: Bool) { all.withLock { $0.append(isFlush) } }

        func take() -> [Bool] {
            all.withLock { all in
                defer { all = [] }
                return all
            }
        }
    }

    /// A writer over a directory, and the event loop's side of it.
    final class Desk {
        let log: LogCutTests.Written
        let writer: LogWriter
        private let directory: DataDirectory
        private let disk: DiskThread
        private let reports = Reports()
        /// What the log should hold, cuts and all.
        private(set) var written = (1...12).map { Position(timeline: 1, lsn: $0) }
        /// Up to where it was said to be durable, until a cut took some of it back.
        private(set) var durable: LSN = 12
        private var timeline: UInt32 = 1
        private var underWay = 0
        /// How often the thread has reported a flush.
        private(set) var flushes = 0

        init() throws {
            log = try LogCutTests.Written()
            directory = try DataDirectory(log.options)
            disk = DiskThread(
                try LogFiles(directory: log.path, isSyncing: true, segments: directory.segments, last: 12),
                directory: log.path)
            writer = LogWriter(disk)
        }

        func append() {
            let lsn = LSN(written.count + 1)
            written.append(Position(timeline: timeline, lsn: lsn))
            writer.append(LogCutTests.record(lsn, timeline: timeline))
        }

        func cut(after lsn: LSN) {
            writer.cut(after: lsn)
            written.removeLast(written.count - Int(lsn))
            durable = min(durable, lsn)
            timeline += 1
        }

        func flush() {
            if !writer.isWaiting { underWay += 1 }
            writer.flush(upTo: LSN(written.count)) { [reports] _ in reports.append(isFlush: true) }
        }

        func save() {
            underWay += 1
            writer.save(state: [1]) { [reports] _ in reports.append(isFlush: false) }
        }

        /// The end of the event loop's turn; true if the writes were done in it.
        func endTurn() throws -> Bool {
            guard let lsn = try writer.writePending().get() else { return false }
            underWay -= 1
            try reach(lsn)
            return true
        }

        /// Takes what the thread has reported.
        func listen() throws {
            for isFlush in reports.take() {
                underWay -= 1
                writer.landed()
                if isFlush {
                    flushes += 1
                    try reach(writer.flushed())
                }
                _ = try endTurn()
            }
        }

        private func reach(_ lsn: LSN) throws {
            try #require(lsn <= LSN(written.count), "what was cut is spoken of")
            durable = max(durable, lsn)
        }

        /// Lets the thread finish.
        func settle() throws {
            for _ in 0..<10_000 where underWay > 0 {
                try listen()
                usleep(500)
            }
            try #require(underWay == 0, "an order was not reported")
        }

        /// What the next start finds.
        func end() throws -> [Position] {
            disk.abandon()
            DataDirectory.unlock(directory.lock)
            return try log.found()
        }
    }

    @Test("what is asked for in one turn is one write, and what is durable already is none")
    func turn() throws {
        let desk = try Desk()
        desk.append()
        desk.flush()
        desk.append()
        desk.append()
        #expect(try desk.endTurn())
        #expect(desk.durable == 15)
        desk.flush()
        #expect(try desk.endTurn())
        #expect(try !desk.endTurn())
        #expect(try desk.end() == desk.written)
    }

    @Test("flushes of one turn are one write, and so are those that come while the thread is busy")
    func together() throws {
        let desk = try Desk()
        for _ in 1...3 {
            desk.append()
            desk.flush()
        }
        #expect(try desk.endTurn())
        #expect(desk.durable == 15)
        desk.save()
        for _ in 1...3 {
            desk.append()
            desk.flush()
            #expect(try !desk.endTurn())
        }
        try desk.settle()
        #expect(desk.durable == 18)
        #expect(desk.flushes <= 1)
        #expect(try desk.end() == desk.written)
    }

    @Test("a flush does not overtake what the thread was given before, nor what follows the flush")
    func order() throws {
        let desk = try Desk()
        desk.append()
        desk.flush()
        desk.save()
        #expect(try !desk.endTurn())
        desk.append()
        desk.flush()
        #expect(try !desk.endTurn())
        try desk.settle()
        #expect(desk.durable == 14)
        desk.append()
        desk.flush()
        #expect(
            try desk.endTurn()
                || {
                    try desk.settle(); return true
                }())
        #expect(try desk.end() == desk.written)
    }

    @Test("what waits for the end of the turn waits at a gate that closes in it")
    func gate() throws {
        let desk = try Desk()
        desk.append()
        desk.flush()
        desk.writer.setGate(isClosed: true)
        #expect(try !desk.endTurn())
        desk.append()
        try desk.listen()
        #expect(desk.durable == 12)
        desk.writer.setGate(isClosed: false)
        try desk.settle()
        #expect(desk.durable == 13)
        #expect(try desk.end() == Array(desk.written.dropLast()))
    }

    @Test(
        "whatever the order of appends, cuts, flushes and gates, the disk ends with the log",
        arguments: 1...40 as ClosedRange<UInt64>)
    func random(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let desk = try Desk()
        var isFlushing = false
        for _ in 0..<200 {
            switch random.below(12) {
            case 0...4: desk.append()
            case 5...6:
                guard !isFlushing else { continue }
                desk.flush()
                isFlushing = true
            case 7: desk.cut(after: LSN(max(1, desk.written.count - random.below(5))))
            case 8: desk.save()
            case 9: desk.writer.setGate(isClosed: random.below(3) == 0)
            default:
                if try desk.endTurn() { isFlushing = false }
                try desk.listen()
            }
            // One flush at a time is what the designs order; here a second one may follow a slow first.
            if random.below(6) == 0 { isFlushing = false }
        }
        desk.writer.setGate(isClosed: false)
        desk.flush()
        _ = try desk.endTurn()
        try desk.settle()
        #expect(desk.durable == LSN(desk.written.count))
        #expect(try desk.end() == desk.written)
    }
}
