import Testing

@testable import Replication

@Suite("Writes that change nothing")
struct ConditionalWriteTests {
    /// A leader of policy all, with one acknowledged write `x = 0` and one that only the leader has, `x = 1`.
    static func withUnacknowledged() -> (bench: Bench, write: RequestID) {
        var bench = Bench.leader { $0.ack = .all }
        bench.join("n2", 7)
        bench.join("n3", 8)
        let first = bench.request(.put("x", "0"))
        bench.flushAll()
        bench.report(7, received: 1, flushed: 1)
        bench.report(8, received: 1, flushed: 1)
        #expect(bench.reply(first) == .ok)
        let second = bench.request(.put("x", "1"))
        bench.flushAll()
        return (bench, second)
    }

    @Test("a failed compare-and-set is not told before readers can see what it was compared with")
    func failureWaits() {
        var (bench, write) = Self.withUnacknowledged()
        let swap = bench.request(.swap("x", "0", "2"))
        #expect(bench.reply(swap) == nil)
        #expect(bench.ask(.read("x")) == .text("0"))
        bench.report(7, received: 2, flushed: 2)
        #expect(bench.reply(swap) == nil)
        bench.report(8, received: 2, flushed: 2)
        #expect(bench.reply(write) == .ok)
        let answer = bench.answer(swap)
        #expect(answer?.reply.failure == .casFailed)
        #expect(answer?.version == Position(timeline: 1, lsn: 2))
        #expect(bench.ask(.read("x")) == .text("1"))
    }

    @Test("a compare-and-set is checked against the end of the log, not against what readers see")
    func checkedAtTheEnd() {
        var (bench, _) = Self.withUnacknowledged()
        let swap = bench.request(.swap("x", "1", "2"))
        bench.flushAll()
        bench.report(7, received: 3, flushed: 3)
        bench.report(8, received: 3, flushed: 3)
        #expect(bench.reply(swap) == .ok)
        #expect(bench.ask(.read("x")) == .text("2"))
    }

    @Test("a failure about a key that nobody is writing is told at once")
    func otherKey() {
        var (bench, _) = Self.withUnacknowledged()
        #expect(bench.ask(.swap("y", "0", "2"))?.failure == .casFailed)
        #expect(bench.ask(.delete(key: Array("z".utf8))) == .integer(0))
    }

    @Test("adding an element that is there but not acknowledged waits, too")
    func elementThere() {
        var (bench, _) = Self.withUnacknowledged()
        let first = bench.request(.add("s", "e"))
        let second = bench.request(.add("s", "e"))
        bench.flushAll()
        #expect(bench.reply(first) == nil)
        #expect(bench.reply(second) == nil)
        bench.report(7, received: 3, flushed: 3)
        bench.report(8, received: 3, flushed: 3)
        #expect(bench.reply(first) == .integer(1))
        #expect(bench.reply(second) == .integer(0))
    }

    @Test("a failure that waited too long is a failure that certainly changed nothing")
    func failureTimesOut() {
        var (bench, write) = Self.withUnacknowledged()
        let swap = bench.request(.swap("x", "0", "2"))
        bench.pass(milliseconds: 2000)
        #expect(bench.reply(write)?.uncertainty == .stalled)
        #expect(bench.reply(swap)?.failure == .timeout)
    }

    @Test("a leader that is told to follow leaves writes unknown and failures certain")
    func deposed() {
        var (bench, write) = Self.withUnacknowledged()
        let swap = bench.request(.swap("x", "0", "2"))
        bench.step(.admin(1, .follow("n2")))
        #expect(bench.reply(write)?.uncertainty == .deposed)
        #expect(bench.reply(swap)?.failure == .deposed)
        #expect(bench.ask(.put("x", "5")) == .moved("n2"))
        #expect(bench.ask(.read("x"))?.failure == .notReady, "its end may be dropped by the new leader")
    }

    @Test("types are kept apart")
    func types() {
        var bench = Bench.leader()
        _ = bench.request(.put("x", "1"))
        _ = bench.request(.add("s", "1"))
        bench.flushAll()
        #expect(bench.ask(.add("x", "1"))?.failure == .wrongType)
        #expect(bench.ask(.swap("s", nil, "1"))?.failure == .wrongType)
        #expect(bench.ask(.read("s"))?.failure == .wrongType)
        #expect(bench.ask(.members(key: Array("x".utf8)))?.failure == .wrongType)
        #expect(bench.ask(.members(key: Array("s".utf8))) == .elements([Array("1".utf8)]))
    }
}
