import Checkers
import HistoryModel
import Testing

@testable import Reports

@Suite struct WordsTests {
    @Test(
        arguments: [
            (0, "0 ns"), (999, "999 ns"), (1_000, "1 µs"), (1_240, "1.24 µs"), (12_340, "12.3 µs"),
            (850_000, "850 µs"),
            (1_240_000, "1.24 ms"), (2_500_000_000, "2.5 s"), (125_000_000_000, "2 min 5 s"),
        ] as [(Int64, String)])
    func `a length of time in the unit that suits it`(_ nanoseconds: Int64, _ text: String) {
        #expect(Words.duration(nanoseconds) == text)
    }

    @Test(
        arguments: [
            (0, "0.000 s"), (4_213_499_999, "4.213 s"), (4_213_500_000, "4.214 s"), (.max, "9223372036.855 s"),
        ]
            as [(Int64, String)])
    func `a moment in seconds`(_ nanoseconds: Int64, _ text: String) {
        #expect(Words.time(nanoseconds) == text)
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567"), (-1_000, "-1,000")])
    func `a number with its thousands set apart`(_ number: Int, _ text: String) {
        #expect(Words.count(number) == text)
    }

    @Test(arguments: [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")])
    func `a list as people say it`(_ words: [String], _ text: String) {
        #expect(Words.list(words) == text)
    }

    @Test(arguments: Anomaly.Kind.allCases)
    func `every kind of anomaly has a sentence, even without operations`(_ kind: Anomaly.Kind) throws {
        let index = OperationIndex(try History(notation: "p0 w x 1 ok | p1 r x null ok"))
        let told = AnomalyWords(
            Anomaly(kind, key: "x", [.init(0, .expectedWrite), .init(2, .violatingRead)]), in: index)
        #expect(told.lead.hasSuffix("."))
        #expect(told.steps.map(\.sentence).allSatisfy { $0.hasPrefix("Operation ") })
        let bare = AnomalyWords(Anomaly(kind, key: nil, [.init(99, .violatingRead)]), in: index)
        #expect(bare.lead.hasSuffix("."))
        #expect(bare.steps.map(\.sentence) == ["Operation 99 is not in this history"])
    }

    @Test(
        arguments: [
            ("p0 w x 1 ok | p1 r x null ok", "Process 1 read nothing of key \"x\" after the write of 1 was over."),
            (
                "p0 w x 1 ok | p0 w x 2 ok | p1 r x 1 ok | p2 r x 2 ok",
                "Process 1 read 1 of key \"x\" after the write of 2 was over."
            ),
            (
                "p0 a x 4 ok | p0 a x 5 ok | p1 r x [4] ok",
                "Process 1 did not find 5 of key \"x\" after its add was over: it read [4]."
            ),
            (
                "p0 w x 1 | p1 w x 2 ok | p1 r x 1 ok | p1 r x 2 ok",
                "No single order of the operations of key \"x\" explains every answer."
            ),
        ])
    func `a stale read is told as one, and nothing else is`(_ line: String, _ lead: String) throws {
        let history = try History(notation: line)
        let steps = history.operations.map { Anomaly.Step($0.index, .conflicting) }
        let told = AnomalyWords(Anomaly(.notLinearizable, key: "x", steps), in: OperationIndex(history))
        #expect(told.lead == lead)
    }

    @Test(
        arguments: [
            (
                "p0 enqueue q 3 ok | p0 enqueue q 3 ok | p1 dequeue q 3 ok | p1 dequeue q null ok",
                "Process 1 dequeued from key \"q\" and got nothing, although 3 was in it since operation 2."
            ),
            (
                "p0 enqueue q 3 ok | p0 enqueue q 1 ok | p1 dequeue q 1 ok",
                "Process 1 dequeued from key \"q\" and got 1, although 3, which was put in before it, was in it since "
                    + "operation 0."
            ),
            (
                "p0 push s 3 ok | p0 push s 1 ok | p1 pop s 3 ok",
                "Process 1 popped from key \"s\" and got 3, although 1, which lay above it, was there since operation 2."
            ),
            (
                "p0 enqueue q 3 ok | p1 dequeue q 1 ok",
                "Process 1 dequeued from key \"q\" and got 1, which nobody had put in."
            ),
            (
                "p0 enqueue q 3 ok | p1 dequeue q 3 ok | p2 dequeue q 3 ok",
                "Process 2 dequeued from key \"q\" and got 3: taken out 2 times, put in 1 time."
            ),
            (
                "p0 acquire m ok | p1 acquire m ok | p0 release m ok",
                "Process 1 acquired the lock \"m\" while process 0 held it (operation 0)."
            ),
            (
                "p0 acquire m 7 ok | p0 release m ok | p1 acquire m 6 ok",
                "Process 1 acquired the lock \"m\" and got the token 6, though operation 0 had got 7 before."
            ),
            (
                "p0 a s 3 ok | p1 contains s 3 | p1 ok false",
                "Process 1 asked whether 3 is in key \"s\" and got no, although operation 0 had added it and nobody had "
                    + "removed it."
            ),
            (
                "p1 contains s 3 | p1 ok true",
                "Process 1 asked whether 3 is in key \"s\" and got yes, but nobody ever added it."
            ),
            (
                "p0 c x 1>2 info | p1 r x 2 ok",
                "Process 0 tried to swap key \"x\" from 1 to 2, and what it left was read, but 1 was never there: nobody "
                    + "wrote it."
            ),
            ("p0 w x 1 ok | p1 r x 7 ok", "Process 1 read key \"x\" and got 7, which nobody ever wrote."),
        ])
    func `what an object did wrong is said in words`(_ line: String, _ lead: String) throws {
        let history = try History(notation: line)
        let verdict = check(history, CheckOptions(guarantees: [.linearizable]))[0]
        let anomaly = try #require(verdict.anomalies.first)
        let told = AnomalyWords(anomaly, in: OperationIndex(history))
        #expect(told.lead == lead)
        // What proves it is a violation by itself.
        let events = told.steps.compactMap(\.operation).flatMap { operation in
            [operation.invocation.event] + (operation.completion.map { [$0.event] } ?? [])
        }
        let part = try History(events.sorted { $0.index < $1.index })
        #expect(check(part, CheckOptions(guarantees: [.linearizable]))[0].judgement == .invalid)
    }

    @Test(
        arguments: [
            (
                Guarantee.monotonicWrites, "p0 w x 1 ok | p0 w y 1 ok | p1 t y=1,x=null ok",
                "Process 0 wrote 1 to key \"y\" after it had written 1 to key \"x\"; process 1 saw the later write without "
                    + "the earlier one."
            ),
            (
                .writesFollowReads, "p0 w x 1 ok | p2 r x 1 ok | p2 w y 1 ok | p1 t y=1,x=null ok",
                "Process 2 wrote 1 to key \"y\" after it knew of 1 of key \"x\"; process 1 saw the later write without the "
                    + "earlier one."
            ),
        ])
    func `writes of two keys are both named`(_ guarantee: Guarantee, _ line: String, _ lead: String) throws {
        let history = try History(notation: line)
        let anomaly = try #require(check(history, CheckOptions(guarantees: [guarantee]))[0].anomalies.first)
        #expect(AnomalyWords(anomaly, in: OperationIndex(history)).lead == lead)
    }

    @Test func `a history without times is told no times`() throws {
        let line = #"{"process":0,"type":"invoke","f":"#
        let lines = [
            line + #""write","key":"x","value":1}"#, #"{"process":0,"type":"ok","f":"write"}"#,
            line + #""write","key":"x","value":2}"#, #"{"process":0,"type":"ok","f":"write"}"#,
            line + #""read","key":"x"}"#, #"{"process":0,"type":"ok","f":"read","value":1}"#,
        ]
        let history = try JSONLines.read(Array((lines.joined(separator: "\n") + "\n").utf8)).history
        let verdict = check(history, CheckOptions(guarantees: [.noStaleReads]))[0]
        #expect(verdict.anomalies.map(\.detail) == ["at least 1 version behind"])
    }

    @Test func `a cycle is told link by link`() throws {
        let history = try History(notation: "p0 t x+1 ok | p0 t x+2 ok | p1 t x=[1] ok | p2 t x=[1,2] ok")
        let verdict = check(history, CheckOptions(guarantees: [.strictSerializable]))[0]
        let told = AnomalyWords(try #require(verdict.anomalies.first), in: OperationIndex(history))
        let lead =
            "T2 completed before T4 began; T4 read x=[1] and so came before T2, which wrote 2 (G-single-realtime)."
        #expect(told.lead == lead)
        #expect(told.steps.map(\.role) == [.member, .member, .witness])
    }

    @Test(
        arguments: [
            ("p0 w x 7 ok", "wrote 7 to key \"x\"", "w 7"),
            ("p0 r x null ok", "read key \"x\" and got nothing (absent)", "r → null"),
            ("p0 c x 1>2 ok", "swapped key \"x\" from 1 to 2", "cas 1→2"),
            ("p0 a x 3 ok", "added 3 to key \"x\"", "add 3"),
            ("p0 w x 7 info:timeout", "tried to write 7 to key \"x\"", "w 7"),
            (
                "p0 t x=[1],x+2,y:=3 ok",
                "did in one transaction: read x=[1], appended 2 to x, wrote 3 to y", "x=[1], x+2, y:=3"
            ),
            ("p0 t x=null info", "tried in one transaction: read x=null", "x=null"),
            ("p0 d x=1,y=2 ok @n1", "dumped 2 keys", "dump → [[\"x\",1],[\"y\",2]]"),
            ("p0 append l 2 ok", "appended 2 to key \"l\"", "append → 2"),
            ("p0 append l 2 info", "tried to append 2 to key \"l\"", "append"),
            ("p0 dequeue q null ok", "dequeued from key \"q\" and got nothing", "dequeue → null"),
            ("p0 dequeue q 3 ok", "dequeued from key \"q\" and got 3", "dequeue → 3"),
            ("p0 increment c 2 ok", "incremented key \"c\" by 2", "increment → 2"),
            ("p0 acquire m 7 ok", "acquired the lock \"m\" and got the token 7", "acquire → 7"),
            ("p0 release m info", "tried to release the lock \"m\"", "release"),
        ])
    func `operations in words and as labels`(_ line: String, _ deed: String, _ label: String) throws {
        let operation = try #require(try History(notation: line).operations.first)
        #expect(operation.deed == deed)
        #expect(operation.label() == label)
    }
}

@Suite struct TimelineTests {
    @Test func `far apart operations share a picture without the empty time between them`() {
        let scale = TimelineScale(
            around: [1_000_000...2_000_000, 9_000_000_000...9_001_000_000], padding: 500_000, x: 100, width: 900)
        #expect(scale.segments.count == 2)
        #expect(scale.x(0) == 100)
        #expect(scale.x(9_100_000_000) == 1000)
        #expect(scale.x(2_000_000) - scale.x(1_000_000) > 100)
    }

    @Test func `times stay in order`() {
        let scale = TimelineScale(
            around: (0..<9).map { Int64($0) * 1_000_000_000...Int64($0) * 1_000_000_000 + 500_000 },
            padding: 500_000, x: 0,
            width: 900)
        #expect(scale.segments.count == TimelineScale.segmentLimit)
        let places = stride(from: Int64(-1_000_000), to: 9_000_000_000, by: 700_000).map(scale.x)
        #expect(zip(places, places.dropFirst()).allSatisfy { $0 <= $1 })
    }

    @Test(arguments: [
        (Int64(0), Int64(20_000_000_000), "0 s 5 s 10 s 15 s 20 s"),
        (6_000_900_000, 6_005_000_000, "6.002 s 6.004 s"), (7, 7, "0.000000007 s"),
    ])
    func `time is marked at round numbers`(_ start: Int64, _ end: Int64, _ labels: String) {
        let ticks = TimeTicks(from: start, to: end, width: 450)
        #expect(ticks.times.map(ticks.label).joined(separator: " ") == labels)
    }

    @Test func `a short stretch between round numbers still has one mark`() {
        let ticks = TimeTicks(from: 5_986_100_000, to: 5_986_900_000, width: 100)
        #expect(ticks.times.map(ticks.label) == ["5.9862 s"])
    }

    @Test func `labels of an axis stay inside and apart`() {
        var labels = AxisLabels(limit: 200)
        #expect(labels.place("1.000 s", at: 50) == 50)
        #expect(labels.place("1.001 s", at: 90) == nil)
        #expect(labels.place("1.002 s", at: 130) == 130)
        #expect(labels.place("1.003 s", at: 195) == nil)
        var others = AxisLabels(limit: 200)
        #expect(others.place("1.003 s", at: 195) == 175.5)
    }

    @Test func `a quantile is within five percent, the largest exact`() {
        var histogram = LatencyHistogram()
        for latency in 1...10_000 { histogram.add(Int64(latency) * 1_000) }
        let median = Double(histogram.quantile(0.5) ?? 0)
        #expect(abs(median - 5_000_000) < 350_000)
        #expect(histogram.quantile(1) == 10_000_000)
        #expect(LatencyHistogram().quantile(0.5) == nil)
    }

    @Test func `an operation is found by its index, and a wrong index finds nothing`() throws {
        let history = try History(notation: "p0 w x 1 ok | p1 r x 1 ok | p0 r x 1 ok")
        let index = OperationIndex(history)
        #expect([0, 2, 4].map { index[$0]?.index } == [0, 2, 4])
        #expect([-1, 1, 5, 99].allSatisfy { index[$0] == nil })
    }
}

@Suite struct ActivityTests {
    @Test func `the charts begin with the first event, however long deployment took`() throws {
        let late = try History(notation: "p0 w x 1 at=6410950983 | p0 ok at=6413188126 | p0 w x 2 ok at=6961000000")
        let activity = ActivityBuckets(late)
        #expect(activity.start == 6_410_000_000)
        #expect(activity.start(of: 1) - activity.start == activity.span)
        #expect(activity.end > 6_961_000_000 && activity.end - activity.span <= 6_961_000_000)
        #expect(activity.buckets.count <= ActivityBuckets.bucketLimit + 2)
        #expect(activity.buckets.map(\.all).reduce(0, +) == 2)
        #expect(activity.buckets[0].ok == 1)
    }

    @Test func `an empty history and one event have a chart`() throws {
        #expect(ActivityBuckets(try History([])).buckets.count == 1)
        let one = ActivityBuckets(try History(notation: "p0 w x 1 at=5000000000"))
        #expect(one.start == 5_000_000_000 && one.buckets.count == 1)
    }
}
