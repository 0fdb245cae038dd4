import Determinism
import Testing

@testable import Replication

@Suite("Several leaders")
struct MultiTests {
    private static let x = Array("x".utf8)
    private static let s = Array("s".utf8)

    @Test("a write is answered at once, arrives everywhere, and all rest", arguments: [0, 1, 2])
    func plain(kind: Int) {
        let topology: MultiTopology = [.all, .ring(["n1", "n2", "n3"]), .star(hub: "n2")][kind]
        var world = MultiWorld { $0.topology = topology }
        let reply = world.write("n1", "x", "1")
        #expect(reply == .ok)
        world.settle(milliseconds: 500)
        for name in world.names {
            let found = world.read(name, "x")
            #expect(found == "1")
        }
        #expect(world.unrest == [])
    }

    /// Commands of all kinds on few keys.
    static func command(_ random: inout SeededRandom) -> Command {
        let key = [UInt8(ascii: "a") + UInt8(random.below(3))]
        let value = Array("\(random.below(1000))".utf8)
        switch random.below(8) {
        case 0: return .delete(key: key)
        case 1: return .add(key: [UInt8(ascii: "s")], elements: [value])
        case 2: return .remove(key: [UInt8(ascii: "s")], elements: [value])
        case 3: return .increment(key: [UInt8(ascii: "c")], by: Int64(random.below(9)) - 4)
        case 4: return .append(key: [UInt8(ascii: "l")], elements: [value, value + value])
        case 5: return .transaction([.set(key: key, value: value), .increment(key: [UInt8(ascii: "c")], by: 1)])
        case 6: return .reserve(slot: [UInt8(ascii: "d")], holder: value, operation: value)
        default: return .set(key: key, value: value)
        }
    }

    static let convergent: [MultiPolicy] = [.lwwWall, .lwwHybrid, .lwwLamport, .priority, .siblings, .merge, .crdt]

    @Test("whatever happens, replicas hold the same in the end", arguments: convergent)
    func converges(policy: MultiPolicy) {
        let topologies: [MultiTopology] = [.all, .ring(["n1", "n2", "n3"]), .star(hub: "n2")]
        for seed in 1...24 as ClosedRange<UInt64> {
            let topology = topologies[Int(seed % 3)]
            var world = MultiWorld(seed: seed) {
                $0.policy = policy
                $0.topology = topology
            }
            var random = SeededRandom.named("storm", seed: seed)
            world.storm(&random, steps: 150, Self.command)
            #expect(world.unrest == [], "seed \(seed)")
            #expect(world.hashes.count == 1, "seed \(seed), \(policy), \(topology)")
        }
    }

    @Test("followers of data centres hold the same, and send writes to their leaders")
    func followers() {
        let centres = [
            DataCentre(name: "east", leader: "n1", followers: ["n3"]),
            DataCentre(name: "west", leader: "n2", followers: ["n4"]),
        ]
        for seed in 1...8 as ClosedRange<UInt64> {
            var world = MultiWorld(seed: seed, centres: centres)
            let refused = world.write("n4", "x", "1")
            #expect(refused == .moved("n2"))
            var random = SeededRandom.named("storm", seed: seed)
            world.storm(&random, steps: 100, Self.command)
            #expect(world.unrest == [] && world.hashes.count == 1, "seed \(seed)")
        }
    }

    @Test("with arrival order two leaders that wrote at once keep each other's value")
    func arrival() {
        var world = MultiWorld(leaders: ["n1", "n2"]) { $0.policy = .arrival }
        _ = world.world.request("n1", .set(key: Self.x, value: [1]))
        _ = world.world.request("n2", .set(key: Self.x, value: [2]))
        world.settle()
        #expect(world.unrest == [])
        #expect(world.hashes.count == 2)
    }

    @Test("causally newer, else the higher replica, is not transitive: three writes keep replicas apart for ever")
    func notTransitive() {
        var world = MultiWorld { $0.policy = .causalPriority }
        // n2's write is cut off from the others; n1 has read n3's and overwrites it.
        world.world.isolate("n2")
        _ = world.write("n3", "x", "a")
        _ = world.world.request("n2", .set(key: Self.x, value: Array("c".utf8)))
        world.world.run(milliseconds: 100)
        world.gate("n1", "ship:n3", closed: true)
        _ = world.write("n1", "x", "b")
        // n3 has a and hears of c, which is lower; n2 has c and hears of b, which is lower than c, and of a.
        world.world.cuts = []
        world.settle()
        world.gate("n1", "ship:n3", closed: false)
        world.settle()
        #expect(world.unrest == [])
        let found = world.names.map { world.read($0, "x") }
        #expect(Set(found).count > 1, "\(found)")
    }

    /// n1's write reaches n2 and not n3; n2 has seen it and writes.
    private func effectArrivesFirst(
        causal: Bool, topology: MultiTopology = .all, mutants: Set<Mutant> = []
    ) -> (effect: String?, cause: String?) {
        var world = MultiWorld {
            $0.causal = causal
            $0.topology = topology
            $0.mutants = mutants
        }
        world.gate("n1", "ship:n3", closed: true)
        _ = world.write("n1", "cause", "1")
        world.settle(milliseconds: 200)
        let seen = world.read("n2", "cause")
        #expect(seen == "1")
        _ = world.write("n2", "effect", "1")
        world.settle(milliseconds: 200)
        return (world.read("n3", "effect"), world.read("n3", "cause"))
    }

    @Test("with causal delivery a record waits for what its writer knew; without it, it does not")
    func causality() {
        let kept = effectArrivesFirst(causal: true)
        #expect(kept == (nil, nil))
        let inverted = effectArrivesFirst(causal: false)
        #expect(inverted == ("1", nil))
        let mutated = effectArrivesFirst(causal: true, mutants: [.noCausalDelivery])
        #expect(mutated == ("1", nil))
        // In a ring n3 hears of both by n2, in n2's order.
        let ring = effectArrivesFirst(causal: false, topology: .ring(["n1", "n2", "n3"]))
        #expect(ring == ("1", "1"))
    }

    @Test("the past of a record is there before it is, whatever happens", arguments: [true, false])
    func causalOrder(causal: Bool) {
        var violations = 0
        for seed in 1...16 as ClosedRange<UInt64> {
            var world = MultiWorld(seed: seed) { $0.causal = causal }
            var random = SeededRandom.named("storm", seed: seed)
            world.storm(&random, steps: 150, Self.command)
            for name in world.names {
                guard let log = world.replica(name)?.log, log.last > 0 else { continue }
                var vector = VersionVector()
                for lsn in 1...log.last {
                    if !vector.covers(log[lsn].past) { violations += 1 }
                    vector.insert(log[lsn].dot)
                }
            }
        }
        // Without causal delivery there are some, so the check sees them.
        #expect(causal ? violations == 0 : violations > 0)
    }

    @Test("counters keep every increment, sets every concurrent addition")
    func commuting() {
        for seed in 1...12 as ClosedRange<UInt64> {
            var world = MultiWorld(seed: seed) { $0.policy = .crdt }
            var random = SeededRandom.named("storm", seed: seed)
            var ids: [RequestID: Command] = [:]
            world.world.lossPercent = 20
            for number in 0..<100 {
                let command: Command =
                    number.isMultiple(of: 2)
                    ? .increment(key: Self.x, by: 1) : .add(key: Self.s, elements: [Array("\(number)".utf8)])
                ids[world.world.request(random.choose(world.names), command)] = command
                world.world.run(milliseconds: UInt64(random.below(5)))
            }
            world.world.lossPercent = 0
            world.settle()
            #expect(ids.keys.allSatisfy { world.world.answers[$0] != nil })
            for name in world.names {
                let sum = world.read(name, "x")
                #expect(sum == "50")
                let count = world.replica(name)?.store.view.memberCount(Self.s)
                #expect(count == 50)
            }
        }
    }

    @Test("a member that was killed has what it had answered, and catches up with what it missed")
    func recovery() {
        var world = MultiWorld()
        _ = world.write("n1", "x", "1")
        world.gate("n1", "ship:n2", closed: true)
        world.gate("n1", "ship:n3", closed: true)
        let last = world.write("n1", "x", "2")
        #expect(last == .ok)
        world.world.crash("n1")
        _ = world.write("n2", "y", "1")
        world.settle(milliseconds: 300)
        world.world.start("n1")
        world.settle(milliseconds: 500)
        for name in world.names {
            let found = [world.read(name, "x"), world.read(name, "y")]
            #expect(found == ["2", "1"])
        }
    }

    @Test("home by home: a key that is drained has one home at a time; one that moves at once may have two")
    func rehoming() {
        for drains in [true, false] {
            var world = MultiWorld { $0.home = .table("n1") }
            world.world.isolate("n1")
            world.order("n2", .rehome(key: Self.x, to: "n2", drains: drains))
            world.settle(milliseconds: 300)
            let old = world.write("n1", "x", "1")
            let new = world.write("n2", "x", "2")
            #expect(old == .ok)
            #expect(new == (drains ? .moved("n1") : .ok))
            world.world.cuts = []
            world.settle(milliseconds: 1000)
            let after = world.write("n2", "x", "3")
            #expect(after == .ok)
            let elsewhere = world.write("n3", "x", "4")
            #expect(elsewhere == .moved("n2"))
            #expect(world.unrest == [])
        }
    }
}
