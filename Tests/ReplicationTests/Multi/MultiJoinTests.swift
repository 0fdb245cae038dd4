import Determinism
import Testing

@testable import Replication

@Suite("Members with an empty disk, and what may be forgotten")
struct MultiJoinTests {
    private static let x = Array("x".utf8)

    private func wipe(_ name: NodeName, _ world: inout MultiWorld) {
        world.world.crash(name)
        world.settle(milliseconds: 200)
        world.world.wipe(name)
        world.world.start(name)
    }

    @Test("a member whose disk was lost gives no number anew, and has what the others have")
    func lostDisk() {
        var world = MultiWorld()
        for value in 1...3 { _ = world.write("n1", "x", "\(value)") }
        world.settle(milliseconds: 200)
        wipe("n1", &world)
        world.settle(milliseconds: 1000)
        let found = world.read("n1", "x")
        #expect(found == "3")
        let next = world.write("n1", "x", "4")
        #expect(next == .ok)
        world.settle(milliseconds: 1000)
        #expect(world.replica("n2")?.store.vector["n1"] == 4)
        #expect(world.hashes.count == 1 && world.unrest == [])
        let later = world.read("n3", "x")
        #expect(later == "4")
    }

    @Test("it answers nothing before it has heard from everybody who may know of its writes")
    func waits() {
        var world = MultiWorld()
        world.gate("n1", "ship:n3", closed: true)
        _ = world.write("n1", "x", "1")
        world.settle(milliseconds: 200)
        // n2 alone knows of it.
        world.world.crash("n2")
        wipe("n1", &world)
        world.settle(milliseconds: 1000)
        let early = world.write("n1", "x", "2")
        guard case .failed(.notReady, _)? = early else {
            Issue.record("answered \(String(describing: early))")
            return
        }
        world.world.start("n2")
        world.settle(milliseconds: 1000)
        let found = world.read("n1", "x")
        #expect(found == "1")
        let late = world.write("n1", "x", "2")
        #expect(late == .ok)
        world.settle(milliseconds: 1000)
        #expect(world.replica("n3")?.store.vector["n1"] == 2)
        #expect(world.hashes.count == 1 && world.unrest == [])
    }

    @Test("a new member gets a copy of what the logs no longer have, and the rest from the logs")
    func newMember() {
        var world = MultiWorld {
            $0.snapshotEvery = 20
            $0.policy = .crdt
        }
        var random = SeededRandom.named("new", seed: 1)
        for _ in 0..<120 {
            _ = world.world.request(random.choose(world.names), MultiTests.command(&random))
            world.world.run(milliseconds: 10)
        }
        world.settle(milliseconds: 500)
        #expect(world.replica("n1")?.log.base ?? 0 > 20, "what everybody has is no longer kept")
        wipe("n3", &world)
        _ = world.write("n1", "x", "new")
        world.settle(milliseconds: 1500)
        #expect(world.replica("n3")?.log.base ?? 0 > 20)
        #expect(world.hashes.count == 1 && world.unrest == [])
        // It starts again from the copy.
        world.world.crash("n3")
        world.world.start("n3")
        world.settle(milliseconds: 500)
        #expect(world.hashes.count == 1 && world.unrest == [])
    }

    @Test("with lost disks, saved states and crashes all hold the same in the end", arguments: [0, 1, 2, 3])
    func storm(kind: Int) {
        let topology: MultiTopology = [.all, .ring(["n1", "n2", "n3"]), .star(hub: "n2"), .all][kind]
        let policies: [MultiPolicy] = [.lwwHybrid, .crdt, .siblings, .lwwWall]
        for seed in 1...4 as ClosedRange<UInt64> {
            var world = MultiWorld(seed: seed) {
                $0.topology = topology
                $0.policy = policies[Int(seed) % policies.count]
                $0.snapshotEvery = 10
                $0.gcGrace = 50_000_000
            }
            var random = SeededRandom.named("join", seed: seed)
            for _ in 0..<4 {
                world.storm(&random, steps: 50, MultiTests.command)
                _ = world.world.request(random.choose(world.names), MultiTests.command(&random))
                world.world.run(milliseconds: UInt64(random.below(30)))
                wipe(random.choose(world.names), &world)
                world.settle(milliseconds: 1000)
            }
            world.settle(milliseconds: 2000)
            #expect(world.unrest == [], "seed \(seed)")
            #expect(world.hashes.count == 1, "seed \(seed), \(topology)")
        }
    }

    @Test("followers and devices join, too; what a device has not told is kept across saved states")
    func others() {
        for seed in 1...4 as ClosedRange<UInt64> {
            var world = MultiWorld(
                seed: seed,
                centres: [
                    DataCentre(name: "n1", leader: "n1", followers: ["n3"]), DataCentre(name: "n2", leader: "n2"),
                ],
                devices: ["n4": "n1"]
            ) { $0.snapshotEvery = 10 }
            var random = SeededRandom.named("join", seed: seed)
            for name in ["n3", "n4", "n1"] {
                world.storm(&random, steps: 60, MultiTests.command)
                wipe(name, &world)
                world.settle(milliseconds: 1500)
            }
            #expect(world.unrest == [], "seed \(seed)")
            #expect(world.hashes.count == 1, "seed \(seed)")
        }
    }

    @Test("a deletion is forgotten when it is old and everywhere; the bug does not ask where it is")
    func graves() {
        for isPlanted in [false, true] {
            var world = MultiWorld {
                $0.gcGrace = 300_000_000
                $0.mutants = isPlanted ? [.tombstoneGcEarly] : []
            }
            _ = world.write("n1", "x", "1")
            world.settle(milliseconds: 300)
            for name in ["n1", "n2"] { world.gate("n3", "ship:\(name)", closed: true) }
            _ = world.write("n3", "x", "2")
            world.settle(milliseconds: 20)
            _ = world.ask("n1", .delete(key: Self.x))
            world.world.crash("n3")
            world.settle(milliseconds: 1000)
            #expect((world.replica("n2")?.store.versions[Self.x] == nil) == isPlanted)
            world.world.start("n3")
            world.settle(milliseconds: 1000)
            let found = world.read("n2", "x")
            #expect(found == (isPlanted ? "2" : nil))
            guard !isPlanted else { continue }
            _ = world.write("n1", "y", "1")
            _ = world.write("n2", "y", "2")
            _ = world.write("n3", "y", "3")
            world.settle(milliseconds: 1000)
            for name in world.names { #expect(world.replica(name)?.store.versions[Self.x] == nil) }
        }
    }
}
