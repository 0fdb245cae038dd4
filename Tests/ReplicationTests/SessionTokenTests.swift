import Testing

@testable import Replication

@Suite("Sessions and their tokens")
struct SessionTokenTests {
    private static let key = Array("k".utf8)

    /// A leader whose log has entries 1 to 3 of timeline 1, and from 4 on timeline 2.
    private static func leader(_ change: (inout SingleLeaderConfiguration) -> Void = { _ in }) -> Bench {
        let promotion = LogEntry(
            Position(timeline: 2, lsn: 4), .timeline(parent: Position(timeline: 1, lsn: 3)))
        let recovered = RecoveredState(entries: puts(1...3) + [promotion], hasLed: true)
        return Bench.leader(change, recovered: recovered)
    }

    private static func follower(_ change: (inout SingleLeaderConfiguration) -> Void = { _ in }) -> Bench {
        Bench.follower(recovered: RecoveredState(entries: puts(1...3)), change)
    }

    /// The answer that comes at once; `nil` where the request waits.
    private static func ask(_ bench: inout Bench, _ command: Command, _ token: String) -> ClientAnswer? {
        bench.step(.request(77, ClientCall(command, token: Array(token.utf8))))
        bench.flushAll()
        return bench.answer(77)
    }

    static let tokens: [(String, Reply.FailureCode?)] = [
        ("", nil), ("0=0:0", nil), ("0=1:1", nil), ("0=1:3", nil), ("0=2:4", nil), ("0=1:4", .sessionLost),
        ("0=1:9", .sessionLost), ("0=2:3", .sessionLost), ("0=2:5", .sessionLost), ("0=2:1", .sessionLost),
        ("x", .syntax), ("0=1", .syntax), ("0=1:x", .syntax), ("1=1:1", .syntax), ("0=1:1,1=1:1", .syntax),
        ("0=-1:1", .syntax), ("0=4294967296:1", .syntax),
    ]

    @Test("a leader answers what its log goes on from, and tells others that they are lost", arguments: tokens)
    func leader(token: String, failure: Reply.FailureCode?) throws {
        for command in [Command.get(key: Self.key), .set(key: Self.key, value: [1])] {
            var bench = Self.leader()
            let answer = try #require(Self.ask(&bench, command, token))
            #expect(answer.reply.failure == failure, "\(command)")
            #expect((answer.details?.token == nil) == (failure != nil))
        }
    }

    @Test("the token of an answer is the state that was read, or the entry that was written")
    func given() {
        var bench = Self.leader()
        #expect(Self.ask(&bench, .get(key: Self.key), "")?.details?.token == Array("0=2:4".utf8))
        #expect(Self.ask(&bench, .set(key: Self.key, value: [1]), "0=2:4")?.details?.token == Array("0=2:5".utf8))
        #expect(bench.answer(bench.request(.get(key: Self.key)))?.details == nil)
    }

    @Test("a timeline of which a leader has not heard makes the request wait, and then fail")
    func newerTimeline() {
        var bench = Self.leader()
        #expect(Self.ask(&bench, .get(key: Self.key), "0=3:1") == nil)
        #expect(bench.node.nextWake <= bench.now + 300_000_000)
        bench.pass(milliseconds: 299)
        #expect(bench.answer(77) == nil)
        bench.pass(milliseconds: 1)
        #expect(bench.answer(77)?.reply.failure == .notReady)
    }

    @Test("a follower answers when it has what the session has had")
    func waits() {
        var bench = Self.follower()
        bench.meetLeader(9, end: 3)
        #expect(Self.ask(&bench, .get(key: Self.key), "0=1:3")?.reply.isFailure == false)
        #expect(Self.ask(&bench, .get(key: Self.key), "0=1:4") == nil)
        let position = Position(timeline: 1, lsn: 4)
        let entry = LogEntry(position, .put(key: Self.key, value: [4]))
        bench.say(9, timeline: 1, .append(previous: Position(timeline: 1, lsn: 3), entries: [entry]))
        #expect(bench.answer(77) == nil)
        bench.flushAll()
        let answer = bench.answer(77)
        #expect(answer?.reply == .value([4]))
        #expect(answer?.details?.token == Array("0=1:4".utf8))
    }

    @Test("a follower that stays behind points to the leader; a write it sends there at once")
    func redirected() {
        var bench = Self.follower()
        bench.meetLeader(9, end: 3)
        #expect(Self.ask(&bench, .get(key: Self.key), "0=1:4") == nil)
        bench.pass(milliseconds: 300)
        #expect(bench.answer(77)?.reply == .moved("n1"))
        #expect(Self.ask(&bench, .set(key: Self.key, value: []), "0=1:4")?.reply == .moved("n1"))
    }

    @Test("the LSN alone is satisfied by another entry of a later timeline")
    func withoutTimeline() {
        for change: (inout SingleLeaderConfiguration) -> Void in [
            { $0.tokenForm = .lsn }, { $0.mutants = [.tokenWithoutTimeline] },
        ] {
            var bench = Self.leader(change)
            let answer = Self.ask(&bench, .get(key: Self.key), "0=1:4")
            #expect(answer?.reply.isFailure == false)
            #expect(answer?.details?.token == Array("0=0:4".utf8))
            #expect(Self.ask(&bench, .get(key: Self.key), "0=1:5") == nil)
        }
    }

    @Test("a node that ignores tokens answers at once; one that forgets those of reads gives none with a read")
    func mutants() {
        var ignoring = Self.follower { $0.mutants = [.tokenIgnored] }
        #expect(Self.ask(&ignoring, .get(key: Self.key), "0=1:99")?.reply.isFailure == false)
        var forgetting = Self.leader { $0.mutants = [.tokenNotMergedOnRead] }
        #expect(Self.ask(&forgetting, .get(key: Self.key), "")?.details == nil)
        #expect(Self.ask(&forgetting, .set(key: Self.key, value: []), "")?.details?.token != nil)
        #expect(forgetting.node.info.contains { $0.name == "mutants" && $0.value == "M26" })
    }
}

@Suite("Formats of the log in a cluster")
struct LogFormatTests {
    private static func statement(_ text: String) -> Command { .statement(Array(text.utf8)) }

    /// What a leader of that setting logs for these statements.
    private static func logged(
        _ texts: [String], _ change: @escaping (inout SingleLeaderConfiguration) -> Void
    ) -> (leader: Bench, entries: [LogEntry]) {
        var bench = Bench.leader(change)
        for text in texts { _ = bench.request(statement(text)) }
        bench.flushAll()
        return (bench, (1...bench.node.log.last.lsn).map { bench.node.log[$0] })
    }

    private static func follower(
        _ entries: [LogEntry], _ change: (inout SingleLeaderConfiguration) -> Void = { _ in }
    ) -> Bench {
        var bench = Bench.follower("n2", change)
        bench.meetLeader(9, end: 0)
        bench.say(9, timeline: 1, .append(previous: .start, entries: entries))
        bench.flushAll()
        return bench
    }

    @Test("statements with functions come out as the fix says", arguments: StatementFix.allCases, ["RAND", "UUID"])
    func fixes(fix: StatementFix, function: String) {
        let (leader, entries) = Self.logged(["SET a = \(function)()"]) {
            $0.logFormat = .statement
            $0.statementFix = fix
        }
        let follower = Self.follower(entries)
        let isEqual = fix == .literal || (fix == .mysql && function == "RAND")
        #expect(leader.node.applied.count == 1 && follower.node.applied.count == 1)
        #expect((leader.node.contentHash == follower.node.contentHash) == isEqual)
    }

    @Test("a leader that draws its functions anew everywhere is a mutant that shows")
    func nondeterminism() {
        let (leader, entries) = Self.logged(["SET a = RAND()"]) {
            $0.logFormat = .statement
            $0.statementFix = .literal
            $0.mutants = [.stmtNondeterminism]
        }
        #expect(leader.node.contentHash != Self.follower(entries).node.contentHash)
    }

    @Test("workers that do not wait for each other number rows otherwise, unless rows are logged")
    func workers() {
        for (format, isEqual) in [(LogFormat.statement, false), (.row, true), (.wal, true)] {
            let (leader, entries) = Self.logged(["INSERT s 'x'", "INSERT s 'y'"]) { $0.logFormat = format }
            for change: (inout SingleLeaderConfiguration) -> Void in [
                { $0.applyWorkers = 2 }, { $0.mutants = [.stmtLimitOrder] },
            ] {
                let follower = Self.follower(entries, change)
                #expect(follower.node.applied.position == leader.node.applied.position)
                #expect((leader.node.contentHash == follower.node.contentHash) == isEqual, "\(format)")
            }
        }
    }

    @Test("a follower refuses pages of another layout, unless it is a mutant, which shows")
    func layout() {
        let (leader, entries) = Self.logged(["SET a = 'b'"]) { $0.logFormat = .wal }
        let refusing = Self.follower(entries) { $0.pageLayout = .valueFirst }
        #expect(refusing.events.contains(.refused) && refusing.isClosed(9))
        #expect(refusing.node.log.last == .start)
        var reader = refusing
        let request = reader.request(.get(key: Array("a".utf8)))
        guard case .failed(.notReady, _)? = reader.answer(request)?.reply else {
            Issue.record("it answered a read")
            return
        }
        let taking = Self.follower(entries) {
            $0.pageLayout = .valueFirst
            $0.mutants = [.walFormatIgnored]
        }
        #expect(taking.node.applied.position.lsn == 1)
        #expect(taking.node.contentHash != leader.node.contentHash)
        #expect(Self.follower(entries).node.contentHash == leader.node.contentHash)
    }

    @Test("a node that starts again with its log has the state that it had", arguments: LogFormat.allCases)
    func restarted(format: LogFormat) {
        let texts = ["SET a = RAND()", "INSERT s UUID()", "INSERT s SYSDATE()", "UPDATE s/* SET value = a LIMIT 1"]
        let (leader, entries) = Self.logged(texts) {
            $0.logFormat = format
            $0.statementFix = .off
        }
        let again = Bench.leader(
            { $0.logFormat = format }, recovered: RecoveredState(entries: entries, hasLed: true))
        #expect(entries.count == 4)
        #expect(again.node.contentHash == leader.node.contentHash)
    }
}
