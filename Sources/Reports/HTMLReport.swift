import FoundationEssentials
import HistoryModel
public import RunStore

/// The report of one run: one HTML file that opens from disk without network.
public enum HTMLReport {
    /// The page's bytes. A run that was not judged is shown as such.
    public static func render(_ run: StoredRun) -> [UInt8] {
        let activity = ActivityBuckets(run.history)
        let index = OperationIndex(run.history)
        let title = run.title
        let main: Markup = """
            \(OutcomeSection.markup(run))\(ProblemSection.markup(run))\(FactStrip.markup(run, activity))
            \(VerdictSection.markup(run))\(AnomalySection.markup(run, index))\(activitySection(run, activity))
            \(FaultSection.markup(run))\(NodeEventSection.markup(run))\(SetupSection.markup(run))
            """
        return Page.markup(title: title, subtitle: subtitle(run), main: main, data: run.verdicts?.bytes).bytes
    }

    private static func subtitle(_ run: StoredRun) -> Markup {
        guard let record = run.record else { return "<p class=\"sub\">A bare history: \(run.path)</p>" }
        let description: Markup =
            record.description.isEmpty ? "" : "<p class=\"lede\">\(Words.cut(record.description, 600))</p>"
        return """
            \(description)<p class="sub">\(Words.moment(record.startedAt)) · \(record.system.name) · \
            \(Words.count(record.nodes.count, "node")) · \(record.place.words) · seed <code>\(record.seed)</code></p>
            """
    }

    private static func activitySection(_ run: StoredRun, _ activity: ActivityBuckets) -> Markup {
        guard !run.history.operations.isEmpty else { return "" }
        return """
            <section id="activity"><h2>What the run did</h2>
            \(ActivityFigure(activity, windows: run.history.faultWindows, phases: run.record?.phases ?? []).markup)</section>

            """
    }
}

extension StoredRun {
    /// What to call it.
    var title: String { Words.cut(record?.name ?? RunDirectory(path: path).name, 120) }
}

extension PlaceRecord {
    /// Where the run took place, in words.
    var words: String {
        let name =
            switch kind {
            case .lab: "local lab"
            case .hosts: "hosts"
            case .simulation: "simulation"
            }
        return detail.isEmpty ? name : "\(name) \(Words.cut(detail, 80))"
    }
}
