import Checkers
import RunStore
import Simulation
import Testing
import Workloads

@Suite struct RandomFaultTests {
    /// A slice of what `inquest run workloads/single-faults.yaml --simulate --seeds 1000` does.
    @Test func `no fault makes a leader with a recorded set and a lease break a promise`() throws {
        try check(try #require(WorkloadFile.singleFaults))
    }

    /// A slice of what `inquest run workloads/raft-faults.yaml --simulate --seeds 1000` does.
    @Test func `no fault makes a group that agrees on a log break a promise`() throws {
        try check(try #require(WorkloadFile.raftFaults))
    }

    /// A slice of what `inquest run workloads/raft-retries.yaml --simulate --seeds 1000` does.
    @Test func `what clients of a group send again is done once`() throws {
        try check(try #require(WorkloadFile.raftRetries))
    }

    /// A slice of what `inquest run workloads/chain-faults.yaml --simulate --seeds 1000` does.
    @Test func `no fault makes a chain with arbiters break a promise`() throws {
        try check(try #require(WorkloadFile.chainFaults))
    }

    @Test func `no shape of a partition makes a group that agrees on a log break a promise`() throws {
        try check(try #require(WorkloadFile.partitionShapes), atLeast: 6)
    }

    @Test func `the lead goes from node to node as an operator says, and nothing is lost`() throws {
        let single = try #require(WorkloadFile.handover)
        for seed in 1...UInt64(TestEnvironment.histories(default: 3)) {
            let run = try single.simulate(seed: seed)
            #expect(run.problems == [], "seed \(seed)")
            let leads = run.nodeEvents.mapValues { lines in lines.count { $0.contains("\"event\":\"promote\"") } }
            #expect(leads.values.reduce(0, +) == 5, "each time another one: \(leads)")
            #expect(leads.count { $0.value > 0 } > 1)
            for verdict in try single.verdicts(of: run, seed: seed) {
                #expect(verdict.judgement == .valid, "seed \(seed): \(verdict.guarantee.rawValue)")
            }
        }
    }

    private func check(_ file: WorkloadFile, atLeast proven: Int = 10) throws {
        for seed in 1...UInt64(TestEnvironment.histories(default: 2)) {
            let run = try file.simulate(seed: seed)
            #expect(run.problems == [], "seed \(seed)")
            // One that meets a node which another one has stopped already proves nothing.
            #expect(run.faults.count { $0.outcome == .proven } > proven, "seed \(seed)")
            for verdict in try file.verdicts(of: run, seed: seed) {
                #expect(
                    verdict.judgement == .valid,
                    "seed \(seed): \(verdict.guarantee.rawValue): \(verdict.judgement), \(verdict.reason ?? "")")
            }
        }
    }
}
