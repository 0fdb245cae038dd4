import Checkers
import Foundation
import HistoryModel
import PageTesting
import Reports
import RunStore
import Testing

/// The report of a real run, rendered anew, as somebody reads and uses it.
@Suite(.serialized) struct RealRunTests {
    static let pages: [(name: String, make: @Sendable () throws -> [UInt8])] = [
        ("a stored run", { HTMLReport.render(try StoredSample.load()) }),
        ("a made-up run of 20 s", { HTMLReport.render(try SampleRun.make()) }),
        ("a hostile run", { HTMLReport.render(try HostileRun.make()) }),
    ]

    @Test func `the committed page is what this code makes of the committed run`() throws {
        let made = HTMLReport.render(try StoredSample.load())
        let committed = try Data(contentsOf: URL(filePath: StoredSample.path + "/index.html"))
        #expect(Data(made) == committed, "the look has changed: inquest report reports/sample")
    }

    @Test(.needsBrowser) func `a browser finds its violations, their operations and the fault behind them`() throws
    {
        let run = try StoredSample.load()
        let page = try Browser.open(HTMLReport.render(run))
        #expect(page.console == [])
        #expect(page.requests == 0)
        let violated = (run.verdicts?.verdicts ?? []).filter { $0.judgement == .invalid }
        #expect(violated.count >= 5)
        for verdict in violated {
            #expect(page.document.contains("id=\"anomalies-\(verdict.guarantee.rawValue)\""))
            let simplest = try #require(verdict.anomalies.min { $0.evidence.count < $1.evidence.count })
            for step in simplest.evidence {
                let bar = "id=\"\(verdict.guarantee.rawValue)-1-\(step.operation)\" tabindex=\"0\""
                #expect(page.document.contains(bar))
                #expect(page.document.contains("Operation \(step.operation): process "))
            }
        }
        #expect(page.document.contains("did not see its own acknowledged write of key"))
        let faults = run.history.faultWindows
        #expect(faults.count == 1)
        let charts = try #require(page.document.components(separatedBy: "<figure class=\"activity\">").last)
        let timelines = page.document.components(separatedBy: "<figure class=\"timeline\">").dropFirst()
            .compactMap { $0.components(separatedBy: "</figure>").first }
        for fault in faults {
            let title = "<title>\(fault.fault) · \(fault.kind), from \(Self.seconds(fault.start))"
            #expect(charts.contains(title))
            #expect(timelines.contains { $0.contains(title) }, "some violation was seen while the fault was active")
        }
    }

    private static func seconds(_ nanoseconds: Int64) -> String {
        String(Double(nanoseconds) / 1e9).prefix { $0 != "." } + "."
    }

    @Test(.needsBrowser) func `everything is reached and worked by keyboard, and the focus is always seen`() throws
    {
        let run = try StoredSample.load()
        let violated = (run.verdicts?.verdicts ?? []).filter { $0.judgement == .invalid }
        try withSession(HTMLReport.render(run)) { session in
            let stops = try Self.tour(session)
            #expect(stops.first?.hasPrefix("a.skip#") == true)
            #expect(stops.filter { $0.contains("UNMARKED") || $0.contains("OUT OF VIEW") } == [])
            for verdict in violated {
                let name = verdict.guarantee.rawValue
                #expect(
                    stops.contains { $0.hasSuffix(" #anomalies-\(name)") }, "the link to the violations of \(name)")
                #expect(stops.contains { $0.contains("telling#\(name)-1-") }, "the bar that gives \(name) away")
            }
            #expect(stops.contains { $0.hasPrefix("button.copy") })
            #expect(stops.contains { $0.hasPrefix("summary") })
        }
    }

    /// What has the focus after each Tab, until it leaves the page.
    private static func tour(_ session: BrowserSession) throws -> [String] {
        var stops: [String] = []
        while stops.count < 400 {
            try session.press(.tab)
            let stop = try session.text(PageFlaws.focus)
            if stop.isEmpty || (stops.count > 1 && stop == stops[0]) { break }
            stops.append(stop)
        }
        return stops
    }

    @Test(.needsBrowser) func `Enter follows a link to its violations, and arrows walk along the operations`()
        throws
    {
        try withSession(HTMLReport.render(try StoredSample.load())) { session in
            _ = try session.text("document.querySelector('.found a').focus(), ''")
            try session.press(.enter)
            let place = try session.text("location.hash")
            #expect(place.hasPrefix("#anomalies-"))
            _ = try session.text("document.querySelector('.op.telling').focus(), ''")
            let first = try session.text("document.querySelector('.readout').textContent")
            #expect(first.contains("Operation"))
            try session.press(.left)
            let second = try session.text("document.querySelector('.readout').textContent")
            #expect(second.contains("Operation") && second != first)
            try session.press(.right)
            let third = try session.text("document.querySelector('.readout').textContent")
            #expect(third == first)
        }
    }

    @Test(.needsBrowser, arguments: pages.indices, BrowserSession.ColourScheme.allCases)
    func `every word can be read, in light and in dark`(_ page: Int, _ scheme: BrowserSession.ColourScheme) throws {
        try withSession(try Self.pages[page].make()) { session in
            try session.use(scheme)
            let contrast = try session.text(PageFlaws.contrast)
            #expect(contrast == "", "\(Self.pages[page].name)")
            #expect(session.console == [])
        }
    }

    @Test(.needsBrowser, arguments: pages.indices, [390, 1200])
    func `no text of a picture lies on another or is cut off`(_ page: Int, _ width: Int) throws {
        try withSession(try Self.pages[page].make(), width: width) { session in
            let layout = try session.text(PageFlaws.layout)
            #expect(layout == "", "\(Self.pages[page].name)")
        }
    }

    @Test(.needsBrowser) func `a flaw would be noticed`() throws {
        let html = """
            <!DOCTYPE html><body style="color:#999;background:#fff"><p>pale</p><figure><svg width="200" height="40">
            <text x="10" y="20">one</text><text x="15" y="20">two</text><text x="190" y="20">three</text></svg></figure>
            <a href="#x" style="outline:none">x</a><div style="width:3000px">wide</div></body>
            """
        try withSession(Array(html.utf8)) { session in
            let contrast = try session.text(PageFlaws.contrast)
            #expect(contrast.contains("P.null: 2.8"))
            let layout = try session.text(PageFlaws.layout)
            #expect(layout.contains("\"one\" lies on \"two\"") && layout.contains("\"three\" is cut off"))
            #expect(layout.contains("the page is 3"))
            try session.press(.tab)
            let focus = try session.text(PageFlaws.focus)
            #expect(focus.contains("UNMARKED"))
        }
    }
}
