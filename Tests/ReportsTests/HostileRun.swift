import Checkers
import HistoryModel
import RunStore
import Testing

/// A run in which everything that comes from outside tries to become markup.
enum HostileRun {
    static let text = #"</script><script>alert(1)</script>"><img src=x onerror="alert(2)">'&amp;"#

    static func make() throws -> StoredRun {
        let history = try History([
            event(0, .invoke, "write", value: .string(text)), event(1, .ok, "write", value: .string(text)),
            event(2, .invoke, "read"), event(3, .ok, "read", value: .object([.init(text, .string(text))])),
            event(4, .invoke, text), event(5, .fail, text),
            Event(
                index: 6, time: 6_000_000, process: .nemesis, type: .info, f: "fault-start",
                value: ["fault": .string(text), "kind": .string(text)]),
        ])
        return StoredRun(
            path: text, record: try record(), history: history, faults: [fault], verdicts: verdicts,
            nodeEvents: [
                NodeEvent(node: text, time: .string(text), event: text, fields: [.init(text, .string(text))])
            ],
            notes: [text])
    }

    private static func event(_ index: Int, _ type: EventType, _ f: String, value: Value = .null) -> Event {
        Event(
            index: index, time: Int64(index) * 1_000_000, process: .client(0), type: type, f: f, key: text,
            value: value, node: text, error: type == .fail ? text : nil, meta: .string(text))
    }

    private static let fault = FaultRecord(
        id: text, kind: text, description: text, nodes: [text], plannedAt: 0,
        evidence: [
            EvidenceRecord(observer: text, subject: text, observation: text, when: .applied, holds: false)
        ], outcome: .notProven)

    private static let verdicts = VerdictFile(
        verdicts: [
            Verdict(
                .readYourWrites, .invalid, algorithm: text,
                anomalies: [
                    Anomaly(
                        .missedOwnWrite, key: text, [.init(0, .expectedWrite), .init(2, .violatingRead)],
                        detail: text)
                ], opportunities: [Opportunity(text, 1, minimum: 2)]),
            Verdict(.convergence, .unknown, reason: text, algorithm: text),
        ], expectations: Expectations(), faults: [fault])

    private static func record() throws -> RunRecord {
        var record = try #require(try SampleRun.make(seconds: 1).record)
        record.name = text
        record.description = text
        record.command = text
        record.workload = text
        record.workloadPath = text
        record.system = SystemRecord(text, options: [text: text])
        record.place = PlaceRecord(.hosts, detail: text)
        record.nodes = [NodeRecord(name: text, host: text, address: text)]
        record.binaries = [BinaryRecord(name: text, sha256: text)]
        record.controllerVersion = text
        record.kernel = text
        record.phases = [PhaseRecord(text, start: 0, end: 1)]
        record.status = RunStatus(.failed, problems: [Problem(.harnessError, node: text, text, advice: text)])
        return record
    }
}
