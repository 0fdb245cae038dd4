import ArgumentParser
import Foundation
import Runner

struct WorkloadsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "workloads",
        abstract: "List the workload files of a directory with what they say of themselves.")

    @Argument(help: "Where to look.")
    var directory = "workloads"

    func run() throws {
        let files = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []
        let paths = files.filter { $0.hasSuffix(".yaml") }.sorted()
        guard !paths.isEmpty else {
            throw RunFailure(
                .usage, "there is no workload file (.yaml) in \(directory)",
                advice: "run it in the repository's directory, or name another")
        }
        for path in paths.map({ "\(directory)/\($0)" }) {
            do {
                let summary = try WorkloadSummary(file: path)
                standardOutput("\(path)\n    \(summary.text)\n")
            } catch {
                standardOutput("\(path)\n    refused: \(error)\n")
            }
        }
    }
}
