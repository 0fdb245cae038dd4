import ArgumentParser
import Foundation
import Reports
import RunStore
import Runner

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run the demonstrations on a local lab, or in simulation, and put their reports side by side.")

    @OptionGroup var deploy: DeployOptions

    @Option(help: ArgumentHelp("Where the workload files are.", valueName: "directory"))
    var workloads = "workloads"

    @Flag(help: "No lab: run them in simulation, which needs no root.")
    var simulate = false

    @Option(help: "Every random choice of the runs derives from this number.")
    var seed: UInt64 = 20_260

    func run() async throws {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: workloads)) ?? []
        let demos = files.filter { $0.hasPrefix("demo-") && $0.hasSuffix(".yaml") }.sorted()
        guard !demos.isEmpty else {
            throw RunFailure(
                .usage, "there are no demonstrations in \(workloads)",
                advice: "run it in the repository's directory")
        }
        var runs: [JudgedRun] = []
        var failed = false
        for (number, file) in demos.enumerated() {
            standardError("\n[\(number + 1)/\(demos.count)] \(file)")
            do {
                let run = try await performRun(
                    RunOptions(
                        workload: "\(workloads)/\(file)", seed: seed,
                        place: simulate ? .simulation : .lab(hosts: nil),
                        reports: deploy.out, programs: deploy.directory))
                standardOutput(run.text + "\n")
                runs.append(run)
            } catch let failure as RunFailure where !runs.isEmpty {
                // What the runs before have found is not to be hidden by this.
                standardError("error: \(failure)")
                failed = true
                break
            }
            if interruption.isRequested { break }
        }
        for run in runs {
            standardOutput(
                "\(run.verdicts.exitCode.rawValue)  \(run.hasReport ? run.directory.report : run.directory.path)\n")
        }
        let page = "\(deploy.out)/demo.html"
        let entries = runs.map { ComparisonReport.Entry($0.run, link: "\($0.directory.name)/index.html") }
        do throws(StoreError) {
            try RunDirectory(path: deploy.out).write(
                ComparisonReport.render(entries, title: "Demonstrations"), to: page)
            standardOutput("all runs side by side: \(page)\n")
        } catch {
            standardError("error: \(error)")
            failed = true
        }
        let codes = runs.map(\.verdicts.exitCode) + (failed ? [.harness] : [])
        throw ArgumentParser.ExitCode(RunStore.ExitCode.combined(codes).rawValue)
    }
}
