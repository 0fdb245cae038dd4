import Checkers
import Simulation
import Systems
import Testing
import Workloads

/// Bugs of sessions' tokens, each in the scenario that exposes it; the same scenario without the bug is the control.
@Suite struct SessionMutantTests {
    @Test(
        arguments: [
            ("SL45", "M18", Guarantee.readYourWrites), ("SL07", "M25", .readYourWrites),
            ("SL07", "M26", .monotonicReads),
        ])
    func `a bug of sessions' tokens is found where it shows`(
        scenario: String, mutant: String, guarantee: Guarantee
    ) throws {
        let file = try #require(WorkloadFile.scenarios.first { $0.name == "\(scenario).yaml" })
        #expect(try judgement(of: guarantee, file.workload) == .valid)
        var workload = file.workload
        workload.system.options.append(SystemOption("mutant", mutant, position: workload.system.position))
        #expect(try judgement(of: guarantee, workload) == .invalid)
    }

    private func judgement(of guarantee: Guarantee, _ workload: Workload) throws -> Judgement? {
        let file = WorkloadFile(name: workload.name, workload: workload)
        let run = try file.simulate(seed: 1)
        #expect(run.problems == [])
        return try file.verdicts(of: run, seed: 1).first { $0.guarantee == guarantee }?.judgement
    }
}
