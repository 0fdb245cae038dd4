import Foundation
import HostProcesses
import Testing

/// A line of a `sh` block of README.md.
private struct ReadmeCommand: CustomTestStringConvertible {
    var words: [String]
    /// What the comment behind it says, `# exit code 1: ...`; 0 when it says nothing.
    var exitCode: Int32

    var testDescription: String { words.joined(separator: " ") }

    init?(_ line: Substring) {
        let parts = line.split(separator: "#", maxSplits: 1)
        words = (parts.first ?? "").split(separator: " ").map(String.init)
        let comment = parts.count == 2 ? parts[1] : ""
        exitCode = comment.firstMatch(of: /exit code (\d+)/).flatMap { Int32($0.1) } ?? 0
        if words.isEmpty { return nil }
    }

    static let all: [ReadmeCommand] = {
        let text = (try? String(contentsOfFile: Inquest.root + "/README.md", encoding: .utf8)) ?? ""
        return text.matches(of: /(?s)```sh\n(.*?)```/).flatMap { block in
            block.1.split(separator: "\n").compactMap(ReadmeCommand.init)
        }
    }()

    /// CI runs these two as steps of their own.
    var isScript: Bool { words[0] == "scripts/demo" || words[0] == "scripts/test" }
}

extension EndToEnd {
    @Suite struct ReadmeTests {
        @Test("README.md says how to demonstrate, test, run, check again and gate")
        func commandsAreThere() {
            #expect(ReadmeCommand.all.filter(\.isScript).count == 2)
            let inquest = ReadmeCommand.all.filter { !$0.isScript }
            #expect(inquest.allSatisfy { $0.words[0] == ".build/release/inquest" })
            #expect(Set(inquest.map { $0.words[1] }) == ["run", "check"])
            #expect(inquest.count >= 4)
        }

        @Test(
            "a command of README.md does what is said there",
            arguments: ReadmeCommand.all.filter { !$0.isScript })
        fileprivate func command(_ command: ReadmeCommand) async throws {
            // A place that looks like the repository, so that reports do not end up in it.
            let place = try Scratch()
            let files = FileManager.default
            try files.createDirectory(atPath: place.path + "/.build", withIntermediateDirectories: true)
            try files.createDirectory(atPath: place.path + "/reports", withIntermediateDirectories: true)
            for (name, target) in [
                (".build/release", Inquest.programs), ("workloads", Inquest.root + "/workloads"),
                ("reports/sample", Inquest.root + "/reports/sample"),
            ] {
                try files.createSymbolicLink(atPath: "\(place.path)/\(name)", withDestinationPath: target)
            }
            let output = try await Inquest.run(
                Array(command.words.dropFirst()), in: place.path, program: command.words[0])
            #expect(output.status == command.exitCode, "\(output.standardError)\(output.standardOutput)")
            let reports = try files.contentsOfDirectory(atPath: place.path + "/reports").filter { $0 != "sample" }
            #expect(reports.count == (command.words[1] == "run" ? 1 : 0))
        }
    }
}
