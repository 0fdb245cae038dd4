import Checkers
import HistoryModel
import PageTesting
import Reports
import RunStore
import Testing

@Suite struct HTMLReportTests {
    static func text(_ run: StoredRun) -> String { String(decoding: HTMLReport.render(run), as: UTF8.self) }

    @Test(.needsBrowser) func `a browser finds nothing to complain of, and fetches nothing`() throws {
        let page = try Browser.open(HTMLReport.render(try SampleRun.make()))
        #expect(page.console == [])
        #expect(page.requests == 0)
        // The script has run: it shows the buttons that do nothing without it.
        #expect(page.document.contains("<button class=\"copy\" type=\"button\">"))
    }

    @Test(.needsBrowser) func `a page with an error and a picture from elsewhere would be noticed`() throws {
        let html = "<!DOCTYPE html><img src=\"http://127.0.0.1:9/x.png\"><script>missing()</script>"
        let page = try Browser.open(Array(html.utf8))
        #expect(page.console.count == 1)
        #expect(page.requests > 0)
    }

    @Test(.needsBrowser) func `the violations are on the page, with the operations that prove them`() throws {
        let run = try SampleRun.make()
        let page = try Browser.open(HTMLReport.render(run))
        for verdict in run.verdicts?.verdicts ?? [] where verdict.judgement == .invalid {
            let anomaly = try #require(verdict.anomalies.first)
            #expect(page.document.contains("id=\"anomalies-\(verdict.guarantee.rawValue)\""))
            for step in anomaly.evidence {
                #expect(page.document.contains("<g class=\"op "))
                #expect(
                    page.document.contains(
                        "id=\"\(verdict.guarantee.rawValue)-1-\(step.operation)\" tabindex=\"0\""))
                #expect(page.document.contains("Operation \(step.operation): process "))
            }
        }
    }

    @Test(.needsBrowser) func `what comes from outside stays text`() throws {
        let bytes = HTMLReport.render(try HostileRun.make())
        let page = try Browser.open(bytes)
        #expect(page.console == [])
        #expect(page.requests == 0)
        // Two scripts: the verdict's data and our own.
        #expect(page.document.split(separator: "<script").count - 1 == 2)
        #expect(!page.document.contains("<img"))
        #expect(page.document.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
    }

    @Test func `the policy allows no source but the page itself`() throws {
        let text = Self.text(try SampleRun.make(seconds: 1))
        #expect(text.contains("default-src 'none'"))
        for word in ["http://", "https://", "src=", "@import", "url("] { #expect(!text.contains(word), "\(word)") }
    }

    @Test func `a report of 200,000 operations is no larger than a picture`() throws {
        let run = try SampleRun.make(seconds: 60, pause: 1)
        #expect(run.history.operations.count > 200_000)
        #expect(HTMLReport.render(run).count < 300_000)
    }

    @Test func `problems of the run stand before the verdicts`() throws {
        var run = try SampleRun.make(seconds: 1)
        run.record?.status = RunStatus(
            .failed, problems: [Problem(.hostNotAsFound, node: "n2", "a rule is left", advice: "nft list ruleset")])
        let text = Self.text(run)
        let problem = try #require(text.firstRange(of: "a rule is left"))
        let verdicts = try #require(text.firstRange(of: "id=\"verdicts\""))
        #expect(problem.lowerBound < verdicts.lowerBound)
        #expect(text.contains("nft list ruleset"))
    }

    @Test func `seed, command, hashes, kernel, evidence and workload are on the page`() throws {
        let text = Self.text(try SampleRun.make(seconds: 1))
        for fact in [
            "4242424242", "inquest run workloads/async-any.yaml --lab 3", "3f9a0c52d71be864",
            "Linux 6.1.0-18-amd64",
            "0 of 20 datagrams arrived in 200 ms", "ended by signal 9", "  read: any", "10.77.0.2", "caught-up",
        ] {
            #expect(text.contains(fact), "\(fact)")
        }
    }

    @Test func `a run without a verdict says that it was not judged`() throws {
        let run = StoredRun(path: "h.jsonl", history: try History(notation: "p0 w x 1 ok"))
        #expect(Self.text(run).contains("Not judged yet"))
    }

    @Test func `an empty history makes a page`() throws {
        #expect(Self.text(StoredRun(path: "h.jsonl", history: try History([]))).contains("</html>"))
    }

    @Test func `an expectation that was not met is said beside the verdict`() throws {
        let verdict = Verdict(.linearizable, .valid, algorithm: "search")
        let file = VerdictFile(verdicts: [verdict], expectations: Expectations([.linearizable: .invalid]))
        let run = StoredRun(path: "x", history: try History(notation: "p0 w x 1 ok"), verdicts: file)
        let text = Self.text(run)
        #expect(text.contains("An expected violation did not appear"))
        #expect(text.contains("<span class=\"expect unmet\">expected invalid</span>"))
    }
}
