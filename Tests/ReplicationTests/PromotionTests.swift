import Testing

@testable import Replication

@Suite("Promotion and timelines")
struct PromotionTests {
    static func promoted() -> Bench {
        var bench = Bench.follower(recovered: RecoveredState(entries: puts(1...3)))
        bench.step(.admin(1, .promote))
        return bench
    }

    static func hello(_ name: NodeName, _ position: Position) -> SingleLeaderMessage {
        .hello(cluster: "c", name: name, format: formatVersion, position: position)
    }

    @Test("a promoted follower goes on behind its log on a new timeline")
    func promotes() {
        var bench = Self.promoted()
        #expect(bench.node.role == .leader)
        #expect(bench.ask(.read("x")) == .text("3"))
        let write = bench.request(.put("x", "4"))
        bench.flushAll()
        let answer = bench.answer(write)
        #expect(answer?.reply == .ok)
        #expect(answer?.position == Position(timeline: 2, lsn: 5))
        #expect(bench.node.log[4].change == .timeline(parent: Position(timeline: 1, lsn: 3)))
        #expect(bench.events.contains(.promote))
    }

    @Test("entries that are not durable yet are not shown by a new leader")
    func promotesMidFlush() {
        var bench = Bench.follower()
        bench.meetLeader(5, end: 0)
        bench.say(5, timeline: 1, .append(previous: .start, entries: puts(1...2)))
        bench.step(.admin(1, .promote))
        #expect(bench.ask(.read("x"))?.failure == .notReady)
        bench.flushAll()
        #expect(bench.ask(.read("x")) == .text("2"))
    }

    @Test("a promoted node shows what its apply gate held back")
    func promotesPastGate() {
        var bench = Bench.follower(closed: [.apply])
        bench.meetLeader(5, end: 0)
        bench.say(5, timeline: 1, .append(previous: .start, entries: puts(1...2)))
        bench.flushAll()
        #expect(bench.ask(.read("x")) == .text(nil))
        bench.step(.admin(1, .promote))
        #expect(bench.ask(.read("x")) == .text("2"))
    }

    @Test(
        "only a log that ends on the leader's branch may follow",
        arguments: [
            (Position(timeline: 1, lsn: 3), nil as SingleLeaderMessage.Refusal?),
            (Position(timeline: 1, lsn: 2), nil),
            (Position(timeline: 2, lsn: 4), nil),
            (Position(timeline: 1, lsn: 4), .diverged),
            (Position(timeline: 2, lsn: 9), .diverged),
            (Position(timeline: 3, lsn: 5), .newerTimeline),
        ])
    func branches(position: Position, refusal: SingleLeaderMessage.Refusal?) {
        var bench = Self.promoted()
        bench.flushAll()
        bench.join("n3", 9, at: position)
        let sent = bench.takeSent(9)
        if let refusal {
            guard case .refuse(refusal, _) = sent.first else {
                Issue.record("expected \(refusal), sent \(sent)")
                return
            }
            #expect(bench.isClosed(9))
        } else {
            #expect(sent.first == .welcome(from: position, end: 4))
        }
    }

    @Test("a follower that went past the switch point says so, refuses reads and does not try again")
    func diverged() {
        var bench = Bench.follower("n3", recovered: RecoveredState(entries: puts(1...5)))
        #expect(bench.ask(.read("x")) == .text("5"))
        bench.step(.tick)
        bench.step(.connected(5, to: "n1"))
        bench.say(5, timeline: 2, .refuse(.diverged, "past 1:3"))
        #expect(bench.events.contains(.diverged))
        #expect(bench.ask(.read("x"))?.failure == .diverged)
        bench.effects = []
        bench.pass(milliseconds: 5000)
        #expect(!bench.effects.contains { if case .connect = $0 { true } else { false } })
        bench.step(.admin(1, .promote))
        #expect(bench.node.role == .follower)
    }

    @Test("an old timeline's frames are refused")
    func staleTimeline() {
        var bench = Bench.follower(recovered: RecoveredState(entries: puts(1...3)))
        bench.meetLeader(5, end: 9, timeline: 2)
        let old = SingleLeaderMessage.append(previous: Position(timeline: 1, lsn: 3), entries: puts(4...4))
        bench.say(5, timeline: 1, old)
        #expect(bench.node.log.last.lsn == 3)
        #expect(bench.isClosed(5))
        #expect(bench.events.contains(.staleTimeline))
    }

    @Test("a follower that is told to follow another one closes the old connection and dials the new one")
    func follows() {
        var bench = Bench.follower("n3")
        bench.meetLeader(5, end: 0)
        bench.effects = []
        bench.step(.admin(1, .follow("n2")))
        #expect(bench.isClosed(5))
        #expect(bench.effects.contains { if case .connect(to: "n2") = $0 { true } else { false } })
        #expect(bench.orders.map(\.leader) == ["n2"] && bench.orders.map(\.role) == [.follower])
        #expect(bench.ask(.put("x", "1")) == .moved("n2"))
    }

    @Test("an old leader that restarts as a follower shows nothing before the new one knows its log")
    func formerLeader() {
        let recovered = RecoveredState(entries: puts(1...5), hasLed: true)
        var bench = Bench.follower("n1", recovered: recovered) { $0.name = "n1" }
        #expect(bench.ask(.read("x"))?.failure == .notReady)
    }

    @Test(
        "orders that make no sense are refused with a reason",
        arguments: [
            AdminOrder.follow("n9"), .follow("n2"), .promote, .setGate(.ship("n9"), isClosed: true),
        ])
    func refusals(command: AdminOrder) {
        // It has never met a leader, so it may not be promoted either.
        var bench = Bench.follower()
        bench.step(.admin(1, command))
        let isRefused = bench.effects.contains {
            if case .adminReply(1, .refused(let why)) = $0 { !why.isEmpty } else { false }
        }
        #expect(isRefused)
    }
}
