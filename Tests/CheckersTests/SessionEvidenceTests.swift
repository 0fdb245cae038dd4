import Checkers
import HistoryModel
import Testing

/// What the checkers of sessions make of the different kinds of evidence for the order of versions.
@Suite("Evidence of sessions")
struct SessionEvidenceTests {
    /// A history in the notation, with versions of the system in some answers, by the index of their operation.
    private static func history(_ line: String, versions: [Int: Int64] = [:], name: Value = "version") throws
        -> History
    {
        var events = try HistoryNotation.events(line)
        for (index, version) in versions { events[index + 1].meta = [name.string ?? "": .int(version)] }
        return try History(events)
    }

    private static func judged(
        _ guarantee: Guarantee, _ history: History, assumesRealTime: Bool = false
    ) -> Verdict {
        check(history, CheckOptions(guarantees: [guarantee], assumesRealTimeWrites: assumesRealTime))[0]
    }

    /// A session wrote x = 2 before y = 1, and one read shows y = 1 with x = 1.
    private static func older(
        _ guarantee: Guarantee, links: [Int] = [], effect: Int = 4, together: [Guarantee] = []
    ) -> [Anomaly] {
        let isNode = guarantee == .consistentPrefixNode
        return [
            Anomaly(
                isNode ? .brokenPrefix : .writesOutOfOrder, key: "x",
                proof((effect - 2, .cause)) + links.map { Anomaly.Step($0, .orderWitness) }
                    + proof((effect, .effect), (0, .seenWrite), (effect + 2, .violatingRead)), together: together)
        ]
    }

    @Test("what a cas replaced is older", arguments: [Guarantee.monotonicWrites, .consistentPrefixNode])
    func cas(guarantee: Guarantee) throws {
        let history = try Self.history("p0 w x 1 ok | p1 c x 1>2 ok | p1 w y 1 ok | p2 t y=1,x=1 ok")
        #expect(Self.judged(guarantee, history).anomalies == Self.older(guarantee))
    }

    private static let twoWriters = "p0 w x 1 ok | p1 w x 2 ok | p1 w y 1 ok | p2 t y=1,x=1 ok"

    @Test("versions say which write is older", arguments: [Guarantee.monotonicWrites, .consistentPrefixNode])
    func versions(guarantee: Guarantee) throws {
        let history = try Self.history(Self.twoWriters, versions: [0: 1, 2: 2, 4: 1])
        let verdict = Self.judged(guarantee, history)
        #expect(verdict.anomalies == Self.older(guarantee))
        #expect(verdict.algorithm.contains("versions given by the system"))
        let opposite = try Self.history(Self.twoWriters, versions: [0: 2, 2: 1, 4: 1])
        #expect(Self.judged(guarantee, opposite).judgement == .valid)
    }

    @Test("real time does only if it is assumed", arguments: [Guarantee.monotonicWrites, .consistentPrefixNode])
    func times(guarantee: Guarantee) throws {
        let history = try Self.history(Self.twoWriters)
        #expect(Self.judged(guarantee, history).judgement == .valid)
        let verdict = Self.judged(guarantee, history, assumesRealTime: true)
        #expect(verdict.anomalies == Self.older(guarantee))
        #expect(verdict.algorithm.hasSuffix("with writes in real-time order, as assumed"))
    }

    @Test("what is older by a read breaks monotonic-writes and writes-follow-reads together")
    func together() throws {
        let history = try Self.history(
            "p0 w x 1 ok | p1 r x 1 ok | p1 w x 2 ok | p1 w y 1 ok | p2 t y=1,x=1 ok")
        let verdict = Self.judged(.monotonicWrites, history)
        let expected = Self.older(
            .monotonicWrites, links: [2], effect: 6, together: [.monotonicWrites, .writesFollowReads])
        #expect(verdict.anomalies == expected)
        #expect(verdict.algorithm == "atomic reads by happens-before on 1 key (sound, may miss)")
    }

    @Test("a counter of one session orders its versions for writes-follow-reads", arguments: [true, false])
    func singleWriter(isCounter: Bool) throws {
        let (first, second) = isCounter ? ("1", "2") : ("b", "a")
        let history = try Self.history(
            """
            p0 w x \(first) ok | p0 w x \(second) ok | p3 r x \(second) ok | p3 w y 1 ok | p2 t y=1,x=\(first) ok
            """)
        let verdict = Self.judged(.writesFollowReads, history)
        let expected = Anomaly(
            .writeBeforeItsCause, key: "x",
            proof((2, .cause), (4, .orderWitness), (6, .effect), (0, .seenWrite), (8, .violatingRead)),
            together: isCounter ? [] : [.monotonicWrites, .writesFollowReads])
        #expect(verdict.anomalies == [expected])
    }

    @Test("versions that only reads carry count")
    func readVersions() throws {
        let history = try Self.history(
            "p0 w x 5 ok | p1 w x 3 ok | p2 r x 3 ok | p2 r x 5 ok", versions: [4: 7, 6: 5], name: "mod_revision")
        let verdict = Self.judged(.monotonicReads, history)
        let expected = Anomaly(
            .readWentBack, key: "x",
            proof((2, .expectedWrite), (0, .seenWrite), (4, .earlierRead), (6, .violatingRead)))
        #expect(verdict.anomalies == [expected])
        #expect(verdict.algorithm == "versions given by the system on 1 key (exact)")
    }

    @Test("an acknowledged write without any version leaves its key to happens-before")
    func missingVersion() throws {
        let history = try Self.history(
            "p0 w x 5 ok | p1 w x 3 ok | p3 w x 4 ok | p2 r x 3 ok | p2 r x 5 ok", versions: [6: 7, 8: 5])
        #expect(Self.judged(.monotonicReads, history).judgement == .valid)
    }

    @Test("only writes behind reads are opportunities of writes-follow-reads")
    func opportunities() throws {
        let verdict = Self.judged(
            .writesFollowReads, try Self.history("p0 w x 5 ok | p0 w y 3 ok | p1 t y=3,x=5 ok"))
        #expect(verdict.judgement == .unknown)
        #expect(verdict.opportunities.first { $0.name == "ordered-writes-after-reads" }?.count == 0)
    }

    @Test("what nobody does who keeps read-your-writes and monotonic-reads breaks both together")
    func readsTogether() throws {
        let history = try Self.history("p0 w x 1 ok | p1 w x 2 ok | p0 r x 2 ok | p0 r x 1 ok")
        for (guarantee, kind) in [
            (Guarantee.readYourWrites, Anomaly.Kind.missedOwnWrite), (.monotonicReads, .readWentBack),
        ] {
            let expected = Anomaly(
                kind, key: "x", proof((0, .conflicting), (2, .conflicting), (4, .conflicting), (6, .conflicting)),
                detail: "no order of the versions fits what these sessions saw",
                together: [.readYourWrites, .monotonicReads])
            #expect(Self.judged(guarantee, history).anomalies == [expected])
        }
    }

    @Test("where read-your-writes is broken anyhow, monotonic-reads is not accused")
    func readsApart() throws {
        let history = try Self.history(
            "p0 w x 1 ok | p1 w x 2 ok | p0 r x 2 ok | p0 r x 1 ok | p1 w z 1 ok | p1 r z null ok")
        #expect(Self.judged(.readYourWrites, history).anomalies.map(\.key) == ["z"])
        #expect(Self.judged(.monotonicReads, history).judgement == .valid)
    }

    /// Of a history, the kind of violation of PRAM with its proof; `nil` if it is valid.
    private static let observers: [(String, String?)] = [
        ("p0 w x 1 ok | p0 w y 1 ok | p1 r y 1 ok | p1 r x 1 ok", nil),
        ("p0 w x 1 ok | p0 w y 1 ok | p1 r y 1 ok | p1 r x null ok", "0 2 4 6"),
        ("p0 w x 1 ok | p0 w x 2 ok | p0 w y 1 ok | p1 r y 1 ok | p1 r x 1 ok", "0 2 4 6 8"),
        ("p0 w x 1 ok | p0 r x null ok", "0 2"),
        ("p0 w x 1 ok | p1 w x 2 ok | p0 r x 2 ok | p0 r x 1 ok", "0 2 4 6"),
        // Each session may have an order of its own.
        ("p0 w x 1 ok | p1 w x 2 ok | p2 r x 1 ok | p2 r x 2 ok | p3 r x 2 ok | p3 r x 1 ok", nil),
        // What another one had read is its own matter.
        ("p0 w x 1 ok | p1 r x 1 ok | p1 w y 2 ok | p2 r y 2 ok | p2 r x null ok | p2 r y 2 ok", nil),
    ]

    @Test("pram is what each session can have seen in an order of its own", arguments: observers)
    func pram(line: String, proof: String?) throws {
        let verdict = Self.judged(.pram, try Self.history(line))
        #expect(verdict.judgement == (proof == nil ? .valid : .invalid), "\(verdict)")
        let shown = verdict.anomalies.map { anomaly in
            anomaly.evidence.map(\.operation).sorted().map(String.init).joined(separator: " ")
        }
        #expect(shown == [proof].compactMap(\.self))
        #expect(verdict.anomalies.allSatisfy { $0.kind == .noObserverOrder })
    }
}
