import AgentProtocol
import Faults
import HistoryModel
import RunStore
import Synchronization
import Testing

@testable import Runner

@Suite struct NemesisTests {
    @Test func `a kill is proven by the observer and ended by a restart`() async throws {
        try await Stage.with { stage in
            await stage.start(.kill, .named(["n2"]))
            #expect(stage.hosts.process("n2") == "gone")
            #expect(await stage.control.isDead("n2"))
            await stage.nemesis.end("f")
            #expect(stage.hosts.process("n2") == "S")
            #expect(await stage.outcome() == .proven)
            #expect(stage.problems.all.isEmpty)
        }
    }

    @Test(arguments: [
        ("kill", FaultKind.kill), ("stop", .pause), ("net-drop", .partition(.halves, .peer)),
        ("net-drop", .network(PoorNetwork(loss: 100))), ("net-drop", .network(PoorNetwork(bitsPerSecond: 64_000))),
    ])
    func `a fault whose effector only pretends is not proven`(effector: String, kind: FaultKind) async throws {
        try await Stage.with { stage in
            stage.hosts.world.withLock { $0.sabotage = [effector] }
            await stage.start(kind, .one)
            await stage.nemesis.endAll()
            #expect(await stage.outcome() == .notProven)
        }
    }

    @Test(arguments: [
        PartitionShape.halves, .isolateOne, .isolateLeader, .groups([["n1"], ["n2"]]),
        .oneWay(from: .named(["n1"]), to: .named(["n2", "n3"])), .bridge, .majorityRing,
    ])
    func `every shape of partition is proven, and healed without a trace`(shape: PartitionShape) async throws {
        try await Stage.with { stage in
            await stage.start(.partition(shape, .peer), .all)
            #expect(await stage.outcome() == .proven)
            await stage.nemesis.end("f")
            for node in ["n1", "n2", "n3"] { #expect(stage.hosts.rules(node).isEmpty) }
            #expect(stage.problems.all.isEmpty)
        }
    }

    @Test(arguments: [
        PoorNetwork(loss: 100), PoorNetwork(delay: .milliseconds(10)...(.milliseconds(20))),
        PoorNetwork(bitsPerSecond: 1_000_000),
        PoorNetwork(loss: 20, delay: .milliseconds(10)...(.milliseconds(10)), bitsPerSecond: 64_000),
    ])
    func `a bad network is measured before, during and after, between its nodes and the others`(
        network: PoorNetwork
    ) async throws {
        try await Stage.with { stage in
            await stage.start(.network(network), .named(["n2"]))
            #expect(await stage.outcome() == .proven)
            let paths = await stage.nemesis.records[0].evidence.filter { $0.subject.contains("->") }.map(\.subject)
            #expect(Set(paths) == ["n1 -> n2", "n2 -> n1", "n2 -> n3", "n3 -> n2"])
            await stage.nemesis.end("f")
            let record = try #require(await stage.nemesis.records.first)
            #expect(record.evidence.count { $0.when == .healed && $0.holds } == 4)
            for node in ["n1", "n2", "n3"] { #expect(stage.hosts.poor(node).isEmpty) }
            #expect(stage.problems.all.isEmpty)
        }
    }

    @Test func `a network that was as bad before proves nothing`() async throws {
        try await Stage.with { stage in
            let network = PoorNetwork(loss: 100)
            await stage.start(.network(network), .named(["n2"]), "f1")
            await stage.start(.network(network), .named(["n2"]), "f2")
            #expect(await stage.outcome("f1") == .proven)
            #expect(await stage.outcome("f2") == .notProven)
        }
    }

    @Test func `silence that was there before proves nothing`() async throws {
        try await Stage.with { stage in
            stage.hosts.world.withLock { $0.isDark = true }
            await stage.start(.partition(.isolateLeader, .peer), .all)
            #expect(await stage.outcome() == .notProven)
        }
    }

    @Test func `a node that was dead by itself is no proof of a kill`() async throws {
        try await Stage.with { stage in
            stage.hosts.world.withLock { $0.hosts["n2"]?.processes = [:] }
            await stage.start(.kill, .named(["n2"]))
            #expect(await stage.outcome() == .notProven)
        }
    }

    @Test func `a node that refuses connections is no proof that clients are cut off`() async throws {
        try await Stage.with { stage in
            await stage.start(.partition(.isolateLeader, .client), .all)
            #expect(stage.hosts.rules("n1")["f"]?.count == 2)
            #expect(await stage.outcome() == .notProven)
        }
    }

    @Test func `of two overlapping partitions each is proven and healed by itself`() async throws {
        try await Stage.with { stage in
            await stage.start(.partition(.groups([["n1"]]), .peer), .all, "p1")
            await stage.start(.partition(.groups([["n1"]]), .peer), .all, "p2")
            await stage.nemesis.end("p1")
            #expect(stage.hosts.rules("n1").keys.sorted() == ["p2"])
            await stage.nemesis.end("p2")
            #expect(await stage.outcome("p1") == .proven)
            #expect(await stage.outcome("p2") == .proven)
            #expect(stage.problems.all.isEmpty)
        }
    }

    @Test func `a node that two kills hold stays dead until both have ended`() async throws {
        try await Stage.with { stage in
            await stage.start(.kill, .named(["n2"]), "k1")
            await stage.start(.kill, .named(["n2", "n3"]), "k2")
            await stage.nemesis.end("k1")
            #expect(stage.hosts.process("n2") == "gone")
            await stage.nemesis.end("k2")
            #expect(await stage.outcome("k2") == .proven)
            #expect(stage.hosts.process("n2") == "S" && stage.hosts.process("n3") == "S")
            #expect(stage.problems.all.isEmpty)
        }
    }

    @Test func `a node that was killed while it stood still is not continued`() async throws {
        try await Stage.with { stage in
            await stage.start(.pause, .named(["n2"]), "p")
            await stage.start(.kill, .named(["n2"]), "k", end: .never)
            await stage.nemesis.endAll()
            #expect(stage.hosts.process("n2") == "gone")
            #expect(await stage.nemesis.activeWords.isEmpty)
            #expect(stage.problems.all.isEmpty)
        }
    }

    @Test func `a fault that fails half way is undone where it took hold`() async throws {
        try await Stage.with { stage in
            stage.hosts.fail(Signal.op, at: "n3")
            await stage.start(.pause, .named(["n2", "n3"]))
            #expect(stage.hosts.process("n2") == "T")
            #expect(await stage.outcome() == .notProven)
            stage.hosts.mend("n3")
            await stage.nemesis.endAll()
            #expect(stage.hosts.process("n2") == "S")
            #expect(stage.problems.all.map(\.kind) == [.harnessError])
        }
    }

    @Test func `what could not be undone is tried again in the last phase`() async throws {
        try await Stage.with { stage in
            await stage.start(.pause, .named(["n2"]))
            stage.hosts.fail(Signal.op, at: "n2")
            await stage.nemesis.end("f")
            #expect(stage.recorder.drain().filter { $0.f == "fault-end" }.isEmpty)
            stage.hosts.mend("n2")
            await stage.nemesis.endAll()
            #expect(stage.hosts.process("n2") == "S")
            #expect(stage.recorder.drain().filter { $0.f == "fault-end" }.count == 1)
        }
    }

    @Test func `an end that comes during the start waits for it`() async throws {
        try await Stage.with { stage in
            async let start: Void = stage.start(.partition(.halves, .peer), .all)
            while !stage.hosts.calls("n1").contains(ProbeSend.op) { await Task.yield() }
            await stage.nemesis.end("f")
            await start
            #expect(await stage.nemesis.activeWords.isEmpty)
            for node in ["n1", "n2", "n3"] { #expect(stage.hosts.rules(node).isEmpty) }
        }
    }

    @Test func `what a host cannot do is called unsupported`() async throws {
        try await Stage.with { stage in
            stage.hosts.fail(NetDrop.op, at: "n1", AgentError(.unsupported, "there is no nft"))
            await stage.start(.partition(.isolateLeader, .peer), .all)
            await stage.nemesis.endAll()
            let problem = try #require(stage.problems.all.first)
            #expect(problem.kind == .unsupported && problem.node == "n1" && problem.advice != nil)
            #expect(problem.message.contains("f (partition)") && problem.message.contains("there is no nft"))
        }
    }

    @Test func `a name that is on already is refused`() async throws {
        try await Stage.with { stage in
            await stage.start(.pause, .named(["n2"]))
            await stage.start(.pause, .named(["n3"]))
            #expect(stage.hosts.process("n3") == "S")
            #expect(stage.problems.all.map(\.kind) == [.harnessError])
        }
    }

    @Test func `a target that there is not leaves a record that was not applied`() async throws {
        try await Stage.with { stage in
            await stage.start(.kill, .named(["n9"]))
            #expect(await stage.outcome() == .notApplied)
            #expect(stage.problems.all.first?.message.contains("n9") == true)
        }
    }
}
