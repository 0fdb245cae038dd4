import ArgumentParser
import Checkers
import RunStore
import Runner

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Judge a stored run, or a bare history file, with no cluster.",
        discussion: """
            A run is judged as it was when it ran: with its expectations and minimums. Of a bare history file every \
            guarantee is expected to be valid, and opportunity counts are printed but ask for nothing unless --minimums \
            is given; docs/opportunities.md lists them.

            Guarantees: \(Guarantee.allCases.map(\.rawValue).joined(separator: ", ")).
            """)

    /// What the operations of a history mean.
    enum Model: String, ExpressibleByArgument, CaseIterable {
        /// Registers with read, write and cas, and grow-only sets, told apart by their operations.
        case auto
    }

    @Argument(help: ArgumentHelp("A run's directory or a history in JSON Lines.", valueName: "history"))
    var path: String

    @Option(
        help: ArgumentHelp(
            "Check these guarantees only, separated by commas.", valueName: "guarantee,..."))
    var guarantee: String?

    @Option(help: "What operations mean: auto tells registers and sets apart by their operations.")
    var model = Model.auto

    @Flag(help: "Ask for the default least opportunity counts of a bare history file too.")
    var minimums = false

    @Flag(help: "Print verdict.json instead of text.")
    var json = false

    func run() throws {
        let guarantees = try guarantee.map(parse)
        let run = try loadRun(path)
        let verdicts = judge(
            run, guarantees: guarantees, applyMinimums: run.record != nil || minimums)
        if json {
            standardOutput(verdicts.bytes)
        } else {
            standardOutput(verdictText(run, verdicts))
        }
        throw ArgumentParser.ExitCode(verdicts.exitCode.rawValue)
    }

    private func parse(_ list: String) throws -> [Guarantee] {
        try list.split(separator: ",").map { word in
            guard let guarantee = Guarantee(rawValue: String(word)) else {
                let known = Guarantee.allCases.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("there is no guarantee '\(word)'; there are \(known)")
            }
            return guarantee
        }
    }
}
