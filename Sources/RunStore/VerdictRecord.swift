import Checkers
import HistoryModel

/// A verdict as `verdict.json` has it, beside its expectation.
struct VerdictRecord: Codable {
    fileprivate struct AnomalyRecord: Codable {
        struct Step: Codable {
            var operation: Int
            var role: Anomaly.Role
        }

        /// `value` and `next` are JSON as text.
        struct Dependency: Codable {
            var from: Int
            var to: Int
            var kind: Anomaly.Dependency.Kind
            var key: String?
            var value: String?
            var next: String?
            var reader: Int?
        }

        var kind: Anomaly.Kind
        var key: String?
        var evidence: [Step]
        var detail: String?
        var cycle: [Dependency]?
        /// Left out where there is nothing to say.
        var together: [Guarantee]?
    }

    private struct CrossCheckRecord: Codable {
        var outcome: CrossCheck.Outcome
        var algorithm: String
        var agreed: Int
        var detail: String?
    }

    private struct OpportunityRecord: Codable {
        var name: String
        var count: Int
        var minimum: Int?
    }

    /// `reason` where nothing was planted.
    fileprivate struct PowerRecord: Codable {
        struct Kind: Codable {
            var kind: PlantKind
            var planted: Int
            var caught: Int
            /// Left out where there is none.
            var missed: [Miss]?
        }

        struct Miss: Codable {
            var seed: UInt64
            var changes: String
        }

        var planted: Int
        var caught: Int
        var kinds: [Kind]
        var reason: String?
    }

    private var guarantee: Guarantee
    private var judgement: Judgement
    private var expected: Expectation
    private var isMet: Bool
    private var reason: String?
    private var algorithm: String
    private var anomalyCount: Int
    private var anomalies: [AnomalyRecord]
    private var opportunities: [OpportunityRecord]
    private var crossCheck: CrossCheckRecord?
    /// Left out where it was not measured.
    private var power: PowerRecord?

    init(_ verdict: Verdict, expected: Expectation) {
        guarantee = verdict.guarantee
        judgement = verdict.judgement
        self.expected = expected
        isMet = ExitDecision.judge(verdict, expected: expected) == nil
        reason = verdict.reason
        algorithm = verdict.algorithm
        anomalyCount = verdict.anomalyCount
        anomalies = verdict.anomalies.map { anomaly in
            AnomalyRecord(
                kind: anomaly.kind, key: anomaly.key,
                evidence: anomaly.evidence.map { .init(operation: $0.operation, role: $0.role) },
                detail: anomaly.detail,
                cycle: anomaly.cycle.isEmpty ? nil : anomaly.cycle.map(AnomalyRecord.Dependency.init),
                together: anomaly.together.isEmpty ? nil : anomaly.together)
        }
        crossCheck = verdict.crossCheck.map {
            CrossCheckRecord(outcome: $0.outcome, algorithm: $0.algorithm, agreed: $0.agreed, detail: $0.detail)
        }
        opportunities = verdict.opportunities.map {
            OpportunityRecord(name: $0.name, count: $0.count, minimum: $0.minimum)
        }
        power = verdict.power.map(PowerRecord.init)
    }

    var verdict: Verdict {
        var verdict = Verdict(
            guarantee, judgement, reason: reason, algorithm: algorithm,
            anomalies: anomalies.map { record in
                Anomaly(
                    record.kind, key: record.key,
                    record.evidence.map { Anomaly.Step($0.operation, $0.role) },
                    detail: record.detail, cycle: (record.cycle ?? []).map(\.dependency),
                    together: record.together ?? [])
            },
            anomalyCount: anomalyCount,
            opportunities: opportunities.map {
                Opportunity($0.name, $0.count, minimum: $0.minimum)
            })
        verdict.crossCheck = crossCheck.map {
            CrossCheck($0.outcome, algorithm: $0.algorithm, agreed: $0.agreed, detail: $0.detail)
        }
        verdict.power = power?.power
        return verdict
    }
}

extension VerdictRecord.PowerRecord {
    init(_ power: DetectionPower) {
        planted = power.planted
        caught = power.caught
        reason = power.reason
        kinds = power.tallies.map { tally in
            let missed = tally.missed.map { Miss(seed: $0.seed, changes: $0.changes) }
            return Kind(
                kind: tally.kind, planted: tally.planted, caught: tally.caught,
                missed: missed.isEmpty ? nil : missed)
        }
    }

    var power: DetectionPower {
        DetectionPower(
            kinds.map { kind in
                DetectionPower.Tally(
                    kind.kind, planted: kind.planted,
                    missed: (kind.missed ?? []).map { DetectionPower.Miss(seed: $0.seed, changes: $0.changes) })
            }, reason: reason)
    }
}

extension VerdictRecord.AnomalyRecord.Dependency {
    init(_ dependency: Anomaly.Dependency) {
        from = dependency.from
        to = dependency.to
        kind = dependency.kind
        key = dependency.key
        value = dependency.value.map { String(decoding: JSONText.bytes($0), as: UTF8.self) }
        next = dependency.next.map { String(decoding: JSONText.bytes($0), as: UTF8.self) }
        reader = dependency.reader
    }

    var dependency: Anomaly.Dependency {
        Anomaly.Dependency(
            from: from, to: to, kind: kind, key: key, value: value.flatMap { try? JSONText.value(Array($0.utf8)) },
            next: next.flatMap { try? JSONText.value(Array($0.utf8)) }, reader: reader)
    }
}

// Their raw values are their names in files.
extension Guarantee: Codable {}
extension Judgement: Codable {}
extension PlantKind: Codable {}
extension Anomaly.Kind: Codable {}
extension CrossCheck.Outcome: Codable {}
extension Anomaly.Role: Codable {}
extension Anomaly.Dependency.Kind: Codable {}
