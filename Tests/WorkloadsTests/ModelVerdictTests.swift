import Checkers
import Testing
import Workloads

@Suite("Verdicts over models of the systems")
struct ModelVerdictTests {
    @Test(
        "a scenario goes as it says, and its history is judged as expected",
        arguments: CommittedFiles.workloads("workloads/oracle").filter(isModelled))
    func verdicts(path: String) throws {
        let workload = try CommittedFiles.workload(path)
        let plan = workload.plan(seed: 1)
        var model = ScenarioModel(plan)
        let history = try model.play(try #require(workload.steps))
        #expect(model.surprises.isEmpty)
        var options = CheckOptions(guarantees: Guarantee.standard, applyMinimums: true, clients: plan.clients)
        options.faultsWithoutService = plan.faultsWithoutService
        options.minimums = workload.minimums.byCount
        for verdict in check(history, options) {
            let expected = workload.expectations[verdict.guarantee]
            #expect(
                expected?.rawValue == verdict.judgement.rawValue,
                "\(verdict.guarantee.rawValue): \(verdict.reason ?? "") \(verdict.anomalies.first.map { "\($0)" } ?? "")"
            )
        }
    }

    /// The models know nothing of sessions, arbiters, sets, what followers show, and nodes that stand still; simulation
    /// does.
    private static func isModelled(_ path: String) -> Bool {
        // There no write waits for a dead follower, no other follower is promoted than the first, no node computes, and none
        // refuses reads while it joins.
        let unmodelled = ["SL08", "SL24", "SL43", "SL80", "SL91", "SL92", "SL93", "SL94"]
        guard path.contains("/SL"), !unmodelled.contains(where: { path.contains("/\($0)") }),
            let workload = try? CommittedFiles.workload(path)
        else { return false }
        let words = Set(workload.system.options.flatMap { [$0.name, $0.value] })
        return workload.session == SessionChoice()
            && words.isDisjoint(with: ["arbiters", "set:1", "apply", "rewind"])
    }

    @Test("a load of each kind on a perfect system is valid", arguments: ["counter", "bank", "list", "calendar"])
    func kinds(name: String) throws {
        let workload = try CommittedFiles.workload("workloads/kinds/\(name).yaml")
        let plan = workload.plan(seed: 1)
        var model = LoadModel()
        let options = CheckOptions(
            guarantees: Guarantee.allCases.filter(workload.expectations.keys.contains), applyMinimums: true,
            clients: plan.clients)
        for verdict in check(try model.play(plan), options) {
            #expect(verdict.judgement == .valid, "\(verdict.guarantee.rawValue): \(verdict.reason ?? "")")
        }
    }

    @Test(
        "a load on a perfect system is valid everywhere, with enough opportunity",
        arguments: ["demo-2-all-acknowledge-leader-reads", "demo-3-async-failover-control"])
    func loads(name: String) throws {
        let plan = try CommittedFiles.workload("workloads/\(name).yaml").plan(seed: 1)
        var model = LoadModel()
        let options = CheckOptions(applyMinimums: true, clients: plan.clients)
        for verdict in check(try model.play(plan), options) {
            #expect(verdict.judgement == .valid, "\(verdict.guarantee.rawValue): \(verdict.reason ?? "")")
        }
    }
}
