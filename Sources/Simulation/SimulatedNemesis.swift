import Determinism
import Faults
import HistoryModel
import RunStore

/// Applies faults, looks at their effect, undoes them, and writes all of it down: as `Nemesis` does on hosts.
final class SimulatedNemesis {
    private struct Active {
        var resolved: ResolvedFault
        var record: FaultRecord
        var end: FaultEnd
    }

    private let cluster: SimulatedCluster
    private let recorder: SimulationRecorder
    private var random: SeededRandom
    private var active: [String: Active] = [:]
    private var finished: [FaultRecord] = []

    init(_ cluster: SimulatedCluster, _ recorder: SimulationRecorder, random: SeededRandom) {
        self.cluster = cluster
        self.recorder = recorder
        self.random = random
    }

    var records: [FaultRecord] { finished + active.values.map(\.record).sorted { $0.id < $1.id } }

    private static let observer = "the simulator"

    // MARK: Start

    func start(_ fault: PlannedFault, as id: String, plannedAt: Int64, isStep: Bool = false) {
        let plan = isStep ? fault.what : "\(fault)"
        guard active[id] == nil else {
            recorder.add(
                Problem(.harnessError, "fault \(id) was to start while it is on", advice: "name it otherwise"))
            return
        }
        var record = FaultRecord(
            id: id, kind: fault.kind.name, description: plan, nodes: [], isRequired: fault.required,
            plannedAt: plannedAt, outcome: .notApplied)
        cluster.lookForLeader()
        do throws(FaultError) {
            let resolved = try fault.resolve(
                as: id, nodes: cluster.names, leader: cluster.leader, random: &random)
            record.nodes = resolved.nodes
            record.description = "\(plan): \(resolved.detail)"
            active[id] = Active(resolved: resolved, record: record, end: fault.end)
            apply(resolved)
        } catch {
            finished.append(record)
            recorder.add(Problem(.harnessError, "fault \(id) (\(record.kind)): \(error)"))
        }
    }

    private func apply(_ fault: ResolvedFault) {
        let before = fault.nodes.map(state)
        let event = recorder.note(
            "fault-start",
            [
                "fault": .string(fault.id), "kind": .string(fault.kind.name),
                "nodes": .list(fault.nodes.map { .string($0) }), "detail": .string(fault.detail),
            ])
        active[fault.id]?.record.appliedAt = event.time
        for node in fault.nodes {
            switch fault.kind {
            case .kill: cluster.kill(cluster.node(node))
            case .powerCut(let torn): cluster.cutPower(cluster.node(node), torn: torn)
            case .pause: cluster.pause(cluster.node(node))
            case .clock(let clock): cluster.setClocks(of: cluster.node(node), clock, isOn: true)
            case .partition, .network: break
            }
        }
        if let grudge = fault.grudge { cluster.cut(grudge) }
        if case .network(let network) = fault.kind { cluster.setNetwork(network, of: fault.nodes, for: fault.id) }
        let evidence = evidence(of: fault, before)
        active[fault.id]?.record.evidence += evidence
        active[fault.id]?.record.outcome = evidence.allSatisfy(\.holds) && !evidence.isEmpty ? .proven : .notProven
    }

    private func evidence(of fault: ResolvedFault, _ before: [String]) -> [EvidenceRecord] {
        if let grudge = fault.grudge { return paths(grudge) }
        guard case .network(let network) = fault.kind else {
            return zip(fault.nodes, before).map { look($0, in: fault, before: $1) }
        }
        return PoorNetwork.paths(of: fault.nodes, among: cluster.names).map { path in
            let isPoor = cluster.isPoor(from: path.speaker, to: path.hearer, network)
            return EvidenceRecord(
                observer: Self.observer, subject: "\(path.speaker) to \(path.hearer)",
                observation: isPoor ? "\(network)" : "as ever", when: .applied, holds: isPoor)
        }
    }

    private func state(_ node: String) -> String {
        let node = cluster.node(node)
        return !node.isAlive ? "gone" : node.isPaused ? "stopped" : "running"
    }

    private func look(_ node: String, in fault: ResolvedFault, before: String) -> EvidenceRecord {
        if case .clock(let clock) = fault.kind { return look(at: clock, of: node, isOn: true) }
        let wanted = fault.kind.isDeath ? "gone" : "stopped"
        let after = state(node)
        let isHeld = before != wanted || others(than: fault.id, like: fault.kind).contains(node)
        return EvidenceRecord(
            observer: Self.observer, subject: "process of \(node)",
            observation: "\(before) before, \(after) after; wanted: \(wanted)", when: .applied,
            holds: after == wanted && isHeld)
    }

    private func look(at clock: ClockFault, of name: String, isOn: Bool) -> EvidenceRecord {
        let node = cluster.node(name)
        return EvidenceRecord(
            observer: Self.observer, subject: "clocks of \(name)", observation: cluster.clockWords(of: node),
            when: isOn ? .applied : .healed, holds: cluster.isSet(node, clock, isOn: isOn))
    }

    /// One line for each direction that is cut.
    private func paths(_ grudge: Grudge) -> [EvidenceRecord] {
        let peers = grudge.peers.map { cut in
            let isCut = cluster.isCut(from: cut.speaker, to: cut.hearer)
            return EvidenceRecord(
                observer: Self.observer, subject: "\(cut.speaker) to \(cut.hearer)",
                observation: isCut ? "nothing passes" : "everything passes", when: .applied, holds: isCut)
        }
        let clients =
            (grudge.deafToClients.map { ("clients to \($0)", cluster.isDeaf($0)) }
            + grudge.muteToClients.map { ("\($0) to clients", cluster.isMute($0)) }).map { subject, isCut in
                EvidenceRecord(
                    observer: Self.observer, subject: subject,
                    observation: isCut ? "nothing passes" : "everything passes", when: .applied, holds: isCut)
            }
        return peers + clients
    }

    /// Nodes that other faults hold in the same way: a killed one and one without power are dead alike.
    private func others(than id: String, like kind: FaultKind) -> Set<String> {
        let others = active.values.filter { other in
            let found = other.resolved.kind
            return other.record.id != id && (found.name == kind.name || found.isDeath && kind.isDeath)
        }
        return Set(others.flatMap(\.resolved.nodes))
    }

    // MARK: End

    /// Undoes a fault; one that is not on is left alone.
    func end(_ id: String, closing gates: [String] = []) {
        guard let fault = active[id] else { return }
        let held = others(than: id, like: fault.resolved.kind)
        for name in fault.resolved.nodes where !held.contains(name) {
            let node = cluster.node(name)
            switch fault.resolved.kind {
            case .kill, .powerCut: cluster.start(node, closing: gates)
            case .pause:
                cluster.resume(node)
                let (cluster, life) = (cluster, node.life)
                cluster.time.after(cluster.networkTime(cluster.model.telling)) {
                    if node.life == life { cluster.tellLeader(to: node) }
                }
            case .clock(let clock): cluster.setClocks(of: node, clock, isOn: false)
            case .partition, .network: break
            }
        }
        if let grudge = fault.resolved.grudge { cluster.heal(grudge) }
        if case .network = fault.resolved.kind { cluster.setNetwork(nil, of: [], for: id) }
        active[id]?.record.evidence += fault.resolved.nodes.filter { !held.contains($0) }.map {
            healed($0, fault.resolved)
        }
        let event = recorder.note("fault-end", ["fault": .string(id), "kind": .string(fault.record.kind)])
        active[id]?.record.healedAt = event.time
        if let record = active.removeValue(forKey: id)?.record { finished.append(record) }
    }

    private func healed(_ node: String, _ fault: ResolvedFault) -> EvidenceRecord {
        if case .clock(let clock) = fault.kind { return look(at: clock, of: node, isOn: false) }
        if case .network = fault.kind {
            return EvidenceRecord(
                observer: Self.observer, subject: node, observation: "packets pass as before", when: .healed,
                holds: cluster.poorNetworks[fault.id] == nil)
        }
        return EvidenceRecord(
            observer: Self.observer, subject: fault.grudge == nil ? "process of \(node)" : node,
            observation: fault.grudge == nil ? "\(state(node)) again" : "heard again", when: .healed,
            holds: state(node) != (fault.kind.isDeath ? "gone" : "stopped"))
    }

    /// Undoes everything that is on but what was meant for ever; the newest first.
    func endAll() {
        let order = active.values.sorted {
            ($0.record.appliedAt ?? 0, $0.record.id) > ($1.record.appliedAt ?? 0, $1.record.id)
        }
        for fault in order where fault.end != .never { end(fault.record.id) }
        for fault in order {
            if let record = active.removeValue(forKey: fault.record.id)?.record { finished.append(record) }
        }
    }
}
