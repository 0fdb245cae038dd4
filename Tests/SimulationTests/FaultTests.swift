import Checkers
import Faults
import HistoryModel
import RunStore
import Simulation
import Systems
import Testing
import Workloads

@Suite struct FaultTests {
    private func file(_ text: String) throws -> WorkloadFile {
        WorkloadFile(name: "text", workload: try Workload.load(text: text, file: "text"))
    }

    /// How each guarantee of a workload is judged for a seed.
    private func judgements(_ file: WorkloadFile, seed: UInt64) throws -> [Guarantee: String] {
        let run = try file.simulate(seed: seed)
        #expect(run.problems == [])
        #expect(run.faults.allSatisfy { $0.outcome == .proven }, "\(run.faults)")
        let verdicts = try file.verdicts(of: run, plan: file.workload.plan(seed: seed))
        return Dictionary(uniqueKeysWithValues: verdicts.map { ($0.guarantee, $0.judgement.rawValue) })
    }

    /// It gets nothing any more, so it holds what it held.
    @Test func `a member that was taken out is neither waited for nor compared`() throws {
        let scenario = try file(
            """
            name: out
            system: {kind: node-raft}
            hosts: 4
            guarantees: [convergence]
            minimums: {others: 0}
            steps:
              - {process: 0, write: r0}
              - {wait: caught-up}
              - {order: member remove n4, at: leader}
              - {process: 0, write: r0}
              - {wait: caught-up}
            """)
        #expect(try judgements(scenario, seed: 1)[.convergence] == "valid")
        let dumps = try scenario.simulate(seed: 1).events.filter { $0.f == "dump" && $0.type == .invoke }
        #expect(dumps.count == 3)
    }

    private func powerCuts(_ options: String, kind: String = "power-cut") throws -> WorkloadFile {
        try file(
            """
            name: power
            system: {kind: node-single, options: {ack: all, \(options)}}
            hosts: 3
            workload:
              - {kind: set, keys: 2}
            clients: 5
            rate: 200/s
            duration: 10s
            faults:
              - {id: dark, kind: \(kind), target: all, at: 2s, every: 3s, restart-after: 500ms}
            guarantees: {no-lost-writes: any}
            """)
    }

    @Test func `acknowledged writes survive power cuts of all nodes when each was made durable first`() throws {
        for seed in UInt64(1)...5 {
            #expect(
                try judgements(powerCuts("fsync: always"), seed: seed)[.noLostWrites] == "valid", "seed \(seed)")
            let partitions = try powerCuts("fsync: always, partitions: 4")
            #expect(try judgements(partitions, seed: seed)[.noLostWrites] == "valid", "seed \(seed)")
        }
    }

    @Test
    func `clocks lie as planned and are set right, with evidence, and replication by one leader does not care`()
        throws
    {
        let file = try file(
            """
            name: clocks
            system: {kind: node-single, options: {ack: all}}
            hosts: 3
            workload:
              - {kind: register, keys: 3}
            reads: leader
            clients: 5
            rate: 200/s
            duration: 12s
            faults:
              - {id: ahead, kind: clock, target: leader, at: 1s, for: 2s, offset: +10s}
              - {id: slow, kind: clock, target: leader, at: 4s, for: 2s, rate: 0.1, clock: monotonic}
              - {id: fast, kind: clock, target: followers, at: 4s, for: 2s, rate: 3}
              - {id: strobe, kind: clock, target: all, at: 7s, for: 2s, strobe: -200ms, period: 20ms}
              - {id: jump, kind: clock, target: one, at: 10s, jump: -1h}
            guarantees: {linearizable: any}
            """)
        #expect(try judgements(file, seed: 2)[.linearizable] == "valid")
        let evidence = try file.simulate(seed: 2).faults.flatMap(\.evidence)
        #expect(evidence.allSatisfy { $0.holds })
        #expect(evidence.contains { $0.observation.contains("10000000000 ns ahead") })
        #expect(evidence.contains { $0.observation.contains("monotonic clock rate:0.100000") })
        #expect(evidence.count { $0.when == .healed } == evidence.count { $0.when == .applied })
    }

    @Test func `a node that answers before the log is durable loses nothing by a kill, and all by a power cut`()
        throws
    {
        let killed = try powerCuts("fsync: always, mutant: M01", kind: "kill")
        #expect(try judgements(killed, seed: 1)[.noLostWrites] == "valid")
        #expect(try judgements(powerCuts("fsync: always, mutant: M01"), seed: 1)[.noLostWrites] == "invalid")
    }

    @Test func `streams come later on a bad network, and replication by one leader stays right`() throws {
        func file(_ network: String) throws -> WorkloadFile {
            try self.file(
                """
                name: network
                system: {kind: node-single, options: {ack: all}}
                hosts: 3
                \(network)
                workload:
                  - {kind: register, keys: 3}
                clients: 5
                rate: 200/s
                duration: 5s
                guarantees: {linearizable: any}
                """)
        }
        let bad = try file("network: {loss: 5%, duplicates: 2%, late: 10%, delay: 1..5ms}\nreads: leader")
        #expect(try judgements(bad, seed: 1)[.linearizable] == "valid")
        let (slow, fast) = (try bad.simulate(seed: 1), try file("reads: leader").simulate(seed: 1))
        func length(_ run: SimulatedRun) throws -> Int64 {
            try History(run.events).operations.reduce(0) { $0 + ($1.completion?.time ?? 0) - $1.invocation.time }
        }
        #expect(try length(slow) > 3 * length(fast))
        #expect(try bad.simulate(seed: 1).events == slow.events)
    }

    @Test(arguments: ["loss: 50%", "delay: 50..80ms", "rate: 64kbit"])
    func `a fault makes the network of a follower bad for a while, and of no other time`(trouble: String) throws {
        let file = try file(
            """
            name: network
            system: {kind: node-single, options: {ack: all}}
            hosts: 3
            workload:
              - {kind: register, keys: 3, mix: {write: 1}}
            clients: 5
            rate: 50/s
            timeout: 5s
            duration: 9s
            faults:
              - {id: bad, kind: network, target: n2, \(trouble), at: 3s, for: 3s}
            guarantees: {linearizable: any}
            """)
        #expect(try judgements(file, seed: 1)[.linearizable] == "valid")
        let run = try file.simulate(seed: 1)
        let fault = try #require(run.faults.first)
        let (start, end) = (try #require(fault.appliedAt), try #require(fault.healedAt))
        // Both directions between n2 and each of the others.
        #expect(fault.evidence.count { $0.when == .applied } == 4)
        /// The mean time of writes that began in a time, in milliseconds.
        func mean(_ times: Range<Int64>) throws -> Double {
            let writes = try History(run.events).operations.filter { times.contains($0.invocation.time) }
            let sum = writes.reduce(0) { $0 + ($1.completion?.time ?? 0) - $1.invocation.time }
            return Double(sum) / Double(max(1, writes.count)) / 1e6
        }
        let (before, during) = (try mean(0..<start), try mean(start..<end))
        let after = try mean((end + 1_000_000_000)..<9_000_000_000)
        #expect(during > 3 * before && during > 3 * after, "\(before) \(during) \(after) ms")
        #expect(try file.simulate(seed: 1).events == run.events)
    }

    @Test func `without fsync a power cut loses them, and so does a kill of a process that holds them`() throws {
        #expect(try judgements(powerCuts("fsync: never"), seed: 1)[.noLostWrites] == "invalid")
    }

    @Test func `a load does not end before the failover that its last fault asks for`() throws {
        let file = try file(
            """
            name: late
            system: {kind: node-chain, options: {read: head}}
            hosts: 3
            workload:
              - {kind: register, keys: 3}
              - {kind: sessions}
            clients: 5
            rate: 200/s
            duration: 2s
            faults:
              - {id: crash, kind: kill, target: leader, at: 1900ms, restart: never}
            failover: {when: leader-killed, after: 500ms, choose: most-advanced}
            guarantees: {convergence: any}
            """)
        for seed in UInt64(1)...10 {
            #expect(try judgements(file, seed: seed)[.convergence] == "valid", "seed \(seed)")
            let notes = try History(file.simulate(seed: seed).events).nemesis.map(\.f)
            #expect(notes.contains("promote"), "seed \(seed): \(notes)")
        }
    }
}
