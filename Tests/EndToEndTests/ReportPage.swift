import Checkers
import HistoryModel
import PageTesting
import RunStore
import Testing

@testable import Clusters

/// Opens the report of a run as somebody would, and looks whether what the run found is on it.
///
/// Without Chromium nothing is looked at; in CI that is a failure.
func checkReportPage(of run: StoredRun, _ location: SourceLocation = #_sourceLocation) async throws {
    guard Browser.isExpected else { return }
    let path = RunDirectory(path: run.path).report
    let wanted = ReportPage.elements(of: run)
    let page = try await onOwnThread { try ReportPage(path, wanted) }
    #expect(page.console == [], sourceLocation: location)
    #expect(page.missing == [], sourceLocation: location)
    #expect(page.flaws == [], sourceLocation: location)
    #expect(page.faults.count == run.history.faultWindows.count, sourceLocation: location)
    for (title, window) in zip(page.faults, run.history.faultWindows) {
        #expect(title.hasPrefix("\(window.fault) · \(window.kind), from "), sourceLocation: location)
    }
    let violated = (run.verdicts?.verdicts ?? []).count { $0.judgement == .invalid }
    #expect(page.stops.count { $0.contains("#anomalies-") } == violated, sourceLocation: location)
}

/// What a browser says of a report.
private struct ReportPage: Sendable {
    var console: [String]
    /// Which of the wanted elements are not there, or say something else.
    var missing: [String] = []
    var flaws: [String] = []
    /// The faults drawn behind the charts, by their titles.
    var faults: [String]
    /// What Tab stops at on the way to the first operation of a timeline.
    var stops: [String] = []

    init(_ path: String, _ wanted: [(id: String, words: String)]) throws {
        let session = try BrowserSession(file: path)
        defer { session.close() }
        for (id, words) in wanted {
            let text = try session.text("(document.getElementById('\(id)') || {outerHTML: ''}).outerHTML")
            if !text.contains(words) { missing.append("\(id): \(words)") }
        }
        for scheme in BrowserSession.ColourScheme.allCases {
            try session.use(scheme)
            let found = try session.text(PageFlaws.contrast)
            if !found.isEmpty { flaws.append("\(scheme.rawValue): \(found)") }
        }
        let layout = try session.text(PageFlaws.layout)
        if !layout.isEmpty { flaws.append(layout) }
        let titles =
            "[...document.querySelectorAll('.activity .fault title')].map((t) => t.textContent).join('\\n')"
        faults = try session.text(titles).split(separator: "\n").map(String.init)
        while stops.count < 60, stops.last?.hasPrefix("g.op") != true {
            try session.press(.tab)
            stops.append(try session.text(PageFlaws.focus))
        }
        flaws += stops.filter { $0.hasSuffix("UNMARKED") || $0.hasSuffix("OUT OF VIEW") }
        console = session.console
    }

    /// By id, what the page must say: of each violated guarantee the simplest violation with its operations.
    static func elements(of run: StoredRun) -> [(id: String, words: String)] {
        (run.verdicts?.verdicts ?? []).filter { $0.judgement == .invalid }.flatMap { verdict in
            let name = verdict.guarantee.rawValue
            let simplest = verdict.anomalies.min { $0.evidence.count < $1.evidence.count }
            let steps = simplest?.evidence ?? []
            return [("anomalies-\(name)", "<p class=\"lead\">")]
                + steps.map { ("anomalies-\(name)", "Operation \($0.operation): process ") }
                + steps.map { ("\(name)-1-\($0.operation)", "class=\"op ") }
        }
    }
}
