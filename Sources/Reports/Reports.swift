// Public face of Reports: what people and CI systems read of a stored run.
//
// `HTMLReport` and `ComparisonReport` are pages that need nothing but themselves, `VerdictText` is for the terminal,
// `JUnitReport` and `SummaryReport` are for CI. All are pure functions of a `StoredRun`: nothing here alters a verdict.
// `ReportFiles` writes them beside the run.
