public import HistoryModel

/// The options of `node-raft` that a workload file may set.
public struct NodeRaftOptions: Hashable, Sendable {
    /// How a read is answered.
    public enum Read: String, Hashable, Sendable, CaseIterable {
        case log, readindex, lease
        case leaderLocal = "leader-local"
        case local
    }

    public enum Switch: String, Hashable, Sendable, CaseIterable { case on, off }

    public var read = Read.readindex
    public var preVote = Switch.on
    public var checkQuorum = Switch.on
    public var deduplication = Switch.on
    public var disk = NodeSingleOptions.Disk.real
    public var sync = NodeSingleOptions.Sync.always
    /// Entries after which the state is saved, and entries that are kept behind it.
    public var snapshotEvery: Int64 = 1000
    public var retain: Int64 = 256
    /// In milliseconds.
    public var election: Int64 = 300
    public var heartbeat: Int64 = 50
    /// By how many percent of `election` a member may wait longer.
    public var electionSpread: Int64 = 100
    /// Bugs that are switched on, `M46`.
    public var mutants: [String] = []
    /// Gates that are closed from the start.
    public var gates: [String] = []
    public var delays: [NodeSingleOptions.Delay] = []

    public init() {}

    /// As on the command line.
    var words: [String] {
        var words = ["--read", read.rawValue, "--prevote", preVote.rawValue, "--checkquorum", checkQuorum.rawValue]
        if disk != .real { words += ["--disk", disk.rawValue] }
        words += ["--dedup", deduplication.rawValue, "--fsync", sync.rawValue]
        words += ["--snapshot-every", "\(snapshotEvery)", "--retain", "\(retain)"]
        words += ["--election", "\(election)ms", "--heartbeat", "\(heartbeat)ms"]
        if electionSpread != 100 { words += ["--election-spread", "\(electionSpread)"] }
        return mutants.isEmpty ? words : words + ["--mutant", mutants.joined(separator: ",")]
    }
}

extension NodeRaftOptions {
    private static let names = [
        "read", "prevote", "checkquorum", "dedup", "disk", "fsync", "snapshot-every", "retain", "election",
        "election-spread", "heartbeat", "mutant", "gate", "delay",
    ]

    /// Reads the options of a workload file.
    public init(_ options: Value, nodes: [String]) throws(SystemOptionError) {
        let reader = try OptionReader(options, known: Self.names)
        read = try reader.choice("read", default: read)
        preVote = try reader.choice("prevote", default: preVote)
        checkQuorum = try reader.choice("checkquorum", default: checkQuorum)
        deduplication = try reader.choice("dedup", default: deduplication)
        disk = try reader.choice("disk", default: disk)
        sync = try reader.choice("fsync", default: sync)
        snapshotEvery = try reader.number("snapshot-every", in: 1...1_000_000_000, default: snapshotEvery)
        retain = try reader.number("retain", in: 0...1_000_000_000, default: retain)
        election = try reader.number("election", in: 20...60_000, default: election)
        electionSpread = try reader.number("election-spread", in: 0...1000, default: electionSpread)
        heartbeat = try reader.number("heartbeat", in: 5...30_000, default: heartbeat)
        mutants = try reader.words("mutant", allowed: "numbers like M46")
        gates = try NodeSingleOptions.gates(reader, nodes)
        delays = try NodeSingleOptions.delays(reader, nodes)
        guard election >= 2 * heartbeat else { throw reader.refused("election", "at least two heartbeats") }
        if read == .lease, checkQuorum == .off {
            throw reader.refused("checkquorum", "on, for a lease rests on it")
        }
    }
}
