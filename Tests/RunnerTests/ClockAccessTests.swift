import AgentProtocol
import Clusters
import Faults
import HistoryModel
import RunStore
import Systems
import Testing
import Workloads

@testable import Runner

@Suite struct ClockAccessTests {
    private func plan(_ fault: String) throws -> Plan {
        let text = """
            name: text
            system: {kind: redis}
            hosts: 3
            workload: [{kind: register}]
            clients: 2
            duration: 5s
            faults: [{id: f, kind: clock, target: n1, at: 1s, \(fault)}]
            """
        return try Workload.load(text: text, file: "text").plan(seed: 1)
    }

    private func host(_ name: String, hasOwnClock: Bool) -> ClusterHost {
        ClusterHost(
            name: name, address: "192.0.2.1", identity: .agent, knownHosts: "/k", hasOwnClock: hasOwnClock)
    }

    @Test
    func `nodes of ours are told, programs run under the library, and own clocks are moved where all have one`()
        throws
    {
        let redis = try SystemCatalog.redis.system(options: .object([]), nodes: ["n1", "n2", "n3"])
        let own = try SystemCatalog.nodeSingle.system(options: .object([]), nodes: ["n1", "n2", "n3"])
        let plan = try plan("offset: +1s")
        let (mine, shared) = (host("a", hasOwnClock: true), host("b", hasOwnClock: false))
        #expect(try ClockAccess.find(plan, own, hosts: [mine]) == .nodes)
        #expect(try ClockAccess.find(plan, redis, hosts: nil) == .preload)
        #expect(try ClockAccess.find(plan, redis, hosts: [mine, shared]) == .preload)
        #expect(try ClockAccess.find(plan, redis, hosts: [mine, mine]) == .hosts(boots: [:]))
        let none = #expect(throws: RunFailure.self) { try ClockAccess.find(plan, FakeSystem(), hosts: nil) }
        #expect(none.map { "\($0)" }?.contains("which are not theirs alone") == true)
    }

    @Test(arguments: ["rate: 0.5", "offset: +1s, clock: monotonic"])
    func `of what is no node of ours the wall clock alone is moved`(fault: String) throws {
        let redis = try SystemCatalog.redis.system(options: .object([]), nodes: ["n1", "n2", "n3"])
        let plan = try plan(fault)
        let error = #expect(throws: RunFailure.self) { try ClockAccess.find(plan, redis, hosts: nil) }
        #expect(error.map { "\($0)" }?.contains("say clock: wall") == true)
    }

    @Test func `hosts that run one kernel share its clock`() {
        let all = ClockAccess.hosts(boots: [:])
        let (_, problems) = all.with(
            boots: [
                ("n1", "a", "one"), ("n2", "b", "two"), ("n3", "c", "one"), ("n4", "d", ClockAccess.controllerBoot),
                ("n5", "e", ""),
            ])
        #expect(problems.map(\.node) == ["c", "d", "e"])
        #expect(problems[0].message.contains("the same kernel as the host of n1"))
        #expect(problems[1].message.contains("the same kernel as the controller"))
        #expect(ClockAccess.preload.with(boots: [("n1", "a", "one"), ("n2", "b", "one")]).problems.isEmpty)
    }

    @Test func `an agent is told what it must not share`() {
        let (access, _) = ClockAccess.hosts(boots: [:]).with(boots: [("n1", "a", "one"), ("n2", "b", "two")])
        let fault = ClockFault(.strobe(by: .seconds(1), every: .milliseconds(20)), clock: .wall)
        let request = access.request(fault, of: "n1", isOn: true)
        #expect(request.process == nil && Set(request.otherBoots) == ["two", ClockAccess.controllerBoot])
        #expect(request.lie == .strobe(by: 1_000_000_000, every: 20_000_000))
        let preload = ClockAccess.preload.request(fault, of: "n1", isOn: false)
        #expect(preload.process == "n1" && preload.lie == .none)
    }
}
