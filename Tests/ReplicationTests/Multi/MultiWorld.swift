import Determinism

@testable import Replication

/// Some leaders under virtual time, with what tests do to them.
struct MultiWorld {
    var world: ReplicaWorld
    let names: [NodeName]

    init(
        seed: UInt64 = 1, leaders names: [NodeName] = ["n1", "n2", "n3"],
        _ set: @escaping @Sendable (inout MultiConfiguration) -> Void = { _ in }
    ) {
        self.init(seed: seed, centres: names.map { DataCentre(name: $0, leader: $0) }, set)
    }

    init(
        seed: UInt64 = 1, centres: [DataCentre], devices: [NodeName: NodeName] = [:],
        _ set: @escaping @Sendable (inout MultiConfiguration) -> Void = { _ in }
    ) {
        world = ReplicaWorld(seed: seed)
        names = centres.flatMap { [$0.leader] + $0.followers } + devices.keys.sorted()
        for name in names {
            world.add(name) { (stored) throws(DecodingFailure) in
                var configuration = MultiConfiguration(name: name, cluster: "c", centres: centres, devices: devices)
                configuration.seed = seed
                set(&configuration)
                return try MultiReplica(configuration, stored: stored)
            }
        }
        world.startAll()
        world.run(milliseconds: 300)
    }

    func replica(_ name: NodeName) -> MultiReplica? { world.replica(name) as? MultiReplica }

    mutating func order(_ name: NodeName, _ order: AdminOrder) { world.step(name, .admin(1, order)) }

    mutating func gate(_ name: NodeName, _ gate: String, closed: Bool) {
        order(name, .gate(gate, isClosed: closed))
    }

    /// A request and its answer, which comes within the time or not at all.
    mutating func ask(_ name: NodeName, _ command: Command, within milliseconds: UInt64 = 20) -> Reply? {
        let id = world.request(name, command)
        world.run(milliseconds: milliseconds)
        return world.answers[id]?.reply
    }

    mutating func write(_ name: NodeName, _ key: String, _ value: String) -> Reply? {
        ask(name, .set(key: Array(key.utf8), value: Array(value.utf8)))
    }

    mutating func read(_ name: NodeName, _ key: String) -> String? {
        guard case .value(let value?)? = ask(name, .get(key: Array(key.utf8))) else { return nil }
        return String(decoding: value, as: UTF8.self)
    }

    mutating func settle(milliseconds: UInt64 = 3000) { world.run(milliseconds: milliseconds) }

    var hashes: Set<UInt64> { Set(names.compactMap { replica($0)?.contentHash }) }

    var unrest: [String] { names.flatMap { name in (replica(name)?.unrest ?? []).map { "\(name): \($0)" } } }

    /// Lets random things happen for a while, then heals everything and waits.
    mutating func storm(_ random: inout SeededRandom, steps: Int, _ command: (inout SeededRandom) -> Command) {
        world.lossPercent = 10
        world.doublePercent = 10
        for _ in 0..<steps {
            switch random.below(20) {
            case 0: world.isolate(random.choose(names), both: random.chance(1, in: 2))
            case 1, 2: world.cuts = []
            case 3: world.crash(random.choose(names))
            case 4: for name in names { world.start(name) }
            default: _ = world.request(random.choose(names), command(&random))
            }
            world.run(milliseconds: UInt64(random.below(15)))
        }
        world.lossPercent = 0
        world.doublePercent = 0
        world.cuts = []
        for name in names { world.start(name) }
        settle()
    }
}
