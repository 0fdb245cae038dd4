import Testing

@testable import Replication

@Suite("The order of flush and acknowledgement")
struct AcknowledgementTests {
    @Test("a write is answered after the flush that holds it, and read from then on")
    func async() {
        var bench = Bench.leader()
        let write = bench.request(.put("x", "1"))
        #expect(bench.reply(write) == nil)
        #expect(bench.ask(.read("x")) == .text(nil), "a reader must not see what a restart forgets")
        bench.flushAll()
        #expect(bench.reply(write) == .ok)
        #expect(bench.ask(.read("x")) == .text("1"))
    }

    @Test("one flush runs at a time, and the next one takes all that came meanwhile")
    func groupCommit() {
        var bench = Bench.leader()
        let first = bench.request(.put("x", "1"))
        let others = (2...50).map { bench.request(.put("x", String($0))) }
        let flushes = bench.effects.filter { if case .flush = $0 { true } else { false } }
        #expect(flushes.count == 1)
        bench.effects.removeAll { if case .flush = $0 { true } else { false } }
        bench.step(.flushed(upTo: 1))
        #expect(bench.reply(first) == .ok)
        #expect(others.allSatisfy { bench.reply($0) == nil })
        #expect(bench.effects.contains { if case .flush(upTo: 50) = $0 { true } else { false } })
        bench.step(.flushed(upTo: 50))
        #expect(others.allSatisfy { bench.reply($0) == .ok })
    }

    @Test("nothing leaves for a follower before it is durable at the leader")
    func shipsDurableOnly() {
        var bench = Bench.leader()
        bench.join("n2", 7)
        _ = bench.takeSent(7)
        _ = bench.request(.put("x", "1"))
        #expect(bench.takeEntries(7).isEmpty)
        bench.flushAll()
        #expect(bench.takeEntries(7).map(\.lsn) == [1])
    }

    @Test(
        "a policy waits for as many followers as it says, each counted once",
        arguments: [
            (AckPolicy.async, 0), (.count(1), 1), (.count(2), 2), (.all, 2),
        ])
    func policies(policy: AckPolicy, needed: Int) {
        var bench = Bench.leader { $0.ack = policy }
        bench.join("n2", 7)
        bench.join("n3", 8)
        let write = bench.request(.put("x", "1"))
        bench.flushAll()
        for followers in 0...2 {
            if followers > 0 {
                let id = ConnectionID(6 + followers)
                bench.report(id, received: 1, flushed: 1)
                bench.report(id, received: 1, flushed: 1)
            }
            let answer = bench.reply(write)
            #expect((answer == .ok) == (followers == needed), "\(followers) followers")
            if followers == needed { return }
            #expect(bench.ask(.read("x")) == .text(nil))
        }
    }

    @Test("receipt counts only when receipt was asked for", arguments: AckStage.allCases)
    func stages(stage: AckStage) {
        var bench = Bench.leader {
            $0.ack = .count(1)
            $0.ackStage = stage
        }
        bench.join("n2", 7)
        let write = bench.request(.put("x", "1"))
        bench.flushAll()
        bench.report(7, received: 1, flushed: 0)
        #expect((bench.reply(write) == .ok) == (stage == .receive))
    }

    @Test("a follower reports an entry as flushed only after its disk did")
    func followerFlushes() {
        var bench = Bench.follower()
        bench.meetLeader(5, end: 0)
        _ = bench.takeSent(5)
        bench.say(5, timeline: 1, .append(previous: .start, entries: puts(1...3)))
        #expect(bench.takeSent(5).isEmpty)
        #expect(bench.ask(.read("x")) == .text(nil))
        bench.flushAll()
        let progress = Progress(received: 3, flushed: 3, applied: 3)
        #expect(bench.takeSent(5) == [.progress(progress)])
        #expect(bench.ask(.read("x")) == .text("3"))
    }

    @Test("a follower reports receipt at once when receipt counts")
    func followerReceives() {
        var bench = Bench.follower { $0.ackStage = .receive }
        bench.meetLeader(5, end: 0)
        _ = bench.takeSent(5)
        bench.say(5, timeline: 1, .append(previous: .start, entries: puts(1...3)))
        #expect(bench.takeSent(5) == [.progress(Progress(received: 3, flushed: 0, applied: 0))])
    }

    @Test("a report of entries that were never sent ends the connection and counts nothing")
    func liar() {
        var bench = Bench.leader { $0.ack = .all }
        bench.join("n2", 7)
        bench.join("n3", 8)
        let write = bench.request(.put("x", "1"))
        bench.report(7, received: 9, flushed: 9)
        bench.report(8, received: 9, flushed: 9)
        bench.flushAll()
        #expect(bench.isClosed(7) && bench.isClosed(8))
        #expect(bench.reply(write) == nil)
    }

    @Test("a write that is not acknowledged in time is unknown, and may be acknowledged later")
    func stalls() {
        var bench = Bench.leader {
            $0.ack = .all
            $0.ackTimeout = 100_000_000
        }
        bench.join("n2", 7)
        bench.join("n3", 8)
        let write = bench.request(.put("x", "1"))
        bench.flushAll()
        bench.pass(milliseconds: 99)
        #expect(bench.reply(write) == nil)
        bench.pass(milliseconds: 1)
        #expect(bench.reply(write)?.uncertainty == .stalled)
        #expect(bench.ask(.read("x")) == .text(nil))
        bench.report(7, received: 1, flushed: 1)
        bench.report(8, received: 1, flushed: 1)
        #expect(bench.ask(.read("x")) == .text("1"))
    }

    @Test("a restarted leader refuses reads until its log is acknowledged again")
    func restartedLeader() {
        let recovered = RecoveredState(entries: puts(1...3))
        var bench = Bench.leader({ $0.ack = .all }, recovered: recovered)
        #expect(bench.ask(.read("x"))?.failure == .notReady)
        bench.join("n2", 7, at: Position(timeline: 1, lsn: 3))
        #expect(bench.ask(.read("x"))?.failure == .notReady)
        bench.join("n3", 8, at: Position(timeline: 1, lsn: 2))
        #expect(bench.ask(.read("x"))?.failure == .notReady)
        bench.report(8, received: 3, flushed: 3)
        #expect(bench.ask(.read("x")) == .text("3"))
        var alone = Bench.leader(recovered: recovered)
        #expect(alone.ask(.read("x")) == .text("3"), "async: what is durable here is acknowledged")
    }
}
