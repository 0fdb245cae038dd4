import Determinism
import Foundation
import Testing

@testable import Replication

@Suite("Chains")
struct ChainTests {
    static let nodes = ["n1", "n2", "n3"]
    static let x = Array("x".utf8)

    static func world(
        seed: UInt64 = 1, _ read: ChainReadMode = .tail, mutants: Set<Mutant> = [], nodes: [NodeName] = nodes,
        spare: [NodeName] = [], snapshotEvery: Int = 10_000
    ) -> ReplicaWorld {
        var world = ReplicaWorld(seed: seed)
        for name in nodes + spare {
            world.add(name) { (stored) throws(DecodingFailure) in
                var configuration = ChainConfiguration(
                    name: name, cluster: "c", order: nodes, members: nodes + spare)
                configuration.read = read
                configuration.snapshotEvery = snapshotEvery
                configuration.retain = min(snapshotEvery, 1000)
                configuration.seed = seed
                configuration.mutants = mutants
                return try ChainReplica(configuration, stored: stored)
            }
        }
        world.startAll()
        return world
    }

    static func chain(_ world: ReplicaWorld, _ name: NodeName) -> ChainReplica? {
        world.replica(name) as? ChainReplica
    }

    static func set(_ number: Int) -> Command { .set(key: x, value: Array("\(number)".utf8)) }

    /// The reply to a request, `nil` if there is none yet.
    static func reply(_ world: ReplicaWorld, _ id: RequestID) -> Reply? { world.answers[id]?.reply }

    static func number(_ reply: Reply?) -> Int? {
        guard case .value(let value) = reply else { return nil }
        return value.map { Int(String(decoding: $0, as: UTF8.self)) ?? -1 } ?? 0
    }

    /// A read that is answered within the time.
    static func read(_ world: inout ReplicaWorld, _ name: NodeName) -> Int? {
        let id = world.request(name, .get(key: x))
        world.run(milliseconds: 100)
        return number(reply(world, id))
    }

    /// A write that is answered within the time.
    static func write(_ world: inout ReplicaWorld, _ number: Int) -> Reply? {
        let id = world.request("n1", set(number))
        world.run(milliseconds: 300)
        return reply(world, id)
    }

    static func order(_ world: inout ReplicaWorld, _ name: NodeName, _ order: AdminOrder) {
        world.step(name, .admin(1, order))
    }

    @Test("a write goes from head to tail, reads come from the tail, and everybody else says where to go")
    func plain() {
        var world = Self.world()
        world.run(milliseconds: 300)
        let written = Self.write(&world, 7)
        #expect(written == .ok)
        let read = Self.read(&world, "n3")
        #expect(read == 7)
        let misplaced = [world.request("n2", Self.set(8)), world.request("n1", .get(key: Self.x))]
        #expect(Self.reply(world, misplaced[0]) == .moved("n1"))
        #expect(Self.reply(world, misplaced[1]) == .moved("n3"))
        let hashes = Self.nodes.map { Self.chain(world, $0)?.contentHash }
        #expect(Set(hashes).count == 1)
        #expect(Self.nodes.allSatisfy { Self.chain(world, $0)?.unrest.isEmpty ?? false })
    }

    @Test("a member passes on only what its own disk has", arguments: ["n1", "n2"])
    func durable(slow: NodeName) throws {
        var world = Self.world()
        world.run(milliseconds: 300)
        world.slowDisks = [slow]
        _ = world.request("n1", Self.set(1))
        let next = try #require(Self.nodes.firstIndex(of: slow).map { Self.nodes[$0 + 1] })
        var isEarly = false
        for _ in 0..<100 {
            world.run(milliseconds: 4)
            let own = Self.chain(world, slow)?.flushed ?? 0
            if Self.chain(world, next)?.log.last.lsn ?? 0 > own { isEarly = true }
        }
        #expect(!isEarly)
        let last = Self.chain(world, "n3")?.committed
        #expect(last == 1)
    }

    @Test("a failed comparison is answered when the tail has what it was compared with")
    func failedComparison() {
        var world = Self.world()
        world.run(milliseconds: 300)
        Self.order(&world, "n2", .gate("ship:n3", isClosed: true))
        let write = world.request("n1", Self.set(1))
        let cas = world.request("n1", .compareAndSet(key: Self.x, old: Array("5".utf8), new: Array("6".utf8)))
        world.run(milliseconds: 500)
        #expect(Self.reply(world, write) == nil && Self.reply(world, cas) == nil)
        Self.order(&world, "n2", .gate("ship:n3", isClosed: false))
        world.run(milliseconds: 500)
        #expect(Self.reply(world, write) == .ok)
        #expect(Self.reply(world, cas)?.isFailure ?? false)
    }

    @Test("whoever is taken out, what was acknowledged stays", arguments: nodes)
    func splice(gone: NodeName) throws {
        var world = Self.world(seed: 3)
        world.run(milliseconds: 300)
        let first = Self.write(&world, 1)
        #expect(first == .ok)
        // What is under way when the member dies may or may not come through.
        _ = world.request("n1", Self.set(2))
        world.crash(gone)
        world.run(milliseconds: 500)
        let rest = Self.nodes.filter { $0 != gone }
        for name in rest { Self.order(&world, name, .member(.remove(gone))) }
        world.run(milliseconds: 1000)
        let shown = try #require(Self.read(&world, rest[1]))
        #expect(shown == 1 || shown == 2)
        let again = world.request(rest[0], Self.set(9))
        world.run(milliseconds: 1000)
        #expect(Self.reply(world, again) == .ok)
        let last = Self.read(&world, rest[1])
        #expect(last == 9)
        for name in rest { #expect(Self.chain(world, name)?.unrest == []) }
        // Who comes back with the old view is not heard.
        world.start(gone)
        world.run(milliseconds: 1000)
        let still = Self.read(&world, rest[1])
        #expect(still == 9)
    }

    /// A middle member dies with writes under way.
    private static func middleDies(_ mutants: Set<Mutant>) -> Bool {
        var world = world(seed: 4, mutants: mutants)
        world.run(milliseconds: 300)
        world.cuts = [.init(from: "n2", to: "n3")]
        let write = world.request("n1", set(5))
        world.run(milliseconds: 100)
        world.crash("n2")
        world.cuts = []
        for name in ["n1", "n3"] { order(&world, name, .member(.remove("n2"))) }
        world.run(milliseconds: 150)
        let isDone = reply(world, write) == .ok
        // Sent again by the timer, at the latest, unless the sender believes that it had sent it.
        return isDone
    }

    @Test("what was under way is sent to the new successor (M62: it is not)")
    func resend() {
        let correct = Self.middleDies([])
        let mutant = Self.middleDies([.noResendAfterSplice])
        #expect(correct && !mutant)
    }

    /// The head dies with a write that nobody else has: what the client was told, and what is read afterwards.
    private static func headDies(_ mutants: Set<Mutant>) -> (acknowledged: Bool, read: Int?) {
        var world = world(seed: 5, mutants: mutants)
        world.run(milliseconds: 300)
        order(&world, "n1", .gate("ship:n2", isClosed: true))
        let write = world.request("n1", set(5))
        world.run(milliseconds: 300)
        let isAcknowledged = reply(world, write) == .ok
        world.crash("n1")
        for name in ["n2", "n3"] { order(&world, name, .member(.remove("n1"))) }
        world.run(milliseconds: 300)
        return (isAcknowledged, read(&world, "n3"))
    }

    @Test("the head does not answer before the tail has it (M60: it does, and the write is lost)")
    func headAcks() {
        let correct = Self.headDies([])
        #expect(!correct.acknowledged && correct.read == 0)
        let mutant = Self.headDies([.headAcks])
        #expect(mutant.acknowledged && mutant.read == 0)
    }

    /// Confirmations are held back on their way to the head, so that it has a dirty version that the tail has long had.
    private static func dirtyRead(_ mutants: Set<Mutant>) -> (tail: Int?, head: Int?) {
        var world = world(seed: 6, .craq, mutants: mutants)
        world.run(milliseconds: 300)
        order(&world, "n2", .gate("ack:n1", isClosed: true))
        _ = world.request("n1", set(5))
        world.run(milliseconds: 300)
        let tail = read(&world, "n3")
        return (tail, read(&world, "n1"))
    }

    @Test("a dirty version is read as the tail has it (M61: an older one is shown)")
    func craq() {
        let correct = Self.dirtyRead([])
        #expect(correct.tail == 5 && correct.head == 5)
        let mutant = Self.dirtyRead([.craqNoVersionQuery])
        #expect(mutant.tail == 5 && mutant.head == 0)
    }

    @Test(
        "a bounded read shows what the tail has not yet for so long, and then what the tail has",
        arguments: ["n1", "n2"])
    func bounded(member: NodeName) {
        var world = Self.world(.craqBounded)
        world.run(milliseconds: 300)
        let first = Self.write(&world, 1)
        #expect(first == .ok)
        Self.order(&world, "n2", .gate("ship:n3", isClosed: true))
        _ = world.request("n1", Self.set(2))
        world.run(milliseconds: 20)
        let soon = Self.read(&world, member)
        #expect(soon == 2)
        let later = Self.read(&world, member)
        #expect(later == 1)
        let tail = Self.read(&world, "n3")
        #expect(tail == 1)
        if member == "n1" {
            // What is on the disk when it starts may have been there for any time.
            world.crash(member)
            world.start(member)
            world.run(milliseconds: 20)
            let restarted = Self.read(&world, member)
            #expect(restarted == 1)
        }
        Self.order(&world, "n2", .gate("ship:n3", isClosed: false))
        world.run(milliseconds: 500)
        let open = Self.read(&world, member)
        #expect(open == 2)
    }

    @Test("who cannot ask the tail shows nothing that is too old")
    func boundedAlone() {
        var world = Self.world(.craqBounded)
        world.run(milliseconds: 300)
        world.crash("n3")
        _ = world.request("n1", Self.set(2))
        world.run(milliseconds: 200)
        let read = world.request("n2", .get(key: Self.x))
        world.run(milliseconds: 3000)
        #expect(Self.reply(world, read)?.isFailure == true)
    }

    @Test("members in between show more or less than the tail when any may answer")
    func anyReads() {
        var world = Self.world(seed: 7, .any)
        world.run(milliseconds: 300)
        Self.order(&world, "n2", .gate("ship:n3", isClosed: true))
        _ = world.request("n1", Self.set(5))
        world.run(milliseconds: 300)
        let newer = Self.read(&world, "n2")
        let older = Self.read(&world, "n3")
        #expect(newer == 5 && older == 0)
    }

    /// One writer and readers everywhere: a read shows at least what was acknowledged, or shown to anybody, before it.
    @Test(
        "under random faults reads of the tail, and of all members by CRAQ, never go back",
        arguments: [ChainReadMode.tail, .craq])
    func storms(read: ChainReadMode) {
        let seeds = ProcessInfo.processInfo.environment["CHAIN_SEEDS"].flatMap { Int($0) } ?? 15
        var answered = 0
        for seed in 0..<seeds {
            var storm = ChainStorm(
                seed: UInt64(seed),
                Self.world(
                    seed: UInt64(seed), read, nodes: ["n1", "n2", "n3", "n4"],
                    snapshotEvery: seed.isMultiple(of: 2) ? 10_000 : 7))
            storm.run()
            #expect(storm.flaws.isEmpty, "seed \(seed): \(storm.flaws.prefix(3))")
            answered += storm.answered
        }
        #expect(answered > 40 * seeds, "\(answered) reads and writes were answered")
    }

    @Test("messages are read as they were written, and anything else is refused")
    func coding() throws {
        let entries = [
            LogEntry(Position(timeline: 2, lsn: 4), .put(key: Self.x, value: [1])),
            LogEntry(Position(timeline: 3, lsn: 5), .noop),
        ]
        let messages: [ChainMessage] = [
            .forward(previous: Position(timeline: 1, lsn: 3), entries),
            .confirm(ChainProgress(stored: entries[0].position, committed: 3, isComplete: true)),
            .ask(ticket: 1 << 50), .answer(ticket: 2, committed: 1), .hello, .takeOver(floor: entries[0].position),
            .view(ChainView(epoch: 3, order: ["n2", "n1"])),
            .copy(ChainCopyPart(position: entries[1].position, offset: 2, total: 9, bytes: [1, 2])),
            .copied(entries[1].position, received: 7),
        ]
        var random = SeededRandom(seed: 8)
        for message in messages {
            let encoded = message.encoded(epoch: 9)
            #expect(try ChainMessage(decoding: encoded) == message)
            for _ in 0..<300 {
                var damaged = encoded
                guard !damaged.payload.isEmpty else { continue }
                let place = random.below(damaged.payload.count)
                damaged.payload[place] ^= UInt8(1 + random.below(255))
                if random.chance(1, in: 3) { damaged.payload = Array(damaged.payload.prefix(place)) }
                var world = Self.world()
                world.step("n2", .received(from: random.choose(["n1", "n3"]), damaged))
            }
        }
    }
}

/// Crashes, losses, splices and joins while one client writes and several read.
struct ChainStorm {
    private var world: ReplicaWorld
    private var random: SeededRandom
    private var members: [NodeName]
    /// Taken out; they may come back, with or without their disks.
    private var gone: [NodeName] = []
    private var written = 0
    private var open: [(id: RequestID, floor: Int, isWrite: Bool, number: Int)] = []
    /// The highest number that was acknowledged or shown to anybody.
    private var floor = 0
    private(set) var answered = 0
    private(set) var flaws: [String] = []
    private static let key = Array("k".utf8)

    init(seed: UInt64, _ world: ReplicaWorld) {
        self.world = world
        random = SeededRandom.named("chain storm", seed: seed)
        members = world.names
    }

    mutating func run() {
        world.lossPercent = random.below(15)
        world.doublePercent = random.below(15)
        for _ in 0..<150 {
            if random.chance(1, in: 12) { fault() }
            request()
            world.run(milliseconds: UInt64(1 + random.below(40)))
            collect()
        }
        world.cuts = []
        world.lossPercent = 0
        members.forEach { world.start($0) }
        world.run(milliseconds: 3000)
        collect()
        let states = members.map { (world.replica($0) as? ChainReplica) }
        if Set(states.map { $0?.contentHash }).count > 1 { flaws.append("members differ in the end") }
        for state in states where state?.unrest != [] {
            flaws.append("\(state?.name ?? "-"): \(state?.unrest ?? [])")
        }
    }

    private mutating func fault() {
        let name = random.choose(members)
        switch random.below(6) {
        case 0 where members.count > 2 && isWhole:
            // The others go on without it.
            world.crash(name)
            gone.append(name)
            members.removeAll { $0 == name }
            members.forEach { world.start($0) }
            for rest in members { world.step(rest, .admin(1, .member(.remove(name)))) }
        case 1, 2: world.crash(name)
        case 5 where !gone.isEmpty && isWhole:
            let name = gone.removeFirst()
            if random.chance(1, in: 2) { world.wipe(name) }
            members.append(name)
            members.forEach { world.start($0) }
            for member in members { world.step(member, .admin(1, .member(.add(name)))) }
        case 3:
            let other = random.choose(members)
            world.cuts.insert(.init(from: name, to: other))
        default:
            world.cuts = []
            members.forEach { world.start($0) }
        }
    }

    /// Whether nobody is joining: who takes members out while the last whole one is among them loses the chain.
    private var isWhole: Bool { members.allSatisfy { (world.replica($0) as? ChainReplica)?.isComplete == true } }

    private mutating func request() {
        if random.chance(1, in: 2), world.replica(members[0]) != nil {
            written += 1
            let command = Command.set(key: Self.key, value: Array("\(written)".utf8))
            open.append((world.request(members[0], command), floor, true, written))
        } else {
            let name = random.choose(members)
            guard world.replica(name) != nil else { return }
            open.append((world.request(name, .get(key: Self.key)), floor, false, 0))
        }
    }

    /// Writes of one writer are under way together, so that a read shows any of them at first; never less than before.
    private mutating func collect() {
        for request in open {
            guard let reply = world.answers[request.id]?.reply else { continue }
            switch reply {
            case .ok:
                answered += 1
                floor = max(floor, request.number)
            case .value(let value):
                answered += 1
                let shown = value.flatMap { Int(String(decoding: $0, as: UTF8.self)) } ?? 0
                if shown < request.floor { flaws.append("\(shown) was read after \(request.floor)") }
                floor = max(floor, shown)
            default: break
            }
        }
        open.removeAll { world.answers[$0.id] != nil }
    }
}
