import Checkers
import FoundationEssentials
import Glibc
import HistoryModel
import RunStore
import Testing

@Suite struct StoredRunTests {
    static let record = RunRecord(
        name: "async", description: "A \"quoted\" run", startedAt: Date(timeIntervalSince1970: 1_795_256_102),
        duration: 20_000_000_001, seed: .max, command: "inquest run x.yaml --seed 18446744073709551615",
        workloadPath: "x.yaml", workload: "kind: register\n",
        system: SystemRecord("node-single", options: ["ack": "all"]),
        place: PlaceRecord(.hosts, detail: "hosts.yaml"),
        nodes: [NodeRecord(name: "n1", host: "h1", address: "10.0.0.1")],
        binaries: [BinaryRecord(name: "node-single", sha256: "ab")], controllerVersion: "1", kernel: "Linux 6.1",
        clients: 4, phases: [PhaseRecord("work", start: 0, end: 5)],
        expectations: Expectations([.linearizable: .invalid, .convergence: .any]), minimums: ["reads": 7],
        status: RunStatus(.failed, problems: [Problem(.harnessError, node: "n1", "no ssh", advice: "look")]))

    static let fault = FaultRecord(
        id: "p1", kind: "partition", description: "halves", nodes: ["n1", "n2"], plannedAt: 5, appliedAt: 6,
        healedAt: 9,
        evidence: [
            EvidenceRecord(observer: "probe", subject: "link", observation: "lost", when: .applied, holds: true)
        ], outcome: .proven)

    static let crossChecked: Verdict = {
        var verdict = Verdict(.linearizable, .valid, algorithm: "zones")
        verdict.crossCheck = CrossCheck(.cannotTell, algorithm: "search", agreed: 1, detail: "key \"y\": too long")
        return verdict
    }()

    static let verdicts = VerdictFile(
        verdicts: [
            crossChecked,
            Verdict(
                .linearizable, .invalid, algorithm: "search",
                anomalies: [
                    Anomaly(
                        .notLinearizable, key: "x", [.init(0, .conflicting), .init(2, .violatingRead)], detail: "d")
                ], anomalyCount: 9, opportunities: [Opportunity("reads", 3, minimum: 2), Opportunity("keys", 1)]),
            Verdict(
                .serializable, .invalid, algorithm: "graph",
                anomalies: [
                    Anomaly(
                        .singleAntiDependency, [.init(0, .member), .init(2, .member)],
                        cycle: [
                            .init(from: 0, to: 2, kind: .wr, key: "x", value: [1, "a"]),
                            .init(from: 2, to: 0, kind: .rw, key: "y", value: nil, next: 7, reader: 4),
                        ])
                ]),
            Verdict(.convergence, .unknown, reason: "no dumps", algorithm: "dumps"),
        ], expectations: record.expectations, status: record.status, faults: [fault])

    static func history(_ line: String = "p0 w x 1 ok | p1 r x null ok") throws -> History {
        try History(notation: line)
    }

    private func fill(_ directory: RunDirectory) throws {
        try directory.write(Self.record)
        try directory.write(Self.verdicts)
        let history = try HistoryWriter(path: directory.history)
        for event in try Self.history().events { try history.record(event) }
        try history.close()
        let faults = try FaultsWriter(path: directory.faults)
        var planned = Self.fault
        planned.outcome = .notApplied
        try faults.append(planned)
        try faults.append(Self.fault)
        try faults.close()
    }

    @Test func `what a run wrote is what is read back`() throws {
        try withScratch { scratch in
            let directory = try RunDirectory.create(in: scratch + "/deep/reports", name: "async", at: Date())
            try fill(directory)
            let run = try StoredRun.load(directory.path)
            #expect(run.record == Self.record)
            #expect(run.verdicts == Self.verdicts)
            #expect(run.faults == [Self.fault])
            #expect(run.history == (try Self.history()))
            #expect(run.notes.isEmpty)
        }
    }

    @Test func `times are readable and the seed is exact in the file`() throws {
        try withScratch { scratch in
            let directory = RunDirectory(path: scratch)
            try directory.write(Self.record)
            let text = String(decoding: try bytes(of: directory.record), as: UTF8.self)
            #expect(text.contains("\"startedAt\" : \"2026-11-21T10:15:02Z\""))
            #expect(text.contains("\"seed\" : 18446744073709551615"))
        }
    }

    @Test func `verdicts on levels of isolation are summed up in the file`() {
        let verdicts = [
            Verdict(.readCommitted, .valid, algorithm: ""), Verdict(.causal, .valid, algorithm: ""),
            Verdict(.serializable, .invalid, algorithm: ""), Verdict(.strictSerializable, .invalid, algorithm: ""),
        ]
        func words(_ verdicts: [Verdict]) -> String {
            let file = VerdictFile(verdicts: verdicts, expectations: Expectations([:]))
            return String(decoding: file.bytes, as: UTF8.self).filter { !$0.isWhitespace }
        }
        let isolation = #""isolation":{"strongestKept":["causal"],"weakestBroken":["serializable"]}"#
        #expect(words(verdicts).contains(isolation), "\(words(verdicts))")
        #expect(!words([Verdict(.causal, .valid, algorithm: "")]).contains("isolation\":{"))
    }

    @Test func `a bare history file is a run without a record`() throws {
        try withScratch { scratch in
            let path = scratch + "/h.jsonl"
            try write(String(decoding: try Self.history().events.flatMap(JSONLines.line), as: UTF8.self), to: path)
            let run = try StoredRun.load(path)
            #expect(run.history == (try Self.history()))
            #expect(run.record == nil && run.verdicts == nil)
        }
    }

    @Test func `a history that comes through a pipe is read as a file is`() throws {
        let bytes = try Self.history().events.flatMap(JSONLines.line)
        var ends: [Int32] = [-1, -1]
        try #require(unsafe pipe(&ends) == 0)
        defer { close(ends[0]) }
        // Few enough for the pipe to hold them.
        try #require(unsafe write(ends[1], bytes, bytes.count) == bytes.count)
        close(ends[1])
        #expect(try StoredRun.load("/proc/self/fd/\(ends[0])").history == (try Self.history()))
    }

    @Test func `what is wrong in a history is told with its line`() throws {
        try withScratch { scratch in
            let lines = String(decoding: try Self.history().events.flatMap(JSONLines.line), as: UTF8.self)
            try write(lines + lines, to: scratch + "/h.jsonl")
            let error = #expect(throws: StoreError.self) { try StoredRun.load(scratch + "/h.jsonl") }
            #expect(error?.code == .malformed)
            #expect(error?.detail.contains("line 5") == true)
        }
    }

    @Test(arguments: [WrittenFormat.jsonl, .edn])
    func `a history that was converted is found again in its format`(_ format: WrittenFormat) throws {
        try withScratch { scratch in
            let path = scratch + "/converted"
            let history = try Self.history()
            try ConvertedFile.write(history, as: format, to: path)
            #expect(try bytes(of: path) == format.text(of: history))
            #expect(!FileManager.default.fileExists(atPath: path + ".part"))
            let run = try StoredRun.load(path)
            #expect(run.history.operations.map(\.invocation.event) == history.operations.map(\.invocation.event))
            let error = #expect(throws: StoreError.self) { try StoredRun.load(path, format: .transactions) }
            #expect(error?.code == .malformed)
        }
    }

    @Test func `what a reader had to suppose is noted`() throws {
        try withScratch { scratch in
            let path = scratch + "/h.txt"
            try write("r 1 0\n=====\nw 1 1", to: path)
            #expect(try StoredRun.load(path).notes.count == 1)
        }
    }

    @Test func `what a killed controller left is loaded, and the torn line is told`() throws {
        try withScratch { scratch in
            let lines = String(decoding: try Self.history().events.flatMap(JSONLines.line), as: UTF8.self)
            try write(lines + "{\"index\":4,\"ti", to: scratch + "/history.jsonl")
            try write("", to: scratch + "/faults.jsonl")
            let run = try StoredRun.load(scratch)
            #expect(run.history == (try Self.history()))
            #expect(run.notes.count == 2)
        }
    }

    @Test func `a node's own log is read leniently`() throws {
        try withScratch { scratch in
            let directory = RunDirectory(path: scratch)
            try write("", to: directory.history)
            let node = try directory.makeNodeDirectory("n1")
            try write(
                """
                {"time":5,"event":"started","role":"leader"}
                not json
                {"event":"lost","mono":7}
                {"time":5}

                """, to: node + "/events.jsonl")
            let run = try StoredRun.load(scratch)
            #expect(
                run.nodeEvents == [
                    NodeEvent(node: "n1", time: 5, event: "started", fields: [.init("role", "leader")]),
                    NodeEvent(node: "n1", time: 7, event: "lost"),
                ])
            #expect(run.notes.contains("2 lines of n1's events are not events"))
        }
    }

    @Test(arguments: ["run.json", "verdict.json", "faults.jsonl", "history.jsonl"])
    func `a malformed file is named`(_ name: String) throws {
        try withScratch { scratch in
            try fill(RunDirectory(path: scratch))
            try write("{\"format\":1}\n", to: scratch + "/" + name)
            let error = #expect(throws: StoreError.self) { try StoredRun.load(scratch) }
            #expect(error?.code == .malformed)
            #expect(error?.path == scratch + "/" + name)
        }
    }

    @Test func `a path where nothing is cannot be read`() {
        let error = #expect(throws: StoreError.self) { try StoredRun.load("/nowhere/at/all") }
        #expect(error?.code == .cannotRead)
    }
}
