import Determinism
import Faults
import Generators
import HistoryModel
import Workloads

/// Log shipping as the design has it, with no time in it: plays a scenario and gives the history that it must leave.
///
/// What is shipped arrives at once unless a gate holds it; what arrived is readable at once unless a gate holds it.
struct ScenarioModel {
    private struct Entry: Hashable {
        var key: String
        var value: Int64
        var isSet: Bool
    }

    private struct Node {
        var log: [Entry] = []
        var applied = 0
        var timeline: Int64 = 1
        var isAlive = true
        var gates: Set<String> = []
    }

    private let plan: Plan
    private var nodes: [String: Node] = [:]
    private var leader: String?
    private var down: [String: ResolvedFault] = [:]
    private var events: [Event] = []
    private var random = SeededRandom(seed: 1)
    /// Operations that did not end as the scenario wants.
    private(set) var surprises: [String] = []

    init(_ plan: Plan) {
        self.plan = plan
        leader = plan.nodes.first
        for name in plan.nodes { nodes[name] = Node() }
    }

    /// Plays the steps and the last phase.
    mutating func play(_ steps: [ScenarioStep]) throws -> History {
        for step in steps { try play(step.action) }
        for id in down.keys.sorted() { end(id, gates: []) }
        for name in plan.nodes { nodes[name]?.gates = [] }
        ship()
        var finals = plan.finalReads(of: plan.scenarioKeys)
        while case .operation(let operation) = finals.next(GeneratorContext(time: 0, process: 0, clients: 1)) {
            operate(0, operation, wanted: operation.node)
        }
        for name in plan.nodes { dump(name) }
        return try History(events)
    }

    private mutating func play(_ action: ScenarioAction) throws {
        switch action {
        case .operate(let step):
            let wanted = try step.at.map { try resolve($0)[0] }
            let outcome = operate(step.client, step.operation, wanted: wanted)
            if step.expect != .any, step.expect.rawValue != outcome.rawValue {
                surprises.append("\(step.operation) ended as \(outcome)")
            }
        case .gate(let change):
            let peers = try resolve(change.peers)
            for name in try resolve(change.nodes) {
                let targets = change.targets(at: name, peers: peers)
                if change.isClosing {
                    nodes[name]?.gates.formUnion(targets)
                } else {
                    nodes[name]?.gates.subtract(targets)
                }
            }
            ship()
        case .start(let fault):
            let resolved = try fault.resolve(nodes: plan.nodes, leader: leader, random: &random)
            down[resolved.id] = resolved
            for name in resolved.nodes { nodes[name]?.isAlive = false }
            say("fault-start", ["fault": .string(resolved.id), "kind": "kill"])
        case .end(let id, let gates): end(id, gates: gates)
        case .promote: promote()
        case .release(let attempt, _): surprises.append("the model's clients send once, not \(attempt)")
        case .order(let words, _, _): surprises.append("the model knows no order \(words)")
        case .wipe(let nodes): surprises.append("the model wipes no disk of \(nodes)")
        case .damage(let nodes): surprises.append("the model knows no damage at \(nodes)")
        case .wait: break
        }
    }

    private mutating func resolve(_ target: Target) throws -> [String] {
        try target.resolve(nodes: plan.nodes, leader: leader, random: &random)
    }

    private mutating func end(_ id: String, gates: [String]) {
        guard let fault = down.removeValue(forKey: id) else { return }
        for name in fault.nodes {
            nodes[name]?.isAlive = true
            nodes[name]?.gates = Set(gates)
            if let leader, nodes[name]?.timeline != nodes[leader]?.timeline { nodes[name] = Node() }
        }
        say("fault-end", ["fault": .string(id), "kind": "kill"])
        ship()
    }

    private mutating func promote() {
        let living = plan.nodes.filter { nodes[$0]?.isAlive == true }
        guard let best = living.max(by: { log(of: $0) < log(of: $1) }) else { return }
        leader = best
        for name in living { nodes[name]?.timeline += 1 }
        let length = log(of: best)
        nodes[best]?.applied = length
        say("promote", ["node": .string(best)])
        ship()
    }

    private func log(of name: String) -> Int { nodes[name]?.log.count ?? 0 }

    /// Everything that no gate holds arrives and becomes readable.
    private mutating func ship() {
        guard let leader, let source = nodes[leader], source.isAlive else { return }
        for name in plan.nodes where name != leader && nodes[name]?.isAlive == true {
            guard !source.gates.contains("ship:\(name)") else { continue }
            nodes[name]?.log = source.log
            nodes[name]?.timeline = source.timeline
            if nodes[name]?.gates.contains("apply") == false { nodes[name]?.applied = source.log.count }
        }
    }

    private mutating func say(_ f: String, _ value: Value) {
        events.append(
            Event(
                index: events.count, time: Int64(events.count) * 1000, process: .nemesis, type: .info, f: f,
                value: value))
    }
}

// MARK: Operations

extension ScenarioModel {
    @discardableResult
    private mutating func operate(_ client: Int, _ operation: PlannedOperation, wanted: String?) -> EventType {
        let asked =
            operation.isRead
            ? wanted.flatMap { operation.isFinal ? $0 : nil }
                ?? plan.workload.reads.node(
                    client: client, wanted: wanted, nodes: plan.nodes, leader: leader, random: &random)
            : leader
        invoke(client, operation, node: asked)
        guard let asked, nodes[asked]?.isAlive == true else {
            return complete(client, operation, .fail, node: asked)
        }
        guard let (key, value) = update(operation, at: asked) else {
            return operation.isRead
                ? complete(client, operation, .ok, read(operation, at: asked), node: asked)
                : complete(client, operation, .fail, node: asked)
        }
        nodes[asked]?.log.append(Entry(key: key, value: value, isSet: operation.shape == .set))
        let length = log(of: asked)
        nodes[asked]?.applied = length
        ship()
        return complete(client, operation, .ok, operation.value, node: asked)
    }

    private func update(_ operation: PlannedOperation, at node: String) -> (String, Int64)? {
        guard let key = operation.key else { return nil }
        switch operation.f {
        case "write", "add": return operation.value.int.map { (key, $0) }
        case "increment": return operation.value.int.map { (key, (value(of: key, at: node).int ?? 0) + $0) }
        case "cas":
            guard let pair = operation.value.list, value(of: key, at: node) == pair[0] else { return nil }
            return pair[1].int.map { (key, $0) }
        default: return nil
        }
    }

    private func entries(of key: String, at node: String) -> [Int64] {
        guard let node = nodes[node] else { return [] }
        return node.log.prefix(node.applied).filter { $0.key == key }.map(\.value)
    }

    private func value(of key: String, at node: String) -> Value {
        entries(of: key, at: node).last.map { .int($0) } ?? .null
    }

    private func read(_ operation: PlannedOperation, at node: String) -> Value {
        guard let key = operation.key else {
            return .list(
                (operation.value.list ?? []).map { read in
                    let key = read.list?[1].string ?? ""
                    return ["r", .string(key), value(of: key, at: node)]
                })
        }
        guard operation.shape == .set else { return value(of: key, at: node) }
        return .list(entries(of: key, at: node).map { .int($0) })
    }

    private mutating func dump(_ name: String) {
        let operation = PlannedOperation(f: "dump", node: name, isFinal: true)
        let pairs = plan.scenarioKeys.sorted { $0.name < $1.name }.compactMap { key -> Value? in
            let value = read(PlannedOperation(f: "read", key: key.name, shape: key.shape), at: name)
            return value.isNull || value == [] ? nil : [.string(key.name), value]
        }
        invoke(0, operation, node: name)
        complete(0, operation, .ok, .list(pairs), node: name)
    }

    private mutating func invoke(_ client: Int, _ operation: PlannedOperation, node: String?) {
        events.append(
            Event(
                index: events.count, time: Int64(events.count) * 1000, process: .client(client), type: .invoke,
                f: operation.f, key: operation.key, value: operation.value, node: node,
                meta: operation.isFinal ? ["final": true] : .null))
    }

    @discardableResult
    private mutating func complete(
        _ client: Int, _ operation: PlannedOperation, _ outcome: EventType, _ value: Value = .null, node: String?
    ) -> EventType {
        let meta: Value = node.flatMap { nodes[$0] }.map { ["tli": .int($0.timeline)] } ?? .null
        events.append(
            Event(
                index: events.count, time: Int64(events.count) * 1000, process: .client(client), type: outcome,
                f: operation.f, key: operation.key, value: outcome == .ok ? value : operation.value, node: node,
                error: outcome == .fail ? operation.f == "cas" ? "cas-failed" : "unavailable" : nil,
                meta: outcome == .ok ? meta : .null))
        return outcome
    }
}
