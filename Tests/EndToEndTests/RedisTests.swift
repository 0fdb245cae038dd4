import Checkers
import HostProcesses
import RunStore
import Testing

extension EndToEnd {
    @Suite struct RedisTests {
        @Test("stale reads at Redis replicas are flagged, each with its operations, and behind a proven partition")
        func replicaReads() async throws {
            let run = try await FinishedRun("workloads/redis-replica-reads.yaml")
            #expect(run.output.status == 0, run.said)
            let stored = try run.stored()
            let file = try #require(stored.verdicts)
            let stale: Set<Guarantee> = [.linearizable, .readYourWrites, .monotonicReads, .consistentPrefixSession]
            for verdict in file.verdicts {
                #expect(
                    verdict.judgement == (stale.contains(verdict.guarantee) ? .invalid : .valid),
                    "\(verdict.guarantee.rawValue)")
            }
            // Violations by the hundred during the cut: the expectation does not hang on luck.
            let own = try #require(file.verdicts.first { $0.guarantee == .readYourWrites })
            #expect(own.anomalyCount >= 20)
            #expect(stored.faults.map(\.outcome) == [.proven])
            #expect(run.missingFiles(nodes: ["n1", "n2", "n3"], hasFaults: true) == [])
            #expect(try await leftovers(of: stored) == [])
            try await checkReportPage(of: stored)
        }

        @Test("reads at the Redis primary without failover keep every promise")
        func primaryReads() async throws {
            let run = try await FinishedRun("workloads/redis-primary-reads.yaml")
            #expect(run.output.status == 0, run.said)
            let stored = try run.stored()
            let file = try #require(stored.verdicts)
            #expect(file.verdicts.map(\.guarantee) == Guarantee.standard)
            #expect(file.verdicts.allSatisfy { $0.judgement == .valid })
            #expect(try #require(stored.record).system.name == "redis")
            #expect(try await leftovers(of: stored) == [])
        }
    }
}
