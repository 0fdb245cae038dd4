import Checkers
import HistoryModel
import Testing

extension NamedCaseTests {
    @Test("queues, banks, counters and identifiers get their verdicts with the full evidence", arguments: totals)
    func total(named: NamedCase) throws { try verdict(named: named) }

    static let totals: [NamedCase] = [
        NamedCase("what goes in comes out", .totalQueue, "p0 enqueue q 1 ok | p1 drain q | p1 ok [1]", .valid),
        NamedCase(
            "an element is lost", .totalQueue,
            "p0 enqueue q 1 ok | p0 enqueue q 2 ok | p1 dequeue q 2 ok | p1 drain q | p1 ok []",
            Anomaly(.lostElement, key: "q", proof((0, .expectedWrite), (6, .finalRead)), detail: "1")),
        NamedCase(
            "an element that another answer than the last missed is not lost", .totalQueue,
            "p0 enqueue q 1 ok | p1 dequeue q null ok | p1 dequeue q 1 ok | p1 dequeue q null ok", .valid),
        NamedCase("nobody emptied it", .totalQueue, "p0 enqueue q 1 ok | p0 enqueue q 2 ok", .unknown),
        NamedCase(
            "a removal of unknown outcome may have taken it", .totalQueue,
            "p0 enqueue q 1 ok | p2 dequeue q info | p1 drain q | p1 ok []", .valid),
        NamedCase(
            "a removal of unknown outcome takes only one", .totalQueue,
            "p0 enqueue q 1 ok | p0 enqueue q 2 ok | p2 dequeue q info | p1 drain q | p1 ok []",
            Anomaly(.lostElement, key: "q", proof((2, .expectedWrite), (6, .finalRead)), detail: "2")),
        NamedCase(
            "a removal that began later took nothing before", .totalQueue,
            "p0 enqueue q 1 ok | p1 drain q | p1 ok [] | p2 dequeue q info",
            Anomaly(.lostElement, key: "q", proof((0, .expectedWrite), (2, .finalRead)), detail: "1")),
        NamedCase(
            "an element of unknown fate need not come out", .totalQueue,
            "p0 enqueue q 1 info | p1 enqueue q 2 ok | p1 drain q | p1 ok [2]", .valid),
        NamedCase(
            "nobody's element", .totalQueue, "p0 enqueue q 1 ok | p1 drain q | p1 ok [1,7]",
            Anomaly(
                .unexpectedElement, key: "q", proof((2, .violatingRead)), detail: "nobody had put in 7")),
        NamedCase(
            "a refused element", .totalQueue, "p0 enqueue q 1 fail | p1 enqueue q 2 ok | p1 drain q | p1 ok [2,1]",
            Anomaly(
                .unexpectedElement, key: "q", proof((0, .seenWrite), (4, .violatingRead)),
                detail: "refused was 1")),
        NamedCase(
            "at least once is enough", .totalQueue,
            "p0 enqueue q 1 ok | p1 dequeue q 1 ok | p1 drain q | p1 ok [1]", .valid),
        NamedCase(
            "an element came out twice", .noDuplicates,
            "p0 enqueue q 1 ok | p1 dequeue q 1 ok | p1 dequeue q 1 ok",
            Anomaly(
                .duplicatedElement, key: "q", proof((0, .seenWrite), (2, .earlierRead), (4, .violatingRead)),
                detail: "1")),
        NamedCase(
            "an element of a set is there twice", .noDuplicates, "p0 a s 1 ok | p0 a s 1 ok | p1 r s [1,1] ok",
            Anomaly(.duplicatedElement, key: "s", proof((4, .violatingRead)), detail: "1")),
        NamedCase(
            "an element was appended twice", .noDuplicates,
            "p0 append l 1 ok | p1 append l 1 info | p2 r l [1,1] ok", .valid),
        NamedCase(
            "an element is in a list more often than it was appended", .noDuplicates,
            "p0 append l 1 ok | p1 append l 1 fail | p2 r l [1,1] ok",
            Anomaly(
                .duplicatedElement, key: "l", proof((0, .seenWrite), (4, .violatingRead)), detail: "1")),
        NamedCase(
            "a transaction's element is in a list twice", .noDuplicates,
            "p0 t l+1,m+1 ok | p1 t l+1 fail | p2 t l=[1,1],m=[1] ok",
            Anomaly(
                .duplicatedElement, key: "l", proof((0, .seenWrite), (4, .violatingRead)), detail: "1")),
        NamedCase(
            "two transactions appended it", .noDuplicates,
            "p0 t l+1 ok | p1 t l+1 info | p2 t l+2,l=[1,1,2] ok", .valid),
        NamedCase(
            "a list that is also written is not judged", .noDuplicates,
            "p0 t l:=1 ok | p1 t l+1 ok | p2 t l=[1,1] ok", .unknown),
        NamedCase(
            "an element is in a set twice, another was removed", .noDuplicates,
            "p0 a s 1 ok | p0 a s 2 ok | p0 remove s 2 ok | p1 r s [1,1] ok",
            Anomaly(.duplicatedElement, key: "s", proof((6, .violatingRead)), detail: "1")),
        NamedCase(
            "an identifier is given twice", .uniqueIDs,
            "p0 generate g | p1 generate g | p1 ok 3 | p0 ok 3 | p0 generate g | p0 ok 4",
            Anomaly(
                .duplicateID, key: "g", proof((0, .earlierRead), (1, .violatingRead)), detail: "3, 2 times")),
        NamedCase(
            "different identifiers", .uniqueIDs, "p0 generate g | p0 ok \"a\" | p0 generate g | p0 ok \"b\"", .valid
        ),
        NamedCase(
            "one sum", .bank, "p0 r b {\"0\":5,\"1\":5} ok | p1 r b {\"0\":0,\"1\":10} ok", .valid),
        NamedCase(
            "money vanished", .bank,
            "p0 r b {\"0\":5,\"1\":5} ok | p1 transfer b {\"from\":0} info | p1 r b {\"0\":3,\"1\":5} ok | "
                + "p0 r b [[0,3],[1,7]] ok",
            Anomaly(
                .wrongTotal, key: "b", proof((0, .orderWitness), (4, .violatingRead)),
                detail: "the balances add up to 8 instead of 10")),
        NamedCase(
            "an account is overdrawn", .bank, "p0 r b {\"0\":-1,\"1\":11} ok",
            Anomaly(.negativeBalance, key: "b", proof((0, .violatingRead)), detail: "account 0 has -1")),
        NamedCase(
            "a slot for one", .calendar,
            "p0 reserve d 1 ok | p1 reserve d 2 fail | p2 reserve d 3 info | p2 r d 1 ok final", .valid),
        NamedCase(
            "a slot for two", .calendar, "p0 reserve d 1 ok | p1 reserve d 2 ok",
            Anomaly(
                .doubleBooking, key: "d", proof((0, .expectedWrite), (2, .violatingWrite)),
                detail: "for 1 and for 2")),
        NamedCase(
            "a reservation vanished", .calendar,
            "p0 reserve d 1 ok | p1 reserve d 2 fail | p2 r d final | p2 ok null",
            Anomaly(
                .lostBooking, key: "d", proof((0, .expectedWrite), (4, .finalRead)),
                detail: "1 was told that it has the slot; in the end nobody has it")),
        NamedCase(
            "one who was refused has the slot", .calendar, "p1 reserve d 2 fail | p2 r d 2 ok",
            Anomaly(
                .unknownHolder, key: "d", proof((0, .seenWrite), (2, .violatingRead)), detail: "2")),
        NamedCase(
            "a counter within its bounds", .counter,
            "p0 a c 2 ok | p1 a c 3 info | p2 r c 2 ok | p2 r c 5 ok", .valid),
        NamedCase(
            "an addition is missing", .counter, "p0 a c 2 ok | p2 r c 1 ok",
            Anomaly(
                .counterOutOfBounds, key: "c", proof((0, .expectedWrite), (2, .violatingRead)),
                detail: "it must be at least 2")),
        NamedCase(
            "nobody added that much", .counter, "p0 a c 2 ok | p1 a c 3 fail | p2 r c 3 ok",
            Anomaly(
                .counterOutOfBounds, key: "c", proof((4, .violatingRead)), detail: "it can be at most 2")),
        NamedCase(
            "what may have been taken away counts", .counter, "p0 a c 2 ok | p1 a c -3 info | p2 r c -1 ok", .valid
        ),
        NamedCase(
            "sums of any size", .counter,
            "p0 a c 9223372036854775807 ok | p0 a c 9223372036854775807 ok | p1 a c -9223372036854775807 info | p2 r c 5 ok",
            Anomaly(
                .counterOutOfBounds, key: "c", proof((0, .expectedWrite), (2, .expectedWrite), (6, .violatingRead)),
                detail: "it must be at least 9223372036854775807")),
        NamedCase(
            "an amount that is no number", .counter, "p0 increment c word ok | p1 r c 1 ok", .unknown),
        NamedCase(
            "an amount that has no opposite", .counter, "p0 decrement c -9223372036854775808 ok | p1 r c 0 ok",
            .unknown),
        NamedCase(
            "an amount by another name that is no number", .counter, "p0 a c 1 ok | p0 a c word ok | p1 r c 1 ok",
            .unknown),
    ]

    @Test("before the accounts are opened nothing need be in them; in the end something must")
    func opening() throws {
        let opened = "p0 open {\"a\":5} ok | p1 t a=null ok"
        let before = try History(notation: opened + " | p1 t a=5 ok")
        #expect(check(before, CheckOptions(guarantees: [.bank]))[0].anomalies.isEmpty)
        var events = Array(before.events)
        for index in events.indices where events[index].f == "txn" && events[index].type == .invoke {
            events[index].meta = ["final": true]
        }
        let end = check(try History(events), CheckOptions(guarantees: [.bank]))[0]
        #expect(end.anomalies.map(\.kind) == [.missingBalance])
    }

    @Test("the total and overdrafts can be told")
    func bankRules() throws {
        let history = try History(notation: "p0 r b {\"0\":-1,\"1\":11} ok")
        var options = CheckOptions(guarantees: [.bank])
        options.bank = BankRules(total: 10, allowsNegativeBalances: true)
        #expect(check(history, options)[0].judgement == .valid)
        options.bank.total = 11
        #expect(check(history, options)[0].anomalies.map(\.kind) == [.wrongTotal])
    }

    @Test(
        "what a history is judged by is told by its functions",
        arguments: [
            ("p0 enqueue q 1 ok | p0 dequeue q 1 ok", [Guarantee.linearizable, .noDuplicates, .totalQueue]),
            ("p0 enqueue q 1 ok | p0 drain q | p0 ok [1]", [.noDuplicates, .totalQueue]),
            ("p0 generate g | p0 ok 1", [.uniqueIDs]),
            ("p0 transfer b {\"from\":0} ok | p0 r b {\"0\":1} ok", [.bank]),
            ("p0 reserve d 1 ok | p0 r d 1 ok", [.calendar]),
        ])
    func applicable(line: String, guarantees: [Guarantee]) throws {
        #expect(Guarantee.applicable(to: try History(notation: line)) == guarantees)
    }
}
