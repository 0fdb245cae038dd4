/// A kind of violation that is put into copies of a history, to see whether its checker finds it.
public enum PlantKind: String, Hashable, Sendable, CaseIterable {
    /// A read shows what was there before a write that was over when the read began.
    case staleRead = "stale-read"
    /// A read shows less than an earlier one did.
    case nonMonotonicRead = "non-monotonic-read"
    /// Nothing shows an acknowledged write any more.
    case lostWrite = "lost-write"
    /// What was seen is gone from all later reads.
    case rolledBack = "rolled-back"
    /// Two things come in the order opposite to that in which they were done.
    case reordered
    /// Something comes twice.
    case duplicated
    /// A read shows what nobody wrote.
    case phantomRead = "phantom-read"
    /// A read shows what only a write that failed could have left.
    case abortedRead = "aborted-read"
    /// A read shows what a transaction replaced before it was over.
    case intermediateRead = "intermediate-read"
    /// A read shows one write of a transaction and not the other.
    case fracturedRead = "fractured-read"
    /// Two transactions replaced the same version.
    case lostUpdate = "lost-update"
    /// A read shows an effect without its cause.
    case missingCause = "missing-cause"
    /// Two reads show each one write and not the other's.
    case longFork = "long-fork"
    /// Two processes held a lock at one time.
    case sharedLock = "shared-lock"
    /// Two replicas ended with different contents.
    case divergedReplica = "diverged-replica"
}

/// How many of the violations that were put into copies of a history the checker of a guarantee found.
public struct DetectionPower: Hashable, Sendable {
    /// A violation that was put in and not found.
    public struct Miss: Hashable, Sendable {
        /// The seed that makes the same copy again.
        public var seed: UInt64
        /// What was changed, in words.
        public var changes: String

        public init(seed: UInt64, changes: String) {
            self.seed = seed
            self.changes = changes
        }
    }

    public struct Tally: Hashable, Sendable {
        public var kind: PlantKind
        public var planted: Int
        public var missed: [Miss]

        public init(_ kind: PlantKind, planted: Int = 0, missed: [Miss] = []) {
            self.kind = kind
            self.planted = planted
            self.missed = missed
        }

        public var caught: Int { planted - missed.count }
    }

    /// By kind, in the order of `PlantKind`; only those of which at least one was planted.
    public var tallies: [Tally]
    /// Why nothing was planted; set exactly when `tallies` is empty.
    public var reason: String?

    public init(_ tallies: [Tally], reason: String? = nil) {
        self.tallies = tallies
        self.reason = reason
    }

    public var planted: Int { tallies.reduce(0) { $0 + $1.planted } }
    public var caught: Int { tallies.reduce(0) { $0 + $1.caught } }
}
