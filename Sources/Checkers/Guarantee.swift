public import HistoryModel

/// A promise about a history that a checker decides; the raw value is its name in files and reports.
public enum Guarantee: String, Hashable, Sendable, CaseIterable {
    /// Per key: one order of all operations that respects real time explains every answer.
    case linearizable
    /// A session sees its own acknowledged writes.
    case readYourWrites = "read-your-writes"
    /// What a session reads of a key never goes back.
    case monotonicReads = "monotonic-reads"
    /// The writes of a session are ordered as it made them.
    case monotonicWrites = "monotonic-writes"
    /// A write is ordered after what its session had read before.
    case writesFollowReads = "writes-follow-reads"
    /// An atomic multi-key read is a prefix of the write order of the timeline it was read from.
    case consistentPrefixNode = "consistent-prefix-node"
    /// No session sees the effect and afterwards misses the cause.
    case consistentPrefixSession = "consistent-prefix-session"
    /// Every acknowledged write is there at the end, or was overwritten by a later one.
    case noLostWrites = "no-lost-writes"
    /// Nothing was read that was rolled back later, or that nobody wrote.
    case noDirtyReads = "no-dirty-reads"
    /// After healing, all replicas hold the same.
    case convergence
    /// A read sees all that was acknowledged, or had been seen, before it began.
    case noStaleReads = "no-stale-reads"
    /// No read is further behind than it may be.
    case boundedStaleness = "bounded-staleness"
    /// Nothing is there, or comes out, more often than it was put there.
    case noDuplicates = "no-duplicates"
    /// What goes into a queue comes out of it, and nothing else does.
    case totalQueue = "total-queue"
    /// No identifier is given out twice.
    case uniqueIDs = "unique-ids"
    /// Transfers between accounts change no total.
    case bank
    /// A counter is within the bounds of what was added before and until it was read.
    case counter
    /// A slot of a calendar has one holder, and whoever was told that it is theirs is that one.
    case calendar
    /// What was written without knowledge of each other is kept side by side, or merged by a write that knew both.
    case conflictAudit = "conflict-audit"
    /// What nodes say of leaders, votes and positions of the log fits together.
    case loginspect
    /// Once everything is healed, operations are answered and replicas catch up.
    case liveness
    /// Transactions read only what committed ones left, and later reads of one transaction are not older than earlier ones.
    case readCommitted = "read-committed"
    /// A transaction sees all or nothing of another one, and of its session.
    case readAtomic = "read-atomic"
    /// What an operation sees brings all that led to it along, over sessions and reads-from, and one order of all writes
    /// decides between them for everybody: causal convergence (CCv), of transactions too.
    case causal
    /// Every transaction reads the state after some prefix of one order of commits, and of its own session at least.
    case prefixConsistency = "prefix-consistency"
    /// Transactions read from a snapshot, and of two concurrent ones that write the same key only one commits.
    case snapshotIsolation = "snapshot-isolation"
    /// Snapshot isolation, where a snapshot holds what the session committed before.
    case strongSessionSnapshotIsolation = "strong-session-snapshot-isolation"
    /// Snapshot isolation, where a snapshot holds all that committed before the transaction began.
    case strongSnapshotIsolation = "strong-snapshot-isolation"
    /// One order of the transactions, executed one after the other, explains every read.
    case serializable
    /// Serializable in an order that respects sessions.
    case strongSessionSerializable = "strong-session-serializable"
    /// Serializable in an order that respects sessions and real time.
    case strictSerializable = "strict-serializable"
    /// What an operation sees brings all that led to it along, over sessions and reads-from (CC).
    case weakCausal = "weak-causal"
    /// One order of all operations that contains each session's explains every answer.
    case sequential
    /// One order of all writes explains every read: each shows the state after a prefix of it.
    case consistentPrefix = "consistent-prefix"
    /// No two reads see two writes in opposite orders.
    case noLongFork = "no-long-fork"
    /// What a session did is seen by everybody in its order; each session may see the writes of different sessions in an order
    /// of its own.
    case pram
}

extension Guarantee {
    /// What is judged where nobody says what: promises about single operations and replicas.
    public static let standard: [Guarantee] = [
        .linearizable, .readYourWrites, .monotonicReads, .consistentPrefixNode, .consistentPrefixSession,
        .noLostWrites, .noDirtyReads, .convergence,
    ]

    /// What is judged of a history of which nobody says what it should keep: levels of isolation where transactions
    /// write, otherwise `standard`.
    public static func fitting(_ history: History) -> [Guarantee] {
        let columns = history.columns
        let writes = columns.function.indices.contains { ordinal in
            history.functions[Int(columns.function[ordinal].number)] == "txn"
                && (history.values.value(columns.argument[ordinal]).list ?? []).contains { micro in
                    micro.list?.first.map { $0 != "r" } ?? false
                }
        }
        return writes ? isolation : standard
    }

    /// Whether it holds of every history of these operations that is linearizable.
    ///
    /// Keys that are linearizable each are so together (Herlihy and Wing, 1990): one order of all operations, which
    /// contains that of every session, explains every answer. Of atomic reads of several keys it says nothing.
    func followsFromLinearizable(in history: History) -> Bool {
        switch self {
        case .readYourWrites, .monotonicReads, .monotonicWrites, .writesFollowReads, .consistentPrefixSession,
            .noStaleReads, .weakCausal, .causal, .sequential, .consistentPrefix, .noLongFork, .pram:
            !history.functions.contains { $0 == "txn" || $0 == "dump" }
        default: false
        }
    }

    /// About orders of operations: judged where they are asked for.
    public static let orders: [Guarantee] = [.pram, .weakCausal, .sequential, .consistentPrefix, .noLongFork]

    /// Levels of isolation, the weaker ones first.
    public static let isolation: [Guarantee] = [
        .readCommitted, .readAtomic, .causal, .prefixConsistency, .snapshotIsolation,
        .strongSessionSnapshotIsolation, .strongSnapshotIsolation, .serializable, .strongSessionSerializable,
        .strictSerializable,
    ]
}
