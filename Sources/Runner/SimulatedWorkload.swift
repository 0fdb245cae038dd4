import Checkers
import Foundation
import HistoryModel
import NodeRuntime
public import RunStore
import Simulation
import Systems
import Workloads

/// Runs a plan in simulation and stores it as a run on hosts is stored.
func simulate(
    _ plan: Plan, _ system: any ClusterControl.System, _ options: RunOptions,
    _ progress: @Sendable (RunProgress) -> Void
) throws(RunFailure) -> EndedRun {
    let started = Date()
    let simulated = try simulate(plan, system)
    let directory = try makeDirectory(options, plan.workload, started)
    progress(.message("simulated: \(simulated.duration / 1_000_000) ms of virtual time"))
    var record = RunRecord(options: options, plan: plan, programs: [], started: started)
    record.duration = simulated.duration
    record.nodes = simulated.nodes
    record.phases = simulated.phases
    record.status = simulated.status
    do throws(StoreError) {
        let history = try HistoryWriter(path: directory.history)
        for event in simulated.events { try history.record(event) }
        try history.close()
        let faults = try FaultsWriter(path: directory.faults)
        for fault in simulated.faults { try faults.append(fault) }
        try faults.close()
        for (node, lines) in simulated.nodeEvents.sorted(by: { $0.key < $1.key }) {
            let path = try directory.makeNodeDirectory(node) + "/events.jsonl"
            try directory.write(Array((lines.joined(separator: "\n") + "\n").utf8), to: path)
        }
        try directory.write(record)
    } catch {
        throw RunFailure(.storage, "\(error)")
    }
    return EndedRun(directory: directory)
}

private func simulate(_ plan: Plan, _ system: any ClusterControl.System) throws(RunFailure) -> SimulatedRun {
    let system = try simulable(system)
    do throws(NodeError) {
        return try Simulation.simulate(plan, system: system)
    } catch {
        throw RunFailure(.malformed, "\(plan.workload.file): system \(system.traits.name): \(error)")
    }
}

/// The system, if it is one of this repository's nodes.
private func simulable(_ system: any ClusterControl.System) throws(RunFailure) -> NodeSingle {
    guard let node = system as? NodeSingle else {
        throw RunFailure(
            .usage, "\(system.traits.name) cannot be simulated: only the nodes of this repository can",
            advice: "run it on a local lab or on hosts, without --simulate")
    }
    return node
}

extension SimulatedRun {
    fileprivate var status: RunStatus {
        RunStatus(problems.contains { $0.kind == .harnessError } ? .failed : .completed, problems: problems)
    }
}

/// One seed's simulated run, judged.
public struct SimulatedSeed: Sendable {
    public var seed: UInt64
    public var verdicts: VerdictFile
    public var status: RunStatus
    /// Operations that were invoked.
    public var operations: Int
}

/// A workload file that is simulated many times with different seeds, nothing of which is stored.
public struct SeedSimulation: Sendable {
    private let workload: Workload
    private let system: NodeSingle
    private let expectations: Expectations

    /// Reads and checks the workload file.
    public init(file: String) throws(RunFailure) {
        workload = try loadWorkload(file)
        let system = try makeSystem(workload, nodes: Workload.nodeNames(hosts: workload.hosts))
        self.system = try simulable(system)
        expectations = Expectations(workload)
    }

    /// Simulates and judges one seed.
    public func run(seed: UInt64) throws(RunFailure) -> SimulatedSeed {
        let plan = workload.plan(seed: seed)
        let simulated = try simulate(plan, system)
        let history: History
        do throws(HistoryError) {
            history = try History(simulated.events)
        } catch {
            throw RunFailure(.cannotStart, "seed \(seed): the simulated history is malformed: \(error)")
        }
        var options = CheckOptions(
            guarantees: Guarantee.allCases.filter(expectations.stated.keys.contains), applyMinimums: true,
            minimums: workload.minimums.byCount, clients: plan.clients,
            faultsWithoutService: plan.faultsWithoutService)
        // Nobody reads the proofs of so many runs.
        options.reducesEvidence = false
        let verdicts = VerdictFile(
            verdicts: check(history, options), expectations: expectations, status: simulated.status,
            faults: simulated.faults)
        return SimulatedSeed(
            seed: seed, verdicts: verdicts, status: simulated.status, operations: history.columns.count)
    }
}
