import Checkers
import Determinism
import HistoryModel
import Testing

@Suite("Limits, minimums and options")
struct OptionsTests {
    /// Two values, many writers, and a read that fits nowhere: hard on purpose.
    private static func hard() throws -> History {
        var steps: [String] = []
        for number in 0..<24 { steps.append("p\(number) w x \(number % 2) ") }
        for number in 0..<24 where number != 3 { steps.append("p\(number) ok") }
        return try History(notation: steps.joined(separator: "|") + "| p30 r x 1 ok | p31 r x 1 ok")
    }

    @Test(
        "a search that reaches a limit is unknown and says which key, how far and what to do",
        arguments: [
            (CheckLimits(steps: 20), "step limit"), (CheckLimits(bytes: 100), "memory limit"),
        ])
    func limits(limits: CheckLimits, word: String) throws {
        let verdict = check(try Self.hard(), CheckOptions(guarantees: [.linearizable], limits: limits))[0]
        #expect(verdict.judgement == .unknown)
        let reason = try #require(verdict.reason)
        for part in ["key \"x\"", word, "26 operations", "raise the limit"] { #expect(reason.contains(part)) }
        #expect(check(try Self.hard(), CheckOptions(guarantees: [.linearizable]))[0].judgement == .valid)
    }

    @Test("an order of writes that takes too much memory leaves the session guarantees unknown")
    func orderLimit() throws {
        let history = try History(
            notation:
                "p0 w x 1 | p1 w x 2 ok | p2 r x 2 ok | p0 ok | p2 r x 1 ok | p1 r x 1 ok | p1 t x=1,y=null ok")
        let verdicts = check(history, CheckOptions(limits: CheckLimits(bytes: 4)))
        let session = verdicts.filter { $0.guarantee != .linearizable }
        #expect(
            session.allSatisfy { $0.judgement == .unknown && $0.reason?.contains("raise the memory limit") == true }
        )
        #expect(verdicts[0].judgement == .valid)
    }

    private static func exercised(_ reads: Int, clients: Int = 2) throws -> History {
        var steps = (1...6).map { "p0 w x \($0) ok" }
        steps.append("p1 r x | p0 w x 7 ok | p1 ok 7")
        for number in 0..<reads { steps.append("p\(number % clients) r x 7 ok") }
        return try History(notation: steps.joined(separator: " | "))
    }

    @Test("with enough of everything a valid stays valid, with less it is unknown and names count and minimum")
    func minimums() throws {
        let options = CheckOptions(guarantees: [.linearizable], applyMinimums: true)
        #expect(check(try Self.exercised(10), options)[0].judgement == .valid)
        let few = check(try Self.exercised(2), options)[0]
        #expect(few.judgement == .unknown)
        #expect(few.reason?.contains("ok-read is 3, the minimum is 5") == true)
        #expect(few.opportunities.first { $0.name == "ok-read" } == Opportunity("ok-read", 3, minimum: 5))
        #expect(check(try Self.exercised(2), CheckOptions(guarantees: [.linearizable]))[0].judgement == .valid)
    }

    @Test("other minimums can be asked for, and 0 asks for nothing")
    func overrides() throws {
        var options = CheckOptions(guarantees: [.linearizable], applyMinimums: true, minimums: ["ok-write": 1000])
        #expect(check(try Self.exercised(10), options)[0].judgement == .unknown)
        options.minimums = ["ok-read": 0, "answers": 0, "reads-after-write": 0]
        #expect(check(try Self.exercised(1), options)[0].judgement == .valid)
    }

    @Test("an idle client makes a run unknown, whether it invoked in vain or never")
    func idleClient() throws {
        var options = CheckOptions(guarantees: [.linearizable], applyMinimums: true, clients: 3)
        let reason = check(try Self.exercised(10), options)[0].reason
        #expect(reason?.contains("least-ok-per-client is 0 (client 2)") == true)
        options.clients = 2
        #expect(check(try Self.exercised(10), options)[0].judgement == .valid)
        let tried = try History(
            Self.exercised(10).events
                + HistoryNotation.events("p5 r x fail at=1000").map {
                    var event = $0
                    event.index += 1000
                    event.time += 1000
                    return event
                })
        options.clients = nil
        #expect(check(tried, options)[0].reason?.contains("client 5") == true)
        // Process 4 is the successor of process 0 of two clients.
        options.clients = 5
        #expect(check(tried, options)[0].reason?.contains("client 2") == true)
    }

    @Test("a fault window without any answer makes a run unknown, unless the fault takes all service")
    func faultWindow() throws {
        let body = HistoryNotation.text(try Self.exercised(10))
        let silent = try History(notation: "\(body) | n fault-start k kill | p0 r x fail | n fault-end k")
        var options = CheckOptions(guarantees: [.linearizable], applyMinimums: true)
        let verdict = check(silent, options)[0]
        #expect(verdict.judgement == .unknown)
        #expect(verdict.reason?.contains("least-ok-per-fault-window is 0 (fault k)") == true)
        options.faultsWithoutService = ["k"]
        #expect(check(silent, options)[0].judgement == .valid)
        let untried = try History(notation: "\(body) | n fault-start k kill | n fault-end k")
        #expect(check(untried, options)[0].reason?.contains("least-tried-per-fault-window") == true)
    }

    @Test("an invalid stays invalid, however little was exercised")
    func invalidStays() throws {
        let history = try History(notation: "p0 w x 1 ok | p1 r x null ok")
        let options = CheckOptions(guarantees: [.linearizable], applyMinimums: true, clients: 9)
        #expect(check(history, options)[0].judgement == .invalid)
    }

    @Test("of many violations some are shown and all are counted")
    func cap() throws {
        let reads = (0..<30).map { _ in "p0 r x null ok" }.joined(separator: " | ")
        let history = try History(notation: "p0 w x 1 ok | \(reads)")
        let verdict = check(history, CheckOptions(guarantees: [.readYourWrites], shownAnomalies: 4))[0]
        #expect(verdict.anomalies.count == 4)
        #expect(verdict.anomalyCount == 30)
    }

    @Test("the catalog names each count once and explains it, and has what every guarantee rests on")
    func catalog() {
        let names = OpportunityCatalog.rules.map(\.name)
        #expect(Set(names).count == names.count)
        for rule in OpportunityCatalog.rules { #expect(!rule.meaning.isEmpty && !rule.advice.isEmpty) }
        for guarantee in Guarantee.allCases {
            #expect(OpportunityCatalog.rules(guarantee).contains(OpportunityCatalog.essential(guarantee)))
        }
    }

    @Test("an empty history is unknown for every guarantee")
    func empty() throws {
        let verdicts = check(try History([]), CheckOptions(applyMinimums: true))
        #expect(verdicts.map(\.guarantee) == Guarantee.standard)
        #expect(verdicts.allSatisfy { $0.judgement == .unknown && $0.reason?.isEmpty == false })
    }
}
