public import RunStore

/// The files that a judged run gets beside what it left: `verdict.json` and the reports.
public enum ReportFiles {
    /// Writes all of them that can be written, and gives the errors of the others.
    ///
    /// The run is to be judged. `verdict.json` comes first: it is the smallest, and what gates look at.
    public static func write(_ run: StoredRun, to directory: RunDirectory) -> [StoreError] {
        var errors: [StoreError] = []
        func attempt(_ body: () throws(StoreError) -> Void) {
            do throws(StoreError) {
                try body()
            } catch {
                errors.append(error)
            }
        }
        if let verdicts = run.verdicts { attempt { () throws(StoreError) in try directory.write(verdicts) } }
        let pages = [
            (HTMLReport.render(run), directory.report), (JUnitReport.render(run), directory.junit),
            (SummaryReport.render(run), directory.summary),
        ]
        for (bytes, path) in pages {
            attempt { () throws(StoreError) in try directory.write(bytes, to: path) }
        }
        return errors
    }
}
