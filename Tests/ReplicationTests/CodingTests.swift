import Determinism
import Testing

@testable import Replication

@Suite("Bytes of messages, entries and snapshots")
struct CodingTests {
    static let changes: [Change] = [
        .noop, .put(key: [1], value: []), .put(key: [], value: [0, 255]), .delete(key: [7]),
        .add(key: [1], elements: [[2], []]), .remove(key: [1], elements: []),
        .timeline(parent: Position(timeline: 3, lsn: 1 << 40)), .increment(key: [1], by: .min),
        .append(key: [1], elements: [[2], [2]]), .reserve(slot: [1], holder: [], operation: [3, 4]),
        .batch([.increment(key: [1], by: -5), .put(key: [2], value: [1]), .delete(key: [3])]), .batch([]),
        .statement(
            StatementRecord(
                text: [1, 2], fix: .literal, origin: .max,
                surroundings: Surroundings(seed: 1, time: -2, unique: 3, executed: .max))),
        .pages([
            PageImage(number: 4095, layout: .valueFirst, bytes: [0]),
            PageImage(number: 0, layout: .keyFirst, bytes: []),
        ]),
    ]
    static let commands: [Command] = [
        .get(key: [1]), .set(key: [1], value: []), .delete(key: []), .compareAndSet(key: [1], old: nil, new: [2]),
        .compareAndSet(key: [1], old: [], new: [2]), .increment(key: [1], by: .min), .increment(key: [1], by: .max),
        .add(key: [1], elements: [[2], []]), .remove(key: [1], elements: []), .members(key: [1]),
        .append(key: [1], elements: [[2]]), .range(key: [1], first: 0, last: -1), .getAll(keys: [[1], [2]]),
        .atLeast(key: [1], minimum: -3), .statement(Array("SET k = 1".utf8)),
        .reserve(slot: [1], holder: [2], operation: [3]), .transaction([]),
        .transaction([.get(key: [1]), .increment(key: [2], by: 300), .atLeast(key: [2], minimum: 0)]),
    ]
    static let messages: [SingleLeaderMessage] = [
        .hello(cluster: "c", name: "n1", format: 1, position: Position(timeline: 2, lsn: 300)),
        .welcome(from: .start, end: 7), .refuse(.diverged, "wipe"),
        .append(
            previous: Position(timeline: 1, lsn: 4),
            entries: changes.enumerated().map {
                LogEntry(Position(timeline: 1 + UInt32($0.offset) / 3, lsn: 5 + LSN($0.offset)), $0.element)
            }),
        .progress(Progress(received: 3, flushed: 2, applied: 1)), .heartbeat(last: .max),
        .snapshotBegin(SnapshotHeader(start: .start, history: TimelineHistory())),
        .snapshotRows([
            StoredRow(key: [1], value: .register([2]), version: .start),
            StoredRow(key: [2], value: .set([[1], [2]]), version: .start),
            StoredRow(key: [3], value: .list([[2], [1], [2]]), version: .start),
            StoredRow(
                key: [4], value: .reservation(Reservation(holder: [1], operation: [2])), version: .start),
        ]),
        .snapshotEnd(rows: 2, end: 9), .snapshotReceived(pieces: 1),
    ]

    @Test("every change is read back as it was written", arguments: changes)
    func change(change: Change) throws {
        #expect(try Change(kind: change.kind, payload: change.payload) == change)
    }

    @Test(
        "every command is read back as it was written; cut off, or with bytes too many, it is refused",
        arguments: commands)
    func command(command: Command) throws {
        let bytes = command.encoded
        #expect(try Command(decoding: bytes) == command)
        for length in bytes.indices {
            #expect(throws: DecodingFailure.self) { try Command(decoding: Array(bytes[..<length])) }
        }
        #expect(throws: DecodingFailure.self) { try Command(decoding: bytes + [0]) }
    }

    @Test("random commands are read back as they were written")
    func randomCommands() throws {
        var random = SeededRandom(seed: 7)
        for _ in 0..<5_000 {
            let command = RandomCommands.command(&random)
            #expect(try Command(decoding: command.encoded) == command)
        }
    }

    @Test("a transaction in a transaction, a batch in a batch and a count beyond the bytes are refused")
    func nesting() {
        let nested = Command.transaction([.transaction([.get(key: [1])])])
        #expect(throws: DecodingFailure.self) { try Command(decoding: nested.encoded) }
        let batch = Change.batch([.batch([.delete(key: [1])])])
        #expect(throws: DecodingFailure.self) { try Change(kind: batch.kind, payload: batch.payload) }
        #expect(throws: DecodingFailure.self) { try Command(decoding: [13, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]) }
    }

    @Test("every message is read back as it was written", arguments: messages)
    func message(message: SingleLeaderMessage) throws {
        #expect(try SingleLeaderMessage(kind: message.kind, payload: message.payload) == message)
    }

    @Test("a message that is cut off anywhere, or has bytes too many, is refused", arguments: messages)
    func cut(message: SingleLeaderMessage) {
        let bytes = message.payload
        for length in bytes.indices {
            #expect(throws: DecodingFailure.self) {
                try SingleLeaderMessage(kind: message.kind, payload: Array(bytes[..<length]))
            }
        }
        #expect(throws: DecodingFailure.self) { try SingleLeaderMessage(kind: message.kind, payload: bytes + [0]) }
    }

    @Test("random bytes never trap")
    func noise() {
        var random = SeededRandom(seed: 5)
        for _ in 0..<20_000 {
            let bytes = (0..<random.below(40)).map { _ in UInt8(random.below(256)) }
            _ = try? SingleLeaderMessage(kind: UInt8(random.below(12)), payload: bytes)
            _ = try? Change(kind: UInt8(random.below(14)), payload: bytes)
            _ = try? Command(decoding: bytes)
            _ = try? Command(decoding: [UInt8(random.below(18))] + bytes)
            _ = try? SingleLeaderSnapshot(encoded: bytes)
        }
    }

    @Test("a snapshot holds everything, with versions and where it is complete")
    func snapshot() throws {
        var store = Store()
        for entry in puts(1...5) { store.apply(entry) }
        let add = Change.add(key: [9], elements: [[1], [2]])
        store.apply(LogEntry(Position(timeline: 1, lsn: 6), add))
        let snapshot = SingleLeaderSnapshot(store: store, end: 8, history: TimelineHistory())
        let read = try SingleLeaderSnapshot(encoded: snapshot.encoded)
        #expect(read.store.rows == store.rows)
        #expect(read.start == store.position)
        #expect(read.end == 8)
        #expect(read.history == TimelineHistory())
    }

    @Test("a large set and a large list travel in pieces and arrive whole")
    func pieces() {
        var store = Store()
        let elements = (0..<5000).map { Array("element \($0)".utf8) }
        store.apply(LogEntry(Position(timeline: 1, lsn: 1), .add(key: [1], elements: elements)))
        store.apply(LogEntry(Position(timeline: 1, lsn: 2), .put(key: [2], value: [3])))
        store.apply(LogEntry(Position(timeline: 1, lsn: 3), .append(key: [3], elements: elements.reversed())))
        var sender = SnapshotSender(store: store)
        var copy = Store(position: store.position)
        var count = 0
        while let rows = sender.nextPiece() {
            rows.forEach { copy.load($0) }
            count += 1
        }
        #expect(count > 1)
        #expect(copy.contentHash == store.contentHash)
    }
}
