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
        guard let files = FileManager.default.enumerator(atPath: directory) else {
            throw RunFailure(.usage, "\(directory) cannot be read")
        }
        let paths = files.compactMap { $0 as? String }.filter { $0.hasSuffix(".yaml") }.sorted()
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
