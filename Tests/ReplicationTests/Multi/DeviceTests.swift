import Determinism
import Testing

@testable import Replication

@Suite("Devices that may be offline")
struct DeviceTests {
    private static let slot = Array("d0".utf8)

    private static func holder(_ name: String) -> Command {
        .reserve(slot: slot, holder: Array(name.utf8), operation: Array(name.utf8))
    }

    private static func rejected(_ name: String) -> Command {
        .rejected(slot: slot, holder: Array(name.utf8))
    }

    /// One leader with two devices.
    private func world(
        seed: UInt64 = 1, _ set: @escaping @Sendable (inout MultiConfiguration) -> Void = { _ in }
    ) -> MultiWorld {
        MultiWorld(
            seed: seed, centres: [DataCentre(name: "n1", leader: "n1")], devices: ["n2": "n1", "n3": "n1"], set)
    }

    @Test("an offline device answers tentatively, and the leader's order decides: the loser is told")
    func tentative() {
        var world = world()
        world.order("n2", .offline)
        let first = world.ask("n2", Self.holder("a"))
        #expect(first == .ok)
        let there = world.ask("n1", .get(key: Self.slot))
        #expect(there == .value(nil), "nothing leaves an offline device")
        let second = world.ask("n3", Self.holder("b"))
        #expect(second == .ok)
        world.settle(milliseconds: 300)
        let shown = world.read("n2", "d0")
        #expect(shown == "a", "a device shows what it wrote")
        world.order("n2", .online)
        world.settle(milliseconds: 1000)
        for name in world.names {
            let holder = world.read(name, "d0")
            #expect(holder == "b")
        }
        let loser = world.ask("n2", Self.rejected("a"))
        #expect(loser == .ok)
        let winner = world.ask("n3", Self.rejected("b"))
        #expect(winner?.isFailure == true)
        #expect(world.unrest == [])
    }

    @Test("what is not decided says so, and no longer once it is")
    func marks() throws {
        var world = world()
        world.order("n2", .offline)
        let write = world.world.request("n2", .set(key: Self.slot, value: [1]))
        world.world.run(milliseconds: 20)
        #expect(world.world.answers[write]?.details?.isTentative == true)
        let other = world.world.request("n2", .get(key: [9]))
        let read = world.world.request("n2", .get(key: Self.slot))
        world.world.run(milliseconds: 20)
        #expect(world.world.answers[read]?.details?.isTentative == true)
        #expect(world.world.answers[other]?.details?.isTentative != true)
        world.order("n2", .online)
        world.settle(milliseconds: 1000)
        let after = world.world.request("n2", .get(key: Self.slot))
        world.world.run(milliseconds: 20)
        #expect(world.world.answers[after]?.details?.isTentative != true)
    }

    @Test("an offline device that syncs has everything, has told everything, and is offline again")
    func sync() {
        var world = world()
        world.order("n2", .offline)
        _ = world.write("n2", "x", "1")
        _ = world.write("n1", "y", "2")
        world.order("n2", .sync)
        world.settle(milliseconds: 1000)
        let told = world.read("n1", "x")
        let heard = world.read("n2", "y")
        #expect(told == "1" && heard == "2")
        #expect(world.replica("n2")?.device.isCutOff == true)
        _ = world.write("n1", "y", "3")
        world.settle(milliseconds: 500)
        let later = world.read("n2", "y")
        #expect(later == "2")
        world.order("n1", .sync)
        #expect(world.replica("n1")?.device.isSyncing == false, "a leader syncs with nobody")
    }

    @Test("a write that is sent again is done once; with the bug it is done again")
    func idempotent() {
        for isPlanted in [false, true] {
            var world = world { $0.mutants = isPlanted ? [.syncNotIdempotent] : [] }
            // The device does not hear that it was heard.
            world.gate("n1", "ship:n2", closed: true)
            _ = world.ask("n2", .increment(key: [7], by: 5))
            world.settle(milliseconds: 1000)
            world.gate("n1", "ship:n2", closed: false)
            world.settle(milliseconds: 1000)
            let sum = world.ask("n1", .get(key: [7]))
            #expect((sum == .value(Array("5".utf8))) == !isPlanted)
        }
    }

    @Test("a device that crashes keeps what it wrote, and what it was told")
    func crash() {
        var world = world()
        world.order("n2", .offline)
        _ = world.ask("n2", Self.holder("a"))
        _ = world.ask("n1", Self.holder("b"))
        world.world.crash("n2")
        world.world.start("n2")
        world.settle(milliseconds: 1000)
        let loser = world.ask("n2", Self.rejected("a"))
        #expect(loser == .ok)
        world.world.crash("n2")
        world.world.start("n2")
        let still = world.ask("n2", Self.rejected("a"))
        #expect(still == .ok)
    }

    @Test("whatever happens, no answered increment of a device is lost or done twice")
    func exactlyOnce() {
        for seed in 1...40 as ClosedRange<UInt64> {
            var world = world(seed: seed)
            var random = SeededRandom.named("devices", seed: seed)
            var asked: Set<RequestID> = []
            world.storm(&random, steps: 120) { _ in .increment(key: [7], by: 1) }
            for id in 1...400 as ClosedRange<RequestID> where world.world.answers[id] != nil { asked.insert(id) }
            #expect(world.unrest == [], "seed \(seed)")
            let sum = world.ask("n1", .get(key: [7]))
            guard case .value(let text?)? = sum, let found = IntegerText.parse(text) else {
                Issue.record("seed \(seed): no sum")
                continue
            }
            let sure = asked.count { if case .integer = world.world.answers[$0]?.reply { true } else { false } }
            #expect(found >= sure && found <= 120, "seed \(seed): \(found) for \(sure)")
            #expect(world.hashes.count == 1, "seed \(seed)")
        }
    }

    @Test("whatever devices write, all hold the same in the end", arguments: [true, false])
    func converges(isTentative: Bool) {
        for seed in 1...24 as ClosedRange<UInt64> {
            var world = MultiWorld(
                seed: seed,
                centres: [
                    DataCentre(name: "n1", leader: "n1", followers: ["n5"]), DataCentre(name: "n2", leader: "n2"),
                ],
                devices: ["n3": "n1", "n4": "n1"]
            ) {
                $0.isTentative = isTentative
                if seed.isMultiple(of: 3) { $0.topology = .star(hub: "n2") }
                if seed % 3 == 1 { $0.policy = .crdt }
            }
            var random = SeededRandom.named("devices", seed: seed)
            world.storm(&random, steps: 150, MultiTests.command)
            #expect(world.unrest == [], "seed \(seed)")
            #expect(world.hashes.count == 1, "seed \(seed)")
        }
    }
}
