import Determinism
import Foundation
import Testing

@testable import Replication

/// A node that does nothing but lead and follow as the arbiters decide, and writes an entry now and then while it leads.
struct ObedientNode: Replica {
    let name: NodeName
    var link: ArbiterLink
    /// Durable; and what is on its way to the disk.
    var promised: UInt32 = 0
    var promising: UInt32 = 0
    var position = Position.start
    /// The epoch that this node leads.
    var leads: UInt32?
    private var number: StateNumber = 0
    private var now: Moment = 0

    init(_ name: NodeName, arbiters: [NodeName], stored: StoredState) throws(DecodingFailure) {
        self.name = name
        link = ArbiterLink(arbiters: arbiters, lease: 2_000_000_000)
        guard let state = stored.state else { return }
        var reader = ByteReader(state)
        promised = try reader.timeline()
        position = try reader.position()
        promising = promised
    }

    mutating func step(_ input: ReplicaInput, at time: NodeTime) -> [ReplicaEffect] {
        now = max(now, time.monotonic)
        var effects: [ReplicaEffect] = []
        switch input {
        case .received(let sender, let message):
            if link.receive(from: sender, message, at: now) { leads = nil }
        case .stateSaved:
            if promised != promising { link.hurry() }
            promised = promising
        default: break
        }
        let decision = link.decision
        if decision.epoch > promising {
            promising = decision.epoch
            leads = nil
            save(&effects)
        }
        if promised == decision.epoch, decision.leader == name, leads == nil {
            leads = promised
            position = Position(timeline: promised, lsn: position.lsn + 1)
            save(&effects)
        }
        let report = link.report(
            epoch: promised, position: position, isFit: true, wantsLease: leads == promised, at: now)
        if let report {
            if holdsLease {
                position.lsn += 1
                save(&effects)
            }
            effects.append(.send(to: report.to, report.1))
        }
        return effects
    }

    private mutating func save(_ effects: inout [ReplicaEffect]) {
        number += 1
        var writer = ByteWriter()
        writer.number(UInt64(promising))
        writer.position(position)
        effects.append(.saveState(writer.bytes, number))
    }

    var holdsLease: Bool { leads.map { link.holdsLease(of: $0, at: now) } ?? false }
    func holdsLease(at now: Moment) -> Bool { leads.map { link.holdsLease(of: $0, at: now) } ?? false }

    var nextWake: Moment { link.nextWake }
    var status: ReportValue { .null }
    var info: [(name: String, value: String)] { [] }
    var dump: ReportValue { .null }
    func log(from: LSN, to: LSN) -> ReportValue { .null }
    var contentHash: UInt64 { 0 }
    var unrest: [String] { [] }
}

/// What was seen of all nodes and arbiters in a world.
final class ArbiterWatch {
    var problem: String?
    var leaderOf: [UInt32: NodeName] = [:]
    var longest: UInt32 = 0

    func look(_ world: ReplicaWorld, after name: NodeName) {
        guard let arbiter = world.replica(name) as? ArbiterReplica else { return lookAtLeases(world) }
        let decision = arbiter.decision
        longest = max(longest, decision.epoch)
        guard let leader = decision.leader else { return }
        let known = leaderOf.updateValue(leader, forKey: decision.epoch)
        if let known, known != leader { problem = problem ?? "\(known) and \(leader) lead epoch \(decision.epoch)" }
    }

    private func lookAtLeases(_ world: ReplicaWorld) {
        let holders = ArbiterTests.nodes.filter { name in
            (world.replica(name) as? ObedientNode)?.holdsLease(at: world.clock(name).monotonic) ?? false
        }
        if holders.count > 1 { problem = problem ?? "\(holders) hold a lease at \(world.now)" }
    }
}

@Suite("Arbiters")
struct ArbiterTests {
    private static let arbiters = ["a1", "a2", "a3"]
    fileprivate static let nodes = ["n1", "n2", "n3"]
    /// How many storms; more by the environment.
    private let stormSeeds = ProcessInfo.processInfo.environment["ARBITER_SEEDS"].flatMap { Int($0) } ?? 5

    private static func world(
        seed: UInt64, _ rule: FailoverRule = .best, checkQuorum: Bool = true, mutants: Set<Mutant> = []
    ) -> (ReplicaWorld, ArbiterWatch) {
        var world = ReplicaWorld(seed: seed)
        for name in arbiters {
            world.add(name) { (stored) throws(DecodingFailure) in
                var configuration = ArbiterConfiguration(
                    name: name, cluster: "c", arbiters: arbiters, nodes: nodes)
                configuration.rule = rule
                configuration.raft.seed = seed
                configuration.raft.checkQuorum = checkQuorum
                configuration.raft.snapshotEvery = 20
                configuration.raft.mutants = mutants
                return try ArbiterReplica(configuration, stored: stored)
            }
        }
        for name in nodes {
            world.add(name) { (stored) throws(DecodingFailure) in
                try ObedientNode(name, arbiters: arbiters, stored: stored)
            }
        }
        let watch = ArbiterWatch()
        world.watch = { watch.look($0, after: $1) }
        return (world, watch)
    }

    private static func holder(_ world: ReplicaWorld) -> NodeName? {
        nodes.first { name in
            (world.replica(name) as? ObedientNode)?.holdsLease(at: world.clock(name).monotonic) ?? false
        }
    }

    private static func decision(_ world: ReplicaWorld) -> ArbiterDecision {
        arbiters.compactMap { (world.replica($0) as? ArbiterReplica)?.decision }.max { $1.isNewer(than: $0) }
            ?? ArbiterDecision()
    }

    @Test("somebody leads, and somebody else when it is gone")
    func failover() throws {
        var (world, watch) = Self.world(seed: 1)
        world.startAll()
        world.run(milliseconds: 3000)
        let first = try #require(Self.holder(world))
        world.crash(first)
        world.run(milliseconds: 6000)
        let second = try #require(Self.holder(world))
        #expect(second != first)
        world.start(first)
        world.run(milliseconds: 3000)
        let last = Self.holder(world)
        #expect(last == second)
        #expect(watch.problem == nil)
        #expect(Self.decision(world).leader == second)
    }

    @Test("a leader that the arbiters do not hear ends its lease before somebody else leads")
    func isolatedLeader() throws {
        var (world, watch) = Self.world(seed: 2)
        world.startAll()
        world.run(milliseconds: 3000)
        let first = try #require(Self.holder(world))
        world.setRate(first, 93)
        world.isolate(first)
        world.run(milliseconds: 6000)
        #expect(Self.holder(world).map { $0 != first } ?? false)
        #expect(watch.problem == nil)
    }

    @Test("arbiters that are cut off decide nothing")
    func minority() throws {
        var (world, watch) = Self.world(seed: 3)
        world.startAll()
        world.run(milliseconds: 3000)
        let first = try #require(Self.holder(world))
        // The leader keeps one arbiter.
        for other in Self.arbiters.dropFirst() + Self.nodes.filter({ $0 != first }) {
            for side in ["a1", first] {
                world.cuts.insert(.init(from: side, to: other))
                world.cuts.insert(.init(from: other, to: side))
            }
        }
        world.run(milliseconds: 8000)
        #expect(Self.holder(world).map { $0 != first } ?? false)
        #expect(watch.problem == nil)
    }

    /// The one that decides, by its own belief.
    private static func deciding(_ world: ReplicaWorld) -> NodeName? {
        arbiters.first { (world.replica($0) as? ArbiterReplica)?.core.role == .leader }
    }

    @Test("who takes over waits for the leases that its predecessor may have given")
    func takeover() throws {
        var (world, watch) = Self.world(seed: 6)
        world.startAll()
        world.run(milliseconds: 3000)
        let first = try #require(Self.holder(world))
        world.isolate(first)
        let deciding = try #require(Self.deciding(world))
        world.crash(deciding)
        world.run(milliseconds: 8000)
        #expect(Self.holder(world).map { $0 != first } ?? false)
        #expect(watch.problem == nil)
    }

    @Test("an arbiter that only believes that it decides gives no lease")
    func staleArbiter() throws {
        var (world, watch) = Self.world(seed: 7, checkQuorum: false)
        world.startAll()
        world.run(milliseconds: 3000)
        let first = try #require(Self.holder(world))
        let together = [first, try #require(Self.deciding(world))]
        for side in together {
            for other in world.names where !together.contains(other) {
                world.cuts.insert(.init(from: side, to: other))
                world.cuts.insert(.init(from: other, to: side))
            }
        }
        world.run(milliseconds: 8000)
        #expect(Self.holder(world).map { $0 != first } ?? false)
        #expect(watch.problem == nil)
    }

    @Test("arbiters that decide alone make two leaders (M19)")
    func mutantNoMajority() {
        var (world, watch) = Self.world(seed: 3, mutants: [.arbiterNoMajority])
        world.startAll()
        world.run(milliseconds: 3000)
        for side in ["a1", "n1"] {
            for other in world.names where !["a1", "n1"].contains(other) {
                world.cuts.insert(.init(from: side, to: other))
                world.cuts.insert(.init(from: other, to: side))
            }
        }
        world.run(milliseconds: 12000)
        #expect(watch.problem != nil)
    }

    /// Sets the ends of the nodes' logs, takes the leader away, and says who leads then.
    private static func successor(_ rule: FailoverRule, mutants: Set<Mutant> = []) throws -> NodeName? {
        var (world, watch) = world(seed: 4, rule, mutants: mutants)
        world.startAll()
        world.run(milliseconds: 1000)
        // Where nobody leads by itself an operator says who does.
        if rule == .manual { for arbiter in arbiters { world.step(arbiter, .admin(1, .follow("n1"))) } }
        world.run(milliseconds: 2000)
        let first = try #require(holder(world))
        #expect(first == "n1")
        // Only n2 and n3 are left: n2 has less, and n3 is the set.
        for (name, lsn) in [("n2", 5 as LSN), ("n3", 50)] {
            world.crash(name)
            world.start(name, after: Position(timeline: 1, lsn: lsn))
        }
        let link = try #require((world.replica(first) as? ObedientNode)?.link)
        for arbiter in arbiters { world.step(arbiter, .received(from: first, link.change(to: ["n3"]).1)) }
        world.run(milliseconds: 200)
        #expect(decision(world).syncSet == ["n3"])
        world.crash(first)
        world.run(milliseconds: 7000)
        #expect(watch.problem == nil)
        return holder(world)
    }

    @Test(
        "the rule says who leads next",
        arguments: [
            (FailoverRule.best, "n3"), (.syncSet, "n3"), (.priority, "n2"), (.manual, nil),
        ] as [(FailoverRule, NodeName?)])
    func rules(rule: FailoverRule, expected: NodeName?) throws {
        let successor = try Self.successor(rule)
        #expect(successor == expected)
    }

    @Test("the laggard leads (M15)")
    func mutantLaggard() throws {
        let successor = try Self.successor(.best, mutants: [.failoverLaggard])
        #expect(successor == "n2")
    }

    @Test("whatever fails, at most one node holds a lease, and an epoch has one leader")
    func storms() {
        var epochs = 0
        for seed in 0..<stormSeeds {
            var (world, watch) = Self.world(seed: UInt64(seed), seed.isMultiple(of: 2) ? .best : .syncSet)
            world.startAll()
            var random = SeededRandom.named("arbiter storm", seed: UInt64(seed))
            world.lossPercent = random.below(20)
            world.doublePercent = random.below(20)
            for name in world.names { world.setRate(name, UInt64(96 + random.below(9))) }
            for _ in 0..<20 {
                let name = random.choose(world.names)
                switch random.below(5) {
                case 0: world.crash(name)
                case 1: world.isolate(name, both: random.chance(1, in: 2))
                case 2: Self.holder(world).map { world.isolate($0) }
                default:
                    world.cuts = []
                    world.names.forEach { world.start($0) }
                }
                world.run(milliseconds: UInt64(random.below(3000)))
            }
            #expect(watch.problem == nil, "seed \(seed)")
            world.cuts = []
            world.lossPercent = 0
            world.names.forEach { world.start($0) }
            world.run(milliseconds: 12_000)
            if seed.isMultiple(of: 2) {
                #expect(Self.holder(world) != nil, "seed \(seed): nobody leads in the end")
            }
            epochs += Int(watch.longest)
        }
        #expect(epochs > 2 * stormSeeds, "\(epochs) leaders in \(stormSeeds) storms")
    }

    @Test("messages and decisions are read as they were written, and anything else is refused")
    func coding() throws {
        var decision = ArbiterDecision()
        decision.take(.close(epoch: 1))
        decision.take(.lead(epoch: 1, "n1"))
        decision.take(.replaceSet(epoch: 1, version: 0, ["n2", "n3"]))
        let messages: [ArbiterMessage] = [
            .report(
                ArbiterReport(
                    ticket: 300, epoch: 7, position: Position(timeline: 6, lsn: 1 << 40), isFit: true,
                    wantsLease: false)),
            .changeSet(ArbiterSetChange(epoch: 2, version: 9, set: ["n1", "n2"])),
            .order(ArbiterOrder(ticket: 4, decision: decision, grantsLease: true)), .elsewhere(nil),
            .elsewhere("a2"),
        ]
        var random = SeededRandom(seed: 5)
        for message in messages {
            let encoded = message.encoded
            #expect(try ArbiterMessage(decoding: encoded) == message)
            for _ in 0..<200 {
                var damaged = encoded
                if random.chance(1, in: 2) { damaged.payload = Array(damaged.payload.prefix(random.below(12))) }
                if !damaged.payload.isEmpty {
                    damaged.payload[random.below(damaged.payload.count)] ^= UInt8(1 + random.below(255))
                }
                _ = try? ArbiterMessage(decoding: damaged)
            }
        }
        for step in [
            ArbiterDecision.Step.close(epoch: 3), .lead(epoch: 3, "n2"), .replaceSet(epoch: 3, version: 1, []),
        ] {
            #expect(try ArbiterDecision.Step(decoding: step.encoded) == step)
        }
    }

    @Test("steps are taken in their place only")
    func steps() {
        let steps: [(ArbiterDecision.Step, Bool)] = [
            (.lead(epoch: 1, "n1"), false), (.close(epoch: 2), false), (.close(epoch: 1), true),
            (.replaceSet(epoch: 1, version: 0, ["n2"]), false), (.lead(epoch: 1, "n1"), true),
            (.lead(epoch: 1, "n2"), false), (.replaceSet(epoch: 1, version: 0, ["n2"]), true),
            (.replaceSet(epoch: 1, version: 0, ["n3"]), false), (.close(epoch: 2), true),
        ]
        var decision = ArbiterDecision()
        for (step, fits) in steps {
            let isTaken = decision.take(step)
            #expect(isTaken == fits, "\(step)")
        }
        #expect(decision.leader == nil && decision.former == "n1" && decision.syncSet == ["n2"])
    }
}

extension ReplicaWorld {
    /// Starts a node whose log ends there.
    fileprivate mutating func start(_ name: NodeName, after position: Position) {
        var writer = ByteWriter()
        writer.number(UInt64(position.timeline))
        writer.position(position)
        setState(name, writer.bytes)
        start(name)
    }
}
