import Foundation
import HistoryModel
import HostProcesses
import RunStore
import Simulation
import Systems
import Testing
import Workloads

extension EndToEnd {
    @Suite struct SimulatedRunTests {
        @Test(
            "a seed gives the same bytes in every process, and in an optimized build as in this one",
            arguments: ["workloads/oracle/SL40.yaml", "workloads/demo-1-async-any-replica.yaml"])
        func sameBytes(file: String) async throws {
            let scratch = try Scratch()
            var histories: [Data] = []
            for out in ["one", "two"] {
                let output = try await Inquest.run(
                    ["run", file, "--simulate", "--seed", "3", "--out", "\(scratch.path)/\(out)"])
                #expect(output.status == 0, "\(output.standardOutput)\(output.standardError)")
                let run = try #require(
                    try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/\(out)").first)
                histories.append(
                    try Data(contentsOf: URL(filePath: "\(scratch.path)/\(out)/\(run)/history.jsonl")))
            }
            let here = "\(scratch.path)/here.jsonl"
            let writer = try HistoryWriter(path: here)
            for event in try Self.events(of: file) { try writer.record(event) }
            try writer.close()
            histories.append(try Data(contentsOf: URL(filePath: here)))
            #expect(histories[0].count > 5000)
            #expect(histories[0] == histories[1] && histories[1] == histories[2])
        }

        private static func events(of file: String) throws -> [Event] {
            let text = try String(contentsOfFile: "\(Inquest.root)/\(file)", encoding: .utf8)
            let plan = try Workload.load(text: text, file: file).plan(seed: 3)
            let options = try NodeSingleOptions(plan.workload.system.optionValues, nodes: plan.nodes)
            return try simulate(plan, system: NodeSingle(options: options)).events
        }

        @Test("many seeds are counted, and the first that is not as expected is named with its command")
        func seeds() async throws {
            let words = ["run", "workloads/oracle/SL40.yaml", "--simulate", "--seed", "1", "--seeds", "30"]
            let output = try await Inquest.run(words + ["--json"])
            #expect(output.status == 0)
            let value = try JSONText.value(Array(output.standardOutput.utf8))
            #expect(value["seeds"]?.int == 30)
            let counts = try #require(value["guarantees"]?.list)
            #expect(counts.count == 8)
            #expect(counts.allSatisfy { ($0["valid"]?.int ?? 0) + ($0["invalid"]?.int ?? 0) == 30 })

            let scratch = try Scratch()
            let text = try String(contentsOfFile: "\(Inquest.root)/workloads/oracle/SL40.yaml", encoding: .utf8)
            let wrong = try scratch.file(
                "wrong.yaml", text.replacing("no-lost-writes: invalid", with: "no-lost-writes: valid"))
            let failed = try await Inquest.run(["run", wrong, "--simulate", "--seed", "5", "--seeds", "10"])
            #expect(failed.status == 1)
            #expect(
                failed.standardOutput.contains("again: inquest run \(wrong) --simulate --seed 5\n"),
                "\(failed.standardOutput)")
            let again = try await Inquest.run(["run", wrong, "--simulate", "--seed", "5", "--out", scratch.path])
            #expect(again.status == 1)
        }

        @Test("a seed that fails becomes a handful of operations, and the command for them fails again")
        func minimized() async throws {
            let scratch = try Scratch()
            let output = try await Inquest.run([
                "run", "workloads/oracle/SL40.yaml", "--simulate", "--out", scratch.path, "--seed", "2",
                "--minimize",
                "--guarantee", "no-lost-writes",
            ])
            #expect(output.status == 0, "\(output.standardOutput)\(output.standardError)")
            let words = output.standardError.split(whereSeparator: \.isWhitespace)
            let place = try #require(words.firstIndex(of: "instead"))
            #expect(words[place...].prefix(3) == ["instead", "of", "46,"] && Int(words[place - 2]) ?? .max <= 3)
            let command = try #require(
                output.standardOutput.split(separator: "\n").last { $0.hasPrefix("again:") }?.dropFirst(6))
            let again = try await Inquest.run(
                command.split(separator: " ").dropFirst().map { $0.filter { $0 != "'" } } + ["--out", scratch.path])
            #expect(again.status == 0, "\(again.standardError)")
            #expect(again.standardOutput.contains("no-lost-writes  invalid  as expected"))
        }

        @Test("the demonstrations run in simulation where nobody is root, with the same outcome")
        func demonstrations() async throws {
            let scratch = try Scratch()
            #expect(unsafe chmod(scratch.path, 0o777) == 0)
            let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
            let output = try await Inquest.command(
                nobody + [Inquest.program, "demo", "--simulate", "--out", scratch.path], deadlineSeconds: 300)
            #expect(output.status == 0, "\(output.standardOutput)\(output.standardError)")
            #expect(FileManager.default.fileExists(atPath: "\(scratch.path)/demo.html"))
            let pages = try FileManager.default.contentsOfDirectory(atPath: scratch.path)
                .filter { FileManager.default.fileExists(atPath: "\(scratch.path)/\($0)/index.html") }
            #expect(pages.count == 4)
        }

        @Test(
            "what cannot be simulated is refused with the reason",
            arguments: [
                (["run", "workloads/redis-primary-reads.yaml", "--simulate"], "redis cannot be simulated"),
                (["run", "workloads/oracle/SL40.yaml", "--seeds", "3"], "--seeds needs --simulate"),
                (["run", "workloads/oracle/SL40.yaml", "--simulate", "--lab", "3"], "exclude each other"),
            ])
        func refused(words: [String], reason: String) async throws {
            let output = try await Inquest.run(words)
            #expect(output.status == 64)
            #expect(
                (output.standardOutput + output.standardError).contains(reason),
                "\(output.standardOutput)\(output.standardError)")
        }
    }
}
