import Checkers
import Foundation
import RunStore
import Workloads

/// The version that runs carry in their record.
public let inquestVersion = "0.1.0"

extension RunRecord {
    /// What is known before a run begins.
    init(options: RunOptions, plan: Plan, programs: [Program], started: Date) {
        let workload = plan.workload
        let text = FileManager.default.contents(atPath: options.workload) ?? Data()
        let place: PlaceRecord.Kind =
            switch options.place {
            case .lab: .lab
            case .hosts: .hosts
            case .simulation: .simulation
            }
        self.init(
            name: workload.name, description: workload.description, startedAt: started, seed: plan.seed,
            command: options.command, workloadPath: options.workload,
            workload: String(decoding: text, as: UTF8.self),
            system: SystemRecord(
                workload.system.kind,
                options: Dictionary(
                    workload.system.options.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })),
            place: PlaceRecord(place),
            binaries: programs.map { BinaryRecord(name: $0.name, sha256: $0.sha256) },
            controllerVersion: inquestVersion, clients: plan.clients,
            expectations: Expectations(workload, options.guarantees),
            minimums: options.excerpt.isWhole ? workload.minimums.byCount : Self.nothingAsked,
            faultsWithoutService: plan.faultsWithoutService.sorted())
    }
}

extension RunRecord {
    /// Of a part of a plan nobody asks how much it exercised.
    private static var nothingAsked: [String: Int] {
        Dictionary(OpportunityCatalog.rules.map { ($0.name, 0) }) { first, _ in first }
    }
}

extension Expectations {
    /// What a workload expects, of these guarantees alone if they are given.
    init(_ workload: Workload, _ only: [Guarantee]? = nil) {
        let wanted = workload.expectations.filter { only?.contains($0.key) ?? true }
        self.init(wanted.mapValues { RunStore.Expectation(rawValue: $0.rawValue) ?? .valid })
    }
}
