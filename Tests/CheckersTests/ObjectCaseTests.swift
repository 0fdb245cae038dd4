import Checkers
import HistoryModel
import Testing

/// One history of an object in the notation, and all that a checker must say of it.
struct ObjectCase: Sendable, CustomTestStringConvertible {
    var name: String
    var line: String
    var judgement: Judgement
    /// What the verdict says of how it was decided.
    var algorithm: String
    var proof: [Anomaly.Step] = []
    var detail: String?

    init(
        _ name: String, _ algorithm: String, _ line: String, _ judgement: Judgement, _ proof: [Anomaly.Step] = [],
        _ detail: String? = nil
    ) {
        (self.name, self.algorithm, self.line, self.judgement) = (name, algorithm, line, judgement)
        (self.proof, self.detail) = (proof, detail)
    }

    var testDescription: String { name }
}

@Suite("Objects")
struct ObjectCaseTests {
    @Test(
        "each object gets its verdict by the algorithm for it",
        arguments: lists + texts + counters + locks + elements + containers)
    func verdict(named: ObjectCase) throws {
        let verdict = check(try History(notation: named.line), CheckOptions(guarantees: [.linearizable]))[0]
        #expect(verdict.judgement == named.judgement, "\(verdict.reason ?? "")")
        #expect(verdict.algorithm == (named.algorithm == "none" ? "none" : named.algorithm + " on 1 key"))
        let anomalies =
            named.proof.isEmpty
            ? [] : [Anomaly(.notLinearizable, key: "x", named.proof, detail: named.detail)]
        #expect(verdict.anomalies == anomalies)
    }

    private static let versions = "versions of list reads (exact)"

    static let lists: [ObjectCase] = [
        ObjectCase(
            "a list that grows", versions, "p0 append x 1 ok | p1 append x 2 ok | p2 r x [1,2] ok", .valid),
        ObjectCase(
            "an append that is missing", versions, "p0 append x 1 ok | p1 r x [] ok", .invalid,
            proof((0, .expectedWrite), (2, .violatingRead))),
        ObjectCase(
            "an absent list is empty", versions, "p0 append x 1 | p1 r x null ok | p1 r x [1] ok", .valid),
        ObjectCase(
            "two reads of which neither begins with the other", versions,
            "p0 append x 1 | p1 append x 2 | p2 r x [1] ok | p3 r x [2,1] ok", .invalid,
            proof((2, .earlierRead), (4, .violatingRead)), "neither of two reads begins with the other"),
        ObjectCase(
            "an element that nobody appended", versions, "p0 append x 1 ok | p1 r x [1,7] ok", .invalid,
            proof((2, .violatingRead)), "nobody appended one of its elements"),
        ObjectCase(
            "an element that is there twice", versions, "p0 append x 1 ok | p1 r x [1,1] ok", .invalid,
            proof((2, .violatingRead)), "it lists an element twice"),
        ObjectCase(
            "appends against the order of time", versions,
            "p0 append x 1 ok | p1 append x 2 ok | p2 r x [2,1] ok", .invalid,
            proof((0, .seenWrite), (2, .seenWrite), (4, .violatingRead))),
        ObjectCase(
            "a write that replaces the list", versions,
            "p0 append x 1 ok | p1 w x 2 ok | p0 append x 3 ok | p2 r x [2,3] ok", .valid),
        ObjectCase(
            "what was written before is still there", versions,
            "p0 append x 1 ok | p1 w x 2 ok | p2 r x [1,2] ok", .invalid,
            proof((2, .seenWrite), (4, .violatingRead)), "what was written before is still there"),
        ObjectCase(
            "an info append counts once it is seen", versions,
            "p0 append x 1 info | p1 append x 2 ok | p2 r x [2] ok | p2 r x [2,1] ok | p2 r x [2] ok", .invalid,
            proof((6, .earlierRead), (8, .violatingRead))),
    ]

    static let texts: [ObjectCase] = [
        ObjectCase(
            "strings that are appended", versions, "p0 put x ab ok | p1 append x cd ok | p2 get x abcd ok", .valid),
        ObjectCase(
            "the empty string after an append", versions, "p0 append x ab ok | p1 get x \"\" ok", .invalid,
            proof((0, .expectedWrite), (2, .violatingRead))),
        ObjectCase(
            "text that nobody wrote", versions, "p0 append x ab ok | p1 get x abz ok", .invalid,
            proof((2, .violatingRead)), "nobody appended one of its elements"),
        ObjectCase(
            "equal strings that times tell apart", versions,
            "p0 append x ab ok | p1 get x ab ok | p0 append x ab ok | p1 get x abab ok", .valid),
        ObjectCase(
            "equal strings at one time", "frontier search of a list (exact)",
            "p0 append x ab | p2 append x ab | p1 get x ab ok | p0 ok | p2 ok", .valid),
        ObjectCase(
            "equal strings at one time, and one of them missing", "frontier search of a list (exact)",
            "p0 append x ab | p2 append x ab | p0 ok | p2 ok | p1 get x ab ok", .invalid,
            proof((0, .seenWrite), (1, .seenWrite), (4, .violatingRead))),
        ObjectCase(
            "a string that is the beginning of another", "none",
            "p0 append x a ok | p0 append x ab ok | p1 get x aab ok", .unknown),
        ObjectCase(
            "a key that is only put", "zones of clusters and cas chains (exact)",
            "p1 get x \"\" ok | p0 put x ab ok | p1 get x ab ok", .valid),
    ]

    private static let slots = "slots of increments (exact)"
    private static let bounds = "bounds of sums (sound)"

    static let counters: [ObjectCase] = [
        ObjectCase(
            "increments that are counted", slots,
            "p1 r x 0 ok | p0 increment x 1 ok | p0 increment x 1 info | p1 r x 1 ok | p1 r x 2 ok", .valid),
        ObjectCase(
            "an increment that is lost", slots, "p0 increment x 1 ok | p1 r x 0 ok", .invalid,
            proof((0, .expectedWrite), (2, .violatingRead)), "increments in between: at least 1, counted: 0"),
        ObjectCase(
            "more than there was", slots, "p0 increment x 1 ok | p1 r x 1 ok | p2 r x 2 ok", .invalid,
            proof((2, .earlierRead), (4, .violatingRead)), "increments in between: at most 0, counted: 1"),
        ObjectCase(
            "adds of one amount", slots, "p0 a x 2 ok | p0 a x 2 ok | p1 r x 4 ok", .valid),
        ObjectCase(
            "no number of increments comes to that", slots, "p0 a x 2 ok | p0 a x 2 ok | p1 r x 3 ok", .invalid,
            proof((4, .violatingRead)), "no number of increments comes to what it saw"),
        ObjectCase("an increment that failed", slots, "p0 increment x 1 fail | p1 r x 0 ok", .valid),
        ObjectCase("an add that failed", slots, "p0 a x 1 fail | p1 r x 0 ok", .valid),
        ObjectCase(
            "an increment that failed is counted", slots, "p0 increment x 1 fail | p1 r x 1 ok", .invalid,
            proof((2, .violatingRead)), "increments in between: at most 0, counted: 1"),
        ObjectCase(
            "an add to a set that failed", "frontier search of a grow-only set (exact)",
            "p0 a x 1 fail | p1 r x [] ok", .valid),
        ObjectCase(
            "a failed element is there", versions, "p0 a x 1 fail | p1 r x [1] ok", .invalid,
            proof((2, .violatingRead)), "nobody appended one of its elements"),
        ObjectCase("counting down", slots, "p0 decrement x 1 ok | p1 r x -1 ok", .valid),
        ObjectCase(
            "a counter that goes back", slots,
            "p0 increment x 1 | p1 increment x 1 | p2 r x 1 ok | p2 r x 0 ok", .invalid,
            proof((2, .earlierRead), (4, .violatingRead))),
        ObjectCase(
            "different amounts", "frontier search of a counter (exact)",
            "p0 a x 2 ok | p0 a x 3 ok | p1 r x 5 ok", .valid),
        ObjectCase(
            "different amounts within their bounds that come to something else",
            "frontier search of a counter (exact)", "p0 a x 2 | p2 a x 4 | p1 r x 3 ok | p0 ok | p2 ok", .invalid,
            proof((2, .violatingRead))),
        ObjectCase(
            "more than different amounts come to", bounds, "p0 a x 2 ok | p0 a x 3 ok | p1 r x 6 ok", .invalid,
            proof((4, .violatingRead)), "it can be at most 5"),
        ObjectCase(
            "less than different amounts come to", bounds, "p0 a x 2 ok | p0 a x 3 ok | p1 r x 4 ok", .invalid,
            proof((0, .conflicting), (2, .expectedWrite), (4, .violatingRead)), "it must be at least 5"),
    ]

    @Test(
        "a key that is only read is a counter among counters, and a register among registers",
        arguments: [
            ("p0 increment d 1 ok | p1 r c 0 ok | p1 r d 1 ok", .valid),
            ("p0 increment d 1 ok | p1 t c=0,d=1 ok", .valid),
            ("p0 increment d 1 ok | p1 r c 1 ok", .invalid),
            ("p0 increment d 1 fail | p1 r c 0 ok | p1 r d 0 ok", .valid),
            ("p0 increment d 1 ok | p1 r c zero ok", .invalid),
            ("p0 w d 1 ok | p1 r c 0 ok", .invalid),
            ("p0 increment d 1 ok | p0 w e 1 ok | p1 r c 0 ok", .invalid),
            ("p0 a d 1 ok | p1 r d [1] ok | p1 r c 0 ok", .invalid),
        ] as [(String, Judgement)])
    func readOnly(line: String, judgement: Judgement) throws {
        let verdicts = check(
            try History(notation: line), CheckOptions(guarantees: [.linearizable, .monotonicReads, .noDirtyReads]))
        #expect(verdicts[0].judgement == judgement, "\(verdicts[0].reason ?? "")")
        if judgement == .valid { #expect(verdicts.allSatisfy { $0.judgement != .invalid }) }
    }

    private static let holds = "zones of holds by their processes (exact)"

    static let locks: [ObjectCase] = [
        ObjectCase(
            "one after the other", holds,
            "p0 acquire x ok | p0 release x | p1 acquire x ok | p0 ok | p1 release x ok", .valid),
        ObjectCase(
            "two at one time", holds, "p0 acquire x ok | p1 acquire x ok | p0 release x ok", .invalid,
            proof((0, .conflicting), (2, .conflicting), (4, .conflicting)), "both held the lock at one time"),
        ObjectCase(
            "a lock that was never taken", holds, "p0 acquire x ok | p0 release x ok | p0 release x ok", .invalid,
            proof((2, .conflicting), (4, .conflicting)), "it did not hold the lock"),
        ObjectCase(
            "tokens that fall", holds, "p0 acquire x 7 ok | p0 release x ok | p1 acquire x 6 ok", .invalid,
            proof((0, .conflicting), (4, .conflicting)), "the tokens say otherwise"),
    ]

    private static let queue = "frontier search of a queue (exact)"
    private static let unique = "order of queued values (exact)"
    private static func conflicting(_ indices: Int...) -> [Anomaly.Step] {
        indices.map { Anomaly.Step($0, .conflicting) }
    }

    static let containers: [ObjectCase] = [
        ObjectCase(
            "what was put in first does not come out", queue,
            "p0 enqueue x 3 ok | p0 enqueue x 1 ok | p0 enqueue x 3 ok | p1 dequeue x 1 ok", .invalid,
            conflicting(0, 2, 4, 6)),
        ObjectCase(
            "a queue with something in it is found empty", queue,
            "p0 enqueue x 3 ok | p0 enqueue x 3 ok | p1 dequeue x 3 ok | p1 dequeue x null ok", .invalid,
            conflicting(0, 2, 4, 6)),
        ObjectCase(
            "of what nobody put in the removal alone is the proof", queue,
            "p0 enqueue x 3 ok | p0 enqueue x 3 ok | p1 dequeue x 3 ok | p1 dequeue x 3 ok | p1 dequeue x 3 ok "
                + "| p2 dequeue x 1 ok", .invalid, conflicting(10), "nobody put in what it saw"),
        ObjectCase(
            "what is taken out more often than it was put in", queue,
            "p0 enqueue x 3 ok | p0 enqueue x 3 ok | p0 enqueue x 5 ok | p1 dequeue x 3 ok | p1 dequeue x 3 ok "
                + "| p1 dequeue x 3 ok", .invalid, conflicting(0, 2, 6, 8, 10), "taken out too often"),
        ObjectCase(
            "what is taken out before it is put in", queue,
            "p1 dequeue x 3 ok | p0 enqueue x 3 ok | p0 enqueue x 3 ok", .invalid, conflicting(0, 2, 4),
            "it saw what was not put in yet"),
        ObjectCase(
            "a drain takes out everything in its order", unique,
            "p0 enqueue x 1 ok | p0 enqueue x 2 ok | p1 drain x | p1 ok [1,2]", .valid),
        ObjectCase(
            "a drain in the wrong order", unique,
            "p0 enqueue x 1 ok | p0 enqueue x 2 ok | p1 drain x | p1 ok [2,1]", .invalid, conflicting(0, 2, 4)),
        ObjectCase(
            "a drain that leaves something", unique,
            "p0 enqueue x 1 ok | p0 enqueue x 2 ok | p1 drain x | p1 ok [1]", .invalid, conflicting(2, 4),
            "there was something all the time"),
        ObjectCase(
            "two drains that share the elements", "frontier search of a queue (exact)",
            "p0 enqueue x 1 ok | p0 enqueue x 2 ok | p0 enqueue x 3 ok | p1 drain x | p2 drain x | p1 ok [1,3] | p2 ok [2]",
            .valid),
        ObjectCase(
            "two drains of which one has the wrong order", "frontier search of a queue (exact)",
            "p0 enqueue x 1 ok | p0 enqueue x 2 ok | p0 enqueue x 3 ok | p1 drain x | p2 drain x | p1 ok [3,1] | p2 ok [2]",
            .invalid, conflicting(0, 4, 6)),
        ObjectCase(
            "what is put in during a drain may come out of it", queue,
            "p0 enqueue x 1 ok | p1 drain x | p0 enqueue x 2 ok | p1 ok [1,2] | p2 dequeue x null ok", .valid),
        ObjectCase(
            "a drain of unknown outcome may have taken anything", unique,
            "p0 enqueue x 1 ok | p0 enqueue x 2 ok | p1 drain x info | p2 dequeue x null ok", .valid),
        ObjectCase(
            "a priority queue gives what nobody put in", "frontier search of a priority queue (exact)",
            "p0 insert x 0 ok | p0 insert x 0 ok | p1 poll-max x | p1 ok 3", .invalid, conflicting(4),
            "nobody put in what it saw"),
        ObjectCase(
            "an element of a set that nobody added", "frontier search of a set (exact)",
            "p0 a x 1 ok | p0 a x 1 ok | p1 contains x 2 | p1 ok true", .invalid, conflicting(4),
            "nobody added what it found"),
    ]

    private static let oneByOne = "elements of a set one by one (exact)"

    static let elements: [ObjectCase] = [
        ObjectCase(
            "there from its add to its remove", oneByOne,
            "p1 contains x 1 | p1 ok false | p0 add x 1 ok | p1 contains x 1 | p1 ok true | p0 remove x 1 ok",
            .valid),
        ObjectCase(
            "absent in between", oneByOne, "p0 add x 1 ok | p1 contains x 1 | p1 ok false | p0 remove x 1 ok",
            .invalid, proof((0, .conflicting), (2, .conflicting), (4, .conflicting))),
        ObjectCase(
            "found before anybody added it", oneByOne, "p1 contains x 1 | p1 ok true | p0 add x 1 ok",
            .invalid, proof((0, .conflicting), (2, .conflicting))),
    ]
}
