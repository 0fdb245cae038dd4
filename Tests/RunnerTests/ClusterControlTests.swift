import AgentProtocol
import Clients
import HistoryModel
import Synchronization
import Systems
import Testing
import Workloads

@testable import Runner

@Suite struct ClusterControlTests {
    @Test func `the leader is started first`() async throws {
        try await Stage.with { stage in
            #expect(stage.system.done.first == "launch n1 as leader")
            #expect(stage.system.done.count == 3)
        }
    }

    @Test func `the most advanced follower is promoted, and a replaced dead leader comes back empty`() async throws
    {
        try await Stage.with { stage in
            stage.system.state.withLock { $0.ends = ["n1": 9, "n2": 3, "n3": 5] }
            _ = try await stage.control.kill("n1")
            #expect(try await stage.control.promote(.mostAdvanced) == "n3")
            #expect(stage.control.topology.snapshot.leader == "n3")
            #expect(stage.system.done.contains("follow n3 at n2"))
            try await stage.control.start("n1")
            #expect(stage.system.done.last == "launch n1 as follower of n3")
            #expect(stage.hosts.world.withLock { $0.hosts["n1"]?.removed } == ["/state/runs/r/n1/data"])
        }
    }

    @Test func `a dead leader that was not replaced keeps its data and leads again`() async throws {
        try await Stage.with { stage in
            _ = try await stage.control.kill("n1")
            try await stage.control.start("n1")
            #expect(stage.system.done.last == "launch n1 as leader")
            #expect(stage.hosts.world.withLock { $0.hosts["n1"]?.removed } == [])
        }
    }

    @Test func `a failover does nothing when the leader is back, or nobody is left`() async throws {
        try await Stage.with { stage in
            #expect(try await stage.control.promote(.mostAdvanced, isFailover: true) == nil)
            for node in ["n1", "n2", "n3"] { _ = try await stage.control.kill(node) }
            #expect(try await stage.control.promote(.mostAdvanced, isFailover: true) == nil)
            #expect(await stage.control.leader == "n1")
        }
    }

    @Test func `a restart during a promotion waits for it`() async throws {
        try await Stage.with { stage in
            stage.system.state.withLock { $0.promotion = .milliseconds(50) }
            _ = try await stage.control.kill("n1")
            async let promoted = stage.control.promote(.named("n2"))
            while await !stage.control.isPromoting { await Task.yield() }
            try await stage.control.start("n1")
            _ = try await promoted
            #expect(stage.system.done.last == "launch n1 as follower of n2")
        }
    }

    @Test func `a follower that stood still is told of the promotion afterwards`() async throws {
        try await Stage.with { stage in
            stage.system.state.withLock { $0.silent = ["n3"] }
            _ = try await stage.control.kill("n1")
            try await stage.control.promote(.mostAdvanced)
            stage.system.state.withLock { $0.silent = [] }
            try await stage.control.tellLeader(to: "n3")
            try await stage.control.tellLeader(to: "n3")
            #expect(stage.system.done.filter { $0 == "follow n2 at n3" }.count == 1)
        }
    }

    @Test func `waiting for the replicas of a dead leader is an error`() async throws {
        try await Stage.with { stage in
            _ = try await stage.control.kill("n1")
            await #expect(throws: SystemError.self) {
                try await stage.control.waitUntilCaughtUp(within: .milliseconds(10))
            }
        }
    }

    @Test func `gates are opened at every node although one does not answer`() async throws {
        try await Stage.with { stage in
            stage.system.state.withLock { $0.silent = ["n1"] }
            await #expect(throws: SystemError.self) { try await stage.control.openAllGates() }
            #expect(stage.system.done.contains("open apply at n3"))
        }
    }

    @Test func `a start that went on without us is begun again`() async throws {
        try await Stage.with { stage in
            try await stage.control.start("n2")
            #expect(stage.hosts.calls("n2").suffix(3) == [Spawn.op, Signal.op, Spawn.op])
        }
    }

    @Test func `output that was cut short is an error`() async throws {
        try await Stage.with { stage in
            let access = await stage.control.access("n1")
            await #expect(throws: AgentError.self) {
                try await access.exec(["too", "long"], input: [], deadline: .seconds(1))
            }
        }
    }
}
