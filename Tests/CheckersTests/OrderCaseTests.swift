import Checkers
import HistoryModel
import Testing

@Suite("Orders of operations, case by case")
struct OrderCaseTests {
    /// A history, and of each guarantee that it breaks the kind of violation with its proof.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var line: String
        var broken: [Guarantee: String]

        init(_ name: String, _ line: String, _ broken: [Guarantee: String]) {
            (self.name, self.line, self.broken) = (name, line, broken)
        }

        var testDescription: String { name }
    }

    static let guarantees: [Guarantee] = [.weakCausal, .causal, .sequential, .consistentPrefix, .noLongFork]

    static let cases: [Case] = [
        Case("one after the other", "p0 w x 1 ok | p1 t x=1,y=null ok | p0 w y 2 ok | p1 t x=1,y=2 ok", [:]),
        Case("stale in real time alone", "p0 w x 1 ok | p1 r x null ok | p1 r x 1 ok", [:]),
        Case(
            "its own write was missed", "p0 w x 1 ok | p0 r x null ok | p1 r x 1 ok",
            [.weakCausal: "missed-cause 0 2", .causal: "missed-cause 0 2", .sequential: "no-sequential-order 0 2"]),
        Case(
            "an effect without its cause", "p0 w x 1 ok | p1 r x 1 ok | p1 w y 2 ok | p2 r y 2 ok | p2 r x null ok",
            [
                .weakCausal: "missed-cause 0 2 4 6 8", .causal: "missed-cause 0 2 4 6 8",
                .sequential: "no-sequential-order 0 2 4 6 8",
            ]),
        Case(
            "two sessions read two writes in opposite orders",
            "p0 w x 1 | p1 w x 2 | p0 ok | p1 ok | p2 r x 1 ok | p2 r x 2 ok | p3 r x 2 ok | p3 r x 1 ok",
            [.causal: "commit-order-cycle 0 1 4 6 8 10", .sequential: "no-sequential-order 0 1 4 6 8 10"]),
        Case(
            "each misses the other's write", "p0 w x 1 ok | p0 r y null ok | p1 w y 2 ok | p1 r x null ok",
            [.sequential: "no-sequential-order 0 2 4 6"]),
        Case(
            "a long fork", "p0 w x 1 ok | p1 w y 2 ok | p2 t x=1,y=null ok | p3 t x=null,y=2 ok",
            [
                .sequential: "no-sequential-order 0 2 4 6", .consistentPrefix: "no-write-order 0 2 4 6",
                .noLongFork: "long-fork 0 2 4 6",
            ]),
        Case(
            "a long fork of a set", "p0 a s 1 ok | p1 a s 2 ok | p2 r s [1] ok | p3 r s [2] ok",
            [
                .sequential: "no-sequential-order 0 2 4 6", .consistentPrefix: "no-write-order 0 2 4 6",
                .noLongFork: "long-fork 0 2 4 6",
            ]),
        Case(
            "the second of two writes without the first", "p0 a s 1 ok | p0 a s 2 ok | p1 r s [2] ok",
            [
                .weakCausal: "missed-cause 0 2 4", .causal: "missed-cause 0 2 4",
                .sequential: "no-sequential-order 0 2 4", .consistentPrefix: "no-write-order 0 2 4",
            ]),
        Case(
            "two orders of a list",
            "p0 append l 1 ok | p1 append l 2 ok | p2 r l [1,2] ok | p3 r l [2,1] ok",
            [
                .causal: "causality-cycle 0 2 4 6", .sequential: "incompatible-order 4 6",
                .consistentPrefix: "incompatible-order 4 6",
            ]),
        Case(
            "a list in the order that causes forbid",
            "p0 append l 1 ok | p1 r l [1] ok | p1 append l 2 ok | p2 r l [2,1] ok",
            [
                .weakCausal: "causality-cycle 0 2 4 6", .causal: "causality-cycle 0 2 4 6",
                .sequential: "incompatible-order 2 6", .consistentPrefix: "incompatible-order 2 6",
            ]),
        Case(
            "what comes with the last element of a list",
            "p0 append l 1 ok | p1 w y 1 ok | p1 append l 2 ok | p2 r l [1,2] ok | p2 r y null ok",
            [
                .weakCausal: "missed-cause 2 4 6 8", .causal: "missed-cause 2 4 6 8",
                .sequential: "no-sequential-order 2 4 6 8",
            ]),
        Case(
            "what comes with the first element of a list",
            "p1 w y 1 ok | p1 append l 1 ok | p0 append l 2 ok | p2 r l [1,2] ok | p2 r y null ok",
            [
                .weakCausal: "missed-cause 0 2 6 8", .causal: "missed-cause 0 2 6 8",
                .sequential: "no-sequential-order 0 2 6 8",
            ]),
        Case(
            "a replaced version", "p0 w x 1 ok | p0 w x 2 ok | p1 r x 2 ok | p1 r x 1 ok",
            [
                .weakCausal: "replaced-read 0 2 4 6", .causal: "replaced-read 0 2 4 6",
                .sequential: "no-sequential-order 0 2 4 6",
            ]),
        Case(
            "a value that failed", "p0 w x 1 fail | p1 r x 1 ok",
            [
                .weakCausal: "read-of-failed-write 0 2", .causal: "read-of-failed-write 0 2",
                .sequential: "read-of-failed-write 0 2", .consistentPrefix: "read-of-failed-write 0 2",
            ]),
        Case(
            "out of thin air", "p0 w x 1 ok | p1 r x 7 ok",
            [
                .weakCausal: "phantom-read 2", .causal: "phantom-read 2", .sequential: "phantom-read 2",
                .consistentPrefix: "phantom-read 2",
            ]),
        Case(
            "info that nobody saw may be missing", "p0 w x 1 info | p1 r x null ok | p1 w y 2 ok | p2 r y 2 ok", [:]
        ),
        Case(
            "info that was seen happened", "p0 w y 1 ok | p0 w x 2 info | p1 r x 2 ok | p1 r y null ok",
            [
                .weakCausal: "missed-cause 0 2 4 6", .causal: "missed-cause 0 2 4 6",
                .sequential: "no-sequential-order 0 2 4 6",
            ]),
        Case(
            "two cas from one value", "p0 w x 1 ok | p1 c x 1>2 ok | p2 c x 1>3 ok | p3 t x=2 ok",
            [.sequential: "no-sequential-order 0 2 4", .consistentPrefix: "no-write-order 0 2 4"]),
        Case(
            "two cas from one value, of which a read shows one",
            "p0 c x null>1 ok | p1 c x null>2 info | p2 r x 2 ok",
            [.sequential: "no-sequential-order 0 2 4", .consistentPrefix: "no-write-order 0 2 4"]),
        Case(
            "writes of two sessions that two reads mix",
            "p0 w x 1 ok | p0 w y 1 ok | p1 w x 2 ok | p1 w y 2 ok | p2 t x=1,y=2 ok | p3 t x=2,y=1 ok",
            [
                .causal: "commit-order-cycle 0 2 4 6 8 10", .sequential: "no-sequential-order 0 2 4 6 8 10",
                .consistentPrefix: "no-write-order 0 2 4 6 8 10",
            ]),
    ]

    @Test("each history breaks just these guarantees, and shows why", arguments: cases)
    func verdicts(_ known: Case) throws {
        let history = try History(notation: known.line)
        for guarantee in Self.guarantees {
            let verdict = check(history, CheckOptions(guarantees: [guarantee]))[0]
            let found = verdict.anomalies.first.map { anomaly in
                ([anomaly.kind.rawValue] + anomaly.evidence.map(\.operation).sorted().map(String.init))
                    .joined(separator: " ")
            }
            #expect(found == known.broken[guarantee], "\(guarantee.rawValue)")
            #expect((verdict.judgement == .invalid) == (known.broken[guarantee] != nil))
        }
    }

    @Test("values that were written twice are unknown, unless the rest breaks it", arguments: guarantees)
    func repeated(_ guarantee: Guarantee) throws {
        let body = "p0 w x 1 ok | p1 w x 1 ok | p2 t x=1,y=null ok | p2 t x=1,y=null ok"
        let open = check(try History(notation: body), CheckOptions(guarantees: [guarantee]))[0]
        #expect(open.judgement == .unknown)
        #expect(open.reason?.contains("written more than once") == true)
        let broken =
            "\(body) | p0 w u 2 ok | p1 w v 3 ok | p3 t u=2,v=null ok | p4 t u=null,v=3 ok | p3 t u=null,v=null ok"
        let closed = check(try History(notation: broken), CheckOptions(guarantees: [guarantee]))[0]
        #expect(closed.judgement == .invalid)
    }

    @Test("real time of writes counts where it is assumed, and the verdict says so")
    func realTime() throws {
        let history = try History(notation: "p0 w x 1 ok | p1 w y 2 ok | p2 t x=null,y=2 ok | p2 t x=1,y=2 ok")
        let options = CheckOptions(guarantees: [.consistentPrefix], assumesRealTimeWrites: true)
        let verdict = check(history, options)[0]
        #expect(verdict.judgement == .invalid)
        #expect(verdict.anomalies.first?.evidence.map(\.operation) == [0, 2, 4])
        #expect(verdict.algorithm.contains("real time"))
        let without = check(history, CheckOptions(guarantees: [.consistentPrefix]))[0]
        #expect(without.judgement == .valid)
        #expect(!without.algorithm.contains("real time"))
    }

    @Test("a search that reaches its limit is unknown", arguments: [Guarantee.sequential, .consistentPrefix])
    func limit(_ guarantee: Guarantee) throws {
        let history = try History(notation: "p0 w x 1 ok | p1 w y 2 ok | p2 t x=1,y=2 ok | p3 t x=1,y=2 ok")
        let options = CheckOptions(guarantees: [guarantee], limits: CheckLimits(steps: 1))
        let verdict = check(history, options)[0]
        #expect(verdict.judgement == .unknown)
        #expect(verdict.reason?.contains("limit") == true)
    }

    @Test("adds to a counter show nothing of orders, and that is said")
    func counters() throws {
        let history = try History(notation: "p0 a c 1 ok | p1 r c 1 ok | p1 r c 1 ok")
        for guarantee in [Guarantee.sequential, .weakCausal, .causal] {
            let verdict = check(history, CheckOptions(guarantees: [guarantee]))[0]
            #expect(verdict.judgement == .unknown)
            #expect(verdict.reason?.contains("shows no elements") == true)
        }
    }
}
