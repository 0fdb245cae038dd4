public import HistoryModel

/// The options of `node-multi` that a workload file may set.
public struct NodeMultiOptions: Hashable, Sendable {
    /// What becomes of writes that did not know each other.
    public enum Policy: String, Hashable, Sendable, CaseIterable {
        case arrival, prio, siblings, merge, crdt
        case lwwWall = "lww-wall"
        case lwwHybrid = "lww-hlc"
        case lwwLamport = "lww-lamport"
        case causalPriority = "causal-prio"
    }

    public enum Switch: String, Hashable, Sendable, CaseIterable { case on, off }

    /// Where reads are answered if keys have homes.
    public enum Read: String, Hashable, Sendable, CaseIterable { case home, local }

    /// How a key moves that is to move at once: so, or once its new home has all that was written.
    public enum Rehome: String, Hashable, Sendable, CaseIterable { case now, drain }

    public var policy = Policy.lwwHybrid
    /// `all`, `ring:n1,n2,n3` or `star:n1`.
    public var topology = "all"
    public var causal = Switch.on
    /// `none`, `hash`, or the data centre that is the home of every key.
    public var home = "none"
    public var read = Read.home
    public var rehome = Rehome.now
    /// Data centres with their members, the leader first; empty for one for each node.
    public var centres: [String] = []
    /// Nodes that may be offline, each with the leader that it syncs with: `n3:n1`.
    public var devices: [String] = []
    /// Whether that leader's order decides on what its devices write; else the policy does.
    public var tentative = Switch.on
    /// How long deletions are remembered at least, in milliseconds.
    public var gcGrace: Int64 = 60_000
    public var disk = NodeSingleOptions.Disk.real
    public var sync = NodeSingleOptions.Sync.always
    /// Bugs that are switched on, `M70`.
    public var mutants: [String] = []
    /// Gates that are closed from the start.
    public var gates: [String] = []
    public var delays: [NodeSingleOptions.Delay] = []

    public init() {}

    /// As on the command line.
    var words: [String] {
        var words = ["--policy", policy.rawValue, "--topology", topology, "--causal", causal.rawValue]
        words += ["--home", home, "--read", read.rawValue, "--rehome", rehome.rawValue, "--fsync", sync.rawValue]
        words += ["--gc-grace", "\(gcGrace)ms"]
        if !centres.isEmpty { words += ["--centres", centres.joined(separator: ",")] }
        if !devices.isEmpty {
            words += ["--devices", devices.joined(separator: ","), "--tentative", tentative.rawValue]
        }
        if disk != .real { words += ["--disk", disk.rawValue] }
        return mutants.isEmpty ? words : words + ["--mutant", mutants.joined(separator: ",")]
    }
}

extension NodeMultiOptions {
    private static let names = [
        "policy", "topology", "causal", "home", "read", "rehome", "centres", "devices", "tentative", "gc-grace",
        "disk",
        "fsync",
        "mutant", "gate", "delay",
    ]

    /// Reads the options of a workload file.
    public init(_ options: Value, nodes: [String]) throws(SystemOptionError) {
        let reader = try OptionReader(options, known: Self.names)
        policy = try reader.choice("policy", default: policy)
        causal = try reader.choice("causal", default: causal)
        read = try reader.choice("read", default: read)
        rehome = try reader.choice("rehome", default: rehome)
        disk = try reader.choice("disk", default: disk)
        sync = try reader.choice("fsync", default: sync)
        centres = try reader.words("centres", allowed: "data centres such as east:n1+n3, the leader first")
        gcGrace = try reader.number("gc-grace", in: 1...3_600_000, default: gcGrace)
        tentative = try reader.choice("tentative", default: tentative)
        devices = try reader.words("devices", allowed: "devices such as n3:n1, each with a leader")
        let pairs = devices.map { $0.split(separator: ":").map(String.init) }
        let named = pairs.compactMap(\.first)
        guard pairs.allSatisfy({ $0.count == 2 && nodes.contains($0[0]) }), Set(named).count == named.count else {
            throw reader.refused("devices", "devices such as n3:n1, each once")
        }
        let leaders = try readCentres(reader, nodes.filter { !named.contains($0) })
        guard pairs.allSatisfy({ leaders.contains($0[1]) }) else {
            throw reader.refused(
                "devices", "devices with the leader of a data centre: \(leaders.joined(separator: ", "))")
        }
        mutants = try NodeSingleOptions.words(
            "mutant", reader, "bugs by their numbers, such as M70", NodeSingleOptions.isMutant)
        gates = try NodeSingleOptions.gates(reader, nodes)
        delays = try NodeSingleOptions.delays(reader, nodes)
        if policy == .crdt, causal == .off {
            throw reader.refused("causal", "on, for operations speak of earlier ones")
        }
    }

    /// Gives the leaders.
    private mutating func readCentres(
        _ reader: OptionReader, _ nodes: [String]
    ) throws(SystemOptionError) -> [String] {
        var names = nodes
        var leaders = nodes
        if !centres.isEmpty {
            let parts = centres.map { $0.split(separator: ":", maxSplits: 1).map(String.init) }
            let members = parts.map { $0.count == 2 ? $0[1].split(separator: "+").map(String.init) : [] }
            guard members.allSatisfy({ !$0.isEmpty }), members.joined().sorted() == nodes.sorted() else {
                throw reader.refused("centres", "data centres such as east:n1+n3, with every node once")
            }
            names = parts.map { $0[0] }
            leaders = members.map { $0[0] }
        }
        home = reader["home"]?.plainText ?? home
        guard home == "none" || home == "hash" || names.contains(home) else {
            throw reader.refused("home", "none, hash, or a data centre: \(names.joined(separator: ", "))")
        }
        topology = reader["topology"]?.plainText ?? topology
        guard Self.isTopology(topology, leaders) else {
            throw reader.refused("topology", "all, ring: with every leader once, or star: with one leader")
        }
        return leaders
    }

    private static func isTopology(_ text: String, _ leaders: [String]) -> Bool {
        let parts = text.split(separator: ":", maxSplits: 1).map(String.init)
        let named = parts.count == 2 ? parts[1].split(separator: ",").map(String.init) : []
        return switch parts.first {
        case "all": parts.count == 1
        case "star": named.count == 1 && leaders.contains(named[0])
        case "ring": named.sorted() == leaders.sorted()
        default: false
        }
    }
}
