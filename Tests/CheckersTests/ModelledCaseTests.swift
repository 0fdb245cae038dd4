import HistoryModel
import Testing

@testable import Checkers

@Suite("Objects that are judged by a model that comes along")
struct ModelledCaseTests {
    private static func verdict(_ line: String, _ change: (inout CheckOptions) -> Void = { _ in }) throws -> Verdict
    {
        var options = CheckOptions(guarantees: [.linearizable])
        change(&options)
        return check(try History(notation: line), options)[0]
    }

    private static let map = "frontier search of a map (exact) on 1 key"

    @Test(
        "transactions that write take effect at once",
        arguments: [
            ("one sees both writes of another", "p0 t x:=1,y:=1 ok | p1 t x=1,y=1 ok", Judgement.valid),
            ("one sees half of another", "p0 t x:=1,y:=1 ok | p1 t x=1,y=null ok", .invalid),
            ("half of one that may have happened", "p0 t x:=1,y:=1 info | p1 t x=1,y=null ok", .invalid),
            ("one that failed", "p0 t x:=1 ok | p0 t x:=2 fail | p1 r x 1 ok", .valid),
            ("single reads see half of another", "p0 t x:=1,y:=1 ok | p1 r x 1 ok | p1 r y null ok", .invalid),
            ("it reads what it wrote", "p0 t x:=1,x=1,x:=2,x=2 ok | p1 r x 2 ok", .valid),
            ("it does not read what it wrote", "p0 t x:=1,x:=2,x=1 ok", .invalid),
            ("lists", "p0 t x+1,y+1 ok | p1 t x+2,y=[1] ok | p2 r x [1,2] ok", .valid),
            (
                "a list without what a transaction appended", "p0 t x+1,y+1 ok | p1 append x 2 ok | p2 r x [2] ok",
                .invalid
            ),
            ("an empty list", "p0 t x=[],y=null,y+1 ok | p1 t x=null,y=[1] ok", .valid),
            (
                "atomic reads of keys that only others write", "p0 t z:=1 ok | p0 w x 1 | p0 ok | p1 t x=1,y=1 ok",
                .invalid
            ),
        ])
    func transactions(name: String, line: String, judgement: Judgement) throws {
        let verdict = try Self.verdict(line)
        #expect(verdict.judgement == judgement, "\(name): \(verdict)")
        #expect(verdict.algorithm.hasPrefix("frontier search of a map (exact)"))
    }

    @Test("only what transactions connect is one object")
    func groups() throws {
        let verdict = try Self.verdict("p0 t x:=1,y:=1 ok | p1 t z:=1 ok | p1 w u 1 ok | p2 r u 1 ok | p2 r x 1 ok")
        #expect(verdict.judgement == .valid)
        #expect(
            verdict.algorithm
                == "frontier search of a map (exact) on 2 keys, zones of clusters and cas chains (exact) on 1 key")
    }

    @Test("the proof names the operations, and the key if there is one")
    func proof() throws {
        let several = try Self.verdict("p0 t x:=1,y:=1 ok | p2 w z 1 ok | p1 t x=1,y=null ok")
        #expect(several.anomalies.map(\.key) == [nil])
        #expect(several.anomalies.first?.evidence.map(\.operation) == [0, 4])
        let one = try Self.verdict("p0 t x:=1,x:=2 ok | p1 r x 1 ok")
        #expect(one.anomalies.map(\.key) == ["x"] && one.algorithm == Self.map)
    }

    @Test(
        "what cannot be understood is not judged, and the reason says which operation it is",
        arguments: [
            (
                "p0 t x:=1 ok | p1 put x 2 ok",
                "operation 2 is 'put', and transactions have read, write, cas and append"
            ),
            ("p0 t x:=1 ok | p1 append x 2 ok | p1 r x [2] ok", "key \"x\" is written like a register"),
            ("p0 t x+1 ok | p1 r x 7 ok", "a read of the list \"x\" returned no list"),
            (
                "p0 t x:=1 | p0 ok x:=2",
                "operation 0 is a txn that does more than read, write and append"
            ),
        ])
    func problems(line: String, reason: String) throws {
        let verdict = try Self.verdict(line)
        #expect(verdict.judgement == .unknown)
        #expect(verdict.reason?.contains(reason) == true, "\(verdict.reason ?? "")")
    }

    @Test("an answer that only says that it is over tells nothing of what was read")
    func silent() throws {
        var events = try HistoryNotation.events("p0 w y 1 ok | p0 t x:=1,y=null ok | p1 r x 1 ok | p1 r x null ok")
        events[3].value = .null
        let options = CheckOptions(guarantees: [.linearizable])
        #expect(check(try History(Array(events.prefix(6))), options)[0].judgement == .valid)
        #expect(check(try History(events), options)[0].judgement == .invalid)
    }

    @Test("a limit ends with how far there is an order")
    func limit() throws {
        let writes = (0..<9).map { "p\($0) t x:=\($0),y:=\($0)" }.joined(separator: " | ")
        let ends = (0..<9).map { "p\($0) ok" }.joined(separator: " | ")
        let verdict = try Self.verdict("p10 t x:=7,y:=7 ok | \(writes) | \(ends) | p20 t x=3,y=4 ok") {
            $0.limits.steps = 300
        }
        #expect(verdict.judgement == .unknown)
        let reason = try #require(verdict.reason)
        #expect(
            reason.contains("the transactions on keys \"x\", \"y\": the step limit was reached among 11 operations")
        )
        #expect(reason.contains("up to the end of operation 0 there is an order"))
    }

    @Test("searches are named and compared, and nothing else fits")
    func algorithms() throws {
        let line = "p0 t x:=1,y:=1 ok | p1 t x=1,y=1 ok"
        #expect(LinearizabilityAlgorithm.fitting(try History(notation: line)) == [.search, .depthFirst])
        #expect(
            try Self.verdict(line) { $0.algorithm = .depthFirst }.algorithm.hasPrefix("depth-first search of a map")
        )
        #expect(try Self.verdict(line) { $0.algorithm = .zones }.judgement == .unknown)
        #expect(try Self.verdict(line) { $0.crossChecks = true }.crossCheck?.outcome == .agrees)
        let wrong = try Self.verdict(line) {
            $0.crossChecks = true
            $0.plantedError = .search
        }
        #expect(wrong.crossCheck?.outcome == .disagrees && wrong.judgement == .unknown)
        let asked = try Self.verdict(line) { $0.wantsLinearization = true }
        #expect(asked.judgement == .valid && asked.linearization == nil)
    }
}
