import AgentProtocol
import Checkers
import Clients
import Clusters
import Determinism
import Faults
import Foundation
import Generators
import HistoryModel
import RunStore
import Simulation
import Synchronization
import Systems
import Workloads

/// One run: what it knows from its plan to its record.
final class RunSession: Sendable {
    let options: RunOptions
    let plan: Plan
    let system: any ClusterControl.System
    let programs: [Program]
    let directory: RunDirectory
    private let clockAccess: ClockAccess
    /// The run's own: the user ends every run with it, a run that cannot go on only itself.
    let interruption: Interruption
    private let user: Interruption
    private let isLeaving = Atomic<Bool>(false)
    let progress: @Sendable (RunProgress) -> Void
    let problems = Problems()
    let recorder: Recorder
    let history: HistoryWriter
    let faults: FaultsWriter
    private let record: Mutex<RunRecord>

    init(
        options: RunOptions, plan: Plan, system: any ClusterControl.System, programs: [Program],
        directory: RunDirectory, clockAccess: ClockAccess, started: Date, interruption: Interruption,
        progress: @escaping @Sendable (RunProgress) -> Void
    ) throws(RunFailure) {
        self.options = options
        self.plan = plan
        self.system = system
        self.programs = programs
        self.directory = directory
        self.clockAccess = clockAccess
        self.interruption = Interruption(within: interruption)
        user = interruption
        self.progress = progress
        recorder = Recorder(clock: RunClock())
        let record = RunRecord(options: options, plan: plan, programs: programs, started: started)
        self.record = Mutex(record)
        do throws(StoreError) {
            history = try HistoryWriter(path: directory.history)
            faults = try FaultsWriter(path: directory.faults)
            try directory.write(record)
        } catch {
            throw RunFailure(.storage, "\(error)")
        }
    }

    /// Notes that the run cannot go on.
    func fail(_ kind: Problem.Kind, _ message: String, node: String? = nil, advice: String? = nil) {
        problems.add(Problem(kind, node: node, message, advice: advice))
    }

    /// Notes that the run was ended early, unless what ended it was noted already.
    private func failInterrupted(_ message: String) {
        guard user.isRequested else { return }
        fail(.interrupted, message, advice: "run it again to its end")
    }

    /// The run cannot go on: it heals, and ends with what there is.
    ///
    /// While leaving, the leases are given back one after the other, which is no loss.
    private func lose(_ host: ClusterHost, _ error: any Error) {
        if isLeaving.load(ordering: .relaxed) { return }
        fail(
            .harnessError, "the lease of its agent is lost, and everything on it was undone: \(error)",
            node: host.name,
            advice: "see that the controller reaches the host, and is not held up, and run it again")
        interruption.request()
    }

    func update(_ change: (inout RunRecord) -> Void) { record.withLock { change(&$0) } }

    /// Does the whole run on these hosts. What goes wrong becomes a problem of the run.
    func run(on hosts: [ClusterHost], detail: String) async {
        update { $0.place.detail = detail }
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await self.stream() }
                let deployment = Deployment(
                    hosts: hosts, programs: programs, controller: controllerName,
                    sabotage: options.sabotage, interruption: interruption, progress: progress, lost: lose)
                progress(.phase("deploy"))
                defer { group.cancelAll() }
                try await deployment.withLinks { links in try await self.run(over: links) }
            }
        } catch  where error is CancellationError || interruption.isRequested {
            failInterrupted("interrupted before the clients began")
        } catch {
            fail(.harnessError, "\(error)")
        }
        drain()
    }

    /// A name that no other controller has.
    ///
    /// Random, and not of the seed: a host's agent takes two controllers of one name for one and the same.
    private let controllerName = "c\(String(UInt64.random(in: .min ... .max), radix: 36))"

    /// Hands events to the file while the run goes on.
    private func stream() async throws {
        while !Task.isCancelled {
            try? await Task.sleep(for: .milliseconds(20))
            drain()
            if history.isStopped, !interruption.isRequested { interruption.request() }
        }
    }

    private func drain() {
        do throws(StoreError) {
            for event in recorder.drain() { try history.record(event) }
            try history.flush()
        } catch {
            fail(.harnessError, "\(error)", advice: "the run was ended there")
        }
    }

    // MARK: On the hosts

    private func run(over links: [HostLink]) async throws {
        let cluster = try makeCluster(links)
        update { record in
            record.kernel = Set(links.map(\.hello.kernel)).sorted().joined(separator: "; ")
            record.nodes = cluster.sites.map {
                NodeRecord(name: $0.name, host: $0.host, address: $0.address)
            }
        }
        let all = cluster.sites + system.companions(in: cluster).map(\.site)
        let sites = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })
        let teardown = Teardown(links: links, sites: sites, directory: directory, problems: problems)
        do {
            try await work(cluster, links)
        } catch is CannotDoFaults {
            // What is missing where is noted already.
        } catch  where error is CancellationError || interruption.isRequested {
            failInterrupted("interrupted before the clients began")
        } catch {
            fail(.harnessError, "\(error)", advice: "logs of the nodes are in \(directory.nodes)")
        }
        phase("teardown")
        isLeaving.store(true, ordering: .relaxed)
        await teardown.run()
        endPhase()
    }

    private func makeCluster(_ links: [HostLink]) throws -> ClusterPlan {
        let traits = system.traits
        let sites = zip(plan.nodes, links).map { node, link in
            NodeSite(
                name: node, host: link.host.name, address: link.address,
                clientPort: traits.clientPort, peerPort: traits.peerPort,
                stateDirectory: "\(link.host.stateDirectory)/runs/\(directory.name)/\(node)",
                // Short: a socket's path has 107 bytes.
                runDirectory: "/run/inquest/\(controllerName)", programs: link.programs)
        }
        return ClusterPlan(
            name: directory.name, sites: sites, leader: plan.nodes[0], seed: plan.seed,
            fakesClocks: clockAccess == .preload)
    }

    /// Ends the run before anything is deployed if its plan has faults that a host cannot do.
    private func checkAbilities(_ links: [HostLink]) throws {
        for link in links {
            for need in AbilityNeed.all(of: plan) {
                if let problem = need.problem(link.hello.capabilities, node: link.host.name) {
                    problems.add(problem)
                }
            }
        }
        if problems.all.contains(where: { $0.kind == .unsupported }) { throw CannotDoFaults() }
    }

    /// The problems say which host and why.
    private struct CannotDoFaults: Error {}

    private func work(_ cluster: ClusterPlan, _ links: [HostLink]) async throws {
        try checkAbilities(links)
        let (access, shared) = clockAccess.with(
            boots: zip(cluster.sites, links).map { ($0.name, $1.host.name, $1.hello.boot) })
        for problem in shared { problems.add(problem) }
        if !shared.isEmpty { throw CannotDoFaults() }
        var members: [String: Member] = [:]
        for (site, link) in zip(cluster.sites, links) {
            guard let own = controllerAddress(towards: site.address) else {
                throw RunFailure(
                    .cannotStart, "host \(link.host.name): there is no way to \(site.address)",
                    advice: "give the hosts file addresses that nodes and clients can reach")
            }
            members[site.name] = Member(site: site, agent: link.agent, controllerAddress: own)
        }
        let control = ClusterControl(
            members: members, system: system, plan: cluster, recorder: recorder, clockAccess: access)
        for site in cluster.sites { try await system.checkHost(of: site, via: await control.access(site.name)) }
        if access == .preload { try await tryClocks(cluster, control) }
        let nemesis = Nemesis(
            control: control, recorder: recorder, writer: faults, problems: problems,
            random: plan.faultRandom)
        phase("start")
        guard try await interruption.watching({ try await control.startAll() }) != nil else {
            throw CancellationError()
        }
        let workers = makeWorkers(control.topology)
        let last = FinalPhase(
            workers: workers, clients: plan.clients, nemesis: nemesis, control: control,
            recorder: recorder, problems: problems, progress: progress)
        let reads = try await clientsWork(workers, nemesis, control)
        phase("heal")
        await last.heal()
        failInterrupted("interrupted; what there is was checked")
        let settled: Void? = try await interruption.watching(after: 1) {
            let isSettled = try await last.settle()
            self.phase("final-reads")
            // A sticky session is promised nothing at other nodes that lag behind: dumps alone speak for those.
            if self.plan.workload.reads.readsAtEnd(isSettled: isSettled) { try await last.read(reads()) }
            try await last.dump()
        }
        if settled == nil { failInterrupted("interrupted before the final reads were done") }
        for worker in workers { await worker.close() }
    }

    /// Ends the run before a node is started if its programs cannot be skewed on some host.
    private func tryClocks(_ cluster: ClusterPlan, _ control: ClusterControl) async throws {
        guard let system = system as? any PreloadSkewable else { return }
        for site in cluster.sites {
            do throws(AgentError) {
                let trial = ClockTrial(argv: system.clockTrial(site))
                _ = try await control.member(site.name).agent.call(trial, deadline: .seconds(30))
            } catch {
                guard error.code == .unsupported else { throw error }
                fail(
                    .unsupported, error.message, node: site.host,
                    advice:
                        "leave clock faults out of the plan, or take a system or dedicated hosts that can have them"
                )
            }
        }
        if problems.all.contains(where: { $0.kind == .unsupported }) { throw CannotDoFaults() }
    }

    private func makeWorkers(_ topology: Topology) -> [Worker] {
        let dialect = system.dialect
        let policy = Clients.ReadPolicy(plan.workload.reads)
        let sessionRules = SessionRules(plan.workload.session)
        let (seed, retryAfter) = (plan.seed, plan.workload.retryAfter)
        let writesToLeader = system.traits.hasLeader
        return (0..<plan.clients).map { place in
            let loop = ClientLoop.next()
            return Worker(
                place: place, clients: plan.clients, timeout: plan.workload.timeout, recorder: recorder,
                loop: loop
            ) { process in
                ValidatingClient(
                    RESPClient(
                        process: process, dialect: dialect, topology: topology,
                        options: RESPClientOptions(
                            readPolicy: policy, writesToLeader: writesToLeader, place: place, session: sessionRules,
                            retryAfter: retryAfter),
                        seed: seed, on: loop)
                )
            }
        }
    }

    /// Lets the clients work and applies the faults; gives the final reads that follow from it.
    private func clientsWork(
        _ workers: [Worker], _ nemesis: Nemesis, _ control: ClusterControl
    ) async throws -> @Sendable () -> OperationList {
        phase("work")
        let plan = plan
        if let fault = plan.workload.network.asFault {
            await nemesis.start(fault, as: fault.id, plannedAt: recorder.clock.now)
        }
        switch plan.work {
        case .load(let generator, let schedule, let duration, let failover):
            let origin = recorder.clock.now
            let shared = SharedGenerator(generator, origin: origin)
            let load = LoadRun(
                workers: workers, nemesis: nemesis, control: control, recorder: recorder,
                problems: problems, generator: shared, schedule: schedule, duration: duration,
                failover: failover, origin: origin)
            try await ticking(nemesis, total: duration) { await load.run() }
            return { plan.finalReads(of: shared.keys) }
        case .scenario(let steps):
            let recorder = recorder
            let problems = problems
            let progress = progress
            try await ticking(nemesis, total: nil) {
                var scenario = ScenarioRun(
                    plan: plan, steps: steps, workers: workers, nemesis: nemesis, control: control,
                    recorder: recorder, problems: problems, progress: progress)
                do {
                    try await scenario.run()
                } catch is CancellationError {
                    return
                } catch {
                    problems.add(Problem(.harnessError, "\(error)"))
                }
            }
            return { plan.finalReads(of: plan.scenarioKeys) }
        }
    }

    private func ticking(
        _ nemesis: Nemesis, total: Duration?, _ body: @escaping @Sendable () async -> Void
    ) async throws {
        let start = ContinuousClock.now
        _ = try await interruption.watching {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.tick(nemesis, since: start, total: total) }
                await body()
                group.cancelAll()
            }
        }
    }

    private func tick(_ nemesis: Nemesis, since start: ContinuousClock.Instant, total: Duration?) async {
        var last = (counts: recorder.counts, time: start)
        while !Task.isCancelled {
            guard (try? await Task.sleep(for: .milliseconds(500))) != nil else { return }
            let counts = recorder.counts
            let now = ContinuousClock.now
            let done = (counts.ok + counts.fail + counts.info)
            let before = (last.counts.ok + last.counts.fail + last.counts.info)
            let seconds = (now - last.time).inSeconds
            let faults = await nemesis.activeWords
            progress(
                .tick(
                    RunTick(
                        elapsed: now - start, total: total, counts: counts,
                        rate: seconds > 0 ? Int(Double(done - before) / seconds) : 0, activeFaults: faults)))
            last = (counts, now)
        }
    }

    // MARK: The record

    private func phase(_ name: String) {
        endPhase()
        let now = recorder.clock.now
        update { $0.phases.append(PhaseRecord(name, start: now, end: now)) }
        if name != "heal", name != "final-reads" { progress(.phase(name)) }
    }

    private func endPhase() {
        let now = recorder.clock.now
        update { record in
            guard !record.phases.isEmpty else { return }
            record.phases[record.phases.count - 1].end = now
        }
    }

    /// Closes the files and writes the record as it is at the end; gives the record back when that cannot be written.
    func finish() -> RunRecord? {
        for close in [history.close, faults.close] {
            do throws(StoreError) {
                try close()
            } catch {
                fail(.harnessError, "\(error)")
            }
        }
        let duration = recorder.clock.now
        update { $0.duration = duration }
        do throws(StoreError) {
            try directory.write(recordOfNow)
            return nil
        } catch {
            fail(.harnessError, "\(error)")
            return recordOfNow
        }
    }

    /// The record with the problems so far, and the state that follows from them.
    private var recordOfNow: RunRecord {
        let found = problems.all
        let state: RunStatus.State =
            if found.contains(where: { $0.kind == .interrupted }) {
                .interrupted
            } else if found.contains(where: { $0.kind == .harnessError || $0.kind == .unsupported }) {
                .failed
            } else {
                .completed
            }
        return record.withLock { record in
            record.status = RunStatus(state, problems: found)
            return record
        }
    }
}
