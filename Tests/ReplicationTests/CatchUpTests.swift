import Testing

@testable import Replication

@Suite("Catching up")
struct CatchUpTests {
    /// A leader with 100 entries of which it keeps 10.
    static func longLog() -> Bench {
        var bench = Bench.leader { $0.retain = 10 }
        for value in 1...100 {
            _ = bench.request(.put("k\(value % 7)", "\(value)"))
            bench.flushAll()
        }
        bench.effects = []
        return bench
    }

    /// Passes what a leader sends to a follower until nothing moves; the disks obey at once.
    static func connect(_ leader: inout Bench, _ follower: inout Bench, _ id: ConnectionID) {
        follower.step(.tick)
        leader.step(.accepted(id))
        follower.step(.connected(id, to: "n1"))
        var isMoving = true
        while isMoving {
            let up = follower.takeSent(id)
            up.forEach { leader.say(id, timeline: follower.node.timeline, $0) }
            let down = leader.takeSent(id)
            down.forEach { follower.say(id, timeline: leader.node.timeline, $0) }
            leader.flushAll()
            follower.flushAll()
            follower.installAll()
            isMoving = !(up.isEmpty && down.isEmpty)
        }
    }

    @Test("a follower whose place the log still covers gets the entries behind it")
    func entries() {
        var leader = Self.longLog()
        let kept = leader.node.log.base.lsn
        var follower = Bench.follower(recovered: RecoveredState(entries: puts(1...kept)))
        Self.connect(&leader, &follower, 7)
        #expect(!follower.events.contains(.snapshotInstalled))
        #expect(follower.node.log.last.lsn == 100)
    }

    @Test("a follower whose place the log no longer covers gets a snapshot", arguments: [0, 5] as [LSN])
    func snapshot(has: LSN) {
        var leader = Self.longLog()
        let recovered = has == 0 ? RecoveredState() : RecoveredState(entries: puts(1...has))
        var follower = Bench.follower(recovered: recovered)
        Self.connect(&leader, &follower, 7)
        #expect(follower.events.contains(.snapshotInstalled))
        #expect(follower.node.applied.contentHash == leader.node.applied.contentHash)
        #expect(follower.node.unrest.isEmpty)
        let write = leader.request(.put("x", "new"))
        leader.flushAll()
        #expect(leader.reply(write) == .ok)
        #expect(leader.takeEntries(7).map(\.lsn) == [101])
    }

    @Test("a joiner refuses reads until it has applied all that was there when the copy ended")
    func joins() {
        var bench = Bench.follower()
        #expect(bench.ask(.read("x"))?.failure == .notReady)
        bench.step(.tick)
        bench.step(.connected(5, to: "n1"))
        let start = Position(timeline: 1, lsn: 4)
        let row = StoredRow(key: Array("x".utf8), value: .register(Array("4".utf8)), version: start)
        let history = TimelineHistory()
        for message in [
            SingleLeaderMessage.snapshotBegin(SnapshotHeader(start: start, history: history)), .snapshotRows([row]),
            .snapshotEnd(rows: 1, end: 6),
        ] { bench.say(5, timeline: 1, message) }
        #expect(bench.ask(.read("x"))?.failure == .notReady)
        bench.installAll()
        #expect(bench.ask(.read("x"))?.failure == .notReady, "the state at 4 is older than what others showed")
        bench.say(5, timeline: 1, .append(previous: start, entries: puts(5...6)))
        #expect(bench.ask(.read("x"))?.failure == .notReady)
        bench.flushAll()
        #expect(bench.ask(.read("x")) == .text("6"))
    }

    @Test("a joiner that restarts half way still refuses reads")
    func restartsHalfWay() {
        let store = Store(position: Position(timeline: 1, lsn: 4))
        let snapshot = SingleLeaderSnapshot(store: store, end: 6, history: TimelineHistory())
        var bench = Bench.follower(recovered: RecoveredState(snapshot: snapshot, entries: puts(5...5)))
        #expect(bench.ask(.read("x"))?.failure == .notReady)
    }

    @Test("a piece of a snapshot that is missing ends the connection")
    func incomplete() {
        var bench = Bench.follower()
        bench.step(.tick)
        bench.step(.connected(5, to: "n1"))
        let header = SnapshotHeader(start: Position(timeline: 1, lsn: 4), history: TimelineHistory())
        bench.say(5, timeline: 1, .snapshotBegin(header))
        bench.say(5, timeline: 1, .snapshotEnd(rows: 1, end: 6))
        #expect(bench.isClosed(5))
    }

    @Test("entries that do not follow directly on the log end the connection")
    func gap() {
        var bench = Bench.follower(recovered: RecoveredState(entries: puts(1...3)))
        bench.meetLeader(5, end: 9)
        let previous = Position(timeline: 1, lsn: 4)
        bench.say(5, timeline: 1, .append(previous: previous, entries: puts(5...5)))
        #expect(bench.isClosed(5))
        #expect(bench.node.log.last.lsn == 3)
    }

    @Test("a follower that does not read is sent only so much")
    func window() {
        var bench = Bench.leader { $0.retain = 100_000 }
        bench.join("n2", 7)
        let value = String(repeating: "v", count: 10_000)
        for _ in 1...2000 {
            _ = bench.request(.put("x", value))
            bench.flushAll()
        }
        let entries = bench.takeEntries(7)
        let bytes = entries.reduce(0) { $0 + $1.change.weight }
        #expect(bytes >= Limit.windowBytes && bytes < Limit.windowBytes + 2 * Limit.batchBytes)
        bench.report(7, received: LSN(entries.count), flushed: LSN(entries.count))
        #expect(bench.takeEntries(7).first?.lsn == LSN(entries.count) + 1)
    }

    @Test("silence closes a connection, and the follower dials again")
    func silence() {
        var bench = Bench.follower()
        bench.meetLeader(5, end: 0)
        bench.effects = []
        bench.pass(milliseconds: 599)
        #expect(!bench.isClosed(5))
        #expect(bench.takeSent(5).contains { if case .heartbeat = $0 { true } else { false } })
        bench.pass(milliseconds: 6)
        #expect(bench.isClosed(5))
        bench.pass(milliseconds: 100)
        #expect(bench.effects.contains { if case .connect(to: "n1") = $0 { true } else { false } })
    }
}

extension Bench {
    /// The disk puts snapshots in place.
    mutating func installAll() {
        for effect in effects {
            if case .installSnapshot(let snapshot) = effect { step(.snapshotInstalled(snapshot.position)) }
        }
        effects.removeAll { if case .installSnapshot = $0 { true } else { false } }
    }
}
