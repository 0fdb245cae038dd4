import Clients
import Determinism
import Faults
import Generators
import HistoryModel
import Replication
import RunStore
import Systems
import Workloads

/// One run in simulation, from the start of the nodes to the last dump.
final class SimulationSession {
    let plan: Plan
    let cluster: SimulatedCluster
    let recorder: SimulationRecorder
    let nemesis: SimulatedNemesis
    private var workers: [SimulatedWorker] = []
    var random: SeededRandom
    /// Failovers of the load that are due.
    private var failovers = 0
    /// Nodes whose gates the scenario holds closed: they are not waited for.
    var heldBack: Set<String> = []

    static let second: Int64 = 1_000_000_000
    /// How often something that is waited for is looked at.
    private static let poll: Int64 = 5_000_000

    init(_ plan: Plan, _ cluster: SimulatedCluster) {
        self.plan = plan
        self.cluster = cluster
        recorder = SimulationRecorder(cluster.time)
        nemesis = SimulatedNemesis(cluster, recorder, random: plan.faultRandom)
        random = plan.faultRandom
    }

    func client(process: Int, place: Int) -> SimulatedClient {
        SimulatedClient(
            process: process, place: place, cluster: cluster, reads: plan.workload.reads,
            session: SessionRules(plan.workload.session),
            timeout: plan.workload.timeout.nanoseconds, retryAfter: plan.workload.retryAfter?.nanoseconds,
            seed: plan.seed)
    }

    /// Does the whole run.
    func run() -> SimulatedRun {
        workers = (0..<plan.clients).map { SimulatedWorker(place: $0, session: self) }
        recorder.phase("start")
        if start() {
            recorder.phase("work")
            let keys = work()
            recorder.phase("heal")
            heal()
            finish(keys)
        }
        recorder.endPhase()
        let run = SimulatedRun(
            events: recorder.events, faults: nemesis.records, phases: recorder.phases,
            nodes: cluster.plan.sites.map { NodeRecord(name: $0.name, host: $0.host, address: $0.address) },
            problems: recorder.problems,
            nodeEvents: Dictionary(
                uniqueKeysWithValues: (cluster.nodes + cluster.companions).map { ($0.name, $0.events) }),
            duration: cluster.time.now)
        cluster.time.end()
        workers = []
        return run
    }

    func worker(_ place: Int) -> SimulatedWorker { workers[place] }

    // MARK: Parts

    private func start() -> Bool {
        cluster.startAll()
        guard let lag = waitUntilCaughtUp(within: 30 * Self.second) else { return true }
        recorder.add(Problem(.harnessError, "the nodes did not find each other: \(lag)"))
        return false
    }

    /// Waits until the followers have all that the leader has; what is missing if they do not.
    func waitUntilCaughtUp(within patience: Int64) -> String? {
        let traits = cluster.system.traits
        let hasOneLeader = traits.hasLeader && !traits.hasManyLeaders
        let isLost = !cluster.node(cluster.leader).isAlive && !traits.choosesLeader && hasOneLeader
        guard !isLost else { return "the leader is dead and nobody was promoted" }
        return wait(within: patience) { cluster.lag(heldBack: heldBack) }
    }

    /// Looks again and again until there is no flaw; the last one if the time is over before.
    func wait(within patience: Int64, flaw: () -> String?) -> String? {
        let end = cluster.time.now + patience
        while let found = flaw() {
            guard cluster.time.now < end else { return found }
            cluster.time.run(until: min(end, cluster.time.now + Self.poll))
        }
        return nil
    }

    /// Lets the clients work and applies the faults; gives the keys that were used.
    private func work() -> [UsedKey] {
        switch plan.work {
        case .load(let generator, let schedule, let duration, let failover):
            return load(SharedSource(generator, origin: cluster.time.now), schedule, duration, failover)
        case .scenario(let steps):
            for step in steps {
                guard let failure = perform(step) else { continue }
                recorder.add(
                    Problem(
                        .tooLittle, "\(plan.workload.file):\(step.position.line): \(step): \(failure)",
                        advice: "the scenario did not happen as written, so its verdicts say nothing of it"))
                break
            }
            return plan.scenarioKeys
        }
    }

    private func load(
        _ source: SharedSource, _ schedule: FaultSchedule, _ duration: Duration, _ failover: FailoverPolicy?
    ) -> [UsedKey] {
        let time = cluster.time
        for step in schedule.steps(until: duration) {
            let moment = source.origin + step.time.nanoseconds
            time.at(moment) { self.apply(step, at: moment, failover) }
        }
        watchLeader(until: source.origin + duration.nanoseconds)
        runWorkers(source, until: source.origin + duration.nanoseconds)
        // A cluster whose leader died at the very end is not judged before somebody has looked after it.
        time.run(until: .max) { self.failovers == 0 }
        return source.keys
    }

    /// How often a group that chooses its leader by itself is asked for it.
    private static let watch: Int64 = 250_000_000

    private func watchLeader(until end: Int64) {
        guard cluster.system.traits.choosesLeader, cluster.time.now < end else { return }
        cluster.lookForLeader()
        cluster.time.after(Self.watch) { self.watchLeader(until: end) }
    }

    /// Runs until every worker has nothing more to do, and not before `end`.
    private func runWorkers(_ source: SharedSource, until end: Int64) {
        var working = workers.count
        for worker in workers { worker.work(on: source) { working -= 1 } }
        cluster.time.at(end) {}
        cluster.time.run(until: .max) { working == 0 && cluster.time.now >= end }
    }

    private func apply(_ step: FaultStep, at time: Int64, _ failover: FailoverPolicy?) {
        guard step.action == .start else { return nemesis.end(step.id) }
        let leader = cluster.leader
        nemesis.start(step.fault, as: step.id, plannedAt: time)
        guard step.fault.kind.isDeath, let failover, !cluster.node(leader).isAlive else { return }
        failovers += 1
        cluster.time.after(failover.after.nanoseconds) {
            self.failovers -= 1
            guard self.cluster.leader == leader, !self.cluster.node(leader).isAlive else { return }
            _ = self.promote(failover.choice)
        }
    }

    /// Promotes a node and notes it; what kept it from being done.
    func promote(_ choice: PromotionChoice) -> String? {
        let old = cluster.leader
        guard let (leader, position) = cluster.promote(choice) else { return "nobody could be promoted" }
        recorder.note(
            "promote",
            [
                "node": .string(leader), "replaces": .string(old),
                "detail": .string("timeline \(position.timeline), LSN \(position.lsn)"),
            ])
        return nil
    }

    private func heal() {
        recorder.note("phase", ["name": "heal"])
        nemesis.endAll()
        cluster.openAllGates(but: [])
        heldBack = []
    }

    /// Waits for the replicas; one that stays behind is for the checkers to judge, from its dump.
    private func settle() -> Bool {
        let lag = waitUntilCaughtUp(within: 30 * Self.second)
        recorder.note(
            "phase", lag.map { ["name": "not-caught-up", "detail": .string($0)] } ?? ["name": "caught-up"])
        return lag == nil
    }

    private func finish(_ keys: [UsedKey]) {
        let isSettled = settle()
        recorder.phase("final-reads")
        // A sticky session is promised nothing at other nodes that lag behind: dumps alone speak for those.
        if plan.workload.reads.readsAtEnd(isSettled: isSettled) {
            recorder.note("phase", ["name": "final-reads"])
            runWorkers(SharedSource(plan.finalReads(of: keys), origin: cluster.time.now), until: 0)
        }
        let outsiders = cluster.outsiders()
        for node in outsiders { recorder.note("phase", ["name": "left-out", "detail": .string(node)]) }
        guard dumpAll(but: outsiders) > 1 else { return }
        recorder.note("phase", ["name": "dumps-differ"])
        if settle() { _ = dumpAll(but: outsiders) }
    }

    /// How many different contents the living nodes have.
    private func dumpAll(but outsiders: [String]) -> Int {
        var found: Set<Value> = []
        for (index, node) in cluster.living.enumerated() where !outsiders.contains(node.name) {
            if let value = worker(index % workers.count).dump(node) { found.insert(value) }
            cluster.time.run(until: cluster.time.now + 1_000_000)
        }
        return found.count
    }
}
