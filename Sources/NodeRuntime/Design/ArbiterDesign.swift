public import Replication

/// What only `node-arbiter` is told. `--peers` names the arbiters, `--nodes` those about whom they decide.
public struct ArbiterDesign: NodeDesign {
    public static let program = "node-arbiter"
    public static let usage = """
        --nodes n1=10.0.0.1:7001,n2=10.0.0.2:7001
          [--failover best|sync-set|priority|first|manual|chain] [--lease 2s] [--patience 200ms]
          [--election 300ms] [--heartbeat 50ms] [--drift 10] [--join off|on]
        """
    public static let optionNames: Set<String> = [
        "nodes", "failover", "lease", "patience", "election", "heartbeat", "drift", "join",
    ]

    public var configuration: ArbiterConfiguration

    public init(_ words: OptionWords, _ setting: NodeSetting) throws(NodeError) {
        let nodes = try words.addresses("nodes").map(\.name)
        guard !nodes.isEmpty else { throw words.wrong("nodes", "names every node with its peer address") }
        if let both = nodes.first(where: setting.members.contains) {
            throw words.wrong("nodes", "'\(both)' is an arbiter")
        }
        guard setting.closedGates.isEmpty, setting.delays.isEmpty else {
            throw words.wrong("gate", "an arbiter has no gates but \(NodeLoop.fsyncGate)")
        }
        configuration = ArbiterConfiguration(
            name: setting.name, cluster: setting.cluster, arbiters: setting.members, nodes: nodes)
        configuration.rule = try words.choice("failover", default: configuration.rule)
        configuration.lease = try words.time("lease", default: configuration.lease)
        configuration.patience = try words.time("patience", default: configuration.patience)
        configuration.raft.seed = setting.seed
        configuration.raft.joins = try words.isOn("join", default: false)
        configuration.raft.mutants = setting.mutants
        configuration.raft.election = try words.time("election", default: configuration.raft.election)
        configuration.raft.heartbeat = try words.time("heartbeat", default: configuration.raft.heartbeat)
        configuration.raft.drift = try words.number("drift", 0...1000, default: configuration.raft.drift)
        guard configuration.raft.election >= 2 * configuration.raft.heartbeat else {
            throw words.wrong("election", "must be at least two heartbeats")
        }
    }

    public func member(_ setting: NodeSetting, _ stored: StoredState) throws(DecodingFailure) -> any Replica {
        try ArbiterReplica(configuration, stored: stored)
    }
}
