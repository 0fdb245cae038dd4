public import Clients

/// What a system is, apart from any cluster of it.
public struct SystemTraits: Hashable, Sendable {
    /// The name by which workload files choose it.
    public var name: String
    /// Programs of ours that every host needs, by the names of their binaries; a system from packages has none.
    public var programs: [String]
    /// Where nodes take clients and where they take each other, TCP. The same port where a system has only one.
    public var clientPort: Int
    public var peerPort: Int
    /// Where processes beside the nodes take each other and the nodes; cut off together with them.
    public var companionPorts: [Int]
    /// Whether the nodes agree on a leader by themselves: then who leads is asked, and nobody is promoted.
    public var choosesLeader: Bool
    /// Whether several nodes take writes: then nobody is promoted, and nodes have caught up when each has what any has.
    public var hasManyLeaders: Bool
    /// Whether any node leads. Where none does, writes go where reads go, and `leader` in a workload file is its first
    /// node.
    public var hasLeader: Bool
    /// Gates that not every bundled node has.
    public var moreGates: Set<String>

    public init(
        name: String, programs: [String], clientPort: Int, peerPort: Int,
        companionPorts: [Int] = [], choosesLeader: Bool = false, hasManyLeaders: Bool = false,
        hasLeader: Bool = true,
        moreGates: Set<String> = []
    ) {
        self.name = name
        self.programs = programs
        self.clientPort = clientPort
        self.peerPort = peerPort
        self.companionPorts = companionPorts
        self.choosesLeader = choosesLeader
        self.hasManyLeaders = hasManyLeaders
        self.hasLeader = hasLeader
        self.moreGates = moreGates
    }
}

/// A system under test: how a node of it is started and asked how it is.
///
/// A value that knows its options and no host: hosts are reached through `HostAccess`. What only some systems can do
/// is in protocols of its own: `Promotable`, `Gateable`, `Dumpable`.
public protocol SystemUnderTest: Sendable {
    var traits: SystemTraits { get }

    /// How clients speak with it.
    var dialect: any RESPDialect { get }

    /// Makes sure that a host has what the system needs; the error says what to install.
    func checkHost(of site: NodeSite, via host: any HostAccess) async throws(SystemError)

    /// How to start one node; the same again restarts it. Pure.
    func launch(_ site: NodeSite, in cluster: ClusterPlan) -> LaunchSpec

    /// Asks a node how it is.
    func status(of site: NodeSite, via host: any HostAccess) async throws(SystemError) -> NodeStatus

    /// The processes beside the nodes; most systems have none. Pure.
    func companions(in cluster: ClusterPlan) -> [Companion]
}

extension SystemUnderTest {
    public func companions(in cluster: ClusterPlan) -> [Companion] { [] }
}

/// A system whose leader is chosen from outside.
public protocol Promotable: SystemUnderTest {
    /// Makes a follower the leader.
    func promote(_ site: NodeSite, via host: any HostAccess) async throws(SystemError)

    /// Points a node at a leader.
    func follow(_ leader: NodeSite, _ site: NodeSite, via host: any HostAccess) async throws(SystemError)
}

/// A system whose nodes read clocks that can be made to lie, each node by itself and without touching the host's.
public protocol ClockSkewable: SystemUnderTest {
    /// Sets one of a node's clocks, `wall` or `mono`, as `setting` says; `system` sets it right. Gives the node's own
    /// word of how its clocks are now.
    func setClock(
        _ clock: String, _ setting: String, _ site: NodeSite, via host: any HostAccess
    ) async throws(SystemError) -> ClockWord
}

/// A system whose nodes are programs that ask the C library for the time, so that libfaketime can answer for it.
///
/// Its processes say `fakesClock` where the cluster does. Whether the programs of a host can be skewed is tried there: Go,
/// static programs, and some allocators cannot.
public protocol PreloadSkewable: SystemUnderTest {
    /// A command that runs the node's program to its end, to see whether it starts under the library.
    func clockTrial(_ site: NodeSite) -> [String]
}

/// What a node says of one of its clocks, or who else looked.
public struct ClockWord: Hashable, Sendable {
    /// How it is set, as the node understood it.
    public var setting: String
    /// How far it is ahead of the host's; nanoseconds.
    public var ahead: Int64
    /// Who says so.
    public var observer: String
    /// Whether it is as it was asked for.
    public var isConfirmed: Bool

    public init(
        setting: String, ahead: Int64, observer: String = "the node itself, asked for its clocks",
        isConfirmed: Bool = true
    ) {
        self.setting = setting
        self.ahead = ahead
        self.observer = observer
        self.isConfirmed = isConfirmed
    }
}

/// A system whose nodes can lose what they had not made durable, as a power cut makes them.
public protocol PowerCuttable: SystemUnderTest {
    /// Whether the options make nodes that lose it; else the kernel has all that was written.
    var losesWhatIsNotDurable: Bool { get }

    /// Ends a node's process with nothing left but what is durable and, with `torn`, half of the next record.
    func cutPower(torn: Bool, _ site: NodeSite, via host: any HostAccess) async throws(SystemError)
}

/// A system whose nodes can be held up at known places, without any fault of the network.
public protocol Gateable: SystemUnderTest {
    /// Opens or closes a gate: `apply`, `reply`, `ship:<peer>`, `recv:<peer>`, `ack:<peer>`.
    func setGate(
        _ target: String, open: Bool, _ site: NodeSite, via host: any HostAccess
    ) async throws(SystemError)

    /// Sets how long each passage takes, such as `50..100ms`; `nil` ends the delay.
    func setDelay(
        _ target: String, _ range: String?, _ site: NodeSite, via host: any HostAccess
    ) async throws(SystemError)
}

/// A system whose nodes take orders of operators that only some designs have.
public protocol Orderable: SystemUnderTest {
    /// Gives an order in the words of `nodectl`: `rehome s0 east drain`.
    func order(_ words: [String], _ site: NodeSite, via host: any HostAccess) async throws(SystemError)
}

/// A system whose nodes can tell all they hold.
public protocol Dumpable: SystemUnderTest {
    /// Everything that one node holds now.
    func dump(_ site: NodeSite, via host: any HostAccess) async throws(SystemError) -> NodeDump
}
