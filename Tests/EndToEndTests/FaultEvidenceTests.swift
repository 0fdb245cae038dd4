import Checkers
import Foundation
import HistoryModel
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
                ("failure-shapes", 6), ("failure-clients", 4),
            ])
        func partitions(workload: String, count: Int) async throws {
            let lab = try failureLab()
            let run = try await lab.run(workload)
            #expect(run.output.status == 0, run.said)
            try expectProven(run, count: count)
            let left = try await lab.leftovers()
            #expect(left == [])
        }

        @Test("packets that are lost and few are measured before, during and after, and healed")
        func poorNetwork() async throws {
            let lab = try failureLab()
            let run = try await lab.run("failure-network")
            #expect(run.output.status == 0, run.said)
            try expectProven(run, count: 3)
            let left = try await lab.leftovers()
            #expect(left == [])
        }

        @Test("late packets are proven where the kernel has netem, and refused with the reason where it has not")
        func delay() async throws {
            let lab = try failureLab()
            let run = try await lab.run("failure-delay")
            let tried = try await lab.on("n1", "unshare --net tc qdisc add dev lo root netem delay 1ms")
            if tried.status == 0 {
                #expect(run.output.status == 0, run.said)
                try expectProven(run, count: 1)
            } else {
                #expect(run.output.status == 3, run.said)
                #expect(
                    run.text.contains("the plan has delay of packets, which this host cannot do: netem"), run.said)
                #expect(run.text.contains("modprobe sch_netem there"))
                #expect(try run.stored().history.operations.isEmpty)
            }
            let left = try await lab.leftovers()
            #expect(left == [])
        }

        @Test("partitions are proven and healed where hosts have IPv6 addresses alone")
        func ipv6() async throws {
            let lab = try failureLab()
            // A host of a lab has both: 10.77.3.1 is fd77:0:3::1.
            let hosts = try String(contentsOfFile: lab.hostsFile, encoding: .utf8)
                .replacing(/10\.77\.([0-9]+)\.([0-9]+)/) { "fd77:0:\($0.1)::\($0.2)" }
            let scratch = try Scratch()
            let run = try await lab.run("failure-clients", hosts: try scratch.file("hosts.yaml", hosts))
            #expect(run.output.status == 0, run.said)
            try expectProven(run, count: 4)
            let nodes = try #require(run.stored().record).nodes
            #expect(nodes.count == 3 && nodes.allSatisfy { $0.address.hasPrefix("fd77:") })
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
