import AgentProtocol
import Determinism
import Faults
import HistoryModel
import RunStore
import Systems
import Workloads

/// Applies faults, proves that they took hold, undoes them, and writes all of it down.
actor Nemesis {
    private struct Active {
        var resolved: ResolvedFault
        var record: FaultRecord
        var end: FaultEnd
        var network: NetworkFault?
        /// What was reachable before it, and what another fault had taken away already.
        var before = Reachability()
        var taken = Reachability()
        /// The processes that were stopped.
        var stopped: [String: ProcessIdentity] = [:]
        var stage = Stage.starting
    }

    private enum Stage { case starting, on, ending, undone }

    private let control: ClusterControl
    private let recorder: Recorder
    private let writer: FaultsWriter
    private let problems: Problems
    private var random: SeededRandom
    private var active: [String: Active] = [:]
    private var finished: [FaultRecord] = []
    /// Nodes that a fault left in a state that could not be undone.
    private(set) var unhealed: Set<String> = []

    init(
        control: ClusterControl, recorder: Recorder, writer: FaultsWriter, problems: Problems,
        random: SeededRandom
    ) {
        self.control = control
        self.recorder = recorder
        self.writer = writer
        self.problems = problems
        self.random = random
    }

    /// The faults that are on, with their nodes, for progress.
    var activeWords: [String] {
        active.values.sorted { $0.record.id < $1.record.id }.map { "\($0.record.id) (\($0.record.kind))" }
    }

    /// All faults of the run as far as it went.
    var records: [FaultRecord] { finished + active.values.map(\.record) }

    // MARK: Start

    /// Chooses the nodes, applies the fault and looks for its effect.
    ///
    /// Never throws: what does not work becomes a record without proof, and a problem of the run.
    func start(_ fault: PlannedFault, as id: String, plannedAt: Int64, isStep: Bool = false) async {
        let plan = isStep ? fault.what : "\(fault)"
        var record = FaultRecord(
            id: id, kind: fault.kind.name, description: plan, nodes: [], isRequired: fault.required,
            plannedAt: plannedAt, outcome: .notApplied)
        do {
            let leader = await control.leader
            let resolved = try fault.resolve(
                as: id, nodes: control.nodes, leader: leader, random: &random)
            record.nodes = resolved.nodes
            record.description = "\(plan): \(resolved.detail)"
            active[id] = Active(resolved: resolved, record: record, end: fault.end)
            try await apply(resolved)
            active[id]?.stage = .on
        } catch {
            note(error, about: active[id]?.record ?? record)
            await undoRest(of: id)
            finish(id, fallback: record)
        }
    }

    /// Undoes what a fault that could not be applied to its end may have done.
    private func undoRest(of id: String) async {
        guard let fault = active[id], fault.record.appliedAt != nil else { return }
        active[id]?.stage = .ending
        do {
            try await undo(fault, closing: [])
        } catch {
            note(error, about: fault.record)
        }
        noteEnd(of: fault)
    }

    private func noteEnd(of fault: Active) {
        let event = recorder.note(
            "fault-end", ["fault": .string(fault.record.id), "kind": .string(fault.record.kind)])
        active[fault.record.id]?.record.healedAt = event.time
    }

    private func apply(_ fault: ResolvedFault) async throws {
        switch fault.kind {
        case .kill: try await kill(fault)
        case .pause: try await pause(fault)
        case .partition: try await cut(fault)
        }
        if let record = active[fault.id]?.record { try writer.append(record) }
    }

    private func begin(_ fault: ResolvedFault) {
        let event = recorder.note(
            "fault-start",
            [
                "fault": .string(fault.id), "kind": .string(fault.kind.name),
                "nodes": .list(fault.nodes.map { .string($0) }), "detail": .string(fault.detail),
            ])
        active[fault.id]?.record.appliedAt = event.time
        active[fault.id]?.record.outcome = .notProven
    }

    /// A fault is proven when there is evidence, and all of it holds.
    private func prove(_ id: String, _ evidence: [EvidenceRecord]) {
        active[id]?.record.evidence += evidence
        let applied = evidence.filter { $0.when == .applied }
        if !applied.isEmpty, applied.allSatisfy(\.holds) { active[id]?.record.outcome = .proven }
    }

    /// A fault that did not last until its end is not proven after all.
    private func confirm(_ id: String, _ evidence: [EvidenceRecord]) {
        active[id]?.record.evidence += evidence
        if !evidence.allSatisfy(\.holds) { active[id]?.record.outcome = .notProven }
    }

    /// Another fault of the kind that is on and hits the node.
    private func other(than id: String, _ kind: FaultKind, on node: String, isProven: Bool = false) -> Active? {
        active.values.filter {
            $0.record.id != id && $0.resolved.kind == kind && $0.resolved.nodes.contains(node)
                && $0.record.appliedAt != nil && ($0.stage == .starting || $0.stage == .on)
                && (!isProven || $0.record.outcome == .proven)
        }.min { $0.record.id < $1.record.id }
    }

    /// What other faults take away from the network.
    private func takenByOthers(than id: String, isProven: Bool) -> Reachability {
        active.values.filter {
            $0.record.id != id && $0.stage != .undone && $0.record.appliedAt != nil
                && (!isProven || $0.record.outcome == .proven)
        }.compactMap { $0.network?.taken }.reduce(Reachability()) { $0.union($1) }
    }

    private func kill(_ fault: ResolvedFault) async throws {
        begin(fault)
        var evidence: [EvidenceRecord] = []
        for node in fault.nodes {
            let cause = other(than: fault.id, .kill, on: node, isProven: true)?.record.id
            evidence.append(
                Self.record(
                    try await control.kill(node), of: node, wants: "gone", already: Self.isGone, cause: cause))
        }
        prove(fault.id, evidence)
    }

    private func pause(_ fault: ResolvedFault) async throws {
        begin(fault)
        var evidence: [EvidenceRecord] = []
        for node in fault.nodes {
            let cause = other(than: fault.id, .pause, on: node, isProven: true)?.record.id
            let reply = try await control.member(node).agent.call(Signal(name: node, signal: .stop))
            active[fault.id]?.stopped[node] = reply.evidence.process
            evidence.append(
                Self.record(
                    reply.evidence, of: node, wants: "stopped (T)", already: Self.isStopped, cause: cause))
        }
        prove(fault.id, evidence)
    }

    private func cut(_ fault: ResolvedFault) async throws {
        guard let grudge = fault.grudge else { preconditionFailure("a partition has a grudge") }
        let traits = control.system.traits
        let network = NetworkFault(
            id: fault.id, grudge: grudge, members: control.members,
            ports: SystemPorts(client: traits.clientPort, peer: traits.peerPort))
        let before = try await network.reachable()
        let taken = takenByOthers(than: fault.id, isProven: false)
        active[fault.id]?.network = network
        active[fault.id]?.before = before
        active[fault.id]?.taken = taken
        begin(fault)
        try await network.apply()
        prove(
            fault.id,
            try await network.proof(before: before, others: takenByOthers(than: fault.id, isProven: true)))
    }

    private static func isGone(_ state: String) -> Bool { ["gone", "Z", "X"].contains(state) }
    private static func isStopped(_ state: String) -> Bool { ["T", "t"].contains(state) }

    /// What the observer saw of a signal's effect. A state that was there already is none, unless another fault that is
    /// proven (`cause`) brought it about.
    private static func record(
        _ evidence: SignalEvidence, of node: String, wants: String, already: (String) -> Bool, cause: String?
    ) -> EvidenceRecord {
        let wasThere = already(evidence.before)
        let why = wasThere ? cause.map { " by fault \($0)" } ?? ", by no fault" : ""
        return EvidenceRecord(
            observer: observer(of: evidence), subject: "process \(evidence.process.pid) of \(node)",
            observation: "state \(evidence.before) before\(why), \(evidence.after) after; wanted: \(wants)",
            when: .applied, holds: evidence.isConfirmed && (!wasThere || cause != nil))
    }

    private static func observer(of evidence: SignalEvidence) -> String {
        "process \(evidence.observer) reading /proc (the agent is \(evidence.sender))"
    }

    // MARK: End

    /// Undoes a fault and looks whether that worked; a fault that is not on is left alone.
    ///
    /// One that is still being applied is waited for: its last rule or signal must not come after its healing.
    func end(_ id: String, closing gates: [String] = []) async {
        while active[id]?.stage == .starting {
            // Cancelled: the last phase ends it.
            guard (try? await Task.sleep(for: .milliseconds(5))) != nil else { return }
        }
        guard let fault = active[id], fault.stage == .on else { return }
        active[id]?.stage = .ending
        do {
            try await undo(fault, closing: gates)
        } catch {
            note(error, about: fault.record)
        }
        noteEnd(of: fault)
        finish(id, fallback: fault.record)
    }

    private func undo(_ fault: Active, closing gates: [String]) async throws {
        switch fault.resolved.kind {
        case .kill: try await restart(fault, closing: gates)
        case .pause: try await resume(fault)
        case .partition: try await mend(fault)
        }
    }

    private func heals(_ id: String, _ observer: String, _ subject: String, _ observation: String, _ holds: Bool = true)
    {
        active[id]?.record.evidence.append(
            EvidenceRecord(
                observer: observer, subject: subject, observation: observation, when: .healed, holds: holds))
    }

    private func restart(_ fault: Active, closing gates: [String]) async throws {
        let id = fault.record.id
        let held = holders(of: fault)
        for node in fault.resolved.nodes {
            if let holder = held[node] {
                heals(id, "the runner", node, "stays dead for fault \(holder)")
            } else if try await control.hasProcess(node) {
                heals(id, "the kernel's process table", node, "has a process: it did not die, or is back already")
                await control.noteAlive(node)
            } else {
                try await control.start(node, closing: gates)
                heals(id, "the node's own ready line", node, "serves again")
            }
        }
    }

    /// Nodes of a fault that another one still wants as they are.
    private func holders(of fault: Active) -> [String: String] {
        var held: [String: String] = [:]
        for node in fault.resolved.nodes {
            held[node] = other(than: fault.record.id, fault.resolved.kind, on: node)?.record.id
        }
        return held
    }

    private func resume(_ fault: Active) async throws {
        let id = fault.record.id
        let held = holders(of: fault)
        for node in fault.resolved.nodes {
            if let holder = held[node] {
                heals(id, "the runner", node, "stays stopped for fault \(holder)")
            } else if await control.isDead(node) {
                heals(id, "the runner", node, "was killed meanwhile")
            } else {
                let reply = try await control.member(node).agent.call(Signal(name: node, signal: .cont))
                look(at: reply.evidence, of: node, fault)
            }
        }
    }

    /// Whether the process was stopped until now, and runs from now on.
    private func look(at evidence: SignalEvidence, of node: String, _ fault: Active) {
        let id = fault.record.id
        let subject = "process \(evidence.process.pid) of \(node)"
        let observer = Self.observer(of: evidence)
        if fault.stopped[node] == evidence.process {
            confirm(
                id,
                [
                    EvidenceRecord(
                        observer: "the agent reading /proc at the end of the fault", subject: subject,
                        observation: "state \(evidence.before); wanted: stopped (T)", when: .applied,
                        holds: Self.isStopped(evidence.before))
                ])
        }
        heals(
            id, observer, subject, "state \(evidence.after); wanted: not stopped", evidence.isConfirmed)
        guard !evidence.isConfirmed else { return }
        active[id]?.record.outcome = .notProven
        unhealed.insert(node)
        problems.add(
            Problem(
                .faultNotProven, node: node,
                "fault \(id) is not proven to be healed: \(subject) is in state \(evidence.after) after SIGCONT",
                advice: "the verdicts say what a stopped node did to the system; teardown ends the process"))
    }

    private func mend(_ fault: Active) async throws {
        let id = fault.record.id
        guard let network = fault.network else { return }
        confirm(id, try await network.heal())
        active[id]?.stage = .undone
        let wanted = fault.before.union(fault.taken).subtracting(takenByOthers(than: id, isProven: false))
        let evidence = try await network.healingProof(wanted: wanted)
        active[id]?.record.evidence += evidence
        for failure in evidence where !failure.holds {
            problems.add(
                Problem(
                    .harnessError,
                    "fault \(id) is healed, but \(failure.subject) is still cut: \(failure.observation)"))
        }
    }

    /// Undoes everything that is on but what was meant for ever; the newest first.
    func endAll() async {
        let order = active.values.sorted { ($0.record.appliedAt ?? 0) > ($1.record.appliedAt ?? 0) }
        for fault in order where fault.end != .never { await end(fault.record.id) }
        for fault in order where fault.end == .never { finish(fault.record.id, fallback: fault.record) }
    }

    private func finish(_ id: String, fallback: FaultRecord) {
        let record = active.removeValue(forKey: id)?.record ?? fallback
        finished.append(record)
        do {
            try writer.append(record)
        } catch {
            problems.add(Problem(.harnessError, "\(error)"))
        }
    }

    private func note(_ error: any Error, about fault: FaultRecord) {
        let cannot = (error as? AgentError)?.code == .unsupported
        problems.add(
            Problem(
                cannot ? .unsupported : .harnessError, node: (error as? AgentError)?.host,
                "fault \(fault.id) (\(fault.kind)): \(error)",
                advice: cannot ? "choose another fault, or hosts whose kernel can do it" : nil))
    }
}

/// Where a system takes clients and where its nodes take each other.
struct SystemPorts: Hashable, Sendable {
    var client: Int
    var peer: Int
}
