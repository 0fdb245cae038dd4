/// What a node is at the moment.
public enum Role: String, Hashable, Sendable, CaseIterable { case leader, follower }

/// When a write is acknowledged.
public enum AckPolicy: Hashable, Sendable {
    /// As soon as it is durable at the leader.
    case async
    /// When so many followers have it, too.
    case count(Int)
    /// When every other member has it.
    case all

    /// `async`, `count:K`, `all`.
    public init?(_ text: String) {
        switch text {
        case "async": self = .async
        case "all": self = .all
        default:
            guard text.hasPrefix("count:"), let count = Int(text.dropFirst(6)), count > 0 else {
                return nil
            }
            self = .count(count)
        }
    }
}

/// What counts as a follower having an entry.
public enum AckStage: String, Hashable, Sendable, CaseIterable { case receive = "recv", flush }

/// When a write is shown to readers of the leader.
///
/// Never before it is durable at the leader: a reader must not see what a restart forgets.
public enum Visibility: String, Hashable, Sendable, CaseIterable {
    /// When it is acknowledged.
    case acked
    /// When it is durable at the leader, acknowledged or not.
    case append
}

/// How a node is set up. Times are in nanoseconds.
public struct SingleLeaderConfiguration: Hashable, Sendable {
    public var name: NodeName
    public var cluster: String
    /// All members with this one, in order.
    public var members: [NodeName]
    public var ack = AckPolicy.async
    public var ackStage = AckStage.flush
    public var visibility = Visibility.acked
    /// Entries that are kept for followers that come back; one that needs more gets a snapshot.
    public var retain = 10_000
    /// Entries after which the state is saved, so that older parts of the log on disk can go.
    public var snapshotEvery = 100_000
    /// A write that is not acknowledged by then is answered `unknown`.
    public var ackTimeout: UInt64 = 2_000_000_000
    public var heartbeat: UInt64 = 100_000_000
    /// A connection on which nothing was heard for so long is closed.
    public var silence: UInt64 = 600_000_000
    public var reconnect: UInt64 = 100_000_000
    public var seed: UInt64 = 1

    public init(name: NodeName, cluster: String, members: [NodeName]) {
        precondition(members.contains(name), "a node is a member of its own cluster")
        self.name = name
        self.cluster = cluster
        self.members = members
    }

    public var others: [NodeName] { members.filter { $0 != name } }
}

/// Limits that hold whatever the configuration.
enum Limit {
    /// Writes that wait for their acknowledgement, and entries not yet applied.
    static let pending = 100_000
    static let unapplied = 500_000
    /// Entries kept for one follower that loads a snapshot.
    static let pinned = 1_000_000
    /// One message of entries.
    static let batchEntries = 1024
    static let batchBytes = 256 * 1024
    /// Entries under way to one follower.
    static let windowEntries: UInt64 = 16_384
    static let windowBytes = 4 * 1024 * 1024
    /// Messages held by a receive gate, pieces of a snapshot under way, replies held by a gate.
    static let heldMessages = 4096
    static let snapshotPieces = 16
    static let heldReplies = 100_000
    /// Connections that have not said who they are.
    static let strangers = 64
    /// Connections are looked at no more often, in nanoseconds.
    static let checkPeriod: UInt64 = 5_000_000
}
