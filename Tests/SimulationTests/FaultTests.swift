import Checkers
import Faults
import HistoryModel
import RunStore
import Simulation
import Systems
import Testing
import Workloads

@Suite struct FaultTests {
    private func file(_ text: String) throws -> WorkloadFile {
        WorkloadFile(name: "text", workload: try Workload.load(text: text, file: "text"))
    }

    /// How each guarantee of a workload is judged for a seed.
    private func judgements(_ file: WorkloadFile, seed: UInt64) throws -> [Guarantee: String] {
        let run = try file.simulate(seed: seed)
        #expect(run.problems == [])
        #expect(run.faults.allSatisfy { $0.outcome == .proven }, "\(run.faults)")
        let verdicts = try file.verdicts(of: run, plan: file.workload.plan(seed: seed))
        return Dictionary(uniqueKeysWithValues: verdicts.map { ($0.guarantee, $0.judgement.rawValue) })
    }

    private func powerCuts(_ options: String) throws -> WorkloadFile {
        try file(
            """
            name: power
            system: {kind: node-single, options: {ack: all, \(options)}}
            hosts: 3
            workload:
              - {kind: set, keys: 2}
            clients: 5
            rate: 200/s
            duration: 10s
            faults:
              - {id: dark, kind: power-cut, target: all, at: 2s, every: 3s, restart-after: 500ms, torn: true}
            guarantees: {no-lost-writes: any}
            """)
    }

    @Test func `acknowledged writes survive power cuts of all nodes when each was made durable first`() throws {
        for seed in UInt64(1)...5 {
            #expect(
                try judgements(powerCuts("fsync: always"), seed: seed)[.noLostWrites] == "valid", "seed \(seed)")
        }
    }

    @Test func `without fsync a power cut loses them, and so does a kill of a process that holds them`() throws {
        #expect(try judgements(powerCuts("fsync: never"), seed: 1)[.noLostWrites] == "invalid")
    }
}
