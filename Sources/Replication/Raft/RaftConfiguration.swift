/// How a member of a Raft group is set up. Times are in nanoseconds.
///
/// `election`, `checkQuorum` and `drift` must be equal in all members: the lease of a leader rests on what the others
/// refuse in the meantime.
public struct RaftConfiguration: Hashable, Sendable {
    public var name: NodeName
    public var cluster: String
    /// All that can be reached, with this one, in order; some may not belong to the group (yet).
    public var members: [NodeName]
    /// Who votes until the log says otherwise.
    public var voters: [NodeName]
    /// The shortest time without a leader after which a member stands for election.
    public var election: UInt64 = 300_000_000
    /// By how many percent of that a member draws a longer time; with 0 all wait equally long.
    public var electionSpread: UInt64 = 100
    public var heartbeat: UInt64 = 50_000_000
    /// Ask whether an election could be won before the term is raised.
    public var preVote = true
    /// A leader that hears from no majority for `election` steps down, and no member votes so soon after it heard
    /// from a leader.
    public var checkQuorum = true
    /// By how many percent the clocks of two members may differ in speed; shortens the lease.
    public var drift: UInt64 = 10
    /// Entries after which the state is saved.
    public var snapshotEvery = 1000
    /// Entries that are kept behind a snapshot for followers that lag a little.
    public var retain = 256
    /// Whether a second attempt of an operation is recognized.
    public var deduplicates = true
    public var read = RaftReadMode.readIndex
    /// Whether a member that finds its disk empty joins a group that has existed: it may have voted and counted for entries
    /// before, so it neither votes nor stands for election until it has all that is committed. Without that it founds a group.
    public var joins = false
    /// A request that is not answered by then is given up.
    public var requestTimeout: UInt64 = 2_000_000_000
    public var mutants: Set<Mutant> = []
    public var seed: UInt64 = 1

    public init(name: NodeName, cluster: String, members: [NodeName], voters: [NodeName]? = nil) {
        precondition(members.contains(name), "a node is a member of its own cluster")
        precondition(voters?.isEmpty != true, "somebody must vote")
        self.name = name
        self.cluster = cluster
        self.members = members
        self.voters = (voters ?? members).sorted()
    }

    public var others: [NodeName] { members.filter { $0 != name } }
}

/// How a read is answered.
public enum RaftReadMode: String, Hashable, Sendable, CaseIterable {
    /// As an entry of the log.
    case log
    /// From the state of a member that has applied what was committed when the leader proved that it leads.
    case readIndex = "readindex"
    /// From the leader's state while its lease lasts, as `readIndex` otherwise.
    case lease
    /// From the state of a member that believes that it leads.
    case leaderLocal = "leader-local"
    /// From the state of any member.
    case local
}

/// Limits that hold whatever the configuration.
enum RaftLimit {
    /// One message of entries.
    static let batchEntries = 1024
    static let batchBytes = 256 * 1024
    /// Entries under way to one follower.
    static let windowEntries: UInt64 = 16_384
    static let windowBytes = 4 * 1024 * 1024
    /// Entries that are not applied yet; proposals are refused beyond.
    static let unapplied: UInt64 = 100_000
    /// One part of a snapshot, in bytes, and the largest snapshot that is taken.
    static let snapshotPart = 64 * 1024
    static let snapshotBytes: UInt64 = 1 << 32
    /// Messages that wait for the disk; more are lost.
    static let outbox = 65_536
    /// Reads that wait at one member.
    static let reads = 100_000
    /// No honest member gets there; a message that claims more is refused, so that sums cannot overflow.
    static let highestTerm: UInt32 = 0xF000_0000
    static let highestIndex: LSN = 1 << 56
}
