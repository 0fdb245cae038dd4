import Checkers
import HostProcesses
import RunStore
import Testing

extension FailureTests {
    /// Faults that are proven when they take hold, and never when they do not.
    @Suite struct FaultEvidence {
        @Test(
            "a fault that takes hold is proven and healed: exit code 0",
            arguments: ["failure-partition", "failure-pause", "failure-kill"])
        func control(workload: String) async throws {
            let lab = try failureLab()
            let run = try await lab.run(workload)
            #expect(run.output.status == 0, run.said)
            try expectProven(run, count: 1)
            let left = try await lab.leftovers()
            #expect(left == [])
        }

        @Test(
            "an effector that only pretends leaves its fault not proven: exit code 2, verdicts as they are",
            arguments: [
                ("failure-partition", "net-drop"), ("failure-pause", "stop"), ("failure-kill", "kill"),
            ])
        func sabotage(workload: String, effector: String) async throws {
            let lab = try failureLab()
            let run = try await lab.run(workload, sabotage: effector)
            #expect(run.output.status == 2, run.said)
            let stored = try run.stored()
            let fault = try #require(stored.faults.first)
            #expect(stored.faults.count == 1)
            #expect(fault.outcome == .notProven)
            #expect(fault.appliedAt != nil)
            #expect(fault.evidence.contains { $0.when == .applied && !$0.holds })
            // Nothing but the missing evidence speaks against the run.
            let verdicts = try #require(stored.verdicts)
            #expect(verdicts.verdicts.allSatisfy { $0.judgement == .valid }, run.said)
            #expect(try #require(stored.record).status.problems.isEmpty, run.said)
            let left = try await lab.leftovers()
            #expect(left == [])
        }

        @Test(
            "a node that is left stopped makes its fault not proven: exit code 2, and the host is healed at the end"
        )
        func sabotagedHealing() async throws {
            let lab = try failureLab()
            let run = try await lab.run("failure-pause", sabotage: "cont")
            #expect(run.output.status == 2, run.said)
            let stored = try run.stored()
            let fault = try #require(stored.faults.first)
            #expect(fault.outcome == .notProven)
            #expect(fault.evidence.contains { $0.when == .healed && !$0.holds })
            let problems = try #require(stored.record).status.problems
            #expect(problems.map(\.kind) == [.faultNotProven], run.said)
            #expect(problems.first?.node == fault.nodes.first)
            let left = try await lab.leftovers()
            #expect(left == [])
        }

        @Test(
            "every shape and traffic of a partition is proven and healed",
            arguments: [
                ("failure-shapes", 4), ("failure-clients", 4),
            ])
        func partitions(workload: String, count: Int) async throws {
            let lab = try failureLab()
            let run = try await lab.run(workload)
            #expect(run.output.status == 0, run.said)
            try expectProven(run, count: count)
            let left = try await lab.leftovers()
            #expect(left == [])
        }

        @Test("faults that overlap on the same links and nodes are each proven and healed")
        func overlap() async throws {
            let lab = try failureLab()
            let run = try await lab.run("failure-overlap")
            #expect(run.output.status == 0, run.said)
            try expectProven(run, count: 4)
            let faults = Dictionary(uniqueKeysWithValues: try run.stored().faults.map { ($0.id, $0) })
            let (halves, leader) = (try #require(faults["halves"]), try #require(faults["leader"]))
            try expectOverlap(leader, halves)
            let (stop, all) = (try #require(faults["stop"]), try #require(faults["stop-all"]))
            try expectOverlap(all, stop)
            #expect(stop.evidence.contains { $0.observation == "stays stopped for fault stop-all" })
            let left = try await lab.leftovers()
            #expect(left == [])
        }

        /// The second one starts before the first one ends.
        private func expectOverlap(_ second: FaultRecord, _ first: FaultRecord) throws {
            let start = try #require(second.appliedAt)
            let end = try #require(first.healedAt)
            #expect(start < end, "\(second.id) does not overlap \(first.id)")
        }

        private func expectProven(_ run: FinishedRun, count: Int) throws {
            let faults = try run.stored().faults
            #expect(faults.count == count, run.said)
            for fault in faults {
                #expect(fault.outcome == .proven, "\(fault.id): \(fault.evidence.filter { !$0.holds })")
                #expect(fault.healedAt != nil, "\(fault.id)")
                #expect(fault.evidence.contains { $0.when == .applied }, "\(fault.id)")
                #expect(fault.evidence.contains { $0.when == .healed }, "\(fault.id)")
                let failures = fault.evidence.filter { !$0.holds }
                #expect(failures.isEmpty, "\(fault.id)")
            }
        }
    }
}
