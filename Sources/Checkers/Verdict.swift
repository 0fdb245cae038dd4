public import HistoryModel

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
    /// What an unrelated algorithm said, if one was asked.
    public var crossCheck: CrossCheck?
    /// The orders that prove `linearizable` valid, if they were asked for.
    public var linearization: Linearization?
    /// How many known violations the checker found in copies of this history; `nil` where that was not measured.
    public var power: DetectionPower?

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

extension Verdict {
    /// Whether nothing in the history could have broken the guarantee, so that nothing can be said of it.
    public var isUnexercised: Bool {
        let essential = OpportunityCatalog.essential(guarantee).name
        return judgement == .unknown && opportunities.contains { $0.name == essential && $0.count == 0 }
    }
}

/// What an unrelated algorithm says of a verdict.
public struct CrossCheck: Hashable, Sendable {
    public enum Outcome: String, Hashable, Sendable, CaseIterable {
        case agrees
        /// One of the two is wrong: the verdict is worth nothing where they disagree.
        case disagrees
        case cannotTell = "cannot-tell"
    }

    public var outcome: Outcome
    /// What judged again.
    public var algorithm: String
    /// On how many objects the two agreed.
    public var agreed: Int
    /// Where they disagree, or why nothing can be said.
    public var detail: String?

    public init(_ outcome: Outcome, algorithm: String, agreed: Int, detail: String? = nil) {
        self.outcome = outcome
        self.algorithm = algorithm
        self.agreed = agreed
        self.detail = detail
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
        case writesOutOfOrder = "writes-out-of-order"
        case writeBeforeItsCause = "write-before-its-cause"
        case brokenPrefix = "broken-prefix"
        case effectWithoutCause = "effect-without-cause"
        case lostWrite = "lost-write"
        case rolledBackRead = "rolled-back-read"
        case phantomRead = "phantom-read"
        case readOfFailedWrite = "read-of-failed-write"
        case divergedReplicas = "diverged-replicas"
        case staleRead = "stale-read"
        case duplicatedElement = "duplicated-element"
        case lostElement = "lost-element"
        case unexpectedElement = "unexpected-element"
        case duplicateID = "duplicate-id"
        case wrongTotal = "wrong-total"
        case negativeBalance = "negative-balance"
        case missingBalance = "missing-balance"
        case counterOutOfBounds = "counter-out-of-bounds"
        case doubleBooking = "double-booking"
        case lostBooking = "lost-booking"
        case unknownHolder = "unknown-holder"
        case twoLeaders = "two-leaders"
        case twoVotes = "two-votes"
        case forgottenTerm = "forgotten-term"
        case logContradiction = "log-contradiction"
        case positionTwice = "position-twice"
        case positionWentBack = "position-went-back"
        case noProgress = "no-progress"
        // Of transactions, by the names of Adya (1999) and Elle (2020).
        case abortedRead = "G1a"
        case intermediateRead = "G1b"
        case internalRead = "internal"
        case nonRepeatableRead = "non-repeatable-read"
        case garbageRead = "garbage-read"
        case duplicateElements = "duplicate-elements"
        case incompatibleOrder = "incompatible-order"
        case dirtyUpdate = "dirty-update"
        case lostUpdate = "lost-update"
        case writeCycle = "G0"
        case writeCycleProcess = "G0-process"
        case writeCycleRealTime = "G0-realtime"
        case circularInformation = "G1c"
        case circularInformationProcess = "G1c-process"
        case circularInformationRealTime = "G1c-realtime"
        case singleAntiDependency = "G-single"
        case singleAntiDependencyProcess = "G-single-process"
        case singleAntiDependencyRealTime = "G-single-realtime"
        case nonadjacentAntiDependencies = "G-nonadjacent"
        case nonadjacentAntiDependenciesProcess = "G-nonadjacent-process"
        case nonadjacentAntiDependenciesRealTime = "G-nonadjacent-realtime"
        case antiDependencyCycle = "G2-item"
        case antiDependencyCycleProcess = "G2-item-process"
        case antiDependencyCycleRealTime = "G2-item-realtime"
        /// Whose write came first contradicts itself, because of what third transactions read.
        case commitOrderCycle = "commit-order-cycle"
        /// No order of these transactions explains what they read.
        case noOrder = "no-order"
        /// What led to what goes in a circle.
        case causalityCycle = "causality-cycle"
        /// A read without a write that its session knew of.
        case missedCause = "missed-cause"
        /// A read of what had been replaced, by a write that its session knew of.
        case replacedRead = "replaced-read"
        /// No order of these operations that contains their sessions explains what they read.
        case noSequentialOrder = "no-sequential-order"
        /// No order of these writes explains what was read.
        case noWriteOrder = "no-write-order"
        /// Two reads that saw two writes in opposite orders.
        case longFork = "long-fork"
        /// No order of the writes explains what this one session read.
        case noObserverOrder = "no-observer-order"
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
        /// The write that gives the violation away.
        case violatingWrite = "violating-write"
        case cause
        case effect
        /// The dump or final read of one replica.
        case finalRead = "final-read"
        /// One of the operations that fit into no order.
        case conflicting
        /// Shows which of two values came first.
        case orderWitness = "order-witness"
        /// A transaction of a cycle.
        case member
        /// It read what shows that others came in this order.
        case witness
    }

    /// Why one operation came before another.
    public struct Dependency: Hashable, Sendable {
        public enum Kind: String, Hashable, Sendable, CaseIterable {
            /// It wrote the version that the other replaced.
            case ww
            /// The other read what it wrote.
            case wr
            /// It read the version that the other replaced.
            case rw
            /// It is earlier in the same session.
            case session
            /// It was over before the other began.
            case realTime = "real-time"
            /// `reader`, which came after it, read what the other wrote instead of what it wrote itself.
            case commit
        }

        /// The index of the operation's invocation.
        public var from: Int
        public var to: Int
        public var kind: Kind
        public var key: String?
        /// What the first wrote, and for `rw` what it read.
        public var value: Value?
        /// What the second wrote, for `ww` and `rw`.
        public var next: Value?
        /// Of a `commit`: who read.
        public var reader: Int?

        public init(
            from: Int, to: Int, kind: Kind, key: String? = nil, value: Value? = nil, next: Value? = nil,
            reader: Int? = nil
        ) {
            self.from = from
            self.to = to
            self.kind = kind
            self.key = key
            self.value = value
            self.next = next
            self.reader = reader
        }
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
    /// Operations that each came before the next one, and the last before the first: which cannot be.
    public var cycle: [Dependency]
    /// Session guarantees that the operations of the proof cannot all keep, where nobody can say which of them is broken.
    /// Empty if it is the guarantee of the verdict alone.
    public var together: [Guarantee]

    public init(
        _ kind: Kind, key: String? = nil, _ evidence: [Step], detail: String? = nil, cycle: [Dependency] = [],
        together: [Guarantee] = []
    ) {
        self.kind = kind
        self.key = key
        self.evidence = evidence
        self.detail = detail
        self.cycle = cycle
        self.together = together
    }
}
