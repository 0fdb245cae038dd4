public import Replication

/// What only `node-chain` is told.
public struct ChainDesign: NodeDesign {
    public static let program = "node-chain"
    public static let usage = """
        [--order n1,n2,n3 | --arbiters a1=10.0.0.1:7003,... [--lease 2s] [--tail-lease on|off]]
          [--read tail|head|any|craq|craq-eventual|craq-bounded] [--bound 100ms]
          [--ack-timeout 2s] [--heartbeat 100ms] [--resend 200ms]
          [--snapshot-every 10000] [--retain 1000]
        """
    public static let optionNames: Set<String> = [
        "order", "arbiters", "lease", "tail-lease", "read", "bound", "ack-timeout", "heartbeat", "resend",
        "snapshot-every", "retain",
    ]

    public var configuration: ChainConfiguration
    public var closedGates: [GateTarget] = []
    public var delays: [(gate: GateTarget, range: DelayRange)] = []

    public init(_ words: OptionWords, _ setting: NodeSetting) throws(NodeError) {
        configuration = ChainConfiguration(
            name: setting.name, cluster: setting.cluster, order: try Self.order(words, setting),
            members: setting.members)
        configuration.arbiters = setting.arbiters
        configuration.lease = try words.time("lease", default: configuration.lease)
        configuration.isFenced = try words.isOn("tail-lease", default: true)
        configuration.snapshotEvery = Int(try words.number("snapshot-every", 1...1_000_000_000, default: 10_000))
        configuration.retain = Int(try words.number("retain", 0...1_000_000_000, default: 1000))
        configuration.seed = setting.seed
        configuration.mutants = setting.mutants
        configuration.read = try words.choice("read", default: configuration.read)
        configuration.bound = try words.time("bound", default: configuration.bound)
        configuration.ackTimeout = try words.time("ack-timeout", default: configuration.ackTimeout)
        configuration.heartbeat = try words.time("heartbeat", default: configuration.heartbeat)
        configuration.resend = try words.time("resend", default: configuration.resend)
        closedGates = try setting.gates(words)
        delays = try setting.delays(words)
    }

    public func member(_ setting: NodeSetting, _ stored: StoredState) throws(DecodingFailure) -> any Replica {
        try ChainReplica(
            configuration, stored: stored, closed: closedGates, delays: delays.map { ($0.gate, $0.range) })
    }

    /// From the head to the tail; all peers in their order unless it is given.
    private static func order(_ words: OptionWords, _ setting: NodeSetting) throws(NodeError) -> [NodeName] {
        let order = words.parts("order")
        for name in order where !setting.members.contains(name) {
            throw words.wrong("order", "'\(name)' is not among the peers")
        }
        guard Set(order).count == order.count else { throw words.wrong("order", "a member stands there twice") }
        guard order.isEmpty || setting.arbiters.isEmpty else {
            throw words.wrong("order", "the arbiters say who belongs to the chain")
        }
        return order.isEmpty ? setting.members : order
    }
}
