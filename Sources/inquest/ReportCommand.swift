import ArgumentParser
import RunStore
import Runner

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Judge a stored run again and write its verdicts and reports anew.",
        discussion:
            "For a run whose controller was killed, or that another version judged. What was recorded stays as it is."
    )

    @Argument(help: ArgumentHelp("The run's directory.", valueName: "run"))
    var path: String

    func run() throws {
        guard try loadRun(path).record != nil else {
            throw RunFailure(
                .usage, "\(path) is not a run's directory: it has no run.json",
                advice: "inquest check judges a history without one")
        }
        let judged = try JudgedRun(EndedRun(directory: RunDirectory(path: path)))
        standardOutput("\(judged.text)\n\(judged.place)\n")
        throw ArgumentParser.ExitCode(judged.verdicts.exitCode.rawValue)
    }
}
