import Clients
import Determinism
import Faults
import Generators
import HistoryModel
import RunStore
import Workloads
import Systems

/// A directed scenario: its steps one after the other, each looked at before the next.
struct ScenarioRun {
    var steps: [ScenarioStep]
    var reads: Workloads.ReadPolicy
    var workers: [Worker]
    var nemesis: Nemesis
    var control: ClusterControl
    var recorder: Recorder
    var problems: Problems
    var file: String
    var random: SeededRandom
    var progress: @Sendable (RunProgress) -> Void

    private static let patience = Duration.seconds(20)

    /// Does the steps. One that does not go as the scenario wants ends it: what follows would mean nothing.
    mutating func run() async throws {
        for step in steps {
            try Task.checkCancellation()
            progress(.message("line \(step.position.line): \(step)"))
            if let failure = try await perform(step) {
                problems.add(
                    Problem(
                        .tooLittle, "\(file):\(step.position.line): \(step): \(failure)",
                        advice: "the scenario did not happen as written, so its verdicts say nothing of it"))
                return
            }
        }
    }

    /// What went otherwise than wanted, `nil` if nothing did.
    private mutating func perform(_ step: ScenarioStep) async throws -> String? {
        await control.lookForLeader()
        switch step.action {
        case .operate(let operation): return try await perform(operation)
        case .release(let attempt, let client): return await workers[client].release(attempt)
        case .gate(let change): try await set(change)
        case .start(let fault):
            await nemesis.start(fault, as: fault.id, plannedAt: recorder.clock.now, isStep: true)
        case .end(let fault, let gates): await nemesis.end(fault, closing: gates)
        case .promote(let choice): try await control.promote(choice)
        case .order(let words, let target, let mayFail):
            let leader = await control.leader
            for node in try target.resolve(nodes: control.nodes, leader: leader, random: &random) {
                do {
                    try await control.order(words, at: node)
                } catch let error as SystemError where mayFail {
                    progress(.message("line \(step.position.line): \(error)"))
                }
            }
        case .damage: return "only a simulated disk can be damaged"
        case .wipe(let target):
            let leader = await control.leader
            for node in try target.resolve(nodes: control.nodes, leader: leader, random: &random) {
                guard try await control.wipe(node) else { return "\(node) runs" }
            }
        case .wait(.time(let duration)): try await Task.sleep(for: duration)
        case .wait(.leader):
            guard try await control.waitForLeader(within: Self.patience) else { return "nobody leads" }
        case .wait(.caughtUp):
            try await control.waitUntilCaughtUp(within: Self.patience, heldBack: heldBack)
        }
        return nil
    }

    private mutating func perform(_ step: ScenarioOperation) async throws -> String? {
        let leader = await control.leader
        var wanted: String?
        if let at = step.at {
            wanted = try at.resolve(nodes: control.nodes, leader: leader, random: &random).first
        }
        let node = reads.node(
            client: step.client, step: step.operation.isRead, wanted: wanted, nodes: control.nodes, leader: leader,
            random: &random)
        let reply = await workers[step.client].perform(step.operation, at: node, hold: step.hold)
        guard step.expect == .any || step.expect.rawValue == reply.type.rawValue else {
            return "ended as \(reply.type.rawValue)" + (reply.error.map { " (\($0))" } ?? "")
        }
        return nil
    }

    /// Nodes whose gates the scenario holds closed: they are not waited for.
    private(set) var heldBack: Set<String> = []

    private mutating func set(_ change: GateChange) async throws {
        let leader = await control.leader
        let nodes = try change.nodes.resolve(nodes: control.nodes, leader: leader, random: &random)
        let peers = try change.peers.resolve(nodes: control.nodes, leader: leader, random: &random)
        for node in nodes {
            try await control.setGates(
                change.targets(at: node, peers: peers), open: !change.isClosing, at: node)
        }
        let hasLeader = control.system.traits.hasLeader
        let behind = change.gate == .ship && hasLeader ? peers : nodes
        if change.isClosing { heldBack.formUnion(behind) } else { heldBack.subtract(behind) }
    }
}

extension ScenarioRun {
    init(
        plan: Plan, steps: [ScenarioStep], workers: [Worker], nemesis: Nemesis, control: ClusterControl,
        recorder: Recorder, problems: Problems, progress: @escaping @Sendable (RunProgress) -> Void
    ) {
        self.init(
            steps: steps, reads: plan.workload.reads, workers: workers, nemesis: nemesis, control: control,
            recorder: recorder, problems: problems, file: plan.workload.file, random: plan.faultRandom,
            progress: progress)
    }
}
