/// How a member of a leaderless store is set up. Times are in nanoseconds.
///
/// All but `name` and `seed` must be equal in all members.
public struct QuorumConfiguration: Hashable, Sendable {
    /// What happens to replicas that a read finds behind.
    public enum Repair: String, Hashable, Sendable, CaseIterable {
        case off
        /// They get the newest version after the read is answered.
        case async
        /// They get it, and have it, before the read is answered.
        case blocking
    }

    /// What tells two writes of a key apart.
    public enum Versions: String, Hashable, Sendable, CaseIterable {
        /// The wall clock of the node that coordinated the write.
        case wall
        /// Its hybrid clock.
        case hlc
        /// A number greater than all that enough replicas know (Attiya, Bar-Noy, Dolev, JACM 1995; with several
        /// writers: Lynch and Shvartsman, FTCS 1997).
        case abd
        /// Dotted version vectors: what was written without knowing of each other stays side by side.
        case dvv
    }

    public var name: NodeName
    public var cluster: String
    /// All members with this one; their order is that of the ring.
    public var members: [NodeName]
    /// How many replicas a key has, how many must answer a read, how many must have a write.
    public var n: Int
    public var r: Int
    public var w: Int
    public var repair = Repair.blocking
    public var versions = Versions.hlc
    /// Whether a node that is no home of a key takes writes for one that is silent, and counts.
    public var isSloppy = false
    /// How often a member compares its contents with another one, `nil` for never.
    public var antiEntropy: UInt64? = 1_000_000_000
    /// How long a deletion is remembered.
    public var gcGrace: UInt64 = 60_000_000_000
    /// How far hybrid clocks may be ahead.
    public var clockBound: UInt64 = 500_000_000
    public var heartbeat: UInt64 = 100_000_000
    /// A member that was not heard of for so long counts as dead.
    public var silence: UInt64 = 600_000_000
    /// A request that has not enough answers by then is given up.
    public var requestTimeout: UInt64 = 1_000_000_000
    /// How long a copy that was handed over is waited for before it is sent again.
    public var handoffRetry: UInt64 = 300_000_000
    /// Records after which the state is saved.
    public var snapshotEvery = 1000
    public var mutants: Set<Mutant> = []
    public var seed: UInt64 = 1

    /// Three replicas of a key, or one at each member where there are fewer; majorities read and write.
    public init(name: NodeName, cluster: String, members: [NodeName]) {
        precondition(members.contains(name), "a node is a member of its own cluster")
        self.name = name
        self.cluster = cluster
        self.members = members
        n = min(3, members.count)
        r = n / 2 + 1
        w = n / 2 + 1
    }

    public var others: [NodeName] { members.filter { $0 != name } }

    /// What is wrong with it, `nil` for nothing.
    public var flaw: String? {
        guard (1...members.count).contains(n) else {
            return "n is from 1 to \(members.count), the number of members"
        }
        guard (1...n).contains(r), (1...n).contains(w) else { return "r and w are from 1 to n" }
        if versions == .abd, repair != .blocking {
            return "abd needs blocking repair: numbers must meet all that readers can have seen"
        }
        return nil
    }

    /// How many replicas say their versions before a write with a number of its own: so many that they meet every
    /// acknowledged write and everything that a read has shown.
    var versionQuorum: Int { max(n - min(r, w) + 1, n / 2 + 1) }

    /// How many replicas must have a write before it is acknowledged.
    var writesNeeded: Int { mutants.contains(.weakQuorum) ? 1 : w }

    var usesStandIns: Bool { isSloppy || mutants.contains(.sloppyAsStrict) }
}

/// Where keys live: on a ring of all members, each key at the `n` from its place on.
struct QuorumRing: Hashable, Sendable {
    let members: [NodeName]
    let n: Int

    init(_ configuration: QuorumConfiguration) {
        members = configuration.members
        n = configuration.n
    }

    /// The place of a key on the ring, which is also its range.
    func range(of key: [UInt8]) -> Int {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in key { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return Int(QuorumHash.mixed(hash) % UInt64(members.count))
    }

    /// The members from that place on, all of them once.
    func order(from range: Int) -> [NodeName] { Array(members[range...] + members[..<range]) }

    func homes(range: Int) -> [NodeName] { Array(order(from: range).prefix(n)) }

    func homes(of key: [UInt8]) -> [NodeName] { homes(range: range(of: key)) }
}

enum QuorumHash {
    /// The end of SplitMix64: every bit of the result depends on every bit of the number.
    static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    static func of(_ bytes: [UInt8]) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return mixed(hash)
    }
}

/// Limits that hold whatever the configuration.
enum QuorumLimit {
    /// Requests that wait at one node.
    static let requests = 100_000
    /// Messages that a closed gate keeps; more are lost, as they may be.
    static let held = 4096
    /// Entries of one message of a comparison or of a handover.
    static let batch = 256
    /// Bytes after which a message gets no further entry.
    static let batchBytes = 256 << 10
    /// Bytes of contents that one comparison sends of a range; the next one goes on.
    static let comparisonBytes = 1 << 20
    /// After so many nanoseconds.
    static let comparisonPause: UInt64 = 50_000_000
    /// Leaves of a tree.
    static let leaves = 64
}
