public import Checkers
import Faults
import Generators

extension Workload {
    /// A random load on the system, network and read policy of a scenario, with the kinds of operations and the faults
    /// that the scenario has, for looking for violations that nobody thought of; a load stays as it is.
    ///
    /// What its expectations call violated or either is not asked for here: without the scenario's gates nothing is certain.
    public var randomSearch: Workload {
        guard case .scenario(let steps) = work else { return self }
        var faults = Self.searchFaults(steps)
        let quiet = destroyApart(&faults)
        let choice = steps.lazy.compactMap { step in
            if case .promote(let choice) = step.action { choice } else { nil }
        }.first
        var workload = self
        for (guarantee, expected) in expectations where expected == .invalid || isExempt(guarantee) {
            workload.expectations[guarantee] = .any
        }
        workload.minimums.named["least-ok-per-fault-window"] = 0
        if network == NetworkChoice() { workload.network.late = 100 }
        if Self.readsAtLeaders(steps), system.kind == "node-single" { workload.reads = .leader }
        // A row without lost messages promises nothing with them.
        workload.network.isFixed = true
        workload.work = .load(
            Load(
                kinds: takesWritesSideBySide ? Self.ownKeys : Self.searchKinds(steps), clients: 5,
                rate: .perSecond(150),
                duration: .seconds(2) + SearchTimes.spacing * faults.count, quiet: quiet,
                schedule: FaultSchedule(faults),
                failover: choice.map { FailoverPolicy(after: SearchTimes.failover, choice: $0) }))
        return workload
    }

    /// Whether a random search says nothing of a guarantee. What a destroyed replica had sent to some and not to others stays
    /// so where nobody passes it on; a leader among several is destroyed with nothing under way. A follower that refuses pages
    /// gets what there is at its start, and later writes not at all. And where an old view goes on beside the new one, clients
    /// would have to keep to one of them, as those of the scenario do.
    public func isExempt(_ guarantee: Guarantee) -> Bool {
        guard case .scenario(let steps) = work else { return false }
        switch guarantee {
        case .convergence:
            return system.kind == "node-quorum" && Self.searchFaults(steps).contains { $0.end == .never }
                || system.options.contains { $0.name == "page-layout" }
        case .monotonicReads:
            return system.kind == "node-chain" && Self.readsAtLeaders(steps)
                && expectations[.linearizable] == .invalid
        default: return false
        }
    }

    /// Whether several nodes take writes, none of which knows of the others' at once.
    private var takesWritesSideBySide: Bool { ["node-multi", "node-quorum"].contains(system.kind) }

    /// Keys with one writer each. Of others every policy may throw something away, be it a write or a set's element.
    private static let ownKeys = [WeightedKind(.sessions), WeightedKind(.prefix)]

    /// Whether every read says where, and means who leads or led: then reads at any node are only what lets them say it.
    private static func readsAtLeaders(_ steps: [ScenarioStep]) -> Bool {
        steps.allSatisfy { step in
            guard case .operate(let step) = step.action, step.operation.isRead else { return true }
            switch step.at {
            case .leader, .named: return true
            default: return false
            }
        }
    }

    /// The faults of the steps, one after the other.
    private static func searchFaults(_ steps: [ScenarioStep]) -> [PlannedFault] {
        let started = steps.compactMap { step in
            if case .start(let fault) = step.action { fault } else { nil }
        }
        return started.enumerated().map { place, fault in
            var fault = fault
            fault.at = SearchTimes.first + SearchTimes.spacing * place
            if fault.end != .never { fault.end = .after(SearchTimes.length) }
            fault.required = false
            return fault
        }
    }

    /// Who is destroyed among several leaders has told all of the others of a write, or none: while nothing is under way it
    /// dies, or is cut off and dies later where the row says that writes are lost. Gives when nothing is begun.
    private func destroyApart(_ faults: inout [PlannedFault]) -> [QuietWindow] {
        guard system.kind == "node-multi" else { return [] }
        var quiet: [QuietWindow] = []
        for place in faults.indices where faults[place].end == .never {
            guard case .named(let nodes) = faults[place].target else { continue }
            let moment = faults[place].at
            quiet.append(QuietWindow(from: moment - SearchTimes.settling, length: SearchTimes.settling * 11 / 10))
            guard expectations[.noLostWrites] == .invalid else { continue }
            faults[place].at = moment + SearchTimes.length
            faults.append(
                PlannedFault(
                    id: faults[place].id + "-apart", kind: .partition(.groups([nodes]), .peer), target: .all,
                    at: moment, end: .lastPhase, required: false))
        }
        return quiet
    }

    /// The kinds whose operations the steps have; every system has registers.
    private static func searchKinds(_ steps: [ScenarioStep]) -> [WeightedKind] {
        let functions = Set(
            steps.compactMap { step in
                if case .operate(let step) = step.action { step.operation.f } else { nil }
            })
        guard functions.isDisjoint(with: ["open", "transfer"]) else { return [WeightedKind(.bank)] }
        var registers = WeightedKind(.register)
        if !functions.contains("cas") { registers.mix["cas"] = 0 }
        var kinds = functions.isDisjoint(with: ["write", "cas"]) ? [] : [registers, WeightedKind(.sessions)]
        if functions.contains("txn") { kinds.append(WeightedKind(.prefix)) }
        let others: [(function: String, kind: WorkloadKind)] = [
            ("add", .set), ("increment", .counter), ("append", .list), ("reserve", .calendar),
        ]
        return kinds + others.filter { functions.contains($0.function) }.map { WeightedKind($0.kind) }
    }
}

/// When the faults of a random search come.
private enum SearchTimes {
    static let first = Duration.milliseconds(700)
    static let spacing = Duration.milliseconds(1500)
    static let length = Duration.milliseconds(700)
    static let settling = Duration.milliseconds(600)
    static let failover = Duration.milliseconds(300)
}
