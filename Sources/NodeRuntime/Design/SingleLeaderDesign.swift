public import Replication

/// What only `node-single` is told.
public struct SingleLeaderDesign: NodeDesign {
    public static let program = "node-single"
    public static let usage = """
        --role leader|follower [--leader n1] | --arbiters a1=10.0.0.1:7003,...
          [--lease 2s] [--demote on|off] [--fence on|off] [--rewind on|off]
          [--ack async|count:K|set:K|all] [--ack-stage recv|flush|apply] [--ack-timeout 2s]
          [--semi promote|fallback] [--semi-timeout 1s]
          [--visible acked|append] [--retain 10000] [--snapshot-every 100000]
          [--heartbeat 100ms] [--silence 600ms]
          [--token position|lsn] [--token-wait 300ms]
          [--log-format statement|row|wal] [--fix off|mysql|literal]
          [--apply-workers 1] [--page-layout 1|2] [--partitions 1]
        """
    public static let optionNames: Set<String> = [
        "role", "leader", "arbiters", "lease", "demote", "fence", "rewind", "ack", "ack-stage", "ack-timeout",
        "semi",
        "semi-timeout", "visible", "retain", "snapshot-every", "heartbeat", "silence",
        "token", "token-wait", "log-format", "fix", "apply-workers", "page-layout", "partitions",
    ]

    public var configuration: SingleLeaderConfiguration
    public var role: Role
    public var leader: NodeName?
    /// How many logs the keys are spread over.
    public var partitions = 1
    public var closedGates: [GateTarget] = []
    public var delays: [(gate: GateTarget, range: DelayRange)] = []

    public init(_ configuration: SingleLeaderConfiguration, role: Role, leader: NodeName?) {
        self.configuration = configuration
        self.role = role
        self.leader = leader
    }

    public init(_ words: OptionWords, _ setting: NodeSetting) throws(NodeError) {
        let role = try words.choice("role", default: Role.follower)
        self.init(
            try Self.configuration(words, setting), role: role, leader: try Self.leader(words, role, setting))
        partitions = Int(
            try words.number("partitions", 1...UInt64(PartitionedReplica.limit), default: UInt64(partitions)))
        guard partitions == 1 || setting.arbiters.isEmpty else {
            throw words.wrong("partitions", "arbiters decide about one log")
        }
        closedGates = try setting.gates(words)
        delays = try setting.delays(words)
    }

    public func member(_ setting: NodeSetting, _ stored: StoredState) throws(DecodingFailure) -> any Replica {
        let delays = delays.map { ($0.gate, $0.range) }
        guard partitions > 1 else {
            return try SingleLeaderReplica(
                configuration, role: role, leader: leader, stored: stored, closed: closedGates, delays: delays)
        }
        return try PartitionedReplica(
            configuration, partitions: partitions, role: role, leader: leader, stored: stored, closed: closedGates,
            delays: delays)
    }

    private static func leader(
        _ words: OptionWords, _ role: Role, _ setting: NodeSetting
    ) throws(NodeError) -> NodeName? {
        let leader = words.last("leader")
        if let leader, !setting.members.contains(leader) {
            throw words.wrong("leader", "'\(leader)' is not among the peers")
        }
        if role == .follower, leader == setting.name {
            throw words.wrong("leader", "a follower cannot follow itself")
        }
        return role == .leader ? setting.name : leader
    }

    private static func configuration(
        _ words: OptionWords, _ setting: NodeSetting
    ) throws(NodeError) -> SingleLeaderConfiguration {
        var configuration = SingleLeaderConfiguration(
            name: setting.name, cluster: setting.cluster, members: setting.members)
        configuration.seed = setting.seed
        configuration.mutants = setting.mutants
        if let text = words.last("ack") {
            guard let ack = AckPolicy(text) else { throw words.wrong("ack", "async, count:K, set:K or all") }
            switch ack {
            case .count(let count) where count >= setting.members.count,
                .set(let count) where count >= setting.members.count:
                throw words.wrong("ack", "there are only \(setting.members.count - 1) followers")
            default: configuration.ack = ack
            }
        }
        try readFailover(words, setting, &configuration)
        configuration.ackStage = try words.choice("ack-stage", default: configuration.ackStage)
        configuration.visibility = try words.choice("visible", default: configuration.visibility)
        configuration.retain = Int(try words.number("retain", 1...1_000_000_000, default: 10_000))
        configuration.snapshotEvery = Int(
            try words.number("snapshot-every", 1...1_000_000_000, default: 100_000))
        configuration.ackTimeout = try words.time("ack-timeout", default: configuration.ackTimeout)
        configuration.heartbeat = try words.time("heartbeat", default: configuration.heartbeat)
        configuration.silence = try words.time("silence", default: configuration.silence)
        configuration.tokenForm = try words.choice("token", default: configuration.tokenForm)
        configuration.tokenWait = try words.time("token-wait", default: configuration.tokenWait)
        configuration.logFormat = try words.choice("log-format", default: configuration.logFormat)
        configuration.statementFix = try words.choice("fix", default: configuration.statementFix)
        configuration.applyWorkers = Int(try words.number("apply-workers", 1...64, default: 1))
        configuration.pageLayout = try words.number("page-layout", 1...2, default: 1) == 1 ? .keyFirst : .valueFirst
        guard configuration.silence >= 2 * configuration.heartbeat else {
            throw words.wrong("silence", "must be at least two heartbeats")
        }
        return configuration
    }

    private static func readFailover(
        _ words: OptionWords, _ setting: NodeSetting, _ configuration: inout SingleLeaderConfiguration
    ) throws(NodeError) {
        configuration.arbiters = setting.arbiters
        configuration.lease = try words.time("lease", default: configuration.lease)
        configuration.demotes = try words.isOn("demote", default: true)
        configuration.fences = try words.isOn("fence", default: true)
        // Without arbiters it is an operator's business what becomes of an old leader.
        configuration.rewinds = try words.isOn("rewind", default: !setting.arbiters.isEmpty)
        configuration.silencePolicy = try words.choice("semi", default: configuration.silencePolicy)
        configuration.silenceTimeout = try words.time("semi-timeout", default: configuration.silenceTimeout)
    }
}
