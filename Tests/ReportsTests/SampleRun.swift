import Checkers
import FoundationEssentials
import HistoryModel
import RunStore

/// A run as a real one leaves it, with a partition, a kill and true violations.
enum SampleRun {
    /// Made and judged once: judging takes a while in a debug build.
    private static let judged = Result { try make(seconds: 20, clients: 6, pause: 12_000_000, judge: true) }

    static func make() throws -> StoredRun { try judged.get() }

    /// The same with another length, and the verdicts of the first.
    static func make(seconds: Int64, pause: Int64 = 12_000_000) throws -> StoredRun {
        var run = try make(seconds: seconds, clients: 6, pause: pause, judge: false)
        run.verdicts = try make().verdicts
        return run
    }

    private static func make(
        seconds: Int64, clients: Int, pause: Int64, judge: Bool
    ) throws -> StoredRun {
        var sample = SampleHistory(seed: 42, seconds: seconds)
        let history = try History(sample.events(clients: clients, pause: pause))
        let faults = faults(sample)
        let expectations = Expectations([
            .linearizable: .invalid, .readYourWrites: .invalid, .monotonicReads: .invalid,
        ])
        let options = CheckOptions(
            guarantees: [.linearizable, .readYourWrites, .monotonicReads, .noLostWrites, .convergence],
            applyMinimums: true, clients: clients)
        return StoredRun(
            path: "reports/20261121T101502Z-async-any-replica", record: record(sample, expectations),
            history: history, faults: faults,
            verdicts: judge
                ? VerdictFile(verdicts: check(history, options), expectations: expectations, faults: faults) : nil,
            nodeEvents: nodeEvents)
    }

    private static func faults(_ sample: SampleHistory) -> [FaultRecord] {
        let (cut, kill) = (sample.partition, sample.outage)
        return [
            FaultRecord(
                id: "p1", kind: "partition",
                description: "n2 hears no peer and no peer hears it; clients reach it.",
                nodes: ["n2"], plannedAt: cut.lowerBound - 4_000_000, appliedAt: cut.lowerBound,
                healedAt: cut.upperBound,
                evidence: [
                    EvidenceRecord(
                        observer: "probe on n1", subject: "link n2 to n1",
                        observation: "0 of 20 datagrams arrived in 200 ms", when: .applied, holds: true),
                    EvidenceRecord(
                        observer: "rule counter on n2", subject: "drops from n1, n3",
                        observation: "412 packets, 31,208 bytes", when: .applied, holds: true),
                    EvidenceRecord(
                        observer: "probe on n1", subject: "link n2 to n1",
                        observation: "20 of 20 datagrams arrived", when: .healed, holds: true),
                ], outcome: .proven),
            FaultRecord(
                id: "k1", kind: "kill", description: "kill -9 of the leader's process, restart after 1.3 s.",
                nodes: ["n1"], plannedAt: kill.lowerBound - 2_000_000, appliedAt: kill.lowerBound,
                healedAt: kill.upperBound,
                evidence: [
                    EvidenceRecord(
                        observer: "kernel of n1", subject: "process 4121",
                        observation: "ended by signal 9", when: .applied, holds: true),
                    EvidenceRecord(
                        observer: "kernel of n1", subject: "process 4190",
                        observation: "runs, started 1.302 s later", when: .healed, holds: true),
                ], outcome: .proven),
        ]
    }

    private static let nodeEvents: [NodeEvent] = [
        NodeEvent(node: "n1", time: .int(11_000_000), event: "started", fields: [.init("role", "leader")]),
        NodeEvent(node: "n1", time: .int(6_020_000_000), event: "peer-lost", fields: [.init("peer", "n2")]),
        NodeEvent(node: "n2", time: .int(12_000_000), event: "started", fields: [.init("role", "follower")]),
        NodeEvent(
            node: "n2", time: .int(10_050_000_000), event: "caught-up",
            fields: [.init("from", .int(1820)), .init("to", .int(3004))]),
    ]

    private static func record(_ sample: SampleHistory, _ expectations: Expectations) -> RunRecord {
        let second = SampleHistory.second
        let hash = String(repeating: "3f9a0c52d71be864", count: 4)
        return RunRecord(
            name: "async-any-replica",
            description: "Asynchronous replication, reads at any replica, a partition and a kill of the leader.",
            startedAt: Date(timeIntervalSince1970: 1_795_256_102), duration: sample.length,
            seed: 4_242_424_242, command: "inquest run workloads/async-any.yaml --lab 3 --seed 4242424242",
            workloadPath: "workloads/async-any.yaml",
            workload: "system: node-single\noptions:\n  ack: async\n  read: any\nclients: 6\nduration: 20s\n",
            system: SystemRecord("node-single", options: ["ack": "async", "read": "any", "fsync": "always"]),
            place: PlaceRecord(.lab),
            nodes: (1...3).map { NodeRecord(name: "n\($0)", host: "h\($0)", address: "10.77.0.\($0)") },
            binaries: [
                BinaryRecord(name: "node-single", sha256: hash), BinaryRecord(name: "inquest-agent", sha256: hash),
            ],
            controllerVersion: "0.1.0", kernel: "Linux 6.1.0-18-amd64", clients: 6,
            phases: [
                PhaseRecord("deploy", start: 0, end: second),
                PhaseRecord("work", start: second, end: sample.length),
            ], expectations: expectations, status: RunStatus(.completed))
    }
}
