import Determinism

@testable import Replication

/// A leaderless store under virtual time, and what one asks of it one thing after the other.
struct QuorumCluster {
    var world: ReplicaWorld

    init(
        _ count: Int = 3, seed: UInt64 = 1,
        _ change: @escaping @Sendable (inout QuorumConfiguration) -> Void = { _ in }
    ) {
        world = ReplicaWorld(seed: seed)
        let names = (1...count).map { "n\($0)" }
        for name in names {
            world.add(name) { stored throws(DecodingFailure) in
                var configuration = QuorumConfiguration(name: name, cluster: "c", members: names)
                configuration.seed = seed
                change(&configuration)
                return try QuorumReplica(configuration, stored: stored)
            }
        }
        world.startAll()
        world.run(milliseconds: 100)
    }

    func node(_ name: NodeName) -> QuorumReplica? { world.replica(name) as? QuorumReplica }

    mutating func order(_ name: NodeName, _ gate: String, isClosed: Bool) {
        world.step(name, .admin(1, .gate(gate, isClosed: isClosed)))
    }

    /// Asks a node and waits for its answer, which may never come from one that dies.
    mutating func ask(_ name: NodeName, _ command: Command, context: [UInt8]? = nil) -> ClientAnswer? {
        let id = world.request(name, command, context: context)
        for _ in 0..<150 where world.answers[id] == nil { world.run(milliseconds: 10) }
        return world.answers[id]
    }

    mutating func get(_ name: NodeName, _ key: String) -> Reply? { ask(name, .get(key: Array(key.utf8)))?.reply }

    mutating func set(_ name: NodeName, _ key: String, _ value: Int) -> Reply? {
        ask(name, .set(key: Array(key.utf8), value: Array(String(value).utf8)))?.reply
    }

    mutating func heal() {
        world.cuts = []
        world.lossPercent = 0
        for name in world.names {
            world.start(name)
            for gate in node(name)?.valves ?? [] where gate.isClosed { order(name, gate.name, isClosed: false) }
        }
    }

    /// What keeps the members from rest.
    var unrest: [String] { world.names.flatMap { world.replica($0)?.unrest ?? ["\($0) is dead"] } }

    mutating func settle() {
        for _ in 0..<200 where !unrest.isEmpty { world.run(milliseconds: 100) }
    }
}

func value(_ number: Int?) -> Reply { .value(number.map { Array(String($0).utf8) }) }
