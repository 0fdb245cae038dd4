import Clients
import Determinism
import Faults
import Generators
import HistoryModel
import NodeRuntime
import Replication
import Systems
import Workloads

// A directed scenario: its steps one after the other, each looked at before the next.
extension SimulationSession {
    /// Does a step; what went otherwise than wanted, `nil` if nothing did.
    func perform(_ step: ScenarioStep) -> String? {
        switch step.action {
        case .operate(let operation): return perform(operation)
        case .release(let attempt, let client): return release(attempt, of: client)
        case .gate(let change): return set(change)
        case .start(let fault):
            nemesis.start(fault, as: fault.id, plannedAt: cluster.time.now, isStep: true)
        case .end(let fault, let gates):
            nemesis.end(fault, closing: gates)
            cluster.time.run(until: cluster.time.now + cluster.networkTime(cluster.model.starting))
        case .promote(let choice): return promote(choice)
        case .order(let words, let target, let mayFail):
            let failure = order(words, at: target, isAwaited: !mayFail)
            return mayFail ? nil : failure
        case .damage(let target): return damage(target)
        case .wipe(let target): return wipe(target)
        case .wait(.time(let duration)): cluster.time.run(until: cluster.time.now + duration.nanoseconds)
        case .wait(.leader):
            return wait(within: 20 * Self.second) {
                guard cluster.system.traits.hasLeader else { return nil }
                cluster.lookForLeader()
                return cluster.role(of: cluster.node(cluster.leader)) == "leader" ? nil : "nobody leads"
            }
        case .wait(.caughtUp): return waitUntilCaughtUp(within: 20 * Self.second)
        }
        return nil
    }

    private func perform(_ step: ScenarioOperation) -> String? {
        cluster.lookForLeader()
        let leader = cluster.leader
        var node: String?
        do throws(FaultError) {
            node = try step.at?.resolve(nodes: cluster.names, leader: leader, random: &random).first
        } catch {
            return "\(error)"
        }
        node = plan.workload.reads.node(
            client: step.client, step: step.operation.isRead, wanted: node, nodes: cluster.names, leader: leader,
            random: &random)
        var reply: ClientReply?
        worker(step.client).perform(step.operation, at: node, hold: step.hold) { reply = $0 }
        cluster.time.run(until: .max) { reply != nil }
        guard let reply else { return "never ended" }
        guard step.expect == .any || step.expect.rawValue == reply.type.rawValue else {
            return "ended as \(reply.type.rawValue)" + (reply.error.map { " (\($0))" } ?? "")
        }
        return nil
    }

    private func release(_ attempt: String, of client: Int) -> String? {
        var isOver = false
        var failure: String?
        worker(client).release(attempt) { (isOver, failure) = (true, $0) }
        cluster.time.run(until: .max) { isOver }
        return failure
    }

    private func order(_ words: [String], at target: Target, isAwaited: Bool) -> String? {
        guard let order = OrderWords.order(words) else { return "no order: \(words.joined(separator: " "))" }
        do throws(FaultError) {
            for node in try target.resolve(nodes: cluster.names, leader: cluster.leader, random: &random) {
                if let failure = self.order(order, at: cluster.node(node), isAwaited: isAwaited) { return failure }
            }
        } catch {
            return "\(error)"
        }
        return nil
    }

    /// Some orders take their time.
    private func order(_ order: AdminOrder, at node: SimulatedNode, isAwaited: Bool) -> String? {
        var outcome = cluster.order(order, at: node)
        if outcome == nil, isAwaited, node.isAlive, !node.isPaused {
            _ = wait(within: 20 * Self.second) { node.adminOutcome == nil ? "" : nil }
            outcome = node.adminOutcome
        }
        switch outcome {
        case .done: return nil
        case .refused(let reason): return reason
        case nil: return "\(node.name) does not answer"
        }
    }

    private func damage(_ target: Target) -> String? {
        do throws(FaultError) {
            for node in try target.resolve(nodes: cluster.names, leader: cluster.leader, random: &random) {
                guard let lsn = cluster.damage(cluster.node(node)) else {
                    return "\(node) runs, or has no record in the middle of its log"
                }
                recorder.note("damage", ["node": .string(node), "detail": .string("record \(lsn)")])
            }
        } catch {
            return "\(error)"
        }
        return nil
    }

    private func wipe(_ target: Target) -> String? {
        do throws(FaultError) {
            for node in try target.resolve(nodes: cluster.names, leader: cluster.leader, random: &random) {
                guard cluster.wipe(cluster.node(node)) else { return "\(node) runs" }
                recorder.note("wipe", ["node": .string(node)])
            }
        } catch {
            return "\(error)"
        }
        return nil
    }

    private func set(_ change: GateChange) -> String? {
        cluster.lookForLeader()
        let leader = cluster.leader
        do throws(FaultError) {
            let nodes = try change.nodes.resolve(nodes: cluster.names, leader: leader, random: &random)
            let peers = try change.peers.resolve(nodes: cluster.names, leader: leader, random: &random)
            for node in nodes {
                let targets = change.targets(at: node, peers: peers)
                if let refusal = cluster.setGates(targets, open: !change.isClosing, at: cluster.node(node)) {
                    return refusal
                }
            }
            let behind = change.gate == .ship && cluster.system.traits.hasLeader ? peers : nodes
            if change.isClosing { heldBack.formUnion(behind) } else { heldBack.subtract(behind) }
        } catch {
            return "\(error)"
        }
        return nil
    }
}
