import Checkers
import HistoryModel
import Simulation
import Testing
import Workloads

/// Clients that send again, in simulation.
@Suite struct RetryTests {
    private func run(_ options: String, _ retry: String, _ steps: String, seed: UInt64 = 1) throws -> SimulatedRun {
        let head =
            "name: s\nsystem: {kind: node-raft, options: {\(options)}}\nhosts: 3\ntimeout: 2s\n\(retry)\nsteps:\n"
        let workload = try Workload.load(text: head + steps, file: "s.yaml")
        return try WorkloadFile(name: "s", workload: workload).simulate(seed: seed)
    }

    private func values(_ run: SimulatedRun, _ key: String) -> [Value] {
        run.events.filter { $0.f == "read" && $0.type == .ok && $0.key == key }.prefix(2).map(\.value)
    }

    private static let late = """
          - {process: 0, increment: n0, hold: late}
          - {process: 1, read: n0}
          - {release: late}
          - {process: 1, read: n0}
        """

    @Test func `an operation that is sent twice is one in the history and two where attempts are not told apart`()
        throws
    {
        for (dedup, last) in [("on", 1), ("off", 2)] as [(String, Int64)] {
            let run = try run("dedup: \(dedup)", "retry-after: 300ms", Self.late)
            #expect(run.problems == [])
            #expect(values(run, "n0") == [1, .int(last)])
            let ends = run.events.filter { $0.f == "increment" }
            #expect(ends.map(\.type) == [.invoke, .ok])
            #expect(ends[1].time - ends[0].time >= 300_000_000)
        }
    }

    @Test func `what a dying leader leaves in doubt is settled by its successor`() throws {
        let load = """
            name: s
            system: {kind: node-raft}
            hosts: 3
            timeout: 3s
            workload: [{kind: counter, keys: 1}, {kind: register}]
            clients: 5
            rate: 300/s
            duration: 4s
            faults: [{id: crash, kind: kill, target: leader, at: 1s, restart-after: 500ms, every: 1200ms}]
            guarantees: [linearizable, counter, no-lost-writes]

            """
        var inDoubt: [Int] = []
        for retry in ["", "retry-after: 200ms\n"] {
            let file = WorkloadFile(name: "s", workload: try Workload.load(text: load + retry, file: "s.yaml"))
            let run = try file.simulate(seed: 1)
            #expect(try file.verdicts(of: run, seed: 1).map(\.judgement) == [.valid, .valid, .valid])
            inDoubt.append(run.events.count { $0.type == .info && $0.process != .nemesis })
        }
        #expect(inDoubt[0] > 0 && inDoubt[1] < inDoubt[0])
    }

    @Test func `nothing is held where clients send once`() throws {
        #expect(throws: WorkloadError.self) { try run("dedup: on", "", Self.late) }
    }
}
