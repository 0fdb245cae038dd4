import Checkers
import HistoryModel
import PageTesting
import Reports
import RunStore
import Testing

@Suite struct TextReportTests {
    static let fault = FaultRecord(
        id: "p1", kind: "partition", nodes: ["n1", "n2"], plannedAt: 0,
        evidence: [
            EvidenceRecord(
                observer: "probe", subject: "n1 to n2", observation: "0 of 20 arrived", when: .applied, holds: true)
        ], outcome: .proven)

    static let status = RunStatus(
        .completed, problems: [Problem(.tooLittle, "p3 was idle", advice: "raise the rate")])

    static func run() throws -> StoredRun {
        let history = try History(
            notation:
                "n fault-start p1 partition | p0 w x 1 ok @n1 at=1000000 | p0 r x null ok @n2 at=3000000 | p1 w x 2 info:timeout"
        )
        let verdicts = [
            Verdict(
                .readYourWrites, .invalid, algorithm: "version order",
                anomalies: [
                    Anomaly(.missedOwnWrite, key: "x", [.init(1, .expectedWrite), .init(3, .violatingRead)])
                ],
                anomalyCount: 4, opportunities: [Opportunity("reads-after-own-write", 9, minimum: 5)]),
            Verdict(
                .convergence, .unknown, reason: "no node was dumped; add final reads", algorithm: "dumps",
                opportunities: [Opportunity("dumps", 0, minimum: 2)]),
        ]
        let file = VerdictFile(
            verdicts: verdicts, expectations: Expectations([.readYourWrites: .invalid]), status: status,
            faults: [fault])
        return StoredRun(path: "reports/x|y", history: history, faults: [fault], verdicts: file)
    }

    @Test func `the terminal text is what it was`() throws {
        let run = try Self.run()
        let text = VerdictText.render(
            try #require(run.verdicts), history: run.history, status: Self.status, faults: run.faults)
        #expect(text == Self.transcript)
    }

    @Test func `what breaks several levels of isolation is told once, and the levels are summed up`() throws {
        let history = try History(notation: "p0 t x:=1 ok | p1 t x=1 ok | p1 t x=null ok")
        let weakest = Guarantee.strongSessionSnapshotIsolation
        let levels: [Guarantee] = [.readCommitted, weakest, .strongSessionSerializable]
        let verdicts = check(history, CheckOptions(guarantees: levels))
        let file = VerdictFile(verdicts: verdicts, expectations: Expectations([:]))
        let text = VerdictText.render(file, history: history)
        #expect(text.contains("strongest level kept: read-committed; weakest broken: \(weakest.rawValue)\n"))
        #expect(text.contains("    by what breaks \(weakest.rawValue)\n"))
        #expect(text.ranges(of: "G-single-process").count == 1, "\(text)")
    }

    @Test func `guarantees that are violated together are named, and no single one is blamed`() throws {
        let history = try History(notation: "p0 w x 5 ok | p0 w x 3 ok | p1 r x 3 ok | p1 r x 5 ok")
        let file = VerdictFile(verdicts: check(history, CheckOptions(guarantees: [.monotonicReads])))
        let text = VerdictText.render(file, history: history)
        for part in [
            "    decided by happens-before on 1 key (sound, may miss)\n",
            "      Monotonic-reads and monotonic-writes together: no single one of them is proven broken.\n",
            "Violated: monotonic-reads with monotonic-writes (exit code 1)\n",
            "  monotonic-reads and monotonic-writes together are violated\n",
        ] {
            #expect(text.contains(part), "\(text)")
        }
    }

    @Test func `a log of which nobody knows the operations says why nothing was judged`() throws {
        let events = ["rotate", "splice"].enumerated().flatMap { place, f in
            [EventType.invoke, .ok].map { type in
                Event(
                    index: 0, time: Int64(place), process: .client(0), type: type, f: f, key: "d", value: 1)
            }
        }
        let history = try History(
            events.enumerated().map { place, event in
                var event = event
                (event.index, event.time) = (place, Int64(place))
                return event
            })
        let text = VerdictText.render(VerdictFile.unasked(check(history, CheckOptions())), history: history)
        #expect(
            text.contains(
                "nothing was judged: no guarantee is known that operations such as rotate and splice"))
    }

    static let transcript = """
        read-your-writes  invalid  as expected  (reads-after-own-write 9, least 5)
            decided by version order
            Process 0 did not see its own acknowledged write of key "x": it read nothing.
              1. should have been seen: Operation 1: process 0 wrote 1 to key "x" at n1, at 0.0010 s, took 1 ns; acknowledged
              2. gives it away: Operation 3: process 0 read key "x" and got nothing (absent) at n2, at 0.0030 s, took 1 ns; acknowledged
              Operation 1 was over 2 ms before operation 3 began.
              Operation 3 ran while p1 (partition) was active.
            and 3 further violations
        convergence       unknown  (dumps 0, least 2, TOO FEW)
            no node was dumped; add final reads

        fault p1 (partition on n1 and n2) proven: probe, n1 to n2: 0 of 20 arrived
        problem: too-little: p3 was idle (raise the rate)

        No verdict can be relied on yet (exit code 2)
          convergence is unknown: no node was dumped; add final reads
          p3 was idle (raise the rate)

        """

    @Test func `of a history that is judged without minimums too few is no fault`() throws {
        let verdict = Verdict(
            .convergence, .valid, algorithm: "dumps", opportunities: [Opportunity("dumps", 1, minimum: 2)])
        let file = VerdictFile(verdicts: [verdict], expectations: Expectations())
        let text = VerdictText.render(file, history: try History(notation: "p0 r x 1 ok"))
        #expect(text.contains("(dumps 1, least 2, few)"))
    }

    @Test(
        arguments: [
            (.agrees, "    decided by zones; cross-check agrees: search"),
            (.disagrees, "    CROSS-CHECK DISAGREES; agreed on 2 keys: key \"x\": why"),
            (.cannotTell, "    cross-check could not tell; agreed on 2 keys: key \"x\": why"),
        ] as [(CrossCheck.Outcome, String)])
    func `what a cross-check says is told below its verdict`(outcome: CrossCheck.Outcome, line: String) throws {
        var verdict = Verdict(.linearizable, .valid, algorithm: "zones")
        let detail = outcome == .agrees ? nil : "key \"x\": why"
        verdict.crossCheck = CrossCheck(outcome, algorithm: "search", agreed: 2, detail: detail)
        let file = VerdictFile(verdicts: [verdict], expectations: Expectations())
        let text = VerdictText.render(file, history: try History(notation: "p0 r x 1 ok"))
        #expect(text.split(separator: "\n").contains(Substring(line)), "\(text)")
    }

    @Test func `colours surround the judgements and nothing from outside makes one`() throws {
        let hostile = Verdict(.convergence, .unknown, reason: "bad \u{1B}[2J\u{7}", algorithm: "dumps")
        let file = VerdictFile(verdicts: [hostile], expectations: Expectations())
        let history = try History(notation: "p0 r x 1 ok")
        let plain = VerdictText.render(file, history: history)
        #expect(!plain.contains("\u{1B}"))
        let coloured = VerdictText.render(file, history: history, colour: true)
        #expect(coloured.contains("\u{1B}[1;33munknown\u{1B}[0m"))
        #expect(!coloured.contains("\u{1B}[2J") && !coloured.contains("\u{7}"))
    }

    @Test func `the summary is what it was`() throws {
        #expect(String(decoding: SummaryReport.render(try Self.run()), as: UTF8.self) == Self.summary)
    }

    static let summary = #"""
        # x\|y

        **No verdict can be relied on yet** (exit code 2)

        - convergence is unknown: no node was dumped; add final reads
        - p3 was idle (raise the rate)

        | guarantee | verdict | expected | violations | exercised |
        | --- | --- | --- | --- | --- |
        | read-your-writes | ✗ invalid | invalid | 4 | reads-after-own-write 9 |
        | convergence | ? unknown | valid | 0 | dumps 0 |

        Faults:

        - p1 (partition on n1 and n2): proven


        """#

    @Test func `the JUnit file is what it was`() throws {
        var run = try Self.run()
        run.record = try SampleRun.make(seconds: 1).record
        run.record?.status = Self.status
        #expect(String(decoding: JUnitReport.render(run), as: UTF8.self) == Self.junit)
    }

    static let junit = """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites><testsuite name="async-any-replica" tests="4" failures="0" errors="2" time="0">
        <testcase classname="guarantee" name="read-your-writes"></testcase>
        <testcase classname="guarantee" name="convergence"><error message="no node was dumped; add final reads"/></testcase>
        <testcase classname="fault" name="p1 (partition)"></testcase>
        <testcase classname="run" name="carried out as planned"><error message="p3 was idle (raise the rate)"/></testcase>
        </testsuite></testsuites>

        """

    @Test func `an unexpected violation is a JUnit failure, an unmet fault an error`() throws {
        var run = try Self.run()
        run.verdicts?.expectations = Expectations()
        run.faults[0].outcome = .notProven
        let text = String(decoding: JUnitReport.render(run), as: UTF8.self)
        #expect(text.contains("failures=\"1\" errors=\"2\""))
        #expect(text.contains("<failure message=\"is invalid, expected valid\"/>"))
        #expect(text.contains("<error message=\"not-proven\"/>"))
    }

    @Test(.needsBrowser) func `the comparison of runs stands in a browser, and its links stay paths`() throws {
        let sample = try SampleRun.make(seconds: 2)
        let entries = [
            ComparisonReport.Entry(sample, link: "run-1/index.html"),
            ComparisonReport.Entry(try HostileRun.make(), link: "javascript:alert(1)"),
            ComparisonReport.Entry(StoredRun(path: "bare", history: sample.history), link: nil),
        ]
        let page = try Browser.open(ComparisonReport.render(entries, title: "Demo <1>"))
        #expect(page.console == [])
        #expect(page.requests == 0)
        #expect(page.document.contains("1 of 3 runs met every expectation"))
        #expect(page.document.contains("href=\"./run-1/index.html\""))
        #expect(page.document.contains("href=\"./javascript:alert(1)\""))
        #expect(page.document.split(separator: "<script").count - 1 == 1)
        #expect(page.document.contains("not judged"))
    }

    @Test(.needsBrowser) func `the page of a campaign stands in a browser and takes no markup from outside`() throws
    {
        let hostile = "<script>alert(1)</script>"
        let campaign = CampaignPage(
            title: "Bugs \(hostile)", subtitle: hostile, outcome: "1 of 3 \(hostile)", tone: .bad,
            tables: [
                .init(
                    "Rows \(hostile)", columns: ["Row", hostile],
                    rows: CampaignPage.Tone.allCases.map { tone in
                        [.init(hostile, note: hostile), .init("so", tone: tone, note: hostile)]
                    }),
                .init("None", columns: ["Row"], rows: []),
            ], again: "inquest \(hostile)")
        let page = try Browser.open(campaign.bytes)
        #expect(page.console == [])
        #expect(page.requests == 0)
        #expect(page.document.split(separator: "<script").count - 1 == 1)
        #expect(!page.document.contains("None</h2>"))
        for style in ["valid", "invalid", "unknown"] { #expect(page.document.contains("class=\"chip \(style)\"")) }
    }
}
