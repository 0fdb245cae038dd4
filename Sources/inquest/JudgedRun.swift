import Checkers
import Glibc
import HistoryModel
import Reports
import RunStore
import Runner

/// A stored run with its verdicts: judged from what is on disk and nothing else.
struct JudgedRun {
    var directory: RunDirectory
    var run: StoredRun
    var verdicts: VerdictFile

    /// Judges a run's directory and writes `verdict.json` and the reports into it.
    init(_ directory: RunDirectory) throws {
        self.directory = directory
        run = try loadRun(directory.path)
        verdicts = judge(run, guarantees: nil, applyMinimums: true)
        run.verdicts = verdicts
        do throws(StoreError) {
            try directory.write(verdicts)
            try directory.write(HTMLReport.render(run), to: directory.report)
            try directory.write(JUnitReport.render(run), to: directory.junit)
            try directory.write(SummaryReport.render(run), to: directory.summary)
        } catch {
            throw RunFailure(.storage, "\(error)")
        }
    }

    /// For a terminal.
    var text: String { verdictText(run, verdicts) }

    /// What to type to run it again.
    var command: String { run.record?.command ?? "" }
}

/// Reads a run or a history; what is wrong with it is a failure with the exit code that says so.
func loadRun(_ path: String, format: HistoryFormat? = nil) throws(RunFailure) -> StoredRun {
    do throws(StoreError) {
        return try StoredRun.load(path, format: format)
    } catch {
        throw RunFailure(error.code == .malformed ? .malformed : .usage, "\(error)")
    }
}

/// Lets the checkers judge a history. Expectations are compared afterwards and never shown to them.
func judge(
    _ run: StoredRun, guarantees: [Guarantee]?, model: OperationModel = .auto, applyMinimums: Bool
) -> VerdictFile {
    let record = run.record
    let stated = record.map { Guarantee.allCases.filter($0.expectations.stated.keys.contains) } ?? []
    let options = CheckOptions(
        guarantees: guarantees ?? (stated.isEmpty ? Guarantee.fitting(run.history) : stated), model: model,
        applyMinimums: applyMinimums, minimums: record?.minimums ?? [:], clients: record?.clients,
        faultsWithoutService: Set(record?.faultsWithoutService ?? []))
    return VerdictFile(
        verdicts: check(run.history, options), expectations: record?.expectations ?? Expectations(),
        status: record?.status ?? RunStatus(.completed), faults: run.faults)
}

/// The verdicts for a terminal.
func verdictText(_ run: StoredRun, _ verdicts: VerdictFile) -> String {
    run.notes.map { "note: \($0)\n" }.joined()
        + VerdictText.render(
            verdicts, history: run.history, status: run.record?.status ?? RunStatus(.completed),
            faults: run.faults, colour: isTerminal(1))
}
