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

/// One operation after the other, each over before the next begins.
struct Deed: Sendable {
    var process: Int
    var function: String
    var argument: Value
    var outcome = EventType.ok
    var answer: Value?

    init(_ process: Int, _ function: String, _ argument: Value, _ outcome: EventType = .ok, _ answer: Value? = nil)
    {
        (self.process, self.function, self.argument) = (process, function, argument)
        (self.outcome, self.answer) = (outcome, answer)
    }

    static func history(_ deeds: [Deed], key: String? = "x") throws -> History {
        try History(
            deeds.enumerated().flatMap { place, deed in
                [EventType.invoke, deed.outcome].enumerated().map { half, type in
                    Event(
                        index: 2 * place + half, time: Int64(2 * place + half), process: .client(deed.process),
                        type: type,
                        f: deed.function, key: key, value: half == 0 ? deed.argument : deed.answer ?? deed.argument)
                }
            })
    }
}

/// A history of one object, and its verdict.
struct ModelledCase: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var judgement: Judgement
    var deeds: [Deed]
    /// Of an unknown one a part of the reason.
    var reason = ""

    init(_ name: String, _ judgement: Judgement, _ deeds: [Deed], _ reason: String = "") {
        (testDescription, self.judgement, self.deeds, self.reason) = (name, judgement, deeds, reason)
    }
}

extension ModelledCaseTests {
    private func judge(_ named: ModelledCase, _ kind: String, _ change: (inout CheckOptions) -> Void = { _ in })
        throws
    {
        var options = CheckOptions(guarantees: [.linearizable])
        change(&options)
        let verdict = check(try Deed.history(named.deeds), options)[0]
        #expect(verdict.judgement == named.judgement, "\(verdict)")
        let isJudged = named.judgement != .unknown
        #expect(verdict.algorithm == (isJudged ? "frontier search of a \(kind) (exact) on 1 key" : "none"))
        #expect(verdict.reason?.contains(named.reason) ?? isJudged, "\(verdict.reason ?? "")")
        #expect(verdict.anomalies.allSatisfy { $0.key == "x" && !$0.evidence.isEmpty })
    }

    static let leases: [ModelledCase] = [
        ModelledCase(
            "it is renewed until another one is given", .valid,
            [
                Deed(0, "acquire", "a", .ok, 1), Deed(0, "renew", ["a", 1]), Deed(1, "acquire", "b", .ok, 2),
                Deed(0, "renew", ["a", 1], .fail),
            ]),
        ModelledCase(
            "it is renewed after another one was given", .invalid,
            [
                Deed(0, "acquire", "a", .ok, 1), Deed(1, "acquire", "b", .ok, 2), Deed(0, "renew", ["a", 1]),
            ]),
        ModelledCase(
            "a token is given twice", .invalid,
            [Deed(0, "acquire", "a", .ok, 1), Deed(0, "renew", ["a", 1]), Deed(1, "acquire", "b", .ok, 1)]),
        ModelledCase(
            "one of unknown outcome has the token that is renewed", .valid,
            [Deed(0, "acquire", "a", .info), Deed(1, "renew", ["a", 4]), Deed(1, "release", ["a", 4])]),
        ModelledCase(
            "an answer without token", .valid,
            [
                Deed(0, "acquire", "a", .ok, .some(.null)), Deed(1, "renew", ["a", 4]),
                Deed(1, "release", ["a", 4]),
            ]),
        ModelledCase(
            "who it is for", .unknown, [Deed(0, "acquire", nil, .ok, 1), Deed(0, "renew", ["a", 1])], "no owner"),
        ModelledCase(
            "no token", .unknown, [Deed(0, "renew", "a")], "operation 0 is a renew without [owner, token]"),
        ModelledCase(
            "no number", .unknown, [Deed(0, "acquire", "a", .ok, "t"), Deed(0, "renew", ["a", 1])], "a token"),
    ]

    @Test("leases", arguments: leases)
    func lease(named: ModelledCase) throws { try judge(named, "lease") }

    @Test("locks beside leases are leases")
    func locksBesideLeases() throws {
        let first = try Deed.history([Deed(0, "acquire", "a", .ok, 1), Deed(1, "acquire", "b", .ok, 2)])
        let renewal = Event(
            index: 9, time: 9, process: .client(2), type: .invoke, f: "renew", key: "y", value: ["c", 1])
        let both = try History(first.events + [renewal])
        let options = CheckOptions(guarantees: [.linearizable])
        #expect(check(first, options)[0].judgement == .invalid)
        #expect(check(both, options)[0].judgement == .valid)
    }

    static let deques: [ModelledCase] = [
        ModelledCase(
            "each end in its order", .valid,
            [
                Deed(0, "push-front", 1), Deed(0, "push-back", 2), Deed(1, "peek-back", nil, .ok, 2),
                Deed(1, "pop-front", nil, .ok, 1), Deed(1, "pop-front", nil, .ok, 2),
                Deed(1, "pop-back", nil, .ok, .some(nil)),
            ]),
        ModelledCase(
            "the wrong end", .invalid,
            [Deed(0, "push-back", 1), Deed(0, "push-back", 2), Deed(1, "pop-front", nil, .ok, 2)]),
        ModelledCase("lost", .invalid, [Deed(0, "push-back", 1), Deed(1, "pop-front", nil, .ok, .some(nil))]),
        ModelledCase("null", .unknown, [Deed(0, "push-back", nil)], "operation 0 puts in null"),
        ModelledCase(
            "another function", .unknown, [Deed(0, "push-back", 1), Deed(0, "pop", nil, .ok, 1)], "'push-back'"),
    ]

    @Test("deques", arguments: deques)
    func deque(named: ModelledCase) throws { try judge(named, "deque") }

    @Test("a deque is judged if nobody asks for anything")
    func applicable() throws {
        for function in ["push-front", "renew"] {
            let history = try Deed.history([Deed(0, function, 1)])
            #expect(Guarantee.applicable(to: history).contains(.linearizable))
        }
    }

    private static func transfer(_ amount: Value, _ outcome: EventType = .ok) -> Deed {
        Deed(0, "transfer", ["from": "a", "to": "b", "amount": amount], outcome)
    }

    static let banks: [ModelledCase] = [
        ModelledCase(
            "the first read tells what was there", .valid,
            [
                transfer(2), Deed(1, "read", nil, .ok, ["a": 1, "b": 9]), transfer(1),
                Deed(1, "read", nil, .ok, ["a": 0, "b": 10]),
            ]),
        ModelledCase(
            "a read without an acknowledged transfer", .invalid,
            [
                Deed(1, "read", nil, .ok, ["a": 3, "b": 7]), transfer(2),
                Deed(1, "read", nil, .ok, ["a": 3, "b": 7]),
            ]),
        ModelledCase(
            "more than there was", .invalid, [Deed(1, "read", nil, .ok, ["a": 1, "b": 7]), transfer(2)]),
        ModelledCase(
            "more than there can have been", .invalid,
            [
                transfer(2), Deed(1, "transfer", ["from": "b", "to": "a", "amount": 5]),
                Deed(1, "read", nil, .ok, ["a": 4, "b": 7]),
            ]),
        ModelledCase(
            "parts of a read by pairs", .valid,
            [
                Deed(1, "read", nil, .ok, [["a", 3]]), transfer(2, .info),
                Deed(1, "read", nil, .ok, [["b", 7], ["a", 1]]),
            ]),
        ModelledCase(
            "before it was opened", .valid,
            [
                Deed(1, "read", nil, .ok, ["a": nil, "b": nil]), Deed(0, "open", ["a": 3, "b": 0]), transfer(3),
                Deed(1, "read", nil, .ok, ["a": 0, "b": 3]),
            ]),
        ModelledCase(
            "what it was opened with", .invalid,
            [Deed(0, "open", ["a": 3, "b": 0]), Deed(1, "read", nil, .ok, ["a": 3, "b": 1])]),
        ModelledCase(
            "an account that was never opened", .invalid, [Deed(0, "open", ["a": 3]), transfer(1)]),
        ModelledCase(
            "no amount", .unknown, [transfer("much")], "operation 0 is a transfer without from, to and an amount"),
        ModelledCase(
            "no balances", .unknown, [transfer(1), Deed(1, "read", nil, .ok, 7)],
            "operation 2 shows no balances of accounts"),
        ModelledCase(
            "another function", .unknown, [transfer(1), Deed(1, "generate", nil, .ok, 7)],
            "operation 2 is 'generate', and a bank has open, transfer and read"),
        ModelledCase(
            "a transaction that writes", .unknown, [transfer(1), Deed(1, "txn", [["w", "a", 1]])],
            "does more than read"),
    ]

    @Test("banks", arguments: banks)
    func bank(named: ModelledCase) throws { try judge(named, "bank") }

    @Test("accounts may be overdrawn if that is allowed, and what transactions read of them is the bank's")
    func accounts() throws {
        let deeds = [
            Deed(1, "txn", [["r", "a", nil], ["r", "b", nil]], .ok, [["r", "a", 1], ["r", "b", 7]]),
            Self.transfer(2),
        ]
        try judge(ModelledCase("", .invalid, deeds), "bank")
        try judge(ModelledCase("", .valid, deeds), "bank") { $0.bank.allowsNegativeBalances = true }
        let keyless = try Deed.history(deeds, key: nil)
        #expect(
            check(keyless, CheckOptions(guarantees: [.linearizable]))[0].algorithm.hasSuffix(
                "bank (exact) on 1 key"))
        let single = Event(index: 9, time: 9, process: .client(2), type: .invoke, f: "write", key: "a", value: 1)
        let both = try History(keyless.events + [single])
        let verdict = check(both, CheckOptions(guarantees: [.linearizable]))[0]
        #expect(verdict.reason == "the bank cannot be judged: operation 9 is 'write' of one of its accounts")
        let reader = Event(index: 9, time: 9, process: .client(2), type: .invoke, f: "read", key: "b")
        let alone = try Deed.history([Self.transfer(2)], key: nil).events + [reader]
        #expect(check(try History(alone), CheckOptions(guarantees: [.linearizable]))[0].judgement == .unknown)
    }

    @Test("a lock is held by a process, unless it is said to have no owner")
    func owners() throws {
        let deeds = [Deed(0, "acquire", nil), Deed(1, "release", nil), Deed(1, "lock", nil)]
        let options = CheckOptions(guarantees: [.linearizable])
        let owned = check(try Deed.history(deeds), options)[0]
        #expect(owned.judgement == .invalid && owned.algorithm.hasPrefix("zones of holds by their processes"))
        try judge(ModelledCase("", .valid, deeds), "lock without owner") { $0.model = .ownerlessLock }
        let twice = [Deed(0, "acquire", nil), Deed(1, "acquire", nil)]
        try judge(ModelledCase("", .invalid, twice), "lock without owner") { $0.model = .ownerlessLock }
        let tokens = [Deed(0, "acquire", nil, .ok, 5), Deed(1, "release", nil), Deed(1, "acquire", nil, .ok, 5)]
        try judge(ModelledCase("", .invalid, tokens), "lock without owner") { $0.model = .ownerlessLock }
        let other = try Deed.history([Deed(0, "acquire", nil), Deed(0, "write", 1)])
        #expect(
            OperationModel.ownerlessLock.misfit(other)?.reason == "is 'write', and a lock has acquire and release")
    }
}
