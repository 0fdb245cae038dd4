public import Replication

/// What only `node-quorum` is told.
public struct QuorumDesign: NodeDesign {
    public static let program = "node-quorum"
    public static let usage = """
        [--n 3] [--r 2] [--w 2] [--repair off|async|blocking]
          [--version wall|hlc|abd|dvv] [--sloppy on|off] [--anti-entropy 1s|off]
          [--gc-grace 60s] [--epsilon 500ms] [--heartbeat 100ms] [--silence 600ms]
          [--request-timeout 1s] [--snapshot-every 1000]
        """
    public static let optionNames: Set<String> = [
        "n", "r", "w", "repair", "version", "sloppy", "anti-entropy", "gc-grace", "epsilon", "heartbeat", "silence",
        "request-timeout", "snapshot-every",
    ]

    public var configuration: QuorumConfiguration
    public var closedGates: [QuorumGate] = []
    public var delays: [(gate: QuorumGate, range: DelayRange)] = []

    public init(_ words: OptionWords, _ setting: NodeSetting) throws(NodeError) {
        configuration = QuorumConfiguration(name: setting.name, cluster: setting.cluster, members: setting.members)
        configuration.seed = setting.seed
        configuration.mutants = setting.mutants
        configuration.n = Int(try words.number("n", 1...64, default: UInt64(configuration.n)))
        let majority = UInt64(configuration.n / 2 + 1)
        configuration.r = Int(try words.number("r", 1...64, default: majority))
        configuration.w = Int(try words.number("w", 1...64, default: majority))
        configuration.repair = try words.choice("repair", default: configuration.repair)
        configuration.versions = try words.choice("version", default: configuration.versions)
        configuration.isSloppy = try words.isOn("sloppy", default: false)
        configuration.snapshotEvery = Int(try words.number("snapshot-every", 1...1_000_000_000, default: 1000))
        try readTimes(words)
        if let flaw = configuration.flaw { throw NodeError(.badArguments, flaw) }
        closedGates = try setting.gates(words)
        delays = try setting.delays(words)
    }

    private mutating func readTimes(_ words: OptionWords) throws(NodeError) {
        configuration.antiEntropy =
            words.last("anti-entropy") == "off" ? nil : try words.time("anti-entropy", default: 1_000_000_000)
        configuration.gcGrace = try words.time("gc-grace", default: configuration.gcGrace)
        configuration.clockBound = try words.time("epsilon", default: configuration.clockBound)
        configuration.heartbeat = try words.time("heartbeat", default: configuration.heartbeat)
        configuration.silence = try words.time("silence", default: configuration.silence)
        configuration.requestTimeout = try words.time("request-timeout", default: configuration.requestTimeout)
        guard configuration.silence >= 2 * configuration.heartbeat else {
            throw words.wrong("silence", "must be at least two heartbeats")
        }
    }

    public func member(_ setting: NodeSetting, _ stored: StoredState) throws(DecodingFailure) -> any Replica {
        try QuorumReplica(
            configuration, stored: stored, closed: closedGates, delays: delays.map { ($0.gate, $0.range) })
    }
}

extension QuorumDesign {
    /// What holds while clocks are right, with reads at any node; siblings count as kept. It is worked out from what
    /// reads and writes have in common: if every read meets every write, sessions find what they wrote; if reads also
    /// leave what they found with so many that the next one meets it, nothing goes back.
    public func claims(isDurable: Bool) -> [NodeClaims] {
        let (n, r, w) = (configuration.n, configuration.r, configuration.w)
        let meets = r + w > n && !configuration.isSloppy
        let staysFound = r == n || (configuration.repair == .blocking && r + r > n)
        let isOrdered = configuration.versions != .dvv
        let isLinearizable = meets && staysFound && isOrdered
        let converges = configuration.antiEntropy != nil || configuration.isSloppy
        func claim(_ reads: String, monotonic: Bool, _ cells: [String]) -> NodeClaims {
            NodeClaims(
                reads: reads, isLinearizable: isLinearizable, readsOwnWrites: meets,
                readsMonotonically: monotonic, keepsPrefixes: isLinearizable, losesAcknowledged: !isDurable,
                showsRolledBack: !isDurable, converges: converges, cells: cells)
        }
        let any = claim("any", monotonic: isLinearizable, cells)
        guard r == 1, w == 1 else { return [any] }
        return [any, claim("sticky", monotonic: true, n == 3 && !configuration.isSloppy ? ["LL02"] : [])]
    }

    /// Rows of the oracle without faults that this configuration is an instance of.
    private var cells: [String] {
        let (r, w) = (configuration.r, configuration.w)
        guard configuration.n == 3, !configuration.isSloppy else { return [] }
        if configuration.versions == .dvv {
            return r == 2 && w == 2 && configuration.repair == .off ? ["LL16"] : []
        }
        switch (w, r, configuration.repair) {
        case (1, 1, _): return ["LL01"]
        case (1, 2, .off): return ["LL03"]
        case (3, 1, _): return ["LL04"]
        case (1, 3, _): return ["LL05"]
        case (2, 2, .off): return ["LL06"]
        case (2, 2, .async): return ["LL07"]
        case (2, 2, .blocking): return ["LL08"]
        default: return []
        }
    }
}
