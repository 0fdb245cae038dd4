public import HistoryModel

/// The options of Redis that a workload file may set.
public struct RedisOptions: Hashable, Sendable {
    public enum Sync: String, Hashable, Sendable, CaseIterable { case always, everysec, no }
    public enum Switch: String, Hashable, Sendable, CaseIterable { case yes, no }

    /// When the append-only file is flushed.
    public var sync = Sync.always
    /// How many replicas the primary needs for taking writes; 0 for none.
    public var minimumReplicas: Int64 = 0
    /// How long a replica may have been silent and still count, in seconds.
    public var maximumLag: Int64 = 1
    /// After how many seconds without a word a link counts as broken.
    public var replicationTimeout: Int64 = 5
    /// Whether a replica that has lost its primary goes on answering reads.
    public var servesStaleData = Switch.yes
    /// Whether a cas may be done by a script.
    public var scripts = Switch.yes

    public init() {}
}

extension RedisOptions {
    private static let names = [
        "appendfsync", "min-replicas-to-write", "min-replicas-max-lag", "repl-timeout",
        "replica-serve-stale-data", "scripts",
    ]

    /// Reads the options of a workload file.
    public init(_ options: Value, nodes: [String]) throws(SystemOptionError) {
        let reader = try OptionReader(options, known: Self.names)
        sync = try reader.choice("appendfsync", default: sync)
        let replicas = Int64(max(nodes.count - 1, 0))
        minimumReplicas = try reader.number(
            "min-replicas-to-write", in: 0...replicas, default: minimumReplicas)
        maximumLag = try reader.number("min-replicas-max-lag", in: 1...3600, default: maximumLag)
        replicationTimeout = try reader.number("repl-timeout", in: 2...3600, default: replicationTimeout)
        servesStaleData = try reader.choice("replica-serve-stale-data", default: servesStaleData)
        scripts = try reader.choice("scripts", default: scripts)
    }
}
