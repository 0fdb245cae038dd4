import AgentProtocol
import Clients
import Determinism
import Faults
import Generators
import HistoryModel
import RunStore
import Synchronization
import Systems
import Testing

@testable import Runner
@testable import Workloads

@Suite struct RunPartsTests {
    // MARK: Scenario

    static func step(_ action: ScenarioAction, line: Int) -> ScenarioStep {
        ScenarioStep(action, position: TextPosition(line: line, column: 1))
    }

    static func operate(_ expected: ExpectedOutcome, line: Int) -> ScenarioStep {
        let operation = PlannedOperation(f: "write", key: "k", value: 1)
        return step(.operate(.init(client: 0, operation: operation, at: nil, expect: expected)), line: line)
    }

    func play(_ steps: [ScenarioStep], on stage: Stage) async throws {
        var scenario = ScenarioRun(
            steps: steps, reads: .leader, workers: [stage.worker { _ in ClientReply(.ok(1)) }],
            nemesis: stage.nemesis, control: stage.control, recorder: stage.recorder, problems: stage.problems,
            file: "s.yaml", random: .named("faults", seed: 1), progress: { _ in })
        try await scenario.run()
    }

    @Test func `a step that ends otherwise than written ends the scenario, and the run is worth nothing`()
        async throws
    {
        try await Stage.with { stage in
            try await play(
                [Self.operate(.ok, line: 4), Self.operate(.fail, line: 5), Self.operate(.ok, line: 6)], on: stage)
            #expect(stage.recorder.counts.invoked == 2)
            let problem = try #require(stage.problems.all.first)
            #expect(problem.kind == .tooLittle && problem.message.hasPrefix("s.yaml:5: "))
            #expect(problem.message.hasSuffix("ended as ok"))
        }
    }

    @Test func `a scenario kills, promotes and restarts`() async throws {
        try await Stage.with { stage in
            let kill = PlannedFault(id: "k", kind: .kill, target: .leader, at: .zero, end: .lastPhase)
            try await play(
                [
                    Self.step(.start(kill), line: 1), Self.step(.promote(.named("n3")), line: 2),
                    Self.step(.end(fault: "k", gates: []), line: 3), Self.step(.wait(.leader), line: 4),
                    Self.step(.wait(.caughtUp), line: 5),
                ], on: stage)
            #expect(stage.problems.all.isEmpty)
            #expect(stage.system.done.last == "launch n1 as follower of n3")
        }
    }

    // MARK: Load

    func load(_ faults: [PlannedFault], failover: FailoverPolicy?, on stage: Stage) async {
        let origin = stage.recorder.clock.now
        await LoadRun(
            workers: [], nemesis: stage.nemesis, control: stage.control, recorder: stage.recorder,
            problems: stage.problems, generator: SharedGenerator(OperationList([]), origin: origin),
            schedule: FaultSchedule(faults), duration: .milliseconds(400), failover: failover, origin: origin
        ).run()
    }

    @Test func `a killed leader is replaced after the time that the workload gives it`() async throws {
        try await Stage.with { stage in
            let kill = PlannedFault(
                id: "k", kind: .kill, target: .leader, at: .zero, end: .after(.milliseconds(200)))
            await load([kill], failover: FailoverPolicy(after: .milliseconds(50), choice: .mostAdvanced), on: stage)
            #expect(await stage.control.leader == "n2")
            #expect(stage.system.done.last == "launch n1 as follower of n2")
            #expect(stage.problems.all.isEmpty)
        }
    }

    @Test func `a leader that is back before its failover stays the leader`() async throws {
        try await Stage.with { stage in
            let kill = PlannedFault(
                id: "k", kind: .kill, target: .leader, at: .zero, end: .after(.milliseconds(50)))
            await load(
                [kill], failover: FailoverPolicy(after: .milliseconds(200), choice: .mostAdvanced), on: stage)
            #expect(await stage.control.leader == "n1")
            #expect(!stage.system.done.contains { $0.hasPrefix("promote") })
        }
    }

    @Test func `two kills make one failover`() async throws {
        try await Stage.with { stage in
            stage.system.state.withLock { $0.promotion = .milliseconds(60) }
            let kills = [("k1", Target.named(["n1"]), 0), ("k2", .named(["n1"]), 20)].map {
                PlannedFault(id: $0, kind: .kill, target: $1, at: .milliseconds($2), end: .lastPhase)
            }
            await load(kills, failover: FailoverPolicy(after: .milliseconds(10), choice: .mostAdvanced), on: stage)
            #expect(stage.system.done.filter { $0.hasPrefix("promote") } == ["promote at n2"])
        }
    }

    // MARK: Last phase

    func last(_ stage: Stage) -> FinalPhase {
        FinalPhase(
            workers: [stage.worker { _ in ClientReply(.ok(1)) }], clients: 1, nemesis: stage.nemesis,
            control: stage.control, recorder: stage.recorder, problems: stage.problems, progress: { _ in })
    }

    @Test func `the last phase heals, opens gates, reads and dumps`() async throws {
        try await Stage.with { stage in
            await stage.start(.pause, .named(["n2"]))
            await last(stage).heal()
            #expect(stage.hosts.process("n2") == "S")
            #expect(stage.system.done.contains("open ship:n3 at n1"))
            #expect(try await last(stage).settle())
            try await last(stage).read(.finalReads(of: [UsedKey("a"), UsedKey("b")], at: ["n1", "n2", "n3"]))
            try await last(stage).dump()
            let operations = try History(stage.recorder.drain()).operations
            #expect(operations.filter { $0.f == "read" }.count == 6)
            #expect(operations.filter { $0.f == "dump" }.map(\.node) == ["n1", "n2", "n3"])
        }
    }

    @Test func `nodes whose dumps differ are dumped once more, and what differs still stays`() async throws {
        try await Stage.with { stage in
            stage.system.state.withLock { $0.dumps = ["n2": 2] }
            try await last(stage).dump()
            #expect(try History(stage.recorder.drain()).operations.filter { $0.f == "dump" }.count == 6)
        }
    }

    // MARK: Leaving

    @Test func `a host is left step by step, whatever becomes of one of them`() async throws {
        try await Stage.with { stage in
            stage.hosts.fail(HealAll.op, at: "n1")
            let member = stage.control.member("n1")
            await Teardown(
                links: [], sites: ["n1": member.site], directory: RunDirectory(path: "/nowhere/r"),
                problems: stage.problems
            ).takeLeave(of: member.agent, host: "n1", state: "/state")
            #expect(
                stage.hosts.world.withLock { $0.hosts["n1"]?.removed }
                    == ["/state/runs/r/n1", "/run/r", "/state/runs/r"])
            #expect(stage.hosts.calls("n1").last == Bye.op)
            #expect(stage.problems.all.map(\.kind) == [.harnessError, .hostNotAsFound])
            #expect(stage.problems.all.allSatisfy { $0.node == "n1" && $0.advice != nil })
        }
    }

    @Test func `only some failures of a renewal mean that the lease is lost`() {
        let lost: [AgentError.Code] = [.leaseLapsed, .noLease, .leased, .restarted, .disconnected]
        for code in lost { #expect(Deployment.isLeaseLost(AgentError(code, ""))) }
        for code in [AgentError.Code.deadline, .busy, .closed] {
            #expect(!Deployment.isLeaseLost(AgentError(code, "")))
        }
    }
}
