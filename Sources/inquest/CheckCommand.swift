public import ArgumentParser
public import Checkers
public import HistoryModel
import RunStore
import Runner
import Workloads

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Judge a stored run, or a bare history file, with no cluster.",
        discussion: """
            A run is judged as it was when it ran: with its expectations and minimums. Of a bare history file every \
            guarantee is expected to be valid, and opportunity counts are printed but ask for nothing unless --minimums \
            is given; docs/opportunities.md lists them, docs/history-format.md describes the file.

            Guarantees: \(Guarantee.allCases.map(\.rawValue).joined(separator: ", ")).

              inquest check reports/sample
              inquest check history.jsonl --guarantee linearizable --model register
            """)

    @Argument(
        help: ArgumentHelp(
            "A run's directory, or a history: JSON Lines, EDN, a log of Jepsen's, ...", valueName: "history"))
    var path: String

    @Option(help: "The format of a bare history file; without, it is told by its content.")
    var format: HistoryFormat?

    @Option(
        help: ArgumentHelp(
            "Check these guarantees only, separated by commas.", valueName: "guarantee,..."))
    var guarantee: String?

    @Option(
        help: ArgumentHelp(
            "What operations mean; auto tells registers and sets apart by their operations.",
            discussion: "A history with operations that the model does not have is refused: exit code 65."))
    var model = OperationModel.auto

    @Flag(help: "Ask for the default least opportunity counts of a bare history file too.")
    var minimums = false

    @Flag(help: "Print verdict.json instead of text.")
    var json = false

    func run() throws {
        let guarantees = try guarantee.map(parse)
        let run = try loadRun(path, format: format)
        if let misfit = model.misfit(run.history) { throw failure(misfit, run) }
        let verdicts = judge(
            run, guarantees: guarantees, model: model, applyMinimums: run.record != nil || minimums)
        if json {
            standardOutput(verdicts.bytes)
        } else {
            standardOutput(verdictText(run, verdicts))
        }
        throw ArgumentParser.ExitCode(verdicts.exitCode.rawValue)
    }

    private func parse(_ list: String) throws -> [Guarantee] {
        let words = list.split(separator: ",")
        guard !words.isEmpty else { throw ValidationError("--guarantee names none") }
        return try words.map { word in
            guard let guarantee = Guarantee(rawValue: String(word)) else {
                let known = Guarantee.allCases.map(\.rawValue)
                throw ValidationError(
                    "there is no guarantee \(word)" + Spelling.hint(for: String(word), among: known))
            }
            return guarantee
        }
    }

    /// The history is not one of the objects that the user named: that is no verdict, and no guess is made.
    private func failure(_ misfit: OperationModel.Misfit, _ run: StoredRun) -> RunFailure {
        let fitting = OperationModel.allCases.filter { $0.misfit(run.history) == nil }.map(\.rawValue)
        return RunFailure(
            .malformed,
            "\(path) does not fit the model \(model.rawValue): operation \(misfit.operation) \(misfit.reason); "
                + "\(misfit.count) of \(run.history.operations.count) operations do not fit",
            advice: "it fits --model \(fitting.joined(separator: ", --model "))")
    }
}

extension OperationModel: ExpressibleByArgument {}
extension HistoryFormat: ExpressibleByArgument {}
