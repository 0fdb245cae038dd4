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
    /// When each of so many followers, chosen by name, has it.
    case set(Int)

    /// `async`, `count:K`, `all`, `set:K`.
    public init?(_ text: String) {
        switch text {
        case "async": self = .async
        case "all": self = .all
        default:
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, let count = Int(parts[1]), count > 0 else { return nil }
            switch parts[0] {
            case "count": self = .count(count)
            case "set": self = .set(count)
            default: return nil
            }
        }
    }
}

/// What counts as a follower having an entry: it arrived, it is durable there, its readers see it.
public enum AckStage: String, Hashable, Sendable, CaseIterable { case receive = "recv", flush, apply }

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
    /// Who decides who leads; nobody but an operator where it is empty.
    public var arbiters: [NodeName] = []
    /// How long a leader may lead without the arbiters' word, and whether it stops then.
    public var lease: UInt64 = 2_000_000_000
    public var demotes = true
    /// Whether nothing is taken from leaders of epochs that are over.
    public var fences = true
    /// Whether a node whose log went another way takes a copy of its leader's state; else it must be wiped.
    public var rewinds = false
    /// What becomes of a write when a follower of the set has been silent about it for so long.
    public var silencePolicy = SilencePolicy.promote
    public var silenceTimeout: UInt64 = 1_000_000_000
    public var tokenForm = TokenForm.position
    /// A request that this node is behind for is sent to the leader after so long.
    public var tokenWait: UInt64 = 300_000_000
    public var logFormat = LogFormat.row
    public var statementFix = StatementFix.mysql
    /// Entries that a follower applies at once, as so many workers that do not wait for each other.
    public var applyWorkers = 1
    /// How rows lie in the pages of this node's software.
    public var pageLayout = PageLayout.keyFirst
    public var seed: UInt64 = 1
    /// Planted bugs, reported in `info`.
    public var mutants: Set<Mutant> = []

    public init(name: NodeName, cluster: String, members: [NodeName]) {
        precondition(members.contains(name), "a node is a member of its own cluster")
        self.name = name
        self.cluster = cluster
        self.members = members
    }

    /// Tells this member's state from others' where statements come out otherwise: FNV-1a of its name.
    var replica: UInt64 {
        name.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
    }

    /// A state as this member's own.
    func own(_ store: Store) -> Store {
        var store = store
        store.replica = replica
        if mutants.contains(.walFormatIgnored) { store.pageLayout = pageLayout }
        if logFormat == .wal { store.keepPages() }
        return store
    }

    var recording: Recording {
        let fix: StatementFix = mutants.contains(.stmtNondeterminism) ? .off : statementFix
        return Recording(format: logFormat, fix: fix, origin: replica, pageLayout: pageLayout)
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
    /// Entries that a member which joins a chain may lack when its predecessor stops for it.
    static let joining: LSN = 64
    /// The largest state that a member of a chain takes from another.
    static let copyBytes: UInt64 = 1 << 36
    /// Connections that have not said who they are.
    static let strangers = 64
    /// Connections are looked at no more often, in nanoseconds.
    static let checkPeriod: UInt64 = 5_000_000
}
