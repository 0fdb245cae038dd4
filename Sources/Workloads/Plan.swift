import HistoryModel
public import Determinism
public import Faults
public import Generators

/// A workload with a seed: everything that is decided before a run.
public struct Plan: Sendable {
    public var workload: Workload
    public var seed: UInt64
    /// `n1` to `nN`, one for each host. `n1` leads at first.
    public var nodes: [String]
    /// How many processes there are at a time.
    public var clients: Int
    public var work: Work

    /// What is done before the last phase.
    public enum Work: Sendable {
        /// Clients take operations from the generator while the schedule runs, for `duration`.
        case load(any Generator, FaultSchedule, duration: Duration, failover: FailoverPolicy?)
        case scenario([ScenarioStep])
    }
}

extension Workload {
    /// The plan of a run with this seed; the same seed gives the same plan.
    public func plan(seed: UInt64) -> Plan {
        let nodes = Self.nodeNames(hosts: hosts)
        switch work {
        case .scenario(let steps):
            return Plan(
                workload: self, seed: seed, nodes: nodes, clients: ScenarioStep.clients(of: steps),
                work: .scenario(steps))
        case .load(let load):
            return Plan(
                workload: self, seed: seed, nodes: nodes, clients: load.clients,
                work: .load(
                    load.generator(seed: seed), load.schedule, duration: load.duration, failover: load.failover))
        }
    }

    /// The names of the nodes on so many hosts.
    public static func nodeNames(hosts: Int) -> [String] { (1...hosts).map { "n\($0)" } }
}

extension Plan {
    /// The random source for choosing the nodes of faults.
    public var faultRandom: SeededRandom { .named("faults", seed: seed) }

    /// The random source for choosing the nodes of one client's reads.
    public func readRandom(client: Int) -> SeededRandom { .named("reads-\(client)", seed: seed) }

    /// The keys of a scenario in order of first use; a load's generator knows its own.
    public var scenarioKeys: [UsedKey] {
        guard case .scenario(let steps) = work else { return [] }
        return ScenarioStep.keys(of: steps)
    }

    /// The reads of the last phase: each key at the leader, or at every node if clients read elsewhere too.
    public func finalReads(of keys: [UsedKey]) -> OperationList {
        .finalReads(of: keys, at: workload.reads == .leader ? [] : nodes)
    }
}

extension Plan {
    /// The names of the faults that may leave clients without any answer for as long as they last.
    ///
    /// The leader is dead or stands still, nobody is promoted, and clients read nowhere else. In such a window no
    /// `ok` can be asked for.
    public var faultsWithoutService: Set<String> {
        guard workload.reads == .leader else { return [] }
        switch work {
        case .load(_, let schedule, let duration, let failover):
            let starts = schedule.steps(until: duration).filter { $0.action == .start }
            return Set(starts.filter { takesServiceAway($0.fault, failover != nil) }.map(\.id))
        case .scenario(let steps):
            let promotes = steps.contains { if case .promote = $0.action { true } else { false } }
            let faults = steps.compactMap { if case .start(let fault) = $0.action { fault } else { nil } }
            return Set(faults.filter { takesServiceAway($0, promotes) }.map(\.id))
        }
    }

    /// Whether some fault cuts the network, which needs more of a host than signals do.
    public var hasPartitions: Bool {
        faults.contains { if case .partition = $0.kind { true } else { false } }
    }

    /// What faults make of the network of hosts, apart from partitions, and how it is from the first moment on.
    public var poorNetworks: [PoorNetwork] {
        (faults + [workload.network.asFault].compactMap(\.self)).compactMap {
            if case .network(let network) = $0.kind { network } else { nil }
        }
    }

    /// Whether some fault cuts a node's power, which needs a node that loses what is not durable.
    public var hasPowerCuts: Bool {
        faults.contains { if case .powerCut = $0.kind { true } else { false } }
    }

    /// Whether some step damages what is on a disk, which only simulated disks let happen.
    public var hasDamage: Bool {
        guard case .scenario(let steps) = work else { return false }
        return steps.contains { if case .damage = $0.action { true } else { false } }
    }

    /// Whether some fault makes clocks lie.
    public var hasClockFaults: Bool {
        faults.contains { if case .clock = $0.kind { true } else { false } }
    }

    /// The faults of schedule or steps.
    public var faults: [PlannedFault] {
        switch work {
        case .load(_, let schedule, _, _): schedule.faults
        case .scenario(let steps):
            steps.compactMap { if case .start(let fault) = $0.action { fault } else { nil } }
        }
    }

    private func takesServiceAway(_ fault: PlannedFault, _ promotes: Bool) -> Bool {
        switch fault.kind {
        case .kill, .powerCut: !promotes && mayHitLeader(fault.target)
        case .pause: mayHitLeader(fault.target)
        case .partition(_, let traffic): traffic != .peer
        case .clock, .network: false
        }
    }

    private func mayHitLeader(_ target: Target) -> Bool {
        switch target {
        case .followers, .oneFollower, .follower: false
        case .one, .minority, .majority, .all, .named, .leader: true
        }
    }
}

extension Load {
    /// The generator of the whole load: kinds by weight, at the rate, silent where asked, until the end.
    public func generator(seed: UInt64) -> any Generator {
        var generator: any Generator = Mix(
            kinds.map { ($0.weight, $0.generator(seed: seed)) }, random: .named("mix", seed: seed))
        if case .perSecond(let rate) = rate {
            generator = Paced(perSecond: rate, generator, random: .named("rate", seed: seed))
        }
        if !quiet.isEmpty {
            generator = Quiet(
                during: quiet.map { $0.from.nanoseconds..<($0.from + $0.length).nanoseconds }, generator)
        }
        return TimeLimit(until: duration.nanoseconds, generator)
    }
}

extension ScenarioStep {
    static func clients(of steps: [ScenarioStep]) -> Int {
        let places = steps.compactMap { step in
            if case .operate(let step) = step.action { step.client } else { nil }
        }
        return (places.max() ?? 0) + 1
    }

    static func keys(of steps: [ScenarioStep]) -> [UsedKey] {
        var keys: [UsedKey] = []
        var accounts: Set<String> = []
        for case .operate(let step) in steps.map(\.action) {
            if let key = step.operation.key { keys.append(UsedKey(key, shape: step.operation.shape)) }
            if step.operation.f == "open", case .object(let balances) = step.operation.value {
                accounts.formUnion(balances.map(\.name))
                keys += balances.map { UsedKey($0.name, shape: .account) }
            }
            for read in step.operation.value.list ?? [] where step.operation.f == "txn" {
                guard let key = read.list?[1].string, !accounts.contains(key) else { continue }
                keys.append(UsedKey(key))
            }
        }
        var seen: Set<UsedKey> = []
        return keys.filter { seen.insert($0).inserted }
    }
}
