public import HistoryModel

/// The options of `node-chain` that a workload file may set.
public struct NodeChainOptions: Hashable, Sendable {
    /// Where reads are answered, and from which versions.
    public enum Read: String, Hashable, Sendable, CaseIterable {
        case tail, head, any, craq
        case craqEventual = "craq-eventual"
        case craqBounded = "craq-bounded"
    }

    public var read = Read.tail
    /// For how many milliseconds `craqBounded` shows what is not known to be at the tail.
    public var bound: Int64 = 100
    /// From the head to the tail; empty for all hosts in their order.
    public var order: [String] = []
    /// Who takes silent members out and returning ones in; without any an operator does.
    public var arbiters = ArbiterOptions()
    /// Whether a member stops to answer when it has not heard from the arbiters for a lease.
    public var tailLease = NodeRaftOptions.Switch.on
    public var disk = NodeSingleOptions.Disk.real
    public var sync = NodeSingleOptions.Sync.always
    /// Entries after which the state is saved, and entries that are kept behind it.
    public var snapshotEvery: Int64 = 10_000
    public var retain: Int64 = 1000
    /// Bugs that are switched on, `M60`.
    public var mutants: [String] = []
    /// Gates that are closed from the start.
    public var gates: [String] = []
    public var delays: [NodeSingleOptions.Delay] = []

    public init() {}

    /// As on the command line.
    var words: [String] {
        var words = ["--read", read.rawValue, "--fsync", sync.rawValue]
        if disk != .real { words += ["--disk", disk.rawValue] }
        if arbiters.count > 0 { words += ["--tail-lease", tailLease.rawValue] }
        words += ["--snapshot-every", "\(snapshotEvery)", "--retain", "\(retain)"]
        if read == .craqBounded { words += ["--bound", "\(bound)ms"] }
        if !order.isEmpty { words += ["--order", order.joined(separator: ",")] }
        return mutants.isEmpty ? words : words + ["--mutant", mutants.joined(separator: ",")]
    }
}

extension NodeChainOptions {
    private static let names = [
        "read", "bound", "order", "arbiters", "lease", "tail-lease", "snapshot-every", "retain", "disk", "fsync",
        "mutant",
        "gate", "delay",
    ]

    /// Reads the options of a workload file.
    public init(_ options: Value, nodes: [String]) throws(SystemOptionError) {
        let reader = try OptionReader(options, known: Self.names)
        read = try reader.choice("read", default: read)
        bound = try reader.number("bound", in: 1...600_000, default: bound)
        order = try reader.words("order", allowed: "all hosts, from the head to the tail")
        disk = try reader.choice("disk", default: disk)
        sync = try reader.choice("fsync", default: sync)
        mutants = try NodeSingleOptions.words(
            "mutant", reader, "bugs by their numbers, such as M60", NodeSingleOptions.isMutant)
        arbiters = try ArbiterOptions(reader, nodes: nodes, mutants: mutants)
        arbiters.failover = .chain
        tailLease = try reader.choice("tail-lease", default: tailLease)
        snapshotEvery = try reader.number("snapshot-every", in: 1...1_000_000_000, default: snapshotEvery)
        retain = try reader.number("retain", in: 0...1_000_000_000, default: retain)
        gates = try NodeSingleOptions.gates(reader, nodes)
        delays = try NodeSingleOptions.delays(reader, nodes)
        guard order.isEmpty || arbiters.count == 0 else {
            throw reader.refused("order", "none, for the arbiters say who belongs to the chain")
        }
        guard order.isEmpty || order.sorted() == nodes.sorted() else {
            throw reader.refused("order", "all hosts, from the head to the tail")
        }
        // The runner takes the first host for the leader until it hears otherwise.
        guard order.isEmpty || order.first == nodes.first else {
            throw reader.refused("order", "all hosts, \(nodes.first ?? "the first") at the head")
        }
    }
}
