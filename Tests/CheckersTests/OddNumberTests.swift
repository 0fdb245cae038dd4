import Checkers
import HistoryModel
import Testing

/// Numbers at the ends of 64 bits and beyond.
@Suite("Numbers that are large")
struct OddNumberTests {
    @Test(
        "amounts, balances and answers at the ends of 64 bits are judged without an overflow",
        arguments: [
            ("p0 decrement c 1 ok | p1 r c -9223372036854775808 ok", Guarantee.linearizable, Judgement.invalid),
            ("p0 r c 9223372036854775807 ok | p1 increment c 1 ok", .linearizable, .invalid),
            ("p0 increment c 9223372036854775807 ok | p1 r c 9223372036854775807 ok", .counter, .valid),
            ("p0 decrement c -9223372036854775808 ok | p1 r c 0 ok", .linearizable, .unknown),
            ("p0 increment c 9223372036854775807 ok | p1 increment c 1 ok | p2 r c 0 ok", .counter, .invalid),
            ("p0 increment c 18446744073709551615 ok | p1 r c 0 ok", .linearizable, .unknown),
        ] as [(String, Guarantee, Judgement)])
    func atTheEnds(line: String, guarantee: Guarantee, judgement: Judgement) throws {
        let verdict = check(try History(notation: line), CheckOptions(guarantees: [guarantee]))[0]
        #expect(verdict.judgement == judgement, "\(verdict.reason ?? "")")
    }

    @Test("a balance that cannot grow is planted with a unit less")
    func fullAccount() throws {
        let text = #"""
            {"process":0,"type":"invoke","f":"read"}
            {"process":0,"type":"ok","f":"read","value":{"a":9223372036854775807,"b":0}}
            {"process":1,"type":"invoke","f":"transfer","value":{"from":"a","to":"b","amount":1}}
            {"process":1,"type":"fail","f":"transfer"}
            {"process":2,"type":"invoke","f":"read"}
            {"process":2,"type":"ok","f":"read","value":{"a":9223372036854775807,"b":0}}

            """#
        let power = measured(try JSONLines.read(Array(text.utf8)).history, [.bank])[.bank]
        #expect(power?.planted ?? 0 > 0 && power?.caught == power?.planted)
    }

    private static let ids = [
        "18446744073709551614", "18446744073709551615", "340282366920938463463374607431768211455",
    ]

    @Test("identifiers beyond 64 bits that differ are different, and equal ones are not", arguments: [false, true])
    func uniqueIDs(repeats: Bool) throws {
        let given = repeats ? Self.ids + [Self.ids[2]] : Self.ids
        let lines = given.map { id in
            #"{"process":0,"type":"invoke","f":"generate"}"# + "\n"
                + #"{"process":0,"type":"ok","f":"generate","value":\#(id)}"# + "\n"
        }
        let history = try JSONLines.read(Array(lines.joined().utf8)).history
        let verdict = check(history, CheckOptions(guarantees: [.uniqueIDs]))[0]
        #expect(verdict.judgement == (repeats ? .invalid : .valid), "\(verdict.reason ?? "")")
        #expect(verdict.anomalies.map(\.detail) == (repeats ? ["\(Self.ids[2]), 2 times"] : []))
    }

    @Test("registers tell numbers beyond 64 bits apart")
    func register() throws {
        func judgement(_ answer: String) throws -> Judgement {
            check(
                try History(notation: "p0 w x 18446744073709551615 ok | p1 r x \(answer) ok"),
                CheckOptions(guarantees: [.linearizable]))[0].judgement
        }
        #expect(try judgement("18446744073709551615") == .valid)
        #expect(try judgement("18446744073709551614") == .invalid)
        #expect(try judgement("1.8446744073709552e19") == .invalid)
    }
}
