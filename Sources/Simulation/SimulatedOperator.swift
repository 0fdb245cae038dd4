import Faults
import HistoryModel
import NodeRuntime
import Replication
import Systems
import Workloads

// What an operator does with the cluster: as `ClusterControl` does over SSH.
extension SimulatedCluster {
    /// Makes a living follower the leader and points the others at it; `nil` if nobody can be.
    func promote(_ choice: PromotionChoice) -> (leader: String, position: Position)? {
        let old = leader
        let candidates = living.filter { $0.name != old }
        let answering = candidates.filter { !$0.isPaused && role(of: $0) == "follower" }
        let chosen: SimulatedNode? =
            switch choice {
            case .named(let name): node(name)
            case .mostAdvanced: Self.furthest(answering)
            }
        guard let chosen, order(.promote, at: chosen) == .done else { return nil }
        for other in candidates where other !== chosen {
            if order(.follow(chosen.name), at: other) == nil { untold.insert(other.name) }
        }
        if node(old).isPaused { untold.insert(old) }
        plan.leader = chosen.name
        if !node(old).isAlive, !system.traits.choosesLeader { outdated.insert(old) }
        return (chosen.name, Self.position(of: chosen))
    }

    /// The one with the highest timeline, then position; of equals the first by name.
    private static func furthest(_ nodes: [SimulatedNode]) -> SimulatedNode? {
        nodes.min { left, right in
            let (one, other) = (position(of: left), position(of: right))
            return one == other ? left.name < right.name : one > other
        }
    }

    /// Where the log of a living node ends.
    private static func position(of node: SimulatedNode) -> Position {
        guard let status = node.member?.status else { return .start }
        return Position(
            timeline: UInt32(clamping: status["timeline"]?.integer ?? 0),
            lsn: LSN(clamping: status["lsn"]?.integer ?? 0))
    }

    /// Asks the nodes who leads, where they agree on that by themselves; of several the one of the latest term.
    func lookForLeader() {
        guard system.traits.choosesLeader else { return }
        let leading = living.filter { !$0.isPaused && role(of: $0) == "leader" }
        if let found = Self.furthest(leading) { plan.leader = found.name }
    }

    /// What a living node says it is.
    func role(of node: SimulatedNode) -> String? { node.member?.status["role"]?.text }

    /// Points a node that stood still during a promotion at the leader of now.
    func tellLeader(to node: SimulatedNode) {
        guard untold.remove(node.name) != nil, node.name != leader else { return }
        order(.follow(leader), at: node)
    }

    /// Opens or closes gates of a node; what it says if it refuses.
    func setGates(_ targets: [String], open: Bool, at node: SimulatedNode) -> String? {
        for target in targets {
            if target == GateChange.Gate.fsync.rawValue {
                guard node.isAlive, !node.isPaused else { return "\(node.name) does not answer" }
                setFsyncGate(isClosed: !open, at: node)
                continue
            }
            switch order(.gate(target, isClosed: !open), at: node) {
            case .done: break
            case .refused(let reason): return reason
            case nil: return "\(node.name) does not answer"
            }
        }
        return nil
    }

    func openAllGates(but unhealed: Set<String>) {
        for node in living where !unhealed.contains(node.name) {
            for gate in GateChange.Gate.allCases {
                let change = GateChange(isClosing: false, gate: gate, nodes: .all)
                _ = setGates(change.targets(at: node.name, peers: names), open: true, at: node)
            }
        }
    }

    /// What keeps the living followers from having all of the leader's log; `nil` when they have.
    func lag(heldBack: Set<String>) -> String? {
        if system.traits.hasManyLeaders { return lagOfAny(heldBack: heldBack) }
        guard system.traits.hasLeader else { return unrest(heldBack) }
        lookForLeader()
        guard let goal = status(of: node(leader)), goal.role == .leader else { return "\(leader) does not lead" }
        // Where followers acknowledge, the leader shows an entry last of all.
        if heldBack.isEmpty, living.count == nodes.count, let flaw = goal.lagOfOwn { return "\(leader): \(flaw)" }
        for node in living where node.name != leader && !heldBack.contains(node.name) && goal.counts(node.name) {
            guard let status = status(of: node) else { return "\(node.name) does not answer" }
            if let flaw = status.lag(behind: goal) { return "\(node.name): \(flaw)" }
        }
        return nil
    }

    /// Nodes that are in no group any more, as its leader says.
    func outsiders() -> [String] {
        guard system.traits.hasLeader, let known = status(of: node(leader)), known.role == .leader else {
            return []
        }
        return names.filter { !known.counts($0) }
    }

    private func lagOfAny(heldBack: Set<String>) -> String? {
        var statuses: [NodeStatus] = []
        for node in living where !heldBack.contains(node.name) {
            guard let status = status(of: node) else { return "\(node.name) does not answer" }
            statuses.append(status)
        }
        return NodeStatus.lag(among: statuses)
    }

    /// What keeps the nodes of a system without a leader from rest.
    private func unrest(_ heldBack: Set<String>) -> String? {
        for node in living where !heldBack.contains(node.name) {
            guard let status = status(of: node) else { return "\(node.name) does not answer" }
            if let reason = status.unrest.first { return "\(node.name): \(reason)" }
        }
        return nil
    }

    /// What a node says of itself, if it answers.
    private func status(of node: SimulatedNode) -> NodeStatus? {
        guard let member = node.member, !node.isPaused else { return nil }
        guard let answer = try? JSONText.value(Array(NodeReports.status(member).utf8)) else { return nil }
        return try? NodeControl.status(answer)
    }

    /// The content of a living node that answers.
    func dump(_ node: SimulatedNode) -> Value? {
        guard let member = node.member, !node.isPaused else { return nil }
        guard let answer = try? JSONText.value(Array(NodeReports.dump(member).utf8)) else { return nil }
        return try? NodeControl.dump(answer).value
    }
}
