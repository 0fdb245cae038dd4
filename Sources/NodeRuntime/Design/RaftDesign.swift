public import Replication

/// What only `node-raft` is told.
public struct RaftDesign: NodeDesign {
    public static let program = "node-raft"
    public static let usage = """
        [--voters n1,n2,n3] [--read log|readindex|lease|leader-local|local]
          [--election 300ms] [--election-spread 100] [--heartbeat 50ms] [--drift 10]
          [--prevote on|off] [--checkquorum on|off] [--snapshot-every 1000] [--retain 256] [--dedup on|off] [--request-timeout 2s]
          [--join off|on]
        """
    public static let optionNames: Set<String> = [
        "voters", "read", "election", "election-spread", "heartbeat", "drift", "prevote", "checkquorum",
        "snapshot-every", "retain",
        "dedup", "request-timeout", "join",
    ]

    public var configuration: RaftConfiguration
    public var closedGates: [RaftGate] = []
    public var delays: [(gate: RaftGate, range: DelayRange)] = []

    public init(_ words: OptionWords, _ setting: NodeSetting) throws(NodeError) {
        configuration = RaftConfiguration(
            name: setting.name, cluster: setting.cluster, members: setting.members,
            voters: try Self.voters(words, setting))
        configuration.seed = setting.seed
        try readTimes(words)
        configuration.read = try words.choice("read", default: configuration.read)
        configuration.preVote = try words.isOn("prevote", default: true)
        configuration.checkQuorum = try words.isOn("checkquorum", default: true)
        configuration.deduplicates = try words.isOn("dedup", default: true)
        configuration.joins = try words.isOn("join", default: false)
        configuration.snapshotEvery = Int(try words.number("snapshot-every", 1...1_000_000_000, default: 1000))
        configuration.retain = Int(try words.number("retain", 0...1_000_000_000, default: 256))
        configuration.mutants = setting.mutants
        if configuration.read == .lease, !configuration.checkQuorum {
            throw words.wrong("read", "a lease needs --checkquorum on")
        }
        closedGates = try setting.gates(words)
        delays = try setting.delays(words)
    }

    public func member(_ setting: NodeSetting, _ stored: StoredState) throws(DecodingFailure) -> any Replica {
        try RaftReplica(
            configuration, stored: stored, closed: closedGates, delays: delays.map { ($0.gate, $0.range) })
    }

    private static func voters(_ words: OptionWords, _ setting: NodeSetting) throws(NodeError) -> [NodeName] {
        let voters = words.parts("voters")
        for name in voters where !setting.members.contains(name) {
            throw words.wrong("voters", "'\(name)' is not among the peers")
        }
        return voters.isEmpty ? setting.members : voters
    }

    private mutating func readTimes(_ words: OptionWords) throws(NodeError) {
        configuration.election = try words.time("election", default: configuration.election)
        configuration.electionSpread = try words.number(
            "election-spread", 0...1000, default: configuration.electionSpread)
        configuration.heartbeat = try words.time("heartbeat", default: configuration.heartbeat)
        configuration.requestTimeout = try words.time("request-timeout", default: configuration.requestTimeout)
        configuration.drift = try words.number("drift", 0...1000, default: configuration.drift)
        guard configuration.election >= 2 * configuration.heartbeat else {
            throw words.wrong("election", "must be at least two heartbeats")
        }
    }
}
