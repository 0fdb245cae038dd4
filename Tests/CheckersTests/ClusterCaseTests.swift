import HistoryModel
import Testing

@testable import Checkers

/// What nodes say of leaders and votes, and where acknowledged updates are in the log.
@Suite struct LogInspectionTests {
    private static func report(_ node: String, _ kind: String, _ detail: String, _ peer: String? = nil)
        -> NodeReport
    {
        NodeReport(node: node, kind: kind, peer: peer, detail: detail)
    }

    private func verdict(_ reports: [NodeReport], _ events: [Event] = []) throws -> Verdict {
        var options = CheckOptions(guarantees: [.loginspect])
        options.nodeReports = reports
        return try #require(check(try History(events), options).first)
    }

    @Test(
        arguments: [
            (
                "two members lead one term", [.twoLeaders],
                [report("n1", "role", "leader of term 3"), report("n2", "role", "leader of term 3")]
            ),
            (
                "a member hears of another leader of the term", [.twoLeaders],
                [report("n1", "role", "leader of term 3"), report("n3", "leader", "term 3", "n2")]
            ),
            (
                "two arbiters name two leaders of an epoch", [.twoLeaders],
                [report("a1", "leader", "of epoch 4", "n2"), report("a2", "leader", "of epoch 4", "n3")]
            ),
            (
                "two nodes are promoted to one timeline", [.twoLeaders],
                [
                    report("n2", "promote", "timeline 2 goes on behind 1:7"),
                    report("n3", "promote", "timeline 2 goes on behind 1:6"),
                ]
            ),
            (
                "a chain has two orders in one epoch", [.twoLeaders],
                [report("n1", "view", "epoch 2: n1 n2"), report("n3", "view", "epoch 2: n1 n3")]
            ),
            (
                "a member votes for two candidates of a term", [.twoVotes],
                [report("n3", "vote", "term 5", "n1"), report("n3", "vote", "term 5", "n2")]
            ),
            (
                "a member forgets the term it voted in", [.forgottenTerm],
                [report("n3", "vote", "term 5", "n1"), report("n3", "life", "number 2, term 0, members n1 n2 n3")]
            ),
            (
                "a leader forgets its term", [.forgottenTerm],
                [report("n1", "role", "leader of term 2"), report("n1", "life", "number 2, term 1, members n1")]
            ),
            (
                "a node finds a contradiction", [.logContradiction],
                [report("n1", "invariant", "the leader contradicts entry 7, which is committed")]
            ),
        ] as [(String, [Anomaly.Kind], [NodeReport])])
    func violations(name: String, kinds: [Anomaly.Kind], reports: [NodeReport]) throws {
        let verdict = try verdict(reports)
        #expect(verdict.judgement == .invalid, "\(name)")
        #expect(verdict.anomalies.map(\.kind) == kinds, "\(name)")
        #expect(verdict.anomalies.allSatisfy { $0.detail?.isEmpty == false })
    }

    @Test func `what fits together is valid, and silence says nothing`() throws {
        let reports = [
            Self.report("n1", "life", "number 1, term 0, members n1 n2 n3"),
            Self.report("n1", "role", "leader of term 1"), Self.report("n2", "leader", "term 1", "n1"),
            Self.report("n2", "vote", "term 1", "n1"), Self.report("n2", "vote", "term 1", "n1"),
            Self.report("n2", "life", "number 2, term 1, members n1 n2 n3"),
            Self.report("n2", "vote", "term 2", "n3"), Self.report("n3", "role", "leader of term 2"),
            Self.report("n3", "vote", "term 1", "n2"),
            // Words that say nothing of these.
            Self.report("n3", "role", "candidate for term 9"), Self.report("n3", "gate", "apply open"),
            Self.report("n1", "promote", ""), Self.report("n1", "life", "term"),
            Self.report("n1", "vote", "term x", "n2"),
        ]
        let good = try verdict(reports)
        #expect(good.judgement == .valid)
        #expect(good.opportunities.first { $0.name == "log-facts" }?.count == 9)
        #expect(try verdict([]).judgement == .unknown)
        #expect(try verdict([Self.report("n3", "gate", "apply open")]).judgement == .unknown)
    }

    /// Updates one after the other, or all at once, acknowledged at these places.
    private func updates(_ places: [(timeline: Int64, lsn: Int64)], isConcurrent: Bool = false) -> [Event] {
        var events: [Event] = []
        func add(_ process: Int, _ type: EventType, _ value: Int64, _ meta: Value = .null) {
            events.append(
                Event(
                    index: events.count, time: Int64(events.count), process: .client(process), type: type,
                    f: "write",
                    key: "x", value: .int(value), meta: meta))
        }
        for process in places.indices where isConcurrent { add(process, .invoke, Int64(process)) }
        for (process, place) in places.enumerated() {
            if !isConcurrent { add(process, .invoke, Int64(process)) }
            add(process, .ok, Int64(process), ["tli": .int(place.timeline), "lsn": .int(place.lsn)])
        }
        return events
    }

    @Test(
        arguments: [
            ([(1, 5), (1, 6), (2, 9)], false, nil), ([(1, 5), (2, 5)], false, .positionTwice),
            ([(1, 5), (1, 9), (2, 7)], false, .positionWentBack), ([(1, 6), (1, 5)], true, nil),
            ([(1, 5), (1, 5)], true, .positionTwice),
        ] as [([(timeline: Int64, lsn: Int64)], Bool, Anomaly.Kind?)])
    func positions(places: [(timeline: Int64, lsn: Int64)], isConcurrent: Bool, kind: Anomaly.Kind?) throws {
        let verdict = try verdict([], updates(places, isConcurrent: isConcurrent))
        #expect(verdict.judgement == (kind == nil ? .valid : .invalid))
        #expect(verdict.anomalies.map(\.kind) == (kind.map { [$0] } ?? []))
        #expect(verdict.anomalies.allSatisfy { $0.evidence.count == 2 })
    }

    @Test func `logs of partitions count each for itself`() throws {
        var events = updates([(1, 5), (1, 5)])
        for (place, name) in [(1, "a"), (3, "b")] {
            events[place].meta = ["tli": 1, "lsn": 5, "partition": .string(name)]
        }
        #expect(try verdict([], events).judgement == .valid)
    }
}

/// Whether it goes on after it was healed.
@Suite struct LivenessTests {
    private static let second: Int64 = 1_000_000_000

    /// A fault from 1 s to 2 s, then these operations (seconds of invocation and completion), then what the last phase says.
    private func verdict(
        _ operations: [(f: String, from: Int64, to: Int64, type: EventType)], phase: String? = nil,
        second fault: Int64? = nil
    ) throws -> Verdict {
        var rows: [(time: Int64, event: Event)] = []
        func add(_ time: Int64, _ process: ProcessID, _ type: EventType, _ f: String, _ value: Value) {
            rows.append(
                (
                    time,
                    Event(
                        index: 0, time: time * Self.second, process: process, type: type, f: f,
                        key: process == .nemesis ? nil : "x", value: value)
                ))
        }
        for (name, start, end) in [("cut", 1, 2)] + (fault.map { [("again", $0, $0 + 1)] } ?? []) {
            add(
                start, .nemesis, .info, "fault-start",
                ["fault": .string(name), "kind": "partition", "nodes": ["n1"]])
            add(end, .nemesis, .info, "fault-end", ["fault": .string(name), "kind": "partition"])
        }
        for (process, operation) in operations.enumerated() {
            let value: Value = operation.f == "write" ? .int(Int64(process)) : .null
            add(operation.from, .client(process), .invoke, operation.f, value)
            add(operation.to, .client(process), operation.type, operation.f, value)
        }
        if let phase {
            add(99, .nemesis, .info, "phase", ["name": .string(phase), "detail": "n2 lacks 3 entries"])
        }
        let sorted = rows.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }
        let events = sorted.enumerated().map { index, row in
            var event = row.element.event
            event.index = index
            return event
        }
        return try #require(check(try History(events), CheckOptions(guarantees: [.liveness])).first)
    }

    @Test func `an answer within the time is progress, for reads and updates each`() throws {
        #expect(try verdict([("write", 3, 11, .ok), ("read", 8, 9, .ok)]).judgement == .valid)
        let stalled = try verdict([("write", 3, 4, .info), ("write", 8, 9, .info), ("read", 8, 9, .ok)])
        #expect(stalled.judgement == .invalid)
        #expect(stalled.anomalies.map(\.kind) == [.noProgress])
        #expect(stalled.anomalies[0].detail?.hasPrefix("no updates are answered") == true)
        #expect(try verdict([("write", 8, 13, .ok)]).judgement == .invalid)
    }

    @Test func `who no longer asks learns nothing, and neither does who asks while the next fault is near`() throws
    {
        #expect(try verdict([("write", 3, 4, .info)]).judgement == .unknown)
        #expect(try verdict([("write", 8, 9, .info)], second: 7).judgement == .unknown)
    }

    @Test func `replicas that do not catch up are no progress`() throws {
        let good = try verdict([], phase: "caught-up")
        #expect(good.judgement == .valid)
        let bad = try verdict([], phase: "not-caught-up")
        #expect(bad.anomalies.map(\.detail) == ["replicas do not catch up: n2 lacks 3 entries"])
    }
}
