public import Clients

/// Where a node lives.
public struct NodeSite: Hashable, Sendable {
    /// The node's name, `n1`.
    public var name: String
    /// The host's name in the hosts file.
    public var host: String
    /// The host's IP address, where clients and peers reach the node.
    public var address: String
    public var clientPort: Int
    public var peerPort: Int
    /// What is kept: data, configuration, logs. One per run and node.
    public var stateDirectory: String
    /// Sockets and pid files.
    public var runDirectory: String
    /// Where on the host each uploaded program is, by its name; others are looked up in `PATH`.
    public var programs: [String: String]

    public init(
        name: String, host: String, address: String, clientPort: Int, peerPort: Int, stateDirectory: String,
        runDirectory: String, programs: [String: String] = [:]
    ) {
        self.name = name
        self.host = host
        self.address = address
        self.clientPort = clientPort
        self.peerPort = peerPort
        self.stateDirectory = stateDirectory
        self.runDirectory = runDirectory
        self.programs = programs
    }
}

extension NodeSite {
    /// What the node itself stores; removing it makes the node a new one.
    public var dataDirectory: String { stateDirectory + "/data" }
    /// The node's own record of what happened to it, JSON Lines; empty for systems that keep none.
    public var eventLog: String { stateDirectory + "/events.jsonl" }
    public var standardOutput: String { stateDirectory + "/stdout.log" }
    public var standardError: String { stateDirectory + "/stderr.log" }
    public var clientAddress: NodeAddress { NodeAddress(host: address, port: clientPort) }
    public var peerAddress: NodeAddress { NodeAddress(host: address, port: peerPort) }

    func program(_ name: String) -> String { programs[name] ?? name }
}

/// A whole cluster, as its nodes are to be started now.
public struct ClusterPlan: Hashable, Sendable {
    /// Names the cluster, so that nodes of two runs never take each other for peers.
    public var name: String
    /// All nodes, in the order of their names.
    public var sites: [NodeSite]
    /// Who leads, by name.
    public var leader: String
    public var seed: UInt64
    /// Gates to start with closed, by node; besides those of the options.
    public var closedGates: [String: [String]]
    /// Nodes whose disks were emptied while others kept theirs, by name.
    public var wiped: Set<String> = []
    /// Whether nodes whose clocks are those of their hosts are to run under libfaketime.
    public var fakesClocks: Bool

    public init(
        name: String, sites: [NodeSite], leader: String, seed: UInt64, closedGates: [String: [String]] = [:],
        fakesClocks: Bool = false
    ) {
        self.fakesClocks = fakesClocks
        precondition(sites.contains { $0.name == leader }, "the leader is one of the nodes")
        self.name = name
        self.sites = sites
        self.leader = leader
        self.seed = seed
        self.closedGates = closedGates
    }

    /// Notes that a node starts with an empty disk. A group that lost all its disks is a new one.
    public mutating func noteWiped(_ node: String) {
        wiped.insert(node)
        if wiped.count == sites.count { wiped = [] }
    }

    /// The leader's site.
    public var leaderSite: NodeSite {
        guard let site = sites.first(where: { $0.name == leader }) else {
            preconditionFailure("the leader is one of the nodes")
        }
        return site
    }

    /// What clients need to know of the cluster.
    public func topology() -> Topology {
        Topology(
            Dictionary(uniqueKeysWithValues: sites.map { ($0.name, $0.clientAddress) }), leader: leader)
    }
}

/// How to start a node.
public struct LaunchSpec: Hashable, Sendable {
    /// A file that must be there before.
    public struct File: Hashable, Sendable {
        public var path: String
        public var content: [UInt8]
        public var mode: UInt32

        public init(path: String, content: [UInt8], mode: UInt32 = 0o600) {
            self.path = path
            self.content = content
            self.mode = mode
        }
    }

    /// Directories that must be there before.
    public var directories: [String]
    public var files: [File]
    public var process: ProcessSpec

    public init(directories: [String], files: [File], process: ProcessSpec) {
        self.directories = directories
        self.files = files
        self.process = process
    }
}
