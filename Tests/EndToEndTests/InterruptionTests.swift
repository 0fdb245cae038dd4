import Foundation
import HistoryModel
import HostProcesses
import RunStore
import Testing

@testable import Clusters

extension EndToEnd {
    @Suite struct InterruptionTests {
        @Test("Ctrl-C during a fault heals the hosts, checks what there is and says so: exit code 2")
        func interrupt() async throws {
            let scratch = try Scratch()
            let run = Process()
            run.executableURL = URL(filePath: Inquest.program)
            run.currentDirectoryURL = URL(filePath: Inquest.root)
            run.arguments = ["run", "workloads/demo-1-async-any-replica.yaml", "--out", scratch.path]
            let said = try scratch.file("said", "")
            run.standardError = FileHandle(forWritingAtPath: said)
            run.standardOutput = FileHandle.nullDevice
            try run.run()
            let pid = run.processIdentifier
            defer { if run.isRunning { kill(pid, SIGKILL) } }

            // The partition is in force when its evidence is on file.
            let directory = try await found(within: .seconds(60)) { try runDirectory(in: scratch.path) }
            try await found(within: .seconds(60)) {
                FileManager.default.contents(atPath: directory + "/faults.jsonl").flatMap { $0.isEmpty ? nil : $0 }
            }
            kill(pid, SIGINT)
            try await onOwnThread { run.waitUntilExit() }

            let text = try String(contentsOfFile: said, encoding: .utf8)
            #expect(run.terminationReason == .exit)
            #expect(run.terminationStatus == 2, "\(text)")
            #expect(text.contains("interrupted: healing, then checking what there is"))
            let stored = try StoredRun.load(directory)
            let status = try #require(stored.record).status
            #expect(status.state == .interrupted)
            // Nothing else went wrong: hosts are as they were, and nothing failed.
            #expect(Set(status.problems.map(\.kind)) == [.interrupted])
            let cut = try #require(stored.faults.first { $0.id == "cut" })
            #expect(cut.outcome == .proven)
            #expect(cut.healedAt != nil)
            #expect(stored.history.operations.count > 100)
            let again = try await Inquest.run(["check", directory])
            #expect(again.status == 2)
            #expect(FileManager.default.fileExists(atPath: directory + "/index.html"))
            #expect(try await leftovers(of: stored) == [])
        }

        private func runDirectory(in reports: String) throws -> String? {
            let names = try FileManager.default.contentsOfDirectory(atPath: reports).filter { $0 != "said" }
            return names.first.map { "\(reports)/\($0)" }
        }

        /// Asks until there is an answer.
        @discardableResult
        private func found<Answer>(within patience: Duration, _ ask: () throws -> Answer?) async throws -> Answer {
            let end = ContinuousClock.now + patience
            while true {
                if let answer = try ask() { return answer }
                try #require(ContinuousClock.now < end, "it did not happen within \(patience)")
                try await Task.sleep(for: .milliseconds(20))
            }
        }
    }
}
