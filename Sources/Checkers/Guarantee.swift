/// A promise about a history that a checker decides; the raw value is its name in files and reports.
public enum Guarantee: String, Hashable, Sendable, CaseIterable {
    /// Per key: one order of all operations that respects real time explains every answer.
    case linearizable
    /// A session sees its own acknowledged writes.
    case readYourWrites = "read-your-writes"
    /// What a session reads of a key never goes back.
    case monotonicReads = "monotonic-reads"
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
}
