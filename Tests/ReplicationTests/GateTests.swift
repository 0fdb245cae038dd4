import Testing

@testable import Replication

@Suite("Gates and delays")
struct GateTests {
    static let ten = DelayRange(shortest: 10_000_000, longest: 10_000_000)

    /// A follower that was sent entries 1 to 3 and has flushed what it took.
    static func fed(_ bench: Bench) -> Bench {
        var bench = bench
        bench.meetLeader(5, end: 0)
        _ = bench.takeSent(5)
        bench.say(5, timeline: 1, .append(previous: .start, entries: puts(1...3)))
        bench.flushAll()
        return bench
    }

    @Test("a closed apply gate keeps entries from readers and not from the disk")
    func apply() {
        var bench = Self.fed(Bench.follower(closed: [.apply]))
        #expect(bench.takeSent(5) == [.progress(Progress(received: 3, flushed: 3, applied: 0))])
        #expect(bench.ask(.read("x")) == .text(nil))
        bench.step(.admin(1, .setGate(.apply, isClosed: false)))
        #expect(bench.ask(.read("x")) == .text("3"))
    }

    @Test("a follower that restarts with a closed apply gate serves what it recovered, and only that")
    func restartsClosed() {
        let recovered = RecoveredState(entries: puts(1...3))
        var bench = Bench.follower(recovered: recovered, closed: [.apply])
        bench.meetLeader(5, end: 9)
        let next = SingleLeaderMessage.append(previous: Position(timeline: 1, lsn: 3), entries: puts(4...4))
        bench.say(5, timeline: 1, next)
        bench.flushAll()
        #expect(bench.ask(.read("x")) == .text("3"))
        bench.step(.admin(1, .setGate(.apply, isClosed: false)))
        #expect(bench.ask(.read("x")) == .text("4"))
    }

    @Test("a joiner with a closed apply gate takes what was there when it joined, and then no more")
    func joinsClosed() {
        var bench = Bench.follower(closed: [.apply])
        bench.meetLeader(5, end: 2)
        bench.say(5, timeline: 1, .append(previous: .start, entries: puts(1...3)))
        #expect(bench.ask(.read("x"))?.failure == .notReady)
        bench.flushAll()
        #expect(bench.ask(.read("x")) == .text("2"))
    }

    @Test("an apply delay holds entries back for its time and asks to be woken")
    func applyDelay() throws {
        let ten = try #require(Self.ten)
        var bench = Self.fed(Bench.follower(delays: [(.apply, ten)]))
        #expect(bench.ask(.read("x")) == .text(nil))
        #expect(bench.node.nextWake == bench.now + 10_000_000)
        bench.pass(milliseconds: 9)
        #expect(bench.ask(.read("x")) == .text(nil))
        bench.pass(milliseconds: 1)
        #expect(bench.ask(.read("x")) == .text("3"))
    }

    @Test("a delay that is switched off lets go what it holds")
    func delayOff() throws {
        var bench = Self.fed(Bench.follower(delays: [(.apply, try #require(Self.ten))]))
        bench.step(.admin(1, .setDelay(.apply, nil)))
        #expect(bench.ask(.read("x")) == .text("3"))
    }

    @Test("a closed ship gate sends one follower nothing, and the other one everything")
    func ship() {
        var bench = Bench.leader()
        bench.join("n2", 7)
        bench.join("n3", 8)
        bench.step(.admin(1, .setGate(.ship("n2"), isClosed: true)))
        let write = bench.request(.put("x", "1"))
        bench.flushAll()
        #expect(bench.reply(write) == .ok)
        #expect(bench.takeEntries(7).isEmpty)
        #expect(bench.takeEntries(8).count == 1)
        bench.step(.admin(1, .setGate(.ship("n2"), isClosed: false)))
        #expect(bench.takeEntries(7).count == 1)
    }

    @Test("a ship delay sends entries later, in order")
    func shipDelay() {
        var bench = Bench.leader()
        bench.join("n2", 7)
        bench.step(.admin(1, .setDelay(.ship("n2"), Self.ten)))
        for value in 1...3 {
            _ = bench.request(.put("x", "\(value)"))
            bench.flushAll()
            bench.pass(milliseconds: 4)
        }
        #expect(bench.takeEntries(7).map(\.lsn) == [1])
        bench.pass(milliseconds: 10)
        #expect(bench.takeEntries(7).map(\.lsn) == [2, 3])
    }

    @Test("a closed receive gate holds messages, and heartbeats keep the connection")
    func receive() {
        var bench = Bench.follower(closed: [.receive("n1")])
        bench.meetLeader(5, end: 0)
        bench.say(5, timeline: 1, .append(previous: .start, entries: puts(1...3)))
        for _ in 1...10 {
            bench.pass(milliseconds: 300)
            bench.say(5, timeline: 1, .heartbeat(last: 3))
        }
        #expect(bench.node.log.last.lsn == 0)
        #expect(!bench.isClosed(5))
        bench.step(.admin(1, .setGate(.receive("n1"), isClosed: false)))
        #expect(bench.node.log.last.lsn == 3)
    }

    @Test("a closed acknowledgement gate stalls the acknowledgement, at either end")
    func acknowledge() {
        var follower = Self.fed(Bench.follower(closed: [.acknowledge("n1")]))
        #expect(follower.takeSent(5).isEmpty)
        follower.step(.admin(1, .setGate(.acknowledge("n1"), isClosed: false)))
        #expect(follower.takeSent(5).count == 1)

        var leader = Bench.leader { $0.ack = .count(1) }
        leader.join("n2", 7)
        leader.step(.admin(1, .setGate(.acknowledge("n2"), isClosed: true)))
        let write = leader.request(.put("x", "1"))
        leader.flushAll()
        leader.report(7, received: 1, flushed: 1)
        #expect(leader.reply(write) == nil)
        leader.step(.admin(1, .setGate(.acknowledge("n2"), isClosed: false)))
        #expect(leader.reply(write) == .ok)
    }

    @Test("a closed reply gate holds answers, in order")
    func reply() {
        var bench = Bench.leader()
        bench.step(.admin(1, .setGate(.reply, isClosed: true)))
        let first = bench.request(.read("x"))
        let second = bench.request(.put("x", "1"))
        bench.flushAll()
        #expect(bench.reply(first) == nil && bench.reply(second) == nil)
        bench.step(.admin(1, .setGate(.reply, isClosed: false)))
        #expect(bench.reply(first) == .text(nil))
        #expect(bench.reply(second) == .ok)
    }

    @Test(
        "targets and ranges are read as the command line has them",
        arguments: [
            ("apply", GateTarget.apply as GateTarget?), ("ship:n2", .ship("n2")), ("recv:n1", .receive("n1")),
            ("ack:n3", .acknowledge("n3")), ("reply", .reply), ("ship", nil), ("ship:", nil), ("apply:n1", nil),
            ("fsync", nil),
        ])
    func targets(text: String, target: GateTarget?) {
        #expect(GateTarget(text) == target)
        if let target { #expect(target.name == text) }
    }

    @Test(
        "ranges",
        arguments: [
            ("50..100ms", "50..100ms" as String?), ("20ms", "20ms"), ("1s", "1000ms"), ("500us", "500us"),
            ("50ms..100ms", "50..100ms"), ("100..50ms", nil), ("ms", nil), ("5", nil), ("-5ms", nil), ("", nil),
        ])
    func ranges(text: String, rendered: String?) { #expect(DelayRange(text)?.description == rendered) }
}
