import Checkers

/// A verdict as `verdict.json` has it, beside its expectation.
struct VerdictRecord: Codable {
    private struct AnomalyRecord: Codable {
        struct Step: Codable {
            var operation: Int
            var role: Anomaly.Role
        }

        var kind: Anomaly.Kind
        var key: String?
        var evidence: [Step]
        var detail: String?
    }

    private struct OpportunityRecord: Codable {
        var name: String
        var count: Int
        var minimum: Int?
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
                detail: anomaly.detail)
        }
        opportunities = verdict.opportunities.map {
            OpportunityRecord(name: $0.name, count: $0.count, minimum: $0.minimum)
        }
    }

    var verdict: Verdict {
        Verdict(
            guarantee, judgement, reason: reason, algorithm: algorithm,
            anomalies: anomalies.map { record in
                Anomaly(
                    record.kind, key: record.key,
                    record.evidence.map { Anomaly.Step($0.operation, $0.role) },
                    detail: record.detail)
            },
            anomalyCount: anomalyCount,
            opportunities: opportunities.map {
                Opportunity($0.name, $0.count, minimum: $0.minimum)
            })
    }
}

// Their raw values are their names in files.
extension Guarantee: Codable {}
extension Judgement: Codable {}
extension Anomaly.Kind: Codable {}
extension Anomaly.Role: Codable {}
