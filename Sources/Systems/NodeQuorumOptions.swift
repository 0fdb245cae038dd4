public import HistoryModel

/// The options of `node-quorum` that a workload file may set.
public struct NodeQuorumOptions: Hashable, Sendable {
    /// What happens to replicas that a read finds behind.
    public enum Repair: String, Hashable, Sendable, CaseIterable { case off, async, blocking }

    /// What tells two writes of a key apart.
    public enum Versions: String, Hashable, Sendable, CaseIterable { case wall, hlc, abd, dvv }

    public enum Switch: String, Hashable, Sendable, CaseIterable { case on, off }

    /// Replicas of a key, and how many of them answer a read or have a write.
    public var n: Int64
    public var r: Int64
    public var w: Int64
    public var repair = Repair.blocking
    public var versions = Versions.hlc
    public var sloppy = Switch.off
    /// In milliseconds; 0 for never.
    public var antiEntropy: Int64 = 1000
    /// How long deletions are remembered, and how far clocks may be apart; in milliseconds.
    public var gcGrace: Int64 = 60_000
    public var epsilon: Int64 = 500
    /// After so many milliseconds a request is given up.
    public var requestTimeout: Int64 = 1000
    public var disk = NodeSingleOptions.Disk.real
    public var sync = NodeSingleOptions.Sync.always
    /// Bugs that are switched on, `M90`.
    public var mutants: [String] = []
    /// Gates that are closed from the start.
    public var gates: [String] = []
    public var delays: [NodeSingleOptions.Delay] = []

    static let moreGates: Set<String> = ["hint", "repair", "sync"]

    public init(nodes: Int) {
        n = Int64(min(3, nodes))
        r = n / 2 + 1
        w = n / 2 + 1
    }

    /// As on the command line.
    var words: [String] {
        var words = ["--n", "\(n)", "--r", "\(r)", "--w", "\(w)", "--repair", repair.rawValue]
        words += ["--version", versions.rawValue, "--sloppy", sloppy.rawValue]
        words += ["--anti-entropy", antiEntropy == 0 ? "off" : "\(antiEntropy)ms", "--gc-grace", "\(gcGrace)ms"]
        words += [
            "--epsilon", "\(epsilon)ms", "--request-timeout", "\(requestTimeout)ms", "--fsync", sync.rawValue,
        ]
        if disk != .real { words += ["--disk", disk.rawValue] }
        return mutants.isEmpty ? words : words + ["--mutant", mutants.joined(separator: ",")]
    }
}

extension NodeQuorumOptions {
    private static let names = [
        "n", "r", "w", "repair", "version", "sloppy", "anti-entropy", "gc-grace", "epsilon", "request-timeout",
        "disk",
        "fsync", "mutant", "gate", "delay",
    ]

    /// Reads the options of a workload file.
    public init(_ options: Value, nodes: [String]) throws(SystemOptionError) {
        let reader = try OptionReader(options, known: Self.names)
        self.init(nodes: nodes.count)
        n = try reader.number("n", in: 1...Int64(nodes.count), default: n)
        r = try reader.number("r", in: 1...n, default: n / 2 + 1)
        w = try reader.number("w", in: 1...n, default: n / 2 + 1)
        repair = try reader.choice("repair", default: repair)
        versions = try reader.choice("version", default: versions)
        sloppy = try reader.choice("sloppy", default: sloppy)
        antiEntropy = try reader.number("anti-entropy", in: 0...600_000, default: antiEntropy)
        gcGrace = try reader.number("gc-grace", in: 1...3_600_000, default: gcGrace)
        epsilon = try reader.number("epsilon", in: 1...3_600_000, default: epsilon)
        requestTimeout = try reader.number("request-timeout", in: 10...60_000, default: requestTimeout)
        disk = try reader.choice("disk", default: disk)
        sync = try reader.choice("fsync", default: sync)
        mutants = try reader.words("mutant", allowed: "numbers like M90")
        gates = try NodeSingleOptions.gates(reader, nodes, more: Self.moreGates)
        delays = try NodeSingleOptions.delays(reader, nodes, more: Self.moreGates)
        if versions == .abd, repair != .blocking {
            throw reader.refused("repair", "blocking, for numbers must meet all that readers can have seen")
        }
    }
}
