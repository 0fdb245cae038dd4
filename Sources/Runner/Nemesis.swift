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
        var open: Set<NetworkFault.Path> = []
    }

    private let control: ClusterControl
    private let recorder: Recorder
    private let writer: FaultsWriter
    private let problems: Problems
    private var random: SeededRandom
    private var active: [String: Active] = [:]
    private var finished: [FaultRecord] = []

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
        } catch {
            note(error, about: record)
            finish(id, fallback: record)
        }
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

    private func prove(_ id: String, _ evidence: [EvidenceRecord]) {
        active[id]?.record.evidence += evidence
        let applied = evidence.filter { $0.when == .applied }
        if !applied.isEmpty, applied.allSatisfy(\.holds) { active[id]?.record.outcome = .proven }
    }

    private func kill(_ fault: ResolvedFault) async throws {
        begin(fault)
        var evidence: [EvidenceRecord] = []
        for node in fault.nodes {
            evidence.append(Self.record(try await control.kill(node), of: node, wants: "gone", .applied))
        }
        prove(fault.id, evidence)
    }

    private func pause(_ fault: ResolvedFault) async throws {
        begin(fault)
        var evidence: [EvidenceRecord] = []
        for node in fault.nodes {
            let reply = try await control.member(node).agent.call(Signal(name: node, signal: .stop))
            evidence.append(Self.record(reply.evidence, of: node, wants: "stopped (T)", .applied))
        }
        prove(fault.id, evidence)
    }

    private func cut(_ fault: ResolvedFault) async throws {
        guard let grudge = fault.grudge else { preconditionFailure("a partition has a grudge") }
        let traits = control.system.traits
        let network = NetworkFault(
            id: fault.id, grudge: grudge, members: control.members,
            ports: SystemPorts(client: traits.clientPort, peer: traits.peerPort))
        let open = try await network.openPaths()
        active[fault.id]?.network = network
        active[fault.id]?.open = open
        begin(fault)
        try await network.apply()
        prove(fault.id, try await network.proof(openBefore: open))
    }

    private static func record(
        _ evidence: SignalEvidence, of node: String, wants: String, _ when: EvidenceRecord.Moment
    ) -> EvidenceRecord {
        EvidenceRecord(
            observer: "process \(evidence.observer) reading /proc (the agent is \(evidence.sender))",
            subject: "process \(evidence.process.pid) of \(node)",
            observation: "state \(evidence.before) before, \(evidence.after) after; wanted: \(wants)",
            when: when, holds: evidence.isConfirmed)
    }

    // MARK: End

    /// Undoes a fault and looks whether that worked; a fault that is not on is left alone.
    func end(_ id: String, closing gates: [String] = []) async {
        guard let fault = active[id], fault.record.appliedAt != nil else { return }
        do {
            try await undo(fault, closing: gates)
        } catch {
            note(error, about: fault.record)
        }
        let event = recorder.note(
            "fault-end", ["fault": .string(id), "kind": .string(fault.record.kind)])
        active[id]?.record.healedAt = event.time
        finish(id, fallback: fault.record)
    }

    private func undo(_ fault: Active, closing gates: [String]) async throws {
        switch fault.resolved.kind {
        case .kill:
            for node in fault.resolved.nodes {
                try await control.start(node, closing: gates)
                active[fault.record.id]?.record.evidence.append(
                    EvidenceRecord(
                        observer: "the node's own ready line", subject: node, observation: "serves again",
                        when: .healed, holds: true))
            }
        case .pause:
            for node in fault.resolved.nodes {
                let reply = try await control.member(node).agent.call(Signal(name: node, signal: .cont))
                active[fault.record.id]?.record.evidence.append(
                    Self.record(reply.evidence, of: node, wants: "not stopped", .healed))
            }
        case .partition:
            guard let network = fault.network else { return }
            try await network.heal()
            var evidence = try await network.healingProof(openBefore: fault.open)
            evidence += await network.clientHealingProof()
            active[fault.record.id]?.record.evidence += evidence
            for failure in evidence where !failure.holds {
                problems.add(
                    Problem(
                        .harnessError,
                        "fault \(fault.record.id) is healed, but \(failure.subject) is still cut: "
                            + failure.observation))
            }
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
