import Faults
import Generators
import HistoryModel
import Testing
import Workloads

@Suite struct PlanExcerptTests {
    @Test(arguments: [
        "", "without=crash,cut", "until=2500000000ns", "only=1-3,17", "without=a;until=1ns;only=2,4-9",
    ])
    func `its text is read as it was written`(_ text: String) throws {
        let excerpt = try #require(PlanExcerpt(text))
        #expect("\(excerpt)" == text)
        #expect(excerpt.isWhole == text.isEmpty)
    }

    @Test(arguments: [
        "only=0", "only=3-2", "only=2,2", "only=5,1", "only=1-2-3", "only=", "until=soon", "without", "x=1",
    ])
    func `what is no such text is refused`(_ text: String) { #expect(PlanExcerpt(text) == nil) }

    @Test func `units of time are those of workload files`() {
        #expect(PlanExcerpt("until=2.5s")?.until == .milliseconds(2500))
    }

    @Test func `a load keeps the faults, the time and the operations that are named`() throws {
        let plan = try CommittedFiles.workload("workloads/demo-1-async-any-replica.yaml").plan(seed: 1)
        guard case .load(_, let schedule, let duration, _) = plan.work else { return }
        let fault = try #require(schedule.faults.first?.id)
        let part = plan.excerpt(try #require(PlanExcerpt("without=\(fault);until=1s;only=2-3,5")))
        guard case .load(var generator, let kept, let end, _) = part.work else {
            Issue.record("a load stays a load")
            return
        }
        #expect(kept.faults.map(\.id) == schedule.faults.map(\.id).filter { $0 != fault })
        #expect(duration > .seconds(1) && end == .seconds(1))
        #expect(Self.operations(&generator) == 3)
        guard case .load(var whole, _, _, _) = plan.excerpt(PlanExcerpt()).work else { return }
        #expect(Self.operations(&whole) > 100)
    }

    @Test func `a scenario keeps the steps that are named`() throws {
        let plan = try CommittedFiles.workload("workloads/oracle/SL40.yaml").plan(seed: 1)
        guard case .scenario(let steps) = plan.work,
            case .scenario(let kept) = plan.excerpt(try #require(PlanExcerpt("only=1,3-4"))).work
        else {
            Issue.record("a scenario stays a scenario")
            return
        }
        #expect(kept == [steps[0], steps[2], steps[3]])
    }

    /// How many operations one client gets in all.
    private static func operations(_ generator: inout any Generator) -> Int {
        var time: Int64 = 0
        var count = 0
        while count < 10_000 {
            switch generator.next(GeneratorContext(time: time, process: 0, clients: 1)) {
            case .operation(let operation):
                count += 1
                generator.update(
                    CompletedOperation(
                        process: 0, clients: 1, time: time, operation: operation, outcome: .ok, result: .null))
            case .pending(let until): time = max(time + 1, until ?? time + 1_000_000)
            case .exhausted: return count
            }
        }
        return count
    }
}

@Suite struct SwarmTests {
    @Test func `each seed has a mix of its own, always the same one`() throws {
        let workload = try CommittedFiles.workload("workloads/demo-1-async-any-replica.yaml")
        let swarm = (1...40).map { workload.swarmed(seed: $0) }
        #expect(swarm == (1...40).map { workload.swarmed(seed: $0) })
        #expect(Set(swarm).count > 35)
        let faults = swarm.compactMap(\.load?.schedule.faults.count)
        #expect(Set(faults).count > 1, "some leave faults out")
        #expect(swarm.allSatisfy { $0.expectations == workload.expectations && $0.hosts == workload.hosts })
        for load in swarm.compactMap(\.load) {
            for fault in load.schedule.faults { #expect(fault.at >= .zero && fault.at < load.duration) }
        }
    }

    @Test func `a scenario stays as it is`() throws {
        let workload = try CommittedFiles.workload("workloads/oracle/SL40.yaml")
        #expect(workload.swarmed(seed: 9) == workload)
    }
}
