import Checkers
import HistoryModel
import Testing

@Suite("Levels of isolation, case by case")
struct IsolationCaseTests {
    /// A history, the levels it breaks, and the kinds of anomaly that the strongest of them shows.
    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        var line: String
        var broken: [Guarantee]
        var kinds: [Anomaly.Kind]

        init(_ name: String, _ line: String, _ broken: [Guarantee], _ kinds: [Anomaly.Kind]) {
            (self.name, self.line, self.broken, self.kinds) = (name, line, broken, kinds)
        }

        var testDescription: String { name }
    }

    static let serial: [Guarantee] = [.serializable, .strongSessionSerializable, .strictSerializable]
    static let snapshots: [Guarantee] = [
        .snapshotIsolation, .strongSessionSnapshotIsolation, .strongSnapshotIsolation,
    ]

    static let cases: [Case] = [
        Case("one after the other", "p0 t x+1 ok | p1 t x=[1],x+2 ok | p0 t x=[1,2] ok", [], []),
        Case(
            "what failed was read", "p0 t x+1 fail | p1 t x=[1] ok | p2 t y+1 ok | p1 t y=[1] ok",
            Guarantee.isolation,
            [.abortedRead]),
        Case(
            "what was read was not yet all", "p0 t x+1,x+2 | p1 t x=[1] ok | p0 ok x+1,x+2", Guarantee.isolation,
            [.intermediateRead, .singleAntiDependency]),
        Case("nobody wrote it", "p0 t x+1 ok | p1 t x=[1,9] ok", Guarantee.isolation, [.phantomRead]),
        Case("it stands there twice", "p0 t x+1 ok | p1 t x=[1,1] ok", Guarantee.isolation, [.duplicateElements]),
        Case(
            "two orders",
            "p0 t x+1 | p1 t x+2 | p2 t x=[1,2] | p3 t x=[2,1] | p0 ok x+1 | p1 ok x+2 | p2 ok x=[1,2] | p3 ok x=[2,1]",
            Guarantee.isolation, [.incompatibleOrder]),
        Case("not a list", "p0 t x+1 ok | p1 t x=7 ok | p1 t x=[1] ok", Guarantee.isolation, [.garbageRead]),
        Case("the own append is missing", "p0 t x+1 ok | p1 t x+2,x=[1] ok", Guarantee.isolation, [.internalRead]),
        Case(
            "writes in two orders",
            "p0 t x+1,y+1 | p1 t x+2,y+2 | p2 t x=[1,2],y=[2,1] | p0 ok x+1,y+1 | p1 ok x+2,y+2 | p2 ok x=[1,2],y=[2,1]",
            Guarantee.isolation, [.writeCycle]),
        Case(
            "each read the other", "p0 t x+1,y=[2] | p1 t y+2,x=[1] | p0 ok x+1,y=[2] | p1 ok y+2,x=[1]",
            Guarantee.isolation,
            [.circularInformation]),
        Case(
            "half of a transaction", "p0 t x:=1,y:=2 | p1 t y=null,x=1 | p0 ok x:=1,y:=2 | p1 ok y=null,x=1",
            Guarantee.isolation.filter { $0 != .readCommitted }, [.singleAntiDependency]),
        Case(
            "read twice", "p0 t x+1 | p1 t x=null,x=[1] | p0 ok x+1 | p1 ok x=null,x=[1]",
            Guarantee.isolation.filter { $0 != .readCommitted }, [.nonRepeatableRead, .singleAntiDependency]),
        Case(
            "an effect without its cause",
            "p0 t x:=1 | p1 t x=1,y:=2 | p2 t y=2,x=null | p0 ok x:=1 | p1 ok x=1,y:=2 | p2 ok y=2,x=null",
            Guarantee.isolation.filter { ![.readCommitted, .readAtomic].contains($0) }, [.singleAntiDependency]),
        Case(
            "a long fork",
            "p0 t x:=1 | p1 t y:=2 | p2 t x=1,y=null | p3 t x=null,y=2 | p0 ok x:=1 | p1 ok y:=2 | p2 ok x=1,y=null | p3 ok x=null,y=2",
            [.prefixConsistency] + snapshots + serial, [.nonadjacentAntiDependencies]),
        Case(
            "a lost update",
            "p0 t x=null,x+1 | p1 t x=null,x+2 | p0 ok x=null,x+1 | p1 ok x=null,x+2 | p2 t x=[1,2] ok",
            snapshots + serial, [.lostUpdate, .singleAntiDependency]),
        Case(
            "write skew",
            "p0 t x=null,y+1 | p1 t y=null,x+2 | p0 ok x=null,y+1 | p1 ok y=null,x+2 | p2 t x=[2],y=[1] ok", serial,
            [.antiDependencyCycle]),
        Case(
            "the session went back", "p0 t x+1 ok | p0 t x=null ok | p1 t x=[1] ok",
            Guarantee.isolation.filter { ![.readCommitted, .snapshotIsolation, .serializable].contains($0) },
            [.singleAntiDependencyProcess, .singleAntiDependencyRealTime]),
        Case(
            "stale in real time", "p0 t x+1 ok | p1 t x=null ok | p2 t x=[1] ok",
            [.strongSnapshotIsolation, .strictSerializable], [.singleAntiDependencyRealTime]),
        Case(
            "info that was seen counts", "p0 t x+1,y+1 info | p1 t y=null,x=[1] ok",
            Guarantee.isolation.filter { $0 != .readCommitted }, [.singleAntiDependency]),
        Case("info that nobody saw does not", "p0 t x+1 info | p1 t y+1 ok | p1 t x=null,y=[1] ok", [], []),
    ]

    @Test("each history breaks just these levels, and shows why", arguments: cases)
    func levels(named: Case) throws {
        let verdicts = check(try History(notation: named.line), CheckOptions(guarantees: Guarantee.isolation))
        #expect(
            verdicts.filter { $0.judgement == .invalid }.map(\.guarantee)
                == Guarantee.isolation.filter(named.broken.contains))
        #expect(verdicts.last.map { $0.anomalies.map(\.kind) } == named.kinds)
    }

    @Test("a cycle names its transactions in order, with what they read and wrote")
    func evidence() throws {
        let line =
            "p0 t x=null,y+1 | p1 t y=null,x+2 | p0 ok x=null,y+1 | p1 ok y=null,x+2 | p2 t x=[2] ok | p3 t y=[1] ok"
        let verdict = check(try History(notation: line), CheckOptions(guarantees: [.serializable]))[0]
        #expect(
            verdict.anomalies == [
                Anomaly(
                    .antiDependencyCycle, proof((0, .member), (1, .member), (4, .witness), (6, .witness)),
                    cycle: [
                        Anomaly.Dependency(from: 0, to: 1, kind: .rw, key: "x", value: [], next: 2),
                        Anomaly.Dependency(from: 1, to: 0, kind: .rw, key: "y", value: [], next: 1),
                    ])
            ])
    }

    @Test("a commit that third reads force is explained by them")
    func commits() throws {
        // T2 replaced x of T0 for p2, and T0 that of T2 for p3.
        let line = """
            p0 t x:=1,a:=1 | p1 t x:=2,b:=2 | p2 t a=1,b=2,x=2 | p3 t a=1,b=2,x=1 \
            | p0 ok x:=1,a:=1 | p1 ok x:=2,b:=2 | p2 ok a=1,b=2,x=2 | p3 ok a=1,b=2,x=1
            """
        let verdict = check(try History(notation: line), CheckOptions(guarantees: [.readAtomic]))[0]
        #expect(
            verdict.anomalies == [
                Anomaly(
                    .commitOrderCycle, key: "x", proof((0, .member), (1, .member), (2, .witness), (3, .witness)),
                    cycle: [
                        Anomaly.Dependency(from: 0, to: 1, kind: .commit, key: "x", value: 1, next: 2, reader: 2),
                        Anomaly.Dependency(from: 1, to: 0, kind: .commit, key: "x", value: 2, next: 1, reader: 3),
                    ])
            ])
    }

    @Test("a key that cannot be judged leaves the verdict open, whatever the others show")
    func doubts() throws {
        let line = "p0 t x+1,y+1 ok | p1 t x=[1],y=[1] ok | p2 t x+1 ok | p0 t x=[1,1] ok"
        let verdicts = check(try History(notation: line), CheckOptions(guarantees: Guarantee.isolation))
        #expect(verdicts.allSatisfy { $0.judgement == .unknown })
        #expect(verdicts[0].reason == "key \"x\": an element that was read was appended more than once")
    }

    @Test("the strongest levels kept and the weakest broken are named")
    func summary() throws {
        let line = "p0 t x+1 ok | p0 t x=null ok | p1 t x=[1] ok"
        let verdicts = check(try History(notation: line), CheckOptions(guarantees: Guarantee.isolation))
        let kept = try #require(KeptIsolation(verdicts))
        #expect(kept.strongestKept == [.readCommitted, .serializable])
        #expect(kept.weakestBroken == [.readAtomic])
        #expect(KeptIsolation([Verdict(.linearizable, .valid, algorithm: "")]) == nil)
        #expect(KeptIsolation([Verdict(.causal, .valid, algorithm: "")]) == nil)
    }

    @Test("levels are judged where transactions write, and only there")
    func fitting() throws {
        #expect(
            Guarantee.fitting(try History(notation: "p0 t x=1 ok | p1 t x=null,y:=1 ok")) == Guarantee.isolation)
        #expect(Guarantee.fitting(try History(notation: "p0 w x 1 ok | p1 t x=1 ok")) == Guarantee.standard)
    }
}
