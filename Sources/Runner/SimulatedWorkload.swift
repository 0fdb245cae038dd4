public import Checkers
import Foundation
import HistoryModel
import NodeRuntime
public import RunStore
import Simulation
import Systems
public import Workloads

/// Runs a plan in simulation and stores it as a run on hosts is stored.
func simulate(
    _ plan: Plan, _ system: any ClusterControl.System, _ options: RunOptions,
    _ progress: @Sendable (RunProgress) -> Void
) throws(RunFailure) -> EndedRun {
    let started = Date()
    let simulated = try simulate(plan, simulable(system))
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

private func simulate(_ plan: Plan, _ system: any SystemUnderTest) throws(RunFailure) -> SimulatedRun {
    do throws(NodeError) {
        return try Simulation.simulate(plan, system: system)
    } catch {
        throw RunFailure(.malformed, "\(plan.workload.file): system \(system.traits.name): \(error)")
    }
}

/// The system, if it is one of this repository's nodes.
private func simulable(_ system: any ClusterControl.System) throws(RunFailure) -> any SystemUnderTest {
    guard system.traits.programs.first.flatMap(NodeDesigns.design(ofProgram:)) != nil else {
        throw RunFailure(
            .usage, "\(system.traits.name) cannot be simulated: only the nodes of this repository can",
            advice: "run it on a local lab or on hosts, without --simulate")
    }
    return system
}

extension SimulatedRun {
    /// What the nodes said of themselves, node after node.
    var nodeReports: [NodeReport] {
        nodeEvents.sorted { $0.key < $1.key }.flatMap { node, lines in
            lines.compactMap { NodeEvent(node: node, line: $0.utf8).map(NodeReport.init) }
        }
    }

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
    /// The lines of each node's event log.
    var nodeEvents: [String: [String]]

    /// What the nodes said of themselves, by kind.
    var eventKinds: Set<String> {
        Set(nodeEvents.flatMap { node, lines in lines.compactMap { NodeEvent(node: node, line: $0.utf8)?.event } })
    }
}

/// A workload file that is simulated many times with different seeds, nothing of which is stored.
public struct SeedSimulation: Sendable {
    private let workload: Workload
    private let system: any SystemUnderTest
    private let isSwarm: Bool

    /// Reads and checks the workload file; `isSwarm`: each seed has its own mix of faults and operations.
    ///
    /// `isRandomSearch`: a random load on the configuration of the file's scenario instead of that.
    public init(
        file: String, isSwarm: Bool = false, isRandomSearch: Bool = false, options: [SystemSetting] = []
    ) throws(RunFailure) {
        let workload = try loadWorkload(file).setting(options)
        try self.init(isRandomSearch ? workload.randomSearch : workload, isSwarm: isSwarm)
    }

    /// Takes a workload that was read before.
    public init(_ workload: Workload, isSwarm: Bool = false) throws(RunFailure) {
        self.workload = workload
        let system = try makeSystem(workload, nodes: Workload.nodeNames(hosts: workload.hosts))
        self.system = try simulable(system)
        self.isSwarm = isSwarm
    }

    private func plan(_ seed: UInt64) -> Plan {
        (isSwarm ? workload.swarmed(seed: seed) : workload).plan(seed: seed)
    }

    /// Simulates and judges one seed.
    public func run(seed: UInt64) throws(RunFailure) -> SimulatedSeed {
        try run(plan(seed), Guarantee.allCases.filter(workload.expectations.keys.contains), applyMinimums: true)
    }

    private func run(
        _ plan: Plan, _ guarantees: [Guarantee], applyMinimums: Bool
    ) throws(RunFailure) -> SimulatedSeed {
        let simulated = try simulate(plan, system)
        let history: History
        do throws(HistoryError) {
            history = try History(simulated.events)
        } catch {
            throw RunFailure(.cannotStart, "seed \(plan.seed): the simulated history is malformed: \(error)")
        }
        var options = CheckOptions(
            guarantees: guarantees, applyMinimums: applyMinimums, minimums: workload.minimums.byCount,
            clients: plan.clients, faultsWithoutService: plan.faultsWithoutService)
        // Nobody reads the proofs of so many runs.
        options.reducesEvidence = false
        if guarantees.contains(.loginspect) { options.nodeReports = simulated.nodeReports }
        let verdicts = VerdictFile(
            verdicts: check(history, options), expectations: Expectations(workload), status: simulated.status,
            faults: simulated.faults)
        return SimulatedSeed(
            seed: plan.seed, verdicts: verdicts, status: simulated.status,
            operations: simulated.operations, nodeEvents: simulated.nodeEvents)
    }
}

/// A seed's run made smaller.
public struct MinimizedSeed: Sendable {
    /// The guarantee that is violated still.
    public var guarantee: Guarantee
    /// What is left out of the plan.
    public var excerpt: PlanExcerpt
    /// How many operations clients are given, before and after; final reads aside.
    public var operations: (before: Int, after: Int)
    public var attempts: Int
}

extension SeedSimulation {
    /// Looks for the smallest part of a seed's plan that still violates what the whole violates: the first guarantee that
    /// is violated against the expectations or, if there is none, the first at all; of `guarantees` only, if they are given.
    /// `nil` if nothing is violated.
    public func minimize(
        seed: UInt64, among guarantees: [Guarantee]?, progress: @escaping (Int) -> Void
    ) throws(RunFailure) -> MinimizedSeed? {
        let whole = try run(seed: seed)
        let violated = whole.verdicts.verdicts.filter {
            $0.judgement == .invalid && guarantees?.contains($0.guarantee) ?? true
        }
        guard let target = violated.first(where: { !whole.verdicts.isMet($0) }) ?? violated.first else {
            return nil
        }
        var minimizer = Minimizer(plan(seed)) { plan in
            let run = try? self.run(plan, [target.guarantee], applyMinimums: false)
            return Minimizer.Attempt(
                fails: run?.verdicts.verdicts.first?.judgement == .invalid, operations: run?.operations ?? 0)
        }
        minimizer.progress = progress
        guard minimizer.run() else { return nil }
        return MinimizedSeed(
            guarantee: target.guarantee, excerpt: minimizer.excerpt,
            operations: (whole.operations, minimizer.operations), attempts: minimizer.attempts)
    }
}
