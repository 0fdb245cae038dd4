import Checkers
import HistoryModel
import RunStore
import Simulation
import Systems
import Testing
import Workloads

@Suite struct SimulationTests {
    @Test func `the committed scenarios are found`() {
        #expect(
            WorkloadFile.scenarios.count >= 29 && WorkloadFile.kinds.count == 14
                && WorkloadFile.demonstrations.count == 4)
    }

    @Test(arguments: WorkloadFile.scenarios + WorkloadFile.demonstrations + WorkloadFile.kinds)
    func `a workload ends as it does on hosts`(_ file: WorkloadFile) throws {
        let run = try file.simulate(seed: 1)
        #expect(run.problems == [])
        #expect(run.faults.allSatisfy { $0.outcome == .proven && $0.appliedAt != nil })
        for verdict in try file.verdicts(of: run, seed: 1) {
            let expected = file.workload.expectations[verdict.guarantee]
            #expect(
                verdict.judgement.rawValue == expected?.rawValue || expected == .any,
                "\(verdict.guarantee.rawValue): \(verdict.judgement), \(verdict.reason ?? "") \(verdict.anomalies.prefix(1))"
            )
        }
    }

    @Test(
        arguments: WorkloadFile.scenarios + WorkloadFile.rowLoads
            + WorkloadFile.kinds.filter { $0.workload.load == nil })
    func `no seed breaks what a scenario keeps, and each shows what it breaks`(_ file: WorkloadFile) throws {
        for seed in 1...UInt64(randomRounds) {
            for verdict in try file.verdicts(of: file.simulate(seed: seed), seed: seed) {
                let expected = file.workload.expectations[verdict.guarantee]
                #expect(
                    verdict.judgement.rawValue == expected?.rawValue || expected == .any,
                    "seed \(seed): \(verdict.guarantee.rawValue): \(verdict.judgement), \(verdict.reason ?? "")")
            }
        }
    }

    @Test(arguments: WorkloadFile.scenarios.prefix(4) + WorkloadFile.demonstrations.prefix(2))
    func `the same seed gives the same run, another seed another one`(_ file: WorkloadFile) throws {
        let run = try file.simulate(seed: 7)
        let again = try file.simulate(seed: 7)
        #expect(run.events == again.events && run.faults == again.faults && run.nodeEvents == again.nodeEvents)
        #expect(try file.simulate(seed: 8).events != run.events)
    }

    @Test func `a history is well formed, and its times are those of many hosts`() throws {
        let run = try #require(WorkloadFile.demonstrations.first).simulate(seed: 3)
        let history = try History(run.events)
        #expect(history.columns.count > 1000)
        let operations = history.operations
        let overlapping = operations.indices.dropLast().count { place in
            operations[place + 1].invocation.time < operations[place].completion?.time ?? .max
        }
        #expect(overlapping > 100)
        #expect(run.phases.map(\.name) == ["start", "work", "heal", "final-reads"])
        #expect(run.nodeEvents.keys.count == 3 && run.nodeEvents.values.allSatisfy { !$0.isEmpty })
    }

    /// How many seeds each scenario is tried with.
    private var randomRounds: Int { TestEnvironment.histories(default: 5) }
}
