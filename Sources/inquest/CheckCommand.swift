public import ArgumentParser
import Certificates
public import Checkers
public import HistoryModel
import Reports
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

    @Option(
        help: ArgumentHelp(
            "What decides linearizability; without, for each key the fastest that fits.",
            discussion: LinearizabilityAlgorithm.allCases.map { "\($0.rawValue): \($0.summary)" }
                .joined(separator: "; ")
                + ". One that does not fit the history is refused: exit code 64, with those that fit.",
            valueName: "name"))
    var algorithm: LinearizabilityAlgorithm?

    @Flag(
        help: ArgumentHelp(
            "Let an unrelated algorithm judge linearizability again.",
            discussion: "Two that contradict one another are a fault of inquest: exit code 3."))
    var crossCheck = false

    @Option(
        help: ArgumentHelp(
            "Write the order of operations that proves a history linearizable, for verify-certificate.",
            valueName: "file"))
    var certificate: String?

    @Flag(help: "Ask for the default least opportunity counts of a bare history file too.")
    var minimums = false

    @Option(help: "What all accounts of a bank add up to; without, what most reads show.")
    var total: Int64?

    @Flag(help: "Let the accounts of a bank be overdrawn.")
    var negativeBalances = false

    @Option(
        help: ArgumentHelp(
            "Take something about the system for granted: linearizable-writes, writes are ordered as they happened.",
            valueName: "what"))
    var assume: Assumption?

    @Flag(help: "Print how far behind reads were: lower bounds in versions and in time.")
    var staleness = false

    @Flag(help: "Print it for each read that was behind; with --json for each read.")
    var stalenessReads = false

    @Option(
        help: ArgumentHelp(
            "Check bounded-staleness: how far behind reads may be, such as 3 (versions), 500ms, or 3,500ms.",
            valueName: "versions,time"))
    var maxStaleness: StalenessLimit?

    @OptionGroup var power: PowerOptions

    @Flag(help: "Print verdict.json instead of text.")
    var json = false

    func run() throws {
        let guarantees = try guarantee.map(Guarantee.list)
        var run = try loadRun(path, format: format)
        if let assume { run.notes.append("--assume \(assume.rawValue): \(assume.meaning)") }
        if let misfit = model.misfit(run.history) { throw failure(misfit, run) }
        var options = CheckOptions(
            guarantees: guarantees, model: model, applyMinimums: minimums, assumesRealTimeWrites: assume != nil)
        if let algorithm { try requireFit(algorithm, run) }
        options.algorithm = algorithm
        options.crossChecks = crossCheck
        options.wantsLinearization = certificate != nil
        options.bank = BankRules(total: total, allowsNegativeBalances: negativeBalances)
        if let maxStaleness {
            options.stalenessBounds = maxStaleness.bounds
            let asked = options.guarantees ?? checkOptions(run, options).guarantees ?? []
            options.guarantees = asked.contains(.boundedStaleness) ? asked : asked + [.boundedStaleness]
        }
        let verdicts = judge(run, options, power: power.asked(isRun: run.record != nil))
        if let certificate { try Certificate.write(verdicts.verdicts, run.history, to: certificate) }
        let stale = staleness || stalenessReads ? Checkers.staleness(run.history, options) : nil
        if json {
            standardOutput(stale.map { verdicts.bytes(with: $0, listsReads: stalenessReads) } ?? verdicts.bytes)
        } else {
            let measured = stale.map { StalenessText.render($0, listsReads: stalenessReads) } ?? ""
            standardOutput(verdictText(run, verdicts) + measured)
        }
        throw ArgumentParser.ExitCode(verdicts.exitCode.rawValue)
    }

    private func requireFit(_ algorithm: LinearizabilityAlgorithm, _ run: StoredRun) throws {
        let fitting = LinearizabilityAlgorithm.fitting(run.history, model: model)
        guard !fitting.contains(algorithm) else { return }
        throw RunFailure(
            .usage, "--algorithm \(algorithm.rawValue) (\(algorithm.summary)) does not fit \(path)",
            advice: fitting.isEmpty
                ? "no algorithm fits all of its keys: leave --algorithm out"
                : "these fit: \(fitting.map(\.rawValue).joined(separator: ", "))")
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

/// What may be taken for granted.
enum Assumption: String, ExpressibleByArgument, CaseIterable {
    case linearizableWrites = "linearizable-writes"

    /// What the verdicts then rest on.
    var meaning: String {
        "that each write takes effect between its beginning and its end is taken for granted; a violation that needs it is "
            + "one of the system only if that is true"
    }
}

extension OperationModel: ExpressibleByArgument {}
extension LinearizabilityAlgorithm: ExpressibleByArgument {}
extension HistoryFormat: ExpressibleByArgument {}
