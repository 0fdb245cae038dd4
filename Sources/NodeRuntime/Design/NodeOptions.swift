public import Replication

/// A host and a port, `10.0.0.1:7000`.
public struct NodeEndpoint: Hashable, Sendable, CustomStringConvertible {
    public var host: String
    public var port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    public init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65535).contains(port), colon > text.startIndex
        else { return nil }
        let host = text[..<colon]
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        self.init(host: String(isBracketed ? host.dropFirst().dropLast() : host), port: port)
    }

    public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// What a process keeps of what it wrote when it is killed.
public enum DiskModel: String, Hashable, Sendable, CaseIterable {
    /// The kernel has all of it.
    case real
    /// What was not made durable is still in the process and dies with it: a kill is a power cut.
    case buffered
}

/// Everything a node is told at start.
public struct NodeOptions: Sendable {
    public var setting: NodeSetting
    public var design: any NodeDesign
    /// Where the members' peer ports are, and where clients find them.
    public var peerAddresses: [NodeName: NodeEndpoint]
    public var clientAddresses: [NodeName: NodeEndpoint]
    /// Who is heard besides the members: the arbiters of a node, the nodes of an arbiter.
    public var correspondents: Set<NodeName> = []
    public var client: NodeEndpoint
    public var peer: NodeEndpoint
    /// Path of the admin socket.
    public var adminSocket: String?
    public var dataDirectory: String
    /// Whether appends reach the disk, and not only the kernel, before they count.
    public var isSyncing = true
    public var disk = DiskModel.real
    /// Whether the gate `fsync` is closed from the start: nothing becomes durable.
    public var isFsyncClosed = false
    /// How long dialling another node may take, and what was sent to it wait for its kernel's word; nanoseconds.
    public var dialTimeout: UInt64 = 600_000_000
    /// How long an order may take, in nanoseconds; whoever gave it waits a little longer.
    public var orderPatience: UInt64 = 12_000_000_000
    public var clock = ClockSource.fixed(.system)
    public var monotonicClock = ClockSource.fixed(.system)
    /// Failpoints that stand from the start.
    public var failpoints: [(name: String, action: FailpointAction)] = []
    public var eventLog: String?
    public var pidFile: String?

    /// Whether what counts as durable is: not so with the bug that leaves fsync out.
    package var isDurable: Bool { isSyncing && !setting.mutants.contains(.noFsync) }

    public init(
        _ setting: NodeSetting, _ design: any NodeDesign, client: NodeEndpoint, peer: NodeEndpoint,
        dataDirectory: String
    ) {
        self.setting = setting
        self.design = design
        self.client = client
        self.peer = peer
        self.dataDirectory = dataDirectory
        peerAddresses = [setting.name: peer]
        clientAddresses = [setting.name: client]
    }
}
