import HistoryModel
import HostProcesses
import RunStore
import Testing

extension EndToEnd {
    @Suite struct RepeatTests {
        @Test("the command that a report ends with asks for the same operations again")
        func scenario() async throws {
            let first = try await FinishedRun("workloads/oracle/SL40.yaml", "--seed", "11").stored()
            let words = try #require(first.record).command.split(separator: " ").map(String.init)
            #expect(words.prefix(2) == ["inquest", "run"])
            let second = try await FinishedRun(words: Array(words.dropFirst(2)))
            #expect(second.output.status == 0, second.said)
            let asked = try [first, second.stored()].map { Self.asked(of: 0, in: $0) }
            #expect(asked[0].count >= 5)
            #expect(asked[0] == asked[1])
        }

        @Test("one seed gives one sequence of random operations, and another seed another")
        func load() async throws {
            let scratch = try Scratch()
            // One client: with several, who takes the next operation hangs on who is free.
            let workload = try scratch.file(
                "one-client.yaml",
                """
                name: one-client
                system: {kind: node-single}
                hosts: 2
                workload:
                  - {kind: register}
                  - {kind: set}
                clients: 1
                rate: 200/s
                duration: 1s
                guarantees: {no-lost-writes: any}
                """)
            var asked: [ArraySlice<String>] = []
            for seed in ["5", "5", "6"] {
                let run = try await FinishedRun(workload, "--seed", seed)
                #expect(run.output.status == 0, run.said)
                asked.append(Self.asked(of: 0, in: try run.stored()).prefix(50))
            }
            #expect(asked.allSatisfy { $0.count == 50 })
            #expect(asked[0] == asked[1])
            #expect(asked[0] != asked[2])
        }

        /// What a process was told to do, in order; final reads go to whoever is free and are left out.
        private static func asked(of process: Int, in run: StoredRun) -> [String] {
            run.history.operations
                .filter { $0.process == .client(process) && $0.invocation.meta["final"] == nil && $0.f != "dump" }
                .map { "\($0.f) \($0.key ?? "") \($0.argument)" }
        }
    }
}
