/// What becomes of two writes of one key of which neither knew the other.
public enum MultiPolicy: String, Hashable, Sendable, CaseIterable {
    /// Whatever arrives last stays: replicas that hear in different orders keep different values.
    case arrival
    /// The later one by the wall clocks of the writers, in milliseconds.
    case lwwWall = "lww-wall"
    /// The later one by hybrid clocks, which respect cause and effect.
    case lwwHybrid = "lww-hlc"
    /// The later one by Lamport clocks.
    case lwwLamport = "lww-lamport"
    /// The one of the higher replica, whatever came before what.
    case priority = "prio"
    /// The causally newer one, else that of the higher replica, and one value is kept. Not transitive: replicas diverge.
    case causalPriority = "causal-prio"
    /// Both; a reader is shown the later one, and told of the others.
    case siblings
    /// Both, put together when they are read: sets united, of numbers the greatest, lists one behind the other.
    case merge
    /// Types whose operations commute: sets with observed removal, counters, lists (RGA), registers by hybrid clocks.
    case crdt

    /// Whether operations travel as what they do, rather than as the value that they leave.
    var shipsOperations: Bool { self == .crdt }

    /// Whether all versions that no other one replaced are kept.
    var keepsSiblings: Bool { self == .siblings || self == .merge }
}

/// Along which ways leaders tell one another.
public enum MultiTopology: Hashable, Sendable {
    /// Each tells all others of its own writes and passes nothing on.
    case all
    /// Each passes everything on to the next one, until it has been everywhere.
    case ring([NodeName])
    /// All tell the hub, which passes on.
    case star(hub: NodeName)
}

/// Who may write a key.
public enum MultiHome: Hashable, Sendable {
    /// Any leader.
    case none
    /// The leader of the data centre that the key's hash says, until the key is moved.
    case hash
    /// The leader of that data centre for all keys, until a key is moved.
    case table(String)
}

/// Nodes near one another: a leader, and followers that have from it what they know.
public struct DataCentre: Hashable, Sendable {
    public var name: String
    public var leader: NodeName
    public var followers: [NodeName]

    public init(name: String, leader: NodeName, followers: [NodeName] = []) {
        self.name = name
        self.leader = leader
        self.followers = followers
    }

    var members: [NodeName] { [leader] + followers }
}

/// How one member of a cluster with several leaders is set up. Times are in nanoseconds.
public struct MultiConfiguration: Hashable, Sendable {
    public var name: NodeName
    public var cluster: String
    public var centres: [DataCentre]
    /// Nodes that may be offline, each with the leader that it syncs with.
    public var devices: [NodeName: NodeName] = [:]
    /// Whether that leader's order decides on what its devices write; else it is the policy's business.
    public var isTentative = true
    /// Whether a device begins without a line to its leader.
    public var startsOffline = false
    public var topology = MultiTopology.all
    public var policy = MultiPolicy.lwwHybrid
    /// Whether a record waits for all that its writer knew.
    public var causal = true
    public var home = MultiHome.none
    /// With homes, whether reads go there too; else they are answered anywhere.
    public var readsAtHome = true
    /// Whether a key is drained even where it is to move at once.
    public var alwaysDrains = false
    /// A request that cannot be answered by then, because the disk does not keep up, is given up.
    public var requestTimeout: UInt64 = 2_000_000_000
    /// How often a member tells its sources how far it is, news or not.
    public var heartbeat: UInt64 = 100_000_000
    /// What a peer has not confirmed for so long is sent again.
    public var resend: UInt64 = 200_000_000
    /// After how many records the state is saved, so that what everybody has need not be kept.
    public var snapshotEvery = 10_000
    /// How long a deletion is remembered at least.
    public var gcGrace: UInt64 = 60_000_000_000
    /// How far a hybrid clock that is heard of may be ahead.
    public var clockBound: Int64 = 60_000_000_000
    public var mutants: Set<Mutant> = []
    public var seed: UInt64 = 1

    /// A member of one of these data centres, or a device of one of their leaders.
    public init(name: NodeName, cluster: String, centres: [DataCentre], devices: [NodeName: NodeName] = [:]) {
        let place = devices[name] ?? name
        precondition(centres.contains { $0.members.contains(place) }, "a node is in a data centre")
        self.name = name
        self.cluster = cluster
        self.centres = centres
        self.devices = devices
    }

    /// Each member leads a data centre of its own name.
    public init(name: NodeName, cluster: String, leaders: [NodeName]) {
        self.init(name: name, cluster: cluster, centres: leaders.map { DataCentre(name: $0, leader: $0) })
    }

    public var members: [NodeName] { centres.flatMap(\.members) + devices.keys.sorted() }
    public var others: [NodeName] { members.filter { $0 != name } }
    var leaders: [NodeName] { centres.map(\.leader) }

    /// The data centre that this member is in; of a device that of its leader.
    var centre: DataCentre {
        let place = server ?? name
        guard let found = centres.first(where: { $0.members.contains(place) }) else {
            preconditionFailure("a node is in a data centre")
        }
        return found
    }

    var isLeader: Bool { centre.leader == name }
    /// All that write records.
    var writers: [NodeName] { leaders + (isTentative ? [] : devices.keys.sorted()) }

    /// Of a device the leader that it syncs with.
    var server: NodeName? { devices[name] }
    /// The devices that sync with this member.
    var ownDevices: [NodeName] { devices.filter { $0.value == name }.keys.sorted() }
    /// Whether this member's writes are not decided before its leader has them.
    var writesTentatively: Bool { server != nil && isTentative }

    func centre(named name: String) -> DataCentre? { centres.first { $0.name == name } }
}

extension MultiConfiguration {
    /// The peers that this member sends records to.
    var targets: [NodeName] {
        if let server { return isTentative ? [] : [server] }
        guard isLeader else { return [] }
        return leaderTargets + centre.followers + ownDevices
    }

    private var leaderTargets: [NodeName] {
        switch topology {
        case .all: leaders.filter { $0 != name }
        case .star(let hub): name == hub ? leaders.filter { $0 != name } : [hub]
        case .ring(let order): Self.neighbour(of: name, in: order, 1).map { [$0] } ?? []
        }
    }

    /// The peers that this member has records from, and tells how far it is.
    var sources: [NodeName] {
        guard isLeader else { return [centre.leader] }
        return leaderSources + (isTentative ? [] : ownDevices)
    }

    private var leaderSources: [NodeName] {
        guard case .ring(let order) = topology else { return leaderTargets }
        return Self.neighbour(of: name, in: order, -1).map { [$0] } ?? []
    }

    /// `nil` where nobody else is.
    private static func neighbour(of name: NodeName, in order: [NodeName], _ step: Int) -> NodeName? {
        guard order.count > 1, let place = order.firstIndex(of: name) else { return nil }
        return order[(place + step + order.count) % order.count]
    }

    /// Whether a record goes to that peer from here.
    func ships(_ record: MultiRecord, to peer: NodeName) -> Bool {
        guard record.origin != peer || mutants.contains(.ringNoLoopCheck) else { return false }
        if centre.followers.contains(peer) || devices[peer] == name { return true }
        // A leader speaks for its devices, too.
        if record.origin == name || devices[record.origin] == name { return true }
        if server != nil { return false }
        switch topology {
        case .all: return false
        case .star: return !mutants.contains(.forwardFilterTooStrong) && !record.passed.contains(peer)
        case .ring: return mutants.contains(.ringNoLoopCheck) || !record.passed.contains(peer)
        }
    }
}
