import Determinism
import Testing

@testable import Replication

@Suite("Members that come to a chain")
struct ChainJoinTests {
    private typealias Chain = ChainTests

    /// A chain of three with entries, and a fourth node that does not belong to it.
    private static func world(_ snapshotEvery: Int = 10_000, mutants: Set<Mutant> = []) -> ReplicaWorld {
        var world = Chain.world(seed: 9, mutants: mutants, spare: ["n4"], snapshotEvery: snapshotEvery)
        world.run(milliseconds: 600)
        for number in 1...30 { _ = world.request("n1", .set(key: Array("k\(number)".utf8), value: [1])) }
        _ = world.request("n1", Chain.set(7))
        world.run(milliseconds: 600)
        return world
    }

    private static func add(_ name: NodeName, to world: inout ReplicaWorld) {
        for member in ["n1", "n2", "n3"] { Chain.order(&world, member, .member(.add(name))) }
    }

    @Test("a new member takes over at the tail once it has everything; until then the old tail goes on")
    func join() {
        var world = Self.world()
        let outside = Chain.read(&world, "n4")
        #expect(outside == nil)
        Chain.order(&world, "n3", .gate("ship:n4", isClosed: true))
        // More than it may lack when the old tail stops for it.
        for number in 100..<200 { _ = world.request("n1", Chain.set(number)) }
        Self.add("n4", to: &world)
        world.run(milliseconds: 500)
        #expect(Chain.chain(world, "n4")?.isComplete == false)
        let meanwhile = Chain.read(&world, "n3")
        let early = world.request("n4", .get(key: Chain.x))
        #expect(meanwhile == 199 && Chain.reply(world, early) == .moved("n3"))
        let write = Chain.write(&world, 200)
        #expect(write == .ok)
        Chain.order(&world, "n3", .gate("ship:n4", isClosed: false))
        world.run(milliseconds: 1000)
        let now = Chain.read(&world, "n4")
        let old = world.request("n3", .get(key: Chain.x))
        #expect(now == 200 && Chain.reply(world, old) == .moved("n4"))
        #expect(Set(["n1", "n4"].map { Chain.chain(world, $0)?.contentHash }).count == 1)
    }

    @Test("a member whose predecessor no longer has the log gets a copy of the state, however it starts")
    func copy() {
        var world = Self.world(5)
        #expect((Chain.chain(world, "n3")?.log.base.lsn ?? 0) > 15)
        Self.add("n4", to: &world)
        world.run(milliseconds: 1000)
        #expect(Chain.chain(world, "n4")?.isComplete == true)
        let read = Chain.read(&world, "n4")
        #expect(read == 7)
        // From what lies on its disk now.
        world.crash("n4")
        world.start("n4")
        world.run(milliseconds: 500)
        let again = Chain.read(&world, "n4")
        #expect(again == 7)
        let hashes = ["n1", "n4"].map { Chain.chain(world, $0)?.contentHash }
        #expect(Set(hashes).count == 1)
    }

    @Test("what an old head alone had is gone when it comes back as the tail")
    func oldHead() {
        var world = Self.world()
        Chain.order(&world, "n1", .gate("ship:n2", isClosed: true))
        let lost = world.request("n1", Chain.set(99))
        world.run(milliseconds: 100)
        world.crash("n1")
        for name in ["n2", "n3"] { Chain.order(&world, name, .member(.remove("n1"))) }
        let write = world.request("n2", Chain.set(100))
        world.run(milliseconds: 500)
        #expect(Chain.reply(world, lost) == nil && Chain.reply(world, write) == .ok)
        world.start("n1")
        world.run(milliseconds: 1000)
        for name in ["n2", "n3"] { Chain.order(&world, name, .member(.add("n1"))) }
        world.run(milliseconds: 1500)
        let read = Chain.read(&world, "n1")
        #expect(read == 100)
        #expect(Set(["n1", "n2", "n3"].map { Chain.chain(world, $0)?.contentHash }).count == 1)
    }

    @Test(
        "a member that missed a view does not take itself for whole: it may have been out of the chain",
        arguments: [2, 3])
    func missedView(epoch: UInt32) {
        var world = Self.world()
        let order = ["n2", "n3", "n1"]
        world.isolate("n1")
        let message = ChainMessage.view(ChainView(epoch: epoch, order: order)).encoded(epoch: epoch)
        world.step("n1", .received(from: "n2", message))
        #expect(Chain.chain(world, "n1")?.view.order == order)
        #expect(Chain.chain(world, "n1")?.isComplete == (epoch == 2))
    }

    @Test("entries that only an old head had do not make it whole, whatever their numbers")
    func equalNumbers() {
        var world = Self.world()
        Chain.order(&world, "n1", .gate("ship:n2", isClosed: true))
        for number in 90..<93 { _ = world.request("n1", Chain.set(number)) }
        world.run(milliseconds: 100)
        world.crash("n1")
        for name in ["n2", "n3"] { Chain.order(&world, name, .member(.remove("n1"))) }
        // As many that count, so that both logs end with the same number.
        for number in 100..<103 { _ = world.request("n2", Chain.set(number)) }
        world.run(milliseconds: 500)
        #expect(Chain.chain(world, "n3")?.committed == 34)
        // The old tail dies before it has said anything to the member that joins.
        world.cuts = [.init(from: "n3", to: "n1")]
        world.start("n1")
        for name in ["n2", "n3", "n1"] { Chain.order(&world, name, .member(.add("n1"))) }
        world.run(milliseconds: 500)
        world.crash("n3")
        world.cuts = []
        Chain.order(&world, "n2", .member(.remove("n3")))
        world.run(milliseconds: 2000)
        let read = Chain.read(&world, "n1")
        #expect(read == 102)
    }

    @Test("a member whose disk was emptied shows nothing before it has what it had", arguments: ["n2", "n3"])
    func emptied(name: NodeName) {
        var world = Self.world()
        world.crash(name)
        world.wipe(name)
        world.cuts = [.init(from: name == "n2" ? "n1" : "n2", to: name)]
        world.start(name)
        world.run(milliseconds: 500)
        #expect(Chain.chain(world, name)?.isComplete == false)
        world.cuts = []
        world.run(milliseconds: 1000)
        #expect(Chain.chain(world, name)?.isComplete == true)
        let read = Chain.read(&world, "n3")
        #expect(read == 7)
    }

    @Test("a head whose disk was emptied takes no writes: they would get numbers that others have")
    func emptiedHead() {
        var world = Self.world()
        world.crash("n1")
        world.wipe("n1")
        world.start("n1")
        world.run(milliseconds: 1000)
        let write = Chain.write(&world, 8)
        #expect(write?.isFailure == true)
    }

    /// Whether the new tail answers before it has what its predecessor had acknowledged.
    private static func answersEarly(_ mutants: Set<Mutant>) -> Bool {
        var world = world(mutants: mutants)
        Chain.order(&world, "n3", .gate("ship:n4", isClosed: true))
        add("n4", to: &world)
        world.run(milliseconds: 500)
        return Chain.read(&world, "n4") == 0
    }

    @Test("a new tail does not answer before its copy is whole (M64: it does)")
    func early() {
        let correct = Self.answersEarly([])
        let mutant = Self.answersEarly([.tailJoinsEarly])
        #expect(!correct && mutant)
    }
}
