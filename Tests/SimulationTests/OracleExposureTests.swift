import Checkers
import Simulation
import Systems
import Testing
import Workloads

/// That a directed scenario meets what its row is about: the same steps with the node doing otherwise are flagged.
@Suite struct OracleExposureTests {
    /// A scenario, an option that takes away what the row promises, and what must be violated then.
    static let exposures: [(String, String, String, Guarantee)] = [
        ("LL08", "mutant", "M90", .monotonicReads), ("LL08", "mutant", "M91", .linearizable),
        ("LL08", "mutant", "M92", .linearizable),
        ("SL80", "mutant", "M24", .monotonicReads), ("SL80", "mutant", "M05", .convergence),
        ("SL80", "mutant", "M06", .convergence),
        ("SL20-snapshot", "mutant", "M05", .convergence), ("SL20-snapshot", "mutant", "M06", .convergence),
        ("SL71-lease", "demote", "off", .linearizable), ("SL63", "demote", "off", .linearizable),
        ("RA02", "mutant", "M46", .linearizable), ("RA02", "mutant", "M47", .linearizable),
        ("RA02", "read", "leader-local", .linearizable),
        ("RA01-members", "mutant", "M45", .noLostWrites),
        ("RA07-faults", "mutant", "M55", .monotonicReads), ("RA08-faults", "mutant", "M55", .noDirtyReads),
        ("SL46", "mutant", "M10", .noLostWrites), ("SL46", "mutant", "M20", .noDirtyReads),
        ("SL46", "visible", "append", .noDirtyReads),
        ("SL50", "ack", "async", .noLostWrites), ("SL50", "visible", "append", .noDirtyReads),
        ("SL23", "semi", "fallback", .noLostWrites), ("SL23", "mutant", "M12", .noLostWrites),
        ("SL10", "ack-stage", "flush", .linearizable),
        ("CH05", "read", "any", .linearizable), ("CH05", "mutant", "M61", .linearizable),
        ("SL95-layout", "mutant", "M30", .convergence),
    ]

    @Test(arguments: exposures)
    func `a scenario flags the opposite of what its row promises`(
        scenario: String, option: String, value: String, guarantee: Guarantee
    ) throws {
        let file = try #require(WorkloadFile.scenarios.first { $0.name == "\(scenario).yaml" })
        #expect(try judgement(of: guarantee, file.workload) == .valid)
        var workload = file.workload
        workload.system.options.removeAll { $0.name == option }
        workload.system.options.append(SystemOption(option, value, position: workload.system.position))
        #expect(try judgement(of: guarantee, workload) == .invalid)
    }

    @Test func `a leader that stood still answers with old state unless it looks at its lease`() throws {
        let without = try #require(WorkloadFile.scenarios.first { $0.name == "SL71.yaml" })
        #expect(try judgement(of: .linearizable, without.workload) == .invalid)
        let with = try #require(WorkloadFile.scenarios.first { $0.name == "SL71-lease.yaml" })
        #expect(try judgement(of: .linearizable, with.workload) == .valid)
    }

    @Test func `the follower that missed too much gets a snapshot`() throws {
        let file = try #require(WorkloadFile.scenarios.first { $0.name == "SL20-snapshot.yaml" })
        let run = try file.simulate(seed: 1)
        let installed = run.nodeEvents["n2", default: []].filter { $0.contains("\"snapshot-installed\"") }
        #expect(installed.count == 2, "one at first, when there is nothing yet, and one after its crash")
    }

    private func judgement(of guarantee: Guarantee, _ workload: Workload) throws -> Judgement? {
        let file = WorkloadFile(name: workload.name, workload: workload)
        let run = try file.simulate(seed: 1)
        return try file.verdicts(of: run, seed: 1).first { $0.guarantee == guarantee }?.judgement
    }
}
