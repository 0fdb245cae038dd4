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
        var open = NetworkFault.Reach()
        var poor: PoorNetworkFault?
        var before = PoorNetworkFault.Measures()
    }

    private let control: ClusterControl
    private let recorder: Recorder
    private let writer: FaultsWriter
    private let problems: Problems
    private var random: SeededRandom
    private var active: [String: Active] = [:]
    /// Faults whose start or end is under way: other calls come in between whenever an agent is awaited.
    private var starting: Set<String> = []
    private var ending: Set<String> = []
    private var finished: [FaultRecord] = []
    /// Nodes that a fault left in a state that could not be undone: nothing can be asked of them.
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
    /// Never throws: what does not work becomes a record without proof, and a problem of the run. A fault that failed
    /// half way stays on, so that its end undoes the half that was done.
    func start(_ fault: PlannedFault, as id: String, plannedAt: Int64, isStep: Bool = false) async {
        let plan = isStep ? fault.what : "\(fault)"
        guard active[id] == nil, starting.insert(id).inserted else {
            problems.add(
                Problem(.harnessError, "fault \(id) was to start while it is on", advice: "name it otherwise"))
            return
        }
        defer { starting.remove(id) }
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
            if active[id]?.record.appliedAt == nil { finish(id, fallback: record) }
        }
    }

    private func apply(_ fault: ResolvedFault) async throws {
        switch fault.kind {
        case .kill: try await kill(fault)
        case .powerCut(let torn): try await cutPower(fault, torn: torn)
        case .pause: try await pause(fault)
        case .clock(let clock): try await skew(fault, clock)
        case .partition: try await cut(fault)
        case .network(let network): try await worsen(fault, network)
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
            let seen = try await control.kill(node)
            evidence.append(record(seen, of: node, in: fault, wants: "gone", already: ["gone", "Z", "X"]))
        }
        prove(fault.id, evidence)
    }

    private func cutPower(_ fault: ResolvedFault, torn: Bool) async throws {
        begin(fault)
        var evidence: [EvidenceRecord] = []
        for node in fault.nodes {
            let seen = try await control.cutPower(node, torn: torn)
            evidence.append(Self.record(seen, of: node, wants: "gone", .applied))
        }
        prove(fault.id, evidence)
    }

    private func pause(_ fault: ResolvedFault) async throws {
        begin(fault)
        var evidence: [EvidenceRecord] = []
        for node in fault.nodes {
            let reply = try await control.member(node).agent.call(Signal(name: node, signal: .stop))
            evidence.append(
                record(reply.evidence, of: node, in: fault, wants: "stopped (T)", already: ["T", "t"]))
        }
        prove(fault.id, evidence)
    }

    private func skew(_ fault: ResolvedFault, _ clock: ClockFault) async throws {
        begin(fault)
        var evidence: [EvidenceRecord] = []
        for node in fault.nodes {
            let words = try await control.setClocks(node, clock, isOn: true)
            evidence += zip(clock.nodeClocks, words).map { Self.record($1, of: $0, at: node, isOn: true) }
        }
        prove(fault.id, evidence)
    }

    private static func record(_ word: ClockWord, of clock: String, at node: String, isOn: Bool) -> EvidenceRecord {
        EvidenceRecord(
            observer: word.observer, subject: "clock \(clock) of \(node)",
            observation: "\(word.setting), \(word.ahead) ns ahead of the true one",
            when: isOn ? .applied : .healed, holds: (word.setting == "system") != isOn && word.isConfirmed)
    }

    private func cut(_ fault: ResolvedFault) async throws {
        guard let grudge = fault.grudge else { preconditionFailure("a partition has a grudge") }
        let network = NetworkFault(id: fault.id, grudge: grudge, members: control.members, ports: ports)
        let before = overlap(with: fault.id)
        let open = try await network.reach(beside: before)
        active[fault.id]?.network = network
        active[fault.id]?.open = open
        begin(fault)
        try await network.apply()
        let overlap = before.union(overlap(with: fault.id))
        prove(fault.id, try await network.proof(openBefore: open, beside: overlap))
    }

    private func worsen(_ fault: ResolvedFault, _ network: PoorNetwork) async throws {
        let poor = PoorNetworkFault(
            id: fault.id, network: network, nodes: fault.nodes, members: control.members, ports: ports)
        let before = try await poor.measure("before")
        active[fault.id]?.poor = poor
        active[fault.id]?.before = before
        begin(fault)
        try await poor.apply()
        prove(fault.id, try await poor.proof(before: before, cut: overlap(with: fault.id).cuts))
    }

    private var ports: SystemPorts {
        let traits = control.system.traits
        return SystemPorts(client: traits.clientPort, peer: traits.peerPort, companions: traits.companionPorts)
    }

    /// What other faults cut now: it is closed with and without this one.
    private func overlap(with id: String) -> NetworkFault.Overlap {
        let others = active.values.filter { $0.record.id != id && $0.record.appliedAt != nil }
        return others.compactMap(\.resolved.grudge).map(NetworkFault.Overlap.init)
            .reduce(NetworkFault.Overlap()) { $0.union($1) }
    }

    /// The nodes that another fault of the same kind holds: they stay as they are when one of the two ends.
    private func held(beside fault: Active) -> [String: String] {
        let others = active.values.filter {
            $0.record.id != fault.record.id && $0.record.appliedAt != nil
                && Self.holdsAlike($0.resolved.kind, fault.resolved.kind)
        }
        let pairs = others.flatMap { other in other.resolved.nodes.map { ($0, other.record.id) } }
        return Dictionary(pairs, uniquingKeysWith: min)
    }

    /// A killed node and one without power are dead alike.
    private static func holdsAlike(_ one: FaultKind, _ other: FaultKind) -> Bool {
        one.name == other.name || one.isDeath && other.isDeath
    }

    /// Says which nodes stay as they are, because another fault wants them so; gives the others.
    private func released(by fault: Active, staying word: String) -> [String] {
        let held = held(beside: fault)
        for node in fault.resolved.nodes {
            guard let holder = held[node] else { continue }
            active[fault.record.id]?.record.evidence.append(
                EvidenceRecord(
                    observer: "the runner", subject: node, observation: "stays \(word) for fault \(holder)",
                    when: .healed, holds: true))
        }
        return fault.resolved.nodes.filter { held[$0] == nil }
    }

    /// A process that was so already proves nothing, unless another fault of the kind holds it.
    private func record(
        _ evidence: SignalEvidence, of node: String, in fault: ResolvedFault, wants: String, already: Set<String>
    ) -> EvidenceRecord {
        var record = Self.record(evidence, of: node, wants: wants, .applied)
        guard already.contains(evidence.before) else { return record }
        let isHeld = active[fault.id].map { held(beside: $0)[node] != nil } ?? false
        record.holds = record.holds && isHeld
        record.observation += isHeld ? "; another fault did that too" : "; so it was before"
        return record
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
    ///
    /// A start that is under way is waited for. What could not be undone stays on: the last phase tries again.
    func end(_ id: String, closing gates: [String] = []) async {
        while starting.contains(id) {
            guard (try? await Task.sleep(for: .milliseconds(5))) != nil else { return }
        }
        guard let fault = active[id], fault.record.appliedAt != nil, ending.insert(id).inserted else { return }
        defer { ending.remove(id) }
        do {
            try await undo(fault, closing: gates)
        } catch {
            return note(error, about: fault.record)
        }
        let event = recorder.note(
            "fault-end", ["fault": .string(id), "kind": .string(fault.record.kind)])
        active[id]?.record.healedAt = event.time
        finish(id, fallback: fault.record)
    }

    private func undo(_ fault: Active, closing gates: [String]) async throws {
        let id = fault.record.id
        switch fault.resolved.kind {
        case .kill, .powerCut:
            for node in released(by: fault, staying: "dead") where await control.isDead(node) {
                try await control.start(node, closing: gates)
                noteHealing(
                    of: id,
                    [
                        EvidenceRecord(
                            observer: "the node itself, asked how it is", subject: node,
                            observation: "serves again",
                            when: .healed, holds: true)
                    ])
            }
        case .pause:
            for node in released(by: fault, staying: "stopped") where await !control.isDead(node) {
                let reply = try await control.member(node).agent.call(Signal(name: node, signal: .cont))
                let seen = Self.record(reply.evidence, of: node, wants: "not stopped", .healed)
                guard reply.evidence.isConfirmed else {
                    unhealed.insert(node)
                    active[id]?.record.evidence.append(seen)
                    active[id]?.record.outcome = .notProven
                    problems.add(
                        Problem(
                            .faultNotProven, node: node,
                            "fault \(id) is not proven to have ended: \(seen.observation)",
                            advice: "what this node did afterwards says nothing; see the log of its agent"))
                    continue
                }
                noteHealing(of: id, [seen])
                unhealed.remove(node)
                try await control.tellLeader(to: node)
            }
        case .clock(let clock):
            for node in released(by: fault, staying: "skewed") {
                let words = try await control.setClocks(node, clock, isOn: false)
                noteHealing(
                    of: id, zip(clock.nodeClocks, words).map { Self.record($1, of: $0, at: node, isOn: false) })
            }
        case .partition:
            guard let network = fault.network else { return }
            try await network.heal()
            noteHealing(
                of: id, try await network.healingProof(openBefore: fault.open, beside: overlap(with: id)))
        case .network:
            guard let poor = fault.poor else { return }
            try await poor.heal()
            noteHealing(
                of: id, try await poor.healingProof(before: fault.before, cut: overlap(with: id).cuts))
        }
    }

    private func noteHealing(of id: String, _ evidence: [EvidenceRecord]) {
        active[id]?.record.evidence += evidence
        for failure in evidence where !failure.holds {
            problems.add(
                Problem(
                    .harnessError,
                    "fault \(id) is healed, but not so for \(failure.subject): \(failure.observation)",
                    advice: "operations after that may have been under the fault still"))
        }
    }

    /// Undoes everything that is on but what was meant for ever; the newest first.
    func endAll() async {
        let order = active.values.sorted { ($0.record.appliedAt ?? 0) > ($1.record.appliedAt ?? 0) }
        for fault in order where fault.end != .never { await end(fault.record.id) }
        for fault in order where active[fault.record.id] != nil {
            if fault.end != .never, fault.resolved.kind == .pause { unhealed.formUnion(fault.resolved.nodes) }
            finish(fault.record.id, fallback: fault.record)
        }
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
        // The user has ended the run, which is said elsewhere; the fault itself is undone in the last phase.
        if Task.isCancelled { return }
        let cannot = (error as? AgentError)?.code == .unsupported
        problems.add(
            Problem(
                cannot ? .unsupported : .harnessError,
                node: (error as? AgentError)?.host ?? (error as? SystemError)?.node,
                "fault \(fault.id) (\(fault.kind)): \(error)",
                advice: cannot ? "choose another fault, or hosts whose kernel can do it" : nil))
    }
}

/// Where a system takes clients and where its nodes take each other.
struct SystemPorts: Hashable, Sendable {
    var client: Int
    var peer: Int
    /// Of processes beside the nodes.
    var companions: [Int] = []
}
