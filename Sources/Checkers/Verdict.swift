/// What a checker says of one guarantee.
public enum Judgement: String, Hashable, Sendable, CaseIterable {
    case valid
    case invalid
    case unknown
}

/// A checker's answer with all that it rests on.
public struct Verdict: Hashable, Sendable {
    public var guarantee: Guarantee
    public var judgement: Judgement
    /// Why nothing can be said and what to do about it; set exactly when the judgement is `unknown`.
    public var reason: String?
    /// How it was decided.
    public var algorithm: String
    /// The violations found, each with its proof; not empty exactly when the judgement is `invalid`.
    public var anomalies: [Anomaly]
    /// How many violations there are in all, when `anomalies` was cut short.
    public var anomalyCount: Int
    /// What in the history could have shown a violation.
    public var opportunities: [Opportunity]

    public init(
        _ guarantee: Guarantee, _ judgement: Judgement, reason: String? = nil, algorithm: String,
        anomalies: [Anomaly] = [], anomalyCount: Int? = nil, opportunities: [Opportunity] = []
    ) {
        self.guarantee = guarantee
        self.judgement = judgement
        self.reason = reason
        self.algorithm = algorithm
        self.anomalies = anomalies
        self.anomalyCount = anomalyCount ?? anomalies.count
        self.opportunities = opportunities
    }
}

/// Something counted that could have shown a violation, and how much of it a verdict needs.
public struct Opportunity: Hashable, Sendable {
    /// What is counted, such as `reads-after-own-write`.
    public var name: String
    public var count: Int
    /// The least that makes a `valid` credible; `nil` where the count is for information.
    public var minimum: Int?

    public init(_ name: String, _ count: Int, minimum: Int? = nil) {
        self.name = name
        self.count = count
        self.minimum = minimum
    }

    /// False if there was too little.
    public var isEnough: Bool { minimum.map { count >= $0 } ?? true }
}

/// One violation: what went wrong, and the operations that prove it.
public struct Anomaly: Hashable, Sendable {
    /// The kind of violation; the words for people are made from it elsewhere.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        case notLinearizable = "not-linearizable"
        case missedOwnWrite = "missed-own-write"
        case readWentBack = "read-went-back"
        case brokenPrefix = "broken-prefix"
        case effectWithoutCause = "effect-without-cause"
        case lostWrite = "lost-write"
        case rolledBackRead = "rolled-back-read"
        case phantomRead = "phantom-read"
        case readOfFailedWrite = "read-of-failed-write"
        case divergedReplicas = "diverged-replicas"
    }

    /// What an operation is in the proof.
    public enum Role: String, Hashable, Sendable, CaseIterable {
        /// The write whose value should have been seen.
        case expectedWrite = "expected-write"
        /// The write whose value was seen instead.
        case seenWrite = "seen-write"
        /// The read that gives the violation away.
        case violatingRead = "violating-read"
        /// An earlier read of the same session, or the read of the effect.
        case earlierRead = "earlier-read"
        case cause
        case effect
        /// The dump or final read of one replica.
        case finalRead = "final-read"
        /// One of the operations that fit into no order.
        case conflicting
        /// Shows which of two values came first.
        case orderWitness = "order-witness"
    }

    /// One operation of the proof, named by the index of its invocation.
    public struct Step: Hashable, Sendable {
        public var operation: Int
        public var role: Role

        public init(_ operation: Int, _ role: Role) {
            self.operation = operation
            self.role = role
        }
    }

    public var kind: Kind
    public var key: String?
    /// The operations of the proof in the order in which to read them.
    public var evidence: [Step]
    /// What else belongs to the proof, such as a differing key of two dumps; shown beside the words.
    public var detail: String?

    public init(_ kind: Kind, key: String? = nil, _ evidence: [Step], detail: String? = nil) {
        self.kind = kind
        self.key = key
        self.evidence = evidence
        self.detail = detail
    }
}
