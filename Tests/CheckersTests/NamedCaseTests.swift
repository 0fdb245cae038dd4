import Checkers
import HistoryModel
import Testing

/// One history in the notation, and all that a checker must say of it.
struct NamedCase: Sendable, CustomTestStringConvertible {
    var name: String
    var guarantee: Guarantee
    var line: String
    var judgement: Judgement
    var anomalies: [Anomaly]

    init(_ name: String, _ guarantee: Guarantee, _ line: String, _ judgement: Judgement) {
        (self.name, self.guarantee, self.line, self.judgement, anomalies) = (name, guarantee, line, judgement, [])
    }

    init(_ name: String, _ guarantee: Guarantee, _ line: String, _ anomaly: Anomaly) {
        (self.name, self.guarantee, self.line, self.judgement, anomalies) = (
            name, guarantee, line, .invalid, [anomaly]
        )
    }

    var testDescription: String { "\(guarantee.rawValue): \(name)" }
}

/// The steps of a proof: `proof((0, .expectedWrite), (4, .violatingRead))`.
func proof(_ steps: (Int, Anomaly.Role)...) -> [Anomaly.Step] {
    steps.map { Anomaly.Step($0.0, $0.1) }
}

@Suite("Named cases")
struct NamedCaseTests {
    @Test(
        "each case gets its verdict with the full evidence",
        arguments: linearizable + sessions + orders + prefixes + ends)
    func verdict(named: NamedCase) throws {
        let verdict = check(try History(notation: named.line), CheckOptions(guarantees: [named.guarantee]))[0]
        #expect(verdict.judgement == named.judgement, "\(verdict.reason ?? "")")
        #expect(verdict.anomalies == named.anomalies)
        #expect((verdict.reason != nil) == (named.judgement == .unknown))
    }

    static let linearizable: [NamedCase] = [
        NamedCase("a read after a write sees it", .linearizable, "p0 w x 1 ok | p1 r x 1 ok", .valid),
        NamedCase(
            "a stale read", .linearizable, "p0 w x 1 ok | p0 w x 2 ok | p1 r x 1 ok",
            Anomaly(.notLinearizable, key: "x", proof((0, .seenWrite), (2, .expectedWrite), (4, .violatingRead)))),
        NamedCase(
            "a stale read where values repeat", .linearizable,
            "p0 w x 1 ok | p0 w x 1 ok | p0 w x 2 ok | p1 r x 1 ok",
            Anomaly(
                .notLinearizable, key: "x", proof((2, .seenWrite), (4, .expectedWrite), (6, .violatingRead)),
                detail: "whatever the key held before these operations")),
        NamedCase(
            "the initial value after a write", .linearizable, "p0 w x 1 ok | p1 r x null ok",
            Anomaly(.notLinearizable, key: "x", proof((0, .expectedWrite), (2, .violatingRead)))),
        NamedCase(
            "a write under way may be seen or not", .linearizable, "p0 w x 1 | p1 r x null ok | p1 r x 1 ok", .valid
        ),
        NamedCase(
            "a write under way is not taken back", .linearizable, "p0 w x 1 | p1 r x 1 ok | p1 r x null ok",
            Anomaly(.notLinearizable, key: "x", proof((0, .expectedWrite), (1, .earlierRead), (3, .violatingRead)))),
        NamedCase(
            "an info write may take effect late", .linearizable, "p0 w x 1 info | p1 w x 2 ok | p1 r x 1 ok", .valid
        ),
        NamedCase(
            "a failed write did not happen", .linearizable, "p0 w x 1 ok | p0 w x 2 fail | p1 r x 1 ok", .valid),
        NamedCase(
            "a read of nobody's value", .linearizable, "p0 w x 1 ok | p1 r x 7 ok",
            Anomaly(
                .notLinearizable, key: "x", proof((2, .violatingRead)), detail: "nobody wrote what it saw")),
        NamedCase(
            "two cas of one value", .linearizable, "p0 w x 1 ok | p0 c x 1>2 ok | p1 c x 1>3 ok",
            Anomaly(
                .notLinearizable, key: "x", proof((0, .conflicting), (2, .conflicting), (4, .conflicting)),
                detail: "two cas replaced the same value")),
        NamedCase(
            "a cas whose old value was never there", .linearizable, "p0 c x 1>2 info | p1 r x 2 ok",
            Anomaly(
                .notLinearizable, key: "x", proof((0, .seenWrite), (2, .violatingRead)),
                detail: "nobody wrote what this cas replaced")),
        NamedCase(
            "a cas on the value of a later one", .linearizable, "p0 c x 2>1 ok | p0 c x 1>2 ok",
            Anomaly(
                .notLinearizable, key: "x", proof((0, .conflicting), (2, .conflicting)),
                detail: "each of these cas needs another one before it")),
        NamedCase(
            "a cas that failed says nothing", .linearizable,
            "p0 w x 1 ok | p1 c x 1>2 fail:cas-failed | p1 r x 1 ok", .valid),
        NamedCase(
            "operations that touch at one time are concurrent", .linearizable,
            "p0 w x 1 | p0 ok at=5 | p1 r x at=5 | p1 ok null", .valid),
        NamedCase(
            "operations of one process are in order even at one time", .linearizable,
            "p0 w x 1 | p0 ok at=5 | p0 r x at=5 | p0 ok null",
            Anomaly(.notLinearizable, key: "x", proof((0, .expectedWrite), (2, .violatingRead)))),
        NamedCase(
            "a set read that misses an added element", .linearizable, "p0 a s 1 ok | p1 r s [] ok",
            Anomaly(.notLinearizable, key: "s", proof((0, .expectedWrite), (2, .violatingRead)))),
        NamedCase(
            "two set reads of which neither includes the other", .linearizable,
            "p0 a s 1 | p1 a s 2 | p2 r s [1] ok | p3 r s [2] ok",
            Anomaly(
                .notLinearizable, key: "s", proof((2, .earlierRead), (4, .violatingRead)),
                detail: "neither of two reads includes the other")),
        NamedCase("writes alone prove nothing", .linearizable, "p0 w x 1 ok | p1 w x 2 ok", .unknown),
        NamedCase("reads that all failed prove nothing", .linearizable, "p0 w x 1 ok | p1 r x fail", .unknown),
        NamedCase(
            "a key that mixes set and register", .linearizable, "p0 w x 1 ok | p1 a x 2 ok | p1 r x [2] ok",
            .unknown),
        NamedCase(
            "atomic reads are reads of their keys", .linearizable, "p0 w x 1 ok | p1 t x=null,y=null ok",
            Anomaly(.notLinearizable, key: "x", proof((0, .expectedWrite), (2, .violatingRead)))),
        NamedCase(
            "a txn that failed did not write", .linearizable, "p0 w x 1 ok | p1 t x:=2 fail | p2 r x 1 ok", .valid),
        NamedCase(
            "what a failed txn wrote was never there", .linearizable,
            "p0 w x 1 ok | p1 t x:=2 fail | p2 r x 2 ok",
            Anomaly(
                .notLinearizable, key: "x", proof((4, .violatingRead)), detail: "nobody wrote what it saw")),
        NamedCase(
            "a txn of unknown outcome may have written", .linearizable,
            "p0 w x 1 ok | p1 t x:=2 info | p2 r x 2 ok", .valid),
    ]

    static let sessions: [NamedCase] = [
        NamedCase("the own write", .readYourWrites, "p0 w x 1 ok | p0 r x 1 ok", .valid),
        NamedCase(
            "the initial value after an own write", .readYourWrites, "p0 w x 1 ok | p0 r x null ok",
            Anomaly(.missedOwnWrite, key: "x", proof((0, .expectedWrite), (2, .violatingRead)))),
        NamedCase(
            "an older own write", .readYourWrites, "p0 w x 1 ok | p0 w x 2 ok | p0 r x 1 ok",
            Anomaly(.missedOwnWrite, key: "x", proof((2, .expectedWrite), (0, .seenWrite), (4, .violatingRead)))),
        NamedCase(
            "another's write may be later, whatever the times say", .readYourWrites,
            "p1 w x 9 ok | p0 w x 1 ok | p0 r x 9 ok", .valid),
        NamedCase(
            "another's write that came before by what was read", .readYourWrites,
            "p1 w x 9 ok | p0 r x 9 ok | p0 w x 1 ok | p0 r x 9 ok",
            Anomaly(
                .missedOwnWrite, key: "x",
                proof((4, .expectedWrite), (0, .seenWrite), (2, .orderWitness), (6, .violatingRead)),
                together: [.readYourWrites, .writesFollowReads])),
        NamedCase(
            "an older own write, where the values have no order", .readYourWrites,
            "p0 w x b ok | p0 w x a ok | p0 r x b ok",
            Anomaly(
                .missedOwnWrite, key: "x", proof((2, .expectedWrite), (0, .seenWrite), (4, .violatingRead)),
                together: [.readYourWrites, .monotonicWrites])),
        NamedCase(
            "two sessions that each see the other's write as the newer one", .readYourWrites,
            "p0 w x 1 | p1 w x 2 ok | p0 ok | p0 r x 2 ok | p1 r x 1 ok",
            Anomaly(
                .missedOwnWrite, key: "x",
                proof((0, .conflicting), (1, .conflicting), (4, .conflicting), (6, .conflicting)),
                detail: "no order of the versions fits what these sessions saw")),
        NamedCase(
            "an element that another client removed", .readYourWrites,
            "p0 a s 1 ok | p1 remove s 1 ok | p0 r s [] ok", .unknown),
        NamedCase(
            "an element that was read and removed", .monotonicReads,
            "p0 a s 1 ok | p1 r s [1] ok | p0 remove s 1 info | p1 r s [] ok", .unknown),
        NamedCase(
            "an own element that nobody removed beside one that was", .readYourWrites,
            "p0 a s 1 ok | p0 a s 2 ok | p1 remove s 1 info | p0 r s [] ok",
            Anomaly(
                .missedOwnWrite, key: "s", proof((2, .expectedWrite), (6, .violatingRead)),
                detail: "element 2 is missing")),
        NamedCase(
            "an own element that comes back after its removal", .readYourWrites,
            "p0 a s 1 ok | p1 remove s 1 ok | p0 a s 1 ok | p0 r s [] ok", .unknown),
        NamedCase(
            "an element that nobody removed is gone beside one that was", .monotonicReads,
            "p0 a s 1 ok | p0 a s 2 ok | p1 r s [1,2] ok | p0 remove s 1 info | p1 r s [] ok",
            Anomaly(
                .readWentBack, key: "s", proof((4, .earlierRead), (8, .violatingRead)),
                detail: "element 2 is gone")),
        NamedCase(
            "elements that are removed together", .monotonicReads,
            "p0 a s 1 ok | p0 a s 2 ok | p1 r s [1,2] ok | p0 remove s [1,2] ok | p1 r s [] ok", .unknown),
        NamedCase(
            "a removal that does not say of what", .monotonicReads,
            "p0 a s 1 ok | p1 r s [1] ok | p0 remove s null ok | p1 r s [] ok", .unknown),
        NamedCase(
            "a set that is written as a whole", .readYourWrites,
            "p0 a s 1 ok | p0 a s 2 ok | p1 remove s 1 ok | p1 w s [] ok | p0 r s [] ok", .unknown),
        NamedCase(
            "a removal that failed", .readYourWrites, "p0 a s 1 ok | p1 remove s 1 fail | p0 r s [] ok",
            Anomaly(
                .missedOwnWrite, key: "s", proof((0, .expectedWrite), (4, .violatingRead)),
                detail: "element 1 is missing")),
        NamedCase("an info write obliges nobody", .readYourWrites, "p0 w x 1 info | p0 r x null ok", .unknown),
        NamedCase(
            "after info a process is a new session", .readYourWrites,
            "p0 w x 1 ok | p0 r x 1 ok | p0 r x info | p0 r x null ok", .valid),
        NamedCase("another's read obliges nobody", .readYourWrites, "p0 w x 1 ok | p1 r x null ok", .unknown),
        NamedCase(
            "repeated values are not traced", .readYourWrites, "p0 w x 1 ok | p0 w x 1 ok | p0 r x 1 ok", .unknown),
        NamedCase(
            "an own element that is missing", .readYourWrites, "p0 a s 1 ok | p0 a s 2 ok | p0 r s [2] ok",
            Anomaly(
                .missedOwnWrite, key: "s", proof((0, .expectedWrite), (4, .violatingRead)),
                detail: "element 1 is missing")),
        NamedCase("a value that stays", .monotonicReads, "p0 w x 1 ok | p1 r x 1 ok | p1 r x 1 ok", .valid),
        NamedCase(
            "an older version of one writer", .monotonicReads,
            "p0 w x 1 ok | p0 w x 2 ok | p1 r x 2 ok | p1 r x 1 ok",
            Anomaly(
                .readWentBack, key: "x",
                proof((2, .expectedWrite), (0, .seenWrite), (4, .earlierRead), (6, .violatingRead)))),
        NamedCase(
            "the initial value again", .monotonicReads, "p0 w x 1 ok | p1 r x 1 ok | p1 r x null ok",
            Anomaly(.readWentBack, key: "x", proof((0, .expectedWrite), (2, .earlierRead), (4, .violatingRead)))),
        NamedCase(
            "a version, another, and the first again", .monotonicReads,
            "p0 w x 1 ok | p2 w x 2 ok | p1 r x 1 ok | p1 r x 2 ok | p1 r x 1 ok",
            Anomaly(
                .readWentBack, key: "x",
                proof(
                    (2, .expectedWrite), (0, .seenWrite), (4, .orderWitness), (6, .earlierRead), (8, .violatingRead)
                ),
                detail: "the session had seen this version before the newer one")),
        NamedCase(
            "two sessions that saw two versions in either order", .monotonicReads,
            "p0 w x 1 ok | p2 w x 2 ok | p1 r x 1 ok | p1 r x 2 ok | p3 r x 2 ok | p3 r x 1 ok",
            Anomaly(
                .readWentBack, key: "x",
                proof(
                    (0, .conflicting), (2, .conflicting), (4, .conflicting), (6, .conflicting), (8, .conflicting),
                    (10, .conflicting)), detail: "no order of the versions fits what these sessions saw")),
        NamedCase(
            "two writers' versions have no order", .monotonicReads,
            "p0 w x 1 ok | p2 w x 2 ok | p1 r x 2 ok | p1 r x 1 ok", .valid),
        NamedCase(
            "an element that is gone", .monotonicReads, "p0 a s 1 ok | p1 r s [1] ok | p1 r s [] ok",
            Anomaly(
                .readWentBack, key: "s", proof((2, .earlierRead), (4, .violatingRead)), detail: "element 1 is gone")
        ),
        NamedCase(
            "a list in another order", .monotonicReads,
            "p0 append s 1 ok | p1 append s 2 ok | p2 r s [1] ok | p2 r s [2,1] ok",
            Anomaly(
                .readWentBack, key: "s", proof((0, .expectedWrite), (4, .earlierRead), (6, .violatingRead)),
                detail: "element 1 has moved from place 1 to place 2")),
        NamedCase(
            "a list in another order in transactions", .monotonicReads,
            "p0 t s+1 ok | p1 t s+2 ok | p2 t s=[1,2] ok | p2 t s=[2,1] ok",
            Anomaly(
                .readWentBack, key: "s", proof((0, .expectedWrite), (4, .earlierRead), (6, .violatingRead)),
                detail: "element 1 has moved from place 1 to place 2")),
        NamedCase(
            "an element that comes into the middle", .monotonicReads,
            "p0 append s 1 ok | p1 append s 2 ok | p3 append s 3 ok | p2 r s [1,2] ok | p2 r s [1,3,2] ok",
            Anomaly(
                .readWentBack, key: "s", proof((2, .expectedWrite), (6, .earlierRead), (8, .violatingRead)),
                detail: "element 2 has moved from place 2 to place 3")),
        NamedCase(
            "two sessions that see two orders", .monotonicReads,
            "p0 append s 1 ok | p1 append s 2 ok | p2 r s [1,2] ok | p2 r s [1,2] ok | p3 r s [2,1] ok", .valid),
        NamedCase(
            "a set in another order", .monotonicReads,
            "p0 a s 1 ok | p1 a s 2 ok | p2 r s [1,2] ok | p2 r s [2,1] ok", .valid),
        NamedCase(
            "back within one transaction", .monotonicReads,
            "p0 append s 1 ok | p0 append s 2 ok | p2 t s=[1,2],s=[1] ok",
            Anomaly(.readWentBack, key: "s", proof((4, .violatingRead)))),
        NamedCase(
            "back to nothing within one transaction", .monotonicReads, "p0 w x 1 ok | p2 t x=1,x=null ok",
            Anomaly(.readWentBack, key: "x", proof((0, .expectedWrite), (2, .violatingRead)))),
        NamedCase(
            "two sessions may differ", .monotonicReads, "p0 w x 1 ok | p1 r x 1 ok | p2 r x null ok", .unknown),
    ]

    static let orders: [NamedCase] = [
        NamedCase(
            "two keys in one read, in order", .monotonicWrites, "p0 w x 1 ok | p0 w y 1 ok | p1 t x=1,y=1 ok",
            .valid),
        NamedCase(
            "the later write without the earlier", .monotonicWrites,
            "p0 w x 1 ok | p0 w y 1 ok | p1 t x=null,y=1 ok",
            Anomaly(.writesOutOfOrder, key: "x", proof((0, .cause), (2, .effect), (4, .violatingRead)))),
        NamedCase(
            "separate reads may go to two servers", .monotonicWrites,
            "p0 w x 1 ok | p0 w y 1 ok | p1 r y 1 ok | p1 r x null ok", .unknown),
        NamedCase(
            "another's write may have come between", .monotonicWrites,
            "p2 w x 9 | p0 w x 1 ok | p0 w y 1 ok | p1 t x=9,y=1 ok", .valid),
        NamedCase(
            "two reads that each call another write the newer one", .monotonicWrites,
            "p0 w x 1 ok | p0 w y 1 ok | p1 w x 2 ok | p1 w z 2 ok | p2 t x=2,y=1 ok | p3 t x=1,z=2 ok",
            Anomaly(
                .writesOutOfOrder, key: "x",
                proof(
                    (0, .conflicting), (2, .conflicting), (4, .conflicting), (6, .conflicting), (8, .conflicting),
                    (10, .conflicting)), detail: "each of these reads calls another version the newer one")),
        NamedCase(
            "an element without the session's earlier one", .monotonicWrites,
            "p0 a s 1 ok | p0 a s 2 ok | p1 r s [2] ok",
            Anomaly(
                .writesOutOfOrder, key: "s", proof((0, .cause), (2, .effect), (4, .violatingRead)),
                detail: "element 1 is missing")),
        NamedCase(
            "a session's elements in the opposite order", .monotonicWrites,
            "p0 append s 1 ok | p0 append s 2 ok | p1 r s [2,1] ok | p2 r s [1] ok",
            Anomaly(
                .writesOutOfOrder, key: "s", proof((0, .cause), (2, .effect), (4, .violatingRead)),
                detail: "element 1 stands behind element 2")),
        NamedCase(
            "a later element on one list without the earlier on another", .monotonicWrites,
            "p1 append x 1 ok | p1 append x 2 ok | p5 r x [1,2] ok | p1 append y 1 ok | p2 t y=[1],x=[1] ok",
            Anomaly(
                .writesOutOfOrder, key: "x", proof((2, .cause), (6, .effect), (8, .violatingRead)),
                detail: "element 2 is missing")),
        NamedCase(
            "a later element on one set without the earlier on another", .monotonicWrites,
            "p1 a x 1 ok | p1 a y 1 ok | p2 t y=[1],x=[] ok",
            Anomaly(
                .writesOutOfOrder, key: "x", proof((0, .cause), (2, .effect), (4, .violatingRead)),
                detail: "element 1 is missing")),
        NamedCase(
            "an element without an earlier write of a register", .monotonicWrites,
            "p1 w x 1 ok | p1 append y 1 ok | p2 t y=[1],x=null ok",
            Anomaly(.writesOutOfOrder, key: "x", proof((0, .cause), (2, .effect), (4, .violatingRead)))),
        NamedCase(
            "separate reads of lists may go to two servers", .monotonicWrites,
            "p1 append x 1 ok | p1 append y 1 ok | p2 r y [1] ok | p2 r x [] ok", .unknown),
        NamedCase(
            "an element that several put there is nobody's", .monotonicWrites,
            "p1 a x 1 ok | p1 a y 1 ok | p3 a y 1 ok | p2 t y=[1],x=[] ok", .unknown),
        NamedCase(
            "an element that need not have happened", .monotonicWrites,
            "p1 append x 1 | p1 info | p1 append y 1 ok | p2 t y=[1],x=[] ok", .unknown),
        NamedCase(
            "elements of two lists by way of readers", .writesFollowReads,
            "p0 append x 1 ok | p1 r x [1] ok | p1 append z 1 ok | p2 r z [1] ok | p2 append y 1 ok"
                + " | p3 t y=[1],x=[] ok | p4 t x=[1],y=[] ok",
            Anomaly(
                .writeBeforeItsCause, key: "x",
                proof(
                    (0, .cause), (2, .orderWitness), (4, .orderWitness), (6, .orderWitness), (8, .effect),
                    (10, .violatingRead)), detail: "element 1 is missing")),
        NamedCase(
            "an element before what its session had read", .writesFollowReads,
            "p0 append s 1 ok | p1 r s [1] ok | p1 append s 2 ok | p2 r s [2,1] ok",
            Anomaly(
                .writeBeforeItsCause, key: "s",
                proof((0, .cause), (2, .orderWitness), (4, .effect), (6, .violatingRead)),
                detail: "element 1 stands behind element 2")),
        NamedCase(
            "an element without what its transaction had read", .writesFollowReads,
            "p0 append s 1 ok | p1 t s=[1],s+2 ok | p2 r s [2] ok",
            Anomaly(
                .writeBeforeItsCause, key: "s", proof((0, .cause), (2, .effect), (4, .violatingRead)),
                detail: "element 1 is missing")),
        NamedCase(
            "an element before what its transaction had read", .writesFollowReads,
            "p0 append s 1 ok | p1 t s=[1],s+2 ok | p2 r s [2,1] ok",
            Anomaly(
                .writeBeforeItsCause, key: "s", proof((0, .cause), (2, .effect), (4, .violatingRead)),
                detail: "element 1 stands behind element 2")),
        NamedCase(
            "an element behind what its transaction had read", .writesFollowReads,
            "p0 append s 1 ok | p1 t s=[1],s+2 ok | p2 r s [1,2] ok", .valid),
        NamedCase(
            "what nobody says came first", .writesFollowReads,
            "p0 append s 1 ok | p1 append s 2 ok | p1 r s [2] ok | p1 append s 3 ok | p2 r s [2,3,1] ok | p3 r s [1] ok",
            .valid),
        NamedCase(
            "an effect by way of a reader", .writesFollowReads,
            "p0 w x 1 ok | p2 r x 1 ok | p2 w y 5 ok | p1 t x=null,y=5 ok",
            Anomaly(
                .writeBeforeItsCause, key: "x",
                proof((0, .cause), (2, .orderWitness), (4, .effect), (6, .violatingRead)))),
        NamedCase(
            "an effect and its cause", .writesFollowReads,
            "p0 w x 1 ok | p2 r x 1 ok | p2 w y 5 ok | p1 t x=1,y=5 ok", .valid),
        NamedCase(
            "the session's own write is a matter of monotonic writes", .writesFollowReads,
            "p0 w x 1 ok | p0 w y 1 ok | p1 t x=null,y=1 ok", .unknown),
        NamedCase(
            "an element without what its session had seen", .writesFollowReads,
            "p0 a s 1 ok | p2 r s [1] ok | p2 a s 5 ok | p1 r s [5] ok",
            Anomaly(
                .writeBeforeItsCause, key: "s",
                proof((0, .cause), (2, .orderWitness), (4, .effect), (6, .violatingRead)),
                detail: "element 1 is missing")),
    ]

    static let prefixes: [NamedCase] = [
        NamedCase(
            "effect and cause together", .consistentPrefixNode, "p0 w c 1 ok | p0 w e 1 ok | p1 t e=1,c=1 ok",
            .valid),
        NamedCase(
            "the effect without its cause", .consistentPrefixNode, "p0 w c 1 ok | p0 w e 1 ok | p1 t e=1,c=null ok",
            Anomaly(.brokenPrefix, key: "c", proof((0, .cause), (2, .effect), (4, .violatingRead)))),
        NamedCase(
            "an effect by way of a reader", .consistentPrefixNode,
            "p0 w c 1 ok | p2 r c 1 ok | p2 w e 5 ok | p1 t e=5,c=null ok",
            Anomaly(
                .brokenPrefix, key: "c", proof((2, .orderWitness), (0, .cause), (4, .effect), (6, .violatingRead)))),
        NamedCase(
            "a cause that a failover lost before the effect", .consistentPrefixNode,
            "p0 w c 1 ok tli=1 | p0 w c 2 ok tli=1 | p0 w e 2 ok tli=2 | p1 t e=2,c=1 ok tli=2", .unknown),
        NamedCase(
            "a missing cause of the same timeline", .consistentPrefixNode,
            "p0 w c 1 ok tli=1 | p0 w c 2 ok tli=2 | p0 w e 2 ok tli=2 | p1 t e=2,c=1 ok tli=2",
            Anomaly(
                .brokenPrefix, key: "c", proof((2, .cause), (4, .effect), (0, .seenWrite), (6, .violatingRead)))),
        NamedCase(
            "an element without its cause", .consistentPrefixNode,
            "p0 append c 1 ok | p2 r c [1] ok | p2 append e 5 ok | p1 t e=[5],c=[] ok",
            Anomaly(
                .brokenPrefix, key: "c", proof((0, .cause), (2, .orderWitness), (4, .effect), (6, .violatingRead)),
                detail: "element 1 is missing")),
        NamedCase(
            "an element that a failover lost before the effect", .consistentPrefixNode,
            "p0 append c 1 ok tli=1 | p0 append e 2 ok tli=2 | p1 t e=[2],c=[] ok tli=2", .unknown),
        NamedCase(
            "a missing element of the same timeline", .consistentPrefixNode,
            "p0 a c 1 ok tli=1 | p0 a c 2 ok tli=2 | p0 a e 2 ok tli=2 | p1 t e=[2],c=[] ok tli=2",
            Anomaly(
                .brokenPrefix, key: "c", proof((2, .cause), (4, .effect), (6, .violatingRead)),
                detail: "element 2 is missing")),
        NamedCase(
            "elements that several put there prove nothing", .consistentPrefixNode,
            "p0 a c 1 ok | p3 a c 1 ok | p0 a e 1 ok | p1 t e=[1],c=[] ok | p1 t e=[1],c=[1] ok", .unknown),
        NamedCase(
            "one after the other is no atomic read", .consistentPrefixNode,
            "p0 w c 1 ok | p0 w e 1 ok | p1 r e 1 ok | p1 r c null ok", .unknown),
        NamedCase(
            "the effect, afterwards the cause", .consistentPrefixSession,
            "p0 w c 1 ok | p0 w e 1 ok | p1 r e 1 ok | p1 r c 1 ok", .valid),
        NamedCase(
            "the effect, afterwards no cause", .consistentPrefixSession,
            "p0 w c 1 ok | p0 w e 1 ok | p1 r e 1 ok | p1 r c null ok",
            Anomaly(
                .effectWithoutCause, key: "c",
                proof((0, .cause), (2, .effect), (4, .earlierRead), (6, .violatingRead)))),
        NamedCase(
            "the effect, afterwards a list without its cause", .consistentPrefixSession,
            "p0 append x 1 ok | p0 append y 1 ok | p1 r y [1] ok | p1 r x [] ok",
            Anomaly(
                .effectWithoutCause, key: "x",
                proof((0, .cause), (2, .effect), (4, .earlierRead), (6, .violatingRead)),
                detail: "element 1 is missing")),
        NamedCase(
            "the effect, afterwards a set with its cause", .consistentPrefixSession,
            "p0 a x 1 ok | p0 a y 1 ok | p1 r y [1] ok | p1 r x [1] ok", .valid),
        NamedCase(
            "an older cause", .consistentPrefixSession,
            "p0 w c 1 ok | p0 w c 2 ok | p0 w e 2 ok | p1 r e 2 ok | p1 r c 1 ok",
            Anomaly(
                .effectWithoutCause, key: "c",
                proof((2, .cause), (4, .effect), (6, .earlierRead), (0, .seenWrite), (8, .violatingRead)))),
        NamedCase(
            "the cause first proves nothing", .consistentPrefixSession,
            "p0 w c 1 ok | p1 r c null ok | p0 w e 1 ok | p1 r e 1 ok", .unknown),
        NamedCase(
            "a cause that was lost after its effect was read", .consistentPrefixSession,
            "p0 w c 1 ok tli=1 | p0 w e 1 ok tli=1 | p1 r e 1 ok tli=1 | n promote | p1 r c null ok tli=2",
            Anomaly(
                .effectWithoutCause, key: "c",
                proof((0, .cause), (2, .effect), (4, .earlierRead), (7, .violatingRead)))),
        NamedCase(
            "without timelines nothing after a promotion is known", .consistentPrefixSession,
            "n promote | p0 w c 1 ok | p0 w e 1 ok | p1 r e 1 ok | p1 r c null ok", .unknown),
    ]

    static let ends: [NamedCase] = [
        NamedCase("an element that is there", .noLostWrites, "p0 a s 1 ok | p1 r s [1] ok final", .valid),
        NamedCase(
            "an element that is missing", .noLostWrites, "p0 a s 1 ok | p1 r s [] ok final",
            Anomaly(
                .lostWrite, key: "s", proof((0, .expectedWrite), (2, .finalRead)),
                detail: "absent from 1 of 1 final reads and dumps")),
        NamedCase(
            "a transaction's element that is missing", .noLostWrites,
            "p0 t s+1,r+1 ok | p1 t s=[],r=[1] ok final",
            Anomaly(
                .lostWrite, key: "s", proof((0, .expectedWrite), (2, .finalRead)),
                detail: "absent from 1 of 1 final reads and dumps")),
        NamedCase(
            "a failed transaction's element", .noDirtyReads, "p0 t s+1 fail | p1 t s=[1] ok",
            Anomaly(.readOfFailedWrite, key: "s", proof((0, .seenWrite), (2, .violatingRead)))),
        NamedCase(
            "a transaction's element that was rolled back", .noDirtyReads,
            "p0 t s+1 info | p1 t s=[1] ok | p2 r s [] ok final",
            Anomaly(.rolledBackRead, key: "s", proof((0, .seenWrite), (2, .violatingRead), (4, .finalRead)))),
        NamedCase(
            "what a transaction alone saw of its own appends", .noDirtyReads,
            "p0 t s+1,s=[1] ok | p1 t s+2 ok | p1 r s [2] ok | p2 r s [2] ok final", .valid),
        NamedCase(
            "an element of unknown fate", .noLostWrites, "p0 a s 1 ok | p0 a s 2 info | p1 r s [1] ok final", .valid
        ),
        NamedCase(
            "an older version of one writer", .noLostWrites, "p0 w x 1 ok | p0 w x 2 ok | p1 d x=1 ok @n1",
            Anomaly(.lostWrite, key: "x", proof((2, .expectedWrite), (0, .seenWrite), (4, .finalRead)))),
        NamedCase(
            "another's write may have overwritten it", .noLostWrites,
            "p1 w x 9 ok | p0 w x 1 ok | p2 r x 9 ok final", .valid),
        NamedCase(
            "an info write may have overwritten it", .noLostWrites,
            "p0 w x 1 ok | p0 w x 2 info | p2 r x 2 ok final", .valid),
        NamedCase("no final read", .noLostWrites, "p0 a s 1 ok | p1 r s [] ok", .unknown),
        NamedCase(
            "a final read that may have come first", .noLostWrites, "p0 a s 1 | p1 r s [] ok final | p0 ok",
            .unknown),
        NamedCase(
            "a final read before healing is none", .noLostWrites,
            "n fault-start f partition | p0 a s 1 ok | p1 r s [] ok final", .unknown),
        NamedCase(
            "an element that was removed is not lost", .noLostWrites,
            "p0 a s 1 ok | p1 remove s 1 ok | p2 r s [] ok final", .unknown),
        NamedCase(
            "an element that was removed is not rolled back", .noDirtyReads,
            "p0 a s 1 ok | p1 r s [1] ok | p1 remove s 1 ok | p2 r s [] ok final", .unknown),
        NamedCase(
            "an element that nobody removed is lost beside one that was", .noLostWrites,
            "p0 a s 1 ok | p0 a s 2 ok | p0 remove s 1 ok | p1 r s [] ok final",
            Anomaly(
                .lostWrite, key: "s", proof((2, .expectedWrite), (6, .finalRead)),
                detail: "absent from 1 of 1 final reads and dumps")),
        NamedCase(
            "an element that nobody removed is rolled back beside one that was", .noDirtyReads,
            "p0 a s 1 ok | p0 a s 2 info | p1 r s [1,2] ok | p1 remove s 1 ok | p2 r s [] ok final",
            Anomaly(.rolledBackRead, key: "s", proof((2, .seenWrite), (4, .violatingRead), (8, .finalRead)))),
        NamedCase(
            "an element that was removed is seen before it was added", .noDirtyReads,
            "p1 r s [1] ok | p0 a s 1 ok | p0 remove s 1 ok | p2 r s [] ok final",
            Anomaly(.phantomRead, key: "s", proof((0, .violatingRead)), detail: "nobody had written 1")),
        NamedCase(
            "an element that was removed is seen though its add failed", .noDirtyReads,
            "p0 a s 1 fail | p1 r s [1] ok | p0 remove s 1 ok | p2 r s [] ok final",
            Anomaly(.readOfFailedWrite, key: "s", proof((0, .seenWrite), (2, .violatingRead)))),
        NamedCase(
            "an element that was removed still stands in a dump, as text", .noDirtyReads,
            "p0 a s 1 ok | p0 a s 2 ok | p1 r s [1,2] ok | p0 remove s 1 ok | p2 d s=[\"1\",\"2\"] ok @n1", .unknown
        ),
        NamedCase("what was read is there", .noDirtyReads, "p0 w x 1 ok | p1 r x 1 ok | p2 r x 1 ok final", .valid),
        NamedCase(
            "an element that was rolled back", .noDirtyReads, "p0 a s 1 info | p1 r s [1] ok | p2 r s [] ok final",
            Anomaly(.rolledBackRead, key: "s", proof((0, .seenWrite), (2, .violatingRead), (4, .finalRead)))),
        NamedCase(
            "a version that was rolled back", .noDirtyReads,
            "p0 w x 1 ok | p0 w x 2 ok | p1 r x 2 ok | p2 d x=1 ok @n1",
            Anomaly(
                .rolledBackRead, key: "x",
                proof((0, .orderWitness), (2, .seenWrite), (4, .violatingRead), (6, .finalRead)))),
        NamedCase(
            "a version that was overwritten", .noDirtyReads,
            "p0 w x 1 ok | p1 r x 1 ok | p0 w x 2 ok | p2 r x 2 ok final",
            .valid),
        NamedCase(
            "a failed write's value", .noDirtyReads, "p0 w x 1 fail | p1 r x 1 ok",
            Anomaly(.readOfFailedWrite, key: "x", proof((0, .seenWrite), (2, .violatingRead)))),
        NamedCase(
            "nobody's value", .noDirtyReads, "p0 w x 1 ok | p1 r x 7 ok",
            Anomaly(.phantomRead, key: "x", proof((2, .violatingRead)), detail: "nobody had written 7")),
        NamedCase(
            "nobody's value in all dumps", .noDirtyReads, "p0 w x 1 ok | p1 d x=7 ok @n1 | p1 d x=7 ok @n2",
            Anomaly(.phantomRead, key: "x", proof((2, .violatingRead)), detail: "nobody had written 7")),
        NamedCase(
            "nobody's value in one of two dumps is for convergence", .noDirtyReads,
            "p0 w x 1 ok | p1 r x 1 ok | p1 d x=1 ok @n1 | p1 d x=7 ok @n2", .valid),
        NamedCase(
            "nobody's value in one of two dumps, and in a read", .noDirtyReads,
            "p0 w x 1 ok | p1 d x=1 ok @n1 | p1 d x=7 ok @n2 | p1 r x 7 ok",
            Anomaly(.phantomRead, key: "x", proof((6, .violatingRead)), detail: "nobody had written 7")),
        NamedCase(
            "a failed write's value in one of two dumps", .noDirtyReads,
            "p0 w x 1 ok | p0 w x 2 fail | p1 d x=1 ok @n1 | p1 d x=2 ok @n2",
            Anomaly(.readOfFailedWrite, key: "x", proof((2, .seenWrite), (6, .violatingRead)))),
        NamedCase(
            "what one dump shows is not lost, whatever another holds", .noLostWrites,
            "p0 w x 1 ok | p1 d x=1 ok @n1 | p1 d x=7 ok @n2", .valid),
        NamedCase(
            "nobody's value may stand for a write", .noLostWrites,
            "p0 w x 1 ok | p0 w x 2 ok | p1 d x=1 ok @n1 | p1 d x=7 ok @n2", .unknown),
        NamedCase(
            "a value from the future", .noDirtyReads, "p1 r x 1 ok | p0 w x 1 ok",
            Anomaly(
                .phantomRead, key: "x", proof((2, .orderWitness), (0, .violatingRead)),
                detail: "nobody had written 1")),
        NamedCase("no final read", .noDirtyReads, "p0 w x 1 ok | p1 r x 1 ok", .unknown),
        NamedCase("equal dumps", .convergence, "p0 d x=1,s=[1,2] ok @n1 | p0 d s=[2,1],x=1 ok @n2", .valid),
        NamedCase(
            "lists in a register that differ in their order", .convergence,
            "p0 w x [2,1] ok | p0 d x=[2,1] ok @n1 | p0 d x=[1,2] ok @n2",
            Anomaly(
                .divergedReplicas, key: "x", proof((2, .finalRead), (4, .finalRead)),
                detail: "key \"x\": n1 has [2,1], n2 has [1,2]")),
        NamedCase(
            "a list in a register that is still there", .noLostWrites, "p0 w x [2,1] ok | p1 d x=[2,1] ok @n1",
            .valid),
        NamedCase(
            "dumps that differ", .convergence, "p0 w x 2 ok | p0 d a=1,x=1 ok @n1 | p0 d a=1,x=2 ok @n2",
            Anomaly(
                .divergedReplicas, key: "x", proof((2, .finalRead), (4, .finalRead)),
                detail: "key \"x\": n1 has 1, n2 has 2")),
        NamedCase("numbers as text are numbers", .convergence, "p0 d x=1 ok @n1 | p0 d x=\"1\" ok @n2", .valid),
        NamedCase(
            "the last dump of a node counts", .convergence, "p0 d x=1 ok @n1 | p0 d x=2 ok @n1 | p0 d x=2 ok @n2",
            .valid),
        NamedCase("one dump", .convergence, "p0 d x=1 ok @n1", .unknown),
        NamedCase("no dump", .convergence, "p0 w x 1 ok", .unknown),
        NamedCase(
            "a node that did not answer", .convergence, "p0 d x=1 ok @n1 | p0 d x=1 ok @n2 | p0 d - fail @n3",
            .unknown),
        NamedCase("a write under way", .convergence, "p0 w x 2 | p1 d x=1 ok @n1 | p1 d x=2 ok @n2", .unknown),
        NamedCase(
            "a partition that lasts", .convergence, "n fault-start f partition | p1 d x=1 ok @n1 | p1 d x=2 ok @n2",
            .unknown),
    ]
}
