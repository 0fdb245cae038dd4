internal import Replication

/// What a configuration promises to clients that read as said, as long as nobody is promoted.
public struct NodeClaims: Hashable, Sendable {
    /// How clients must read for it to hold.
    public var reads: String
    public var isLinearizable: Bool
    public var readsOwnWrites: Bool
    public var readsMonotonically: Bool
    /// Whether a session never sees an effect without its cause.
    public var keepsPrefixes: Bool
    public var losesAcknowledged: Bool
    public var showsRolledBack: Bool
    public var converges: Bool
    /// Rows of the oracle that say the same of this configuration.
    public var cells: [String]

    public init(
        reads: String, isLinearizable: Bool, readsOwnWrites: Bool, readsMonotonically: Bool, keepsPrefixes: Bool,
        losesAcknowledged: Bool, showsRolledBack: Bool, converges: Bool, cells: [String]
    ) {
        self.reads = reads
        self.isLinearizable = isLinearizable
        self.readsOwnWrites = readsOwnWrites
        self.readsMonotonically = readsMonotonically
        self.keepsPrefixes = keepsPrefixes
        self.losesAcknowledged = losesAcknowledged
        self.showsRolledBack = showsRolledBack
        self.converges = converges
        self.cells = cells
    }

    /// For `--claims`.
    var report: ReportValue {
        .object([
            .init("reads", .string(reads)), .init("lin", .bool(isLinearizable)),
            .init("ryw", .bool(readsOwnWrites)),
            .init("mr", .bool(readsMonotonically)), .init("cp", .string(keepsPrefixes ? "session" : "node")),
            .init("lost", .bool(losesAcknowledged)), .init("dirty", .bool(showsRolledBack)),
            .init("conv", .bool(converges)), .init("realtimeWriteOrder", .bool(isLinearizable)),
            .init("cells", .list(cells.map { .string($0) })),
        ])
    }
}

extension NodeDesign {
    public func claims(isDurable: Bool) -> [NodeClaims] { [] }
}

extension SingleLeaderDesign {
    /// At the leader everything holds while it stays the leader; whether it survives that leader's crash depends on
    /// fsync alone. Elsewhere only what one log in order gives holds: a follower may be behind, and is so for good while
    /// it is asked alone.
    public func claims(isDurable: Bool) -> [NodeClaims] {
        let cells = partitions > 1 ? (leader: [String](), sticky: ["SL08"], any: [String]()) : cells
        let leader = NodeClaims(
            reads: "leader", isLinearizable: true, readsOwnWrites: true, readsMonotonically: true,
            keepsPrefixes: true,
            losesAcknowledged: !isDurable, showsRolledBack: !isDurable, converges: true,
            cells: cells.leader + (isDurable && partitions == 1 ? ["SL30", "SL31"] : []))
        let isShownFirst = configuration.ack == .all && configuration.ackStage == .apply
        let sticky = NodeClaims(
            reads: "sticky", isLinearizable: false, readsOwnWrites: isShownFirst, readsMonotonically: true,
            keepsPrefixes: partitions == 1, losesAcknowledged: !isDurable, showsRolledBack: !isDurable,
            converges: true,
            cells: cells.sticky)
        let any = NodeClaims(
            reads: "any", isLinearizable: false, readsOwnWrites: isShownFirst, readsMonotonically: false,
            keepsPrefixes: false, losesAcknowledged: !isDurable, showsRolledBack: !isDurable, converges: true,
            cells: cells.any)
        return [leader, sticky, any]
    }

    /// The rows without failover that are about this configuration.
    private var cells: (leader: [String], sticky: [String], any: [String]) {
        switch (configuration.ack, configuration.ackStage) {
        case (.async, _): (["SL01", "SL20"], ["SL03"], ["SL02"])
        case (.all, .apply): (["SL14", "SL20", "SL24"], ["SL13"], ["SL12"])
        case (.all, .receive): (["SL14", "SL20", "SL24"], [], ["SL11"])
        case (.all, .flush): (["SL14", "SL20", "SL24"], [], [])
        case (.set, .receive): (["SL01", "SL20"] + replacing, [], ["SL09"])
        case (.set, _): (["SL01", "SL20"] + replacing, [], [])
        case (.count, _): (["SL01", "SL20"], [], [])
        }
    }

    private var replacing: [String] { configuration.silencePolicy == .promote ? ["SL23"] : [] }
}
