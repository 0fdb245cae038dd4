import Checkers
import Foundation
import HistoryModel
import Simulation
import Systems
import Testing
import Workloads

/// A workload file of the repository that can be simulated.
struct WorkloadFile: Sendable, CustomTestStringConvertible {
    let name: String
    let workload: Workload

    var testDescription: String { name }

    static let scenarios = oracle.filter { $0.workload.load == nil }
    /// Loads that stand for rows of the matrix.
    static let rowLoads = oracle.filter { $0.workload.load != nil }
    private static let oracle = files(in: "workloads/oracle") { _ in true }
    static let kinds = files(in: "workloads/kinds") { _ in true }
    static let chainFaults = files(in: "workloads") { $0 == "chain-faults.yaml" }.first
    static let raftFaults = files(in: "workloads") { $0 == "raft-faults.yaml" }.first
    static let partitionShapes = files(in: "workloads") { $0 == "partition-shapes.yaml" }.first
    static let raftRetries = files(in: "workloads") { $0 == "raft-retries.yaml" }.first
    static let singleFaults = files(in: "workloads") { $0 == "single-faults.yaml" }.first
    static let handover = files(in: "workloads") { $0 == "handover.yaml" }.first
    static let demonstrations = files(in: "workloads") { $0.hasPrefix("demo-") }

    private static func files(in folder: String, where isWanted: (String) -> Bool) -> [WorkloadFile] {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let folder = root.appending(path: folder)
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
        return names.filter { $0.hasSuffix(".yaml") && isWanted($0) }.compactMap { name in
            guard let text = try? String(contentsOf: folder.appending(path: name), encoding: .utf8),
                let workload = try? Workload.load(text: text, file: name), workload.system.kind != "redis"
            else { return nil }
            return WorkloadFile(name: name, workload: workload)
        }
    }

    func simulate(seed: UInt64) throws -> SimulatedRun { try simulate(workload.plan(seed: seed)) }

    func simulate(_ plan: Plan) throws -> SimulatedRun {
        let catalog = try SystemCatalog.named(workload.system.kind)
        let system = try catalog.system(options: workload.system.optionValues, nodes: plan.nodes)
        return try Simulation.simulate(plan, system: system)
    }

    func verdicts(of run: SimulatedRun, seed: UInt64) throws -> [Verdict] {
        try verdicts(of: run, plan: workload.plan(seed: seed), applyMinimums: true)
    }

    func verdicts(of run: SimulatedRun, plan: Plan, applyMinimums: Bool = false) throws -> [Verdict] {
        var options = CheckOptions(
            guarantees: Guarantee.allCases.filter(workload.expectations.keys.contains),
            applyMinimums: applyMinimums,
            minimums: workload.minimums.byCount, clients: plan.clients,
            faultsWithoutService: plan.faultsWithoutService)
        options.reducesEvidence = false
        return check(try History(run.events), options)
    }
}

/// What the environment says of the tests.
enum TestEnvironment {
    /// How many random histories, or seeds, a test tries.
    static func histories(default count: Int) -> Int {
        ProcessInfo.processInfo.environment["INQUEST_HISTORIES"].flatMap(Int.init) ?? count
    }
}
