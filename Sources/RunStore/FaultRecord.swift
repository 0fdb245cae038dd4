/// One line of `faults.jsonl`: a fault from its plan to its healing. Times are nanoseconds from the run's start.
public struct FaultRecord: Hashable, Sendable, Codable {
    public enum Outcome: String, Hashable, Sendable, Codable, CaseIterable {
        /// Something other than what applied it saw its effect.
        case proven
        /// It was attempted, and nobody saw it take hold.
        case notProven = "not-proven"
        case notApplied = "not-applied"
    }

    /// The fault's name in the plan; the history's `fault-start` carries it too.
    public var id: String
    public var kind: String
    /// What exactly was done, for people.
    public var description: String
    public var nodes: [String]
    /// Whether the run's verdicts rest on it.
    public var isRequired: Bool
    public var plannedAt: Int64
    public var appliedAt: Int64?
    public var healedAt: Int64?
    public var evidence: [EvidenceRecord]
    public var outcome: Outcome

    public init(
        id: String, kind: String, description: String = "", nodes: [String], isRequired: Bool = true,
        plannedAt: Int64, appliedAt: Int64? = nil, healedAt: Int64? = nil,
        evidence: [EvidenceRecord] = [], outcome: Outcome
    ) {
        self.id = id
        self.kind = kind
        self.description = description
        self.nodes = nodes
        self.isRequired = isRequired
        self.plannedAt = plannedAt
        self.appliedAt = appliedAt
        self.healedAt = healedAt
        self.evidence = evidence
        self.outcome = outcome
    }
}

/// One observation of a fault's effect, made by something other than what applied it.
public struct EvidenceRecord: Hashable, Sendable, Codable {
    public enum Moment: String, Hashable, Sendable, Codable, CaseIterable { case applied, healed }

    /// Who looked: a probe, a rule's counter, the kernel's process table.
    public var observer: String
    /// What was looked at: a link, a process.
    public var subject: String
    /// What was seen.
    public var observation: String
    public var when: Moment
    /// Whether it is what the fault, or its healing, should look like.
    public var holds: Bool

    public init(
        observer: String, subject: String, observation: String, when: Moment, holds: Bool
    ) {
        self.observer = observer
        self.subject = subject
        self.observation = observation
        self.when = when
        self.holds = holds
    }
}
