import Checkers
import Foundation
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
    /// Whether the HTML report could be written.
    var hasReport: Bool

    /// Judges what a run left, and writes `verdict.json` and the reports beside it.
    ///
    /// What cannot be written is a problem of the run, which is told beside its verdicts.
    init(_ ended: EndedRun) throws {
        directory = ended.directory
        do throws(RunFailure) {
            run = try loadRun(directory.path)
        } catch {
            throw RunFailure(.storage, error.message)
        }
        if let record = ended.unwritten { run.record = record }
        run.verdicts = judge(run, CheckOptions(applyMinimums: true), power: .brief)
        let unwritten = ReportFiles.write(run, to: directory)
        run.note(unwritten: unwritten)
        hasReport = !unwritten.contains { $0.path == ended.directory.report }
        guard let verdicts = run.verdicts else { preconditionFailure("the run was judged just now") }
        self.verdicts = verdicts
        // It may be there without the last problems. If not even that can be helped, they are told all the same.
        if !unwritten.isEmpty { try? directory.write(verdicts) }
    }

    /// For a terminal.
    var text: String { verdictText(run, verdicts) }

    /// Where the report is, in a line.
    var place: String { "report: \(hasReport ? directory.report : "none; see the problems above")" }

    /// What to type to run it again.
    var command: String { run.record?.command ?? "" }
}

/// Reads a run or a history; what is wrong with it is a failure with the exit code that says so.
func loadRun(_ path: String, format: HistoryFormat? = nil) throws(RunFailure) -> StoredRun {
    let files = FileManager.default
    if StoredRun.isRunDirectory(path), !files.fileExists(atPath: RunDirectory(path: path).history) {
        let runs = ((try? files.contentsOfDirectory(atPath: path)) ?? []).map {
            RunDirectory(path: "\(path)/\($0)")
        }
        let last = runs.filter { files.fileExists(atPath: $0.history) }.map(\.path).max()
        throw RunFailure(
            .usage, "\(path) is not a run's directory: it has no history.jsonl",
            advice: last.map { "name one run, such as \($0)" })
    }
    do throws(StoreError) {
        return try StoredRun.load(path, format: format)
    } catch {
        throw RunFailure(error.code == .malformed ? .malformed : .usage, "\(error)")
    }
}

/// Lets the checkers judge a history. Expectations are compared afterwards and never shown to them.
///
/// A run is judged as it was planned; `asked` says the rest.
func judge(_ run: StoredRun, _ asked: CheckOptions, power: MeasuredPower? = nil) -> VerdictFile {
    let options = checkOptions(run, asked)
    var verdicts = check(run.history, options)
    power?.measure(&verdicts, run.history, options)
    guard let record = run.record else {
        return asked.guarantees == nil ? .unasked(verdicts) : VerdictFile(verdicts: verdicts)
    }
    return VerdictFile(
        verdicts: verdicts, expectations: record.expectations, status: record.status, faults: run.faults)
}

/// What a history is judged by: what was asked for, else what a run states, else what applies to the history.
func checkOptions(_ run: StoredRun, _ asked: CheckOptions) -> CheckOptions {
    var options = asked
    options.nodeReports = run.nodeEvents.map(NodeReport.init)
    if let record = run.record {
        let stated = Guarantee.allCases.filter(record.expectations.stated.keys.contains)
        options.applyMinimums = true
        options.minimums = record.minimums
        options.clients = record.clients
        options.faultsWithoutService = Set(record.faultsWithoutService)
        if options.guarantees == nil, !stated.isEmpty { options.guarantees = stated }
    }
    options.guarantees = options.guarantees ?? Guarantee.applicable(to: run.history, model: options.model)
    return options
}

/// The verdicts for a terminal.
func verdictText(_ run: StoredRun, _ verdicts: VerdictFile) -> String {
    run.notes.map { "note: \($0)\n" }.joined()
        + VerdictText.render(
            verdicts, history: run.history, status: run.record?.status ?? RunStatus(.completed),
            faults: run.faults, colour: isTerminal(1))
}
