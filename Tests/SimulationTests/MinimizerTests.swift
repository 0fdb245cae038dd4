import Checkers
import HistoryModel
import Simulation
import Testing
import Workloads

@Suite struct MinimizerTests {
    private func step(_ plan: Plan) -> [Int] {
        guard case .scenario(let steps) = plan.work else { return [] }
        return steps.map { $0.position.line }
    }

    @Test func `what is left is the least that fails, found with few attempts`() throws {
        let file = try #require(WorkloadFile.scenarios.first { $0.name == "SL40.yaml" })
        let plan = file.workload.plan(seed: 1)
        let lines = step(plan)
        // A repeated step has the line of its first time.
        let needed: Set<Int> = [lines[3], lines[17], lines[40]]
        #expect([3, 17, 40].allSatisfy { place in lines.count { $0 == lines[place] } == 1 })
        var minimizer = Minimizer(plan) { plan in
            Minimizer.Attempt(fails: needed.isSubset(of: step(plan)), operations: step(plan).count)
        }
        let fails = minimizer.run()
        #expect(fails)
        #expect(minimizer.excerpt.only == [4, 18, 41])
        #expect(minimizer.operations == 3 && minimizer.attempts < 150)
    }

    @Test func `a plan that does not fail has no smaller one, and the limit holds`() throws {
        let file = try #require(WorkloadFile.scenarios.first { $0.name == "SL40.yaml" })
        let plan = file.workload.plan(seed: 1)
        var passing = Minimizer(plan) { _ in Minimizer.Attempt(fails: false, operations: 9) }
        let passes = !passing.run()
        #expect(passes && passing.attempts == 1)
        var limited = Minimizer(plan, limit: 4) { _ in Minimizer.Attempt(fails: true, operations: 9) }
        let fails = limited.run()
        #expect(fails && limited.attempts == 4)
    }

    @Test func `a lost write among thousands of operations becomes a handful`() throws {
        let file = try #require(WorkloadFile.demonstrations.first { $0.name.contains("failover-partitioned") })
        func attempt(_ plan: Plan) -> Minimizer.Attempt {
            guard let run = try? file.simulate(plan), let verdicts = try? file.verdicts(of: run, plan: plan) else {
                return Minimizer.Attempt(fails: false, operations: 0)
            }
            let isLost = verdicts.contains { $0.guarantee == .noLostWrites && $0.judgement == .invalid }
            return Minimizer.Attempt(fails: isLost, operations: run.operations)
        }
        var minimizer = Minimizer(file.workload.plan(seed: 1), limit: 60, attempt: attempt)
        let fails = minimizer.run()
        #expect(fails)
        #expect(minimizer.operations <= 40, "\(minimizer.excerpt)")
        let again = attempt(file.workload.plan(seed: 1).excerpt(minimizer.excerpt))
        #expect(again.fails && again.operations == minimizer.operations)
    }
}
