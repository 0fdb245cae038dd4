import Checkers
import FoundationEssentials
import HistoryModel
import RunStore

/// A run as a real one leaves it, with a partition, a kill and true violations.
enum SampleRun {
    static func make(seconds: Int64 = 20, clients: Int = 6, pause: Int64 = 12_000_000) throws -> StoredRun {
        var sample = SampleHistory(seed: 42, seconds: seconds)
        let history = try History(sample.events(clients: clients, pause: pause))
        let faults = faults(sample)
        let expectations = Expectations([
            .linearizable: .invalid, .readYourWrites: .invalid, .monotonicReads: .invalid,
        ])
        let verdicts = verdicts(SampleAnomalies(history), history)
        return StoredRun(
            path: "reports/20261121T101502Z-async-any-replica", record: record(sample, expectations),
            history: history, faults: faults,
            verdicts: VerdictFile(verdicts: verdicts, expectations: expectations, faults: faults),
            nodeEvents: nodeEvents)
    }

    private static func verdicts(_ found: SampleAnomalies, _ history: History) -> [Verdict] {
        let times = Dictionary(uniqueKeysWithValues: history.operations.map { ($0.index, $0.invocation.time) })
        // Those under a fault first: they are the ones to look at.
        func isInFault(_ anomaly: Anomaly) -> Bool {
            let time = times[anomaly.evidence.last?.operation ?? -1] ?? 0
            return history.faultWindows.contains { $0.start <= time && time <= $0.end ?? .max }
        }
        func violated(_ guarantee: Guarantee, _ all: [Anomaly], _ algorithm: String, _ counts: [Opportunity])
            -> Verdict
        {
            Verdict(
                guarantee, all.isEmpty ? .valid : .invalid, algorithm: algorithm,
                anomalies: Array((all.filter(isInFault) + all.filter { !isInFault($0) }).prefix(6)),
                anomalyCount: all.count, opportunities: counts)
        }
        let reads = history.operations.count { $0.f == "read" && $0.outcome == .ok }
        return [
            violated(
                .linearizable, found.staleReads, "search for an order of each key",
                [Opportunity("reads", reads, minimum: 100), Opportunity("keys", 12, minimum: 1)]),
            violated(
                .readYourWrites, found.missedOwnWrites, "version order of single-writer keys",
                [
                    Opportunity("reads-after-own-write", found.readsAfterOwnWrite, minimum: 20),
                    Opportunity("reads-after-own-write-in-faults", found.readsAfterOwnWrite / 4, minimum: 5),
                ]),
            violated(
                .monotonicReads, found.readsGoneBack, "version order of single-writer keys",
                [Opportunity("repeated-reads", found.repeatedReads, minimum: 20)]),
            Verdict(
                .consistentPrefixNode, .valid, algorithm: "prefixes of the write order of each timeline",
                opportunities: [Opportunity("atomic-reads", 612, minimum: 20)]),
            Verdict(
                .convergence, .valid, algorithm: "comparison of the dumps",
                opportunities: [Opportunity("dumps", 3, minimum: 2), Opportunity("keys", 12)]),
        ]
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
