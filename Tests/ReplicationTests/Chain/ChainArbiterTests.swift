import Testing

@testable import Replication

@Suite("Chains with arbiters")
struct ChainArbiterTests {
    private typealias Chain = ChainTests
    private static let lease: UInt64 = 300_000_000

    private static func world(seed: UInt64, isFenced: Bool = true, mutants: Set<Mutant> = []) -> ReplicaWorld {
        var world = ReplicaWorld(seed: seed)
        for name in ["a1", "a2", "a3"] {
            world.add(name) { (stored) throws(DecodingFailure) in
                var configuration = ArbiterConfiguration(
                    name: name, cluster: "c", arbiters: ["a1", "a2", "a3"], nodes: Chain.nodes)
                configuration.rule = .chain
                configuration.lease = lease
                configuration.raft.seed = seed
                return try ArbiterReplica(configuration, stored: stored)
            }
        }
        for name in Chain.nodes {
            world.add(name) { (stored) throws(DecodingFailure) in
                var configuration = ChainConfiguration(name: name, cluster: "c", order: Chain.nodes)
                configuration.arbiters = ["a1", "a2", "a3"]
                configuration.lease = lease
                configuration.isFenced = isFenced
                configuration.mutants = mutants
                return try ChainReplica(configuration, stored: stored)
            }
        }
        world.startAll()
        world.run(milliseconds: 2000)
        return world
    }

    private static func order(_ world: ReplicaWorld) -> [NodeName] { Chain.chain(world, "n1")?.view.order ?? [] }

    @Test("whoever dies is taken out, and taken in behind the tail when it comes back", arguments: Chain.nodes)
    func dies(name: NodeName) throws {
        var world = Self.world(seed: 4)
        #expect(Self.order(world) == Chain.nodes)
        let first = Chain.write(&world, 1)
        #expect(first == .ok)
        world.crash(name)
        world.run(milliseconds: 1500)
        let rest = Chain.nodes.filter { $0 != name }
        #expect(rest.allSatisfy { Chain.chain(world, $0)?.view.order == rest })
        let write = world.request(rest[0], Chain.set(2))
        world.run(milliseconds: 300)
        #expect(Chain.reply(world, write) == .ok)
        world.start(name)
        world.run(milliseconds: 2000)
        #expect(Self.order(world) == rest + [name])
        let read = Chain.read(&world, name)
        #expect(read == 2)
    }

    /// What a tail that is cut off from everybody shows after the chain has gone on without it.
    private static func cutOffTail(isFenced: Bool = true, _ mutants: Set<Mutant> = []) -> (
        write: Reply?, read: Int?
    ) {
        var world = world(seed: 5, isFenced: isFenced, mutants: mutants)
        _ = Chain.write(&world, 1)
        world.isolate("n3")
        world.run(milliseconds: 1500)
        return (Chain.write(&world, 2), Chain.read(&world, "n3"))
    }

    @Test("a tail that is cut off stops before it is taken out (M63, or without leases: it shows what is old)")
    func fenced() {
        let correct = Self.cutOffTail()
        #expect(correct.write == .ok && correct.read == nil)
        let mutant = Self.cutOffTail([.tailNotFenced])
        #expect(mutant.write == .ok && mutant.read == 1)
        let unfenced = Self.cutOffTail(isFenced: false)
        #expect(unfenced.write == .ok && unfenced.read == 1)
    }

    @Test("members that cannot reach the arbiters keep the chain that they have, and serve nobody")
    func withoutArbiters() {
        var world = Self.world(seed: 6)
        _ = Chain.write(&world, 1)
        for name in ["a1", "a2", "a3"] { world.crash(name) }
        world.run(milliseconds: 1000)
        let read = Chain.read(&world, "n3")
        #expect(read == nil && Self.order(world) == Chain.nodes)
        for name in ["a1", "a2", "a3"] { world.start(name) }
        world.run(milliseconds: 2000)
        let again = Chain.read(&world, Self.order(world).last ?? "")
        #expect(again == 1)
    }
}
