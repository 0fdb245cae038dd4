/// A bug that is compiled into the nodes and off until it is asked for by `--mutant`, to see whether it is caught.
///
/// Each changes one guarded line of a design. A node that runs one says so in `info`, so that it can never be taken
/// for a clean build.
public enum Mutant: String, Hashable, Sendable, CaseIterable {
    // Storage
    case noFsync = "M01"
    case fsyncAfterReply = "M02"
    case tornTailAccepted = "M03"
    case skipBadRecord = "M04"
    case fuzzySnapshot = "M05"
    case snapshotOffByOne = "M06"
    case applyPositionNotAtomic = "M07"
    case visibleBeforeFsync = "M08"

    // Single leader
    case ackBeforeReplica = "M10"
    case doubleCountedAck = "M11"
    case silentFallback = "M12"
    case promoteUnsynced = "M13"
    case syncsetNotPublished = "M14"
    case failoverLaggard = "M15"
    case noFencing = "M16"
    case noRewind = "M17"
    case tokenWithoutTimeline = "M18"
    case arbiterNoMajority = "M19"
    case visibleAtAppend = "M20"
    case parallelApplyReorder = "M21"
    case reconnectSkipsGap = "M22"
    case reapplyAfterReconnect = "M23"
    case serveWhileJoining = "M24"
    case tokenIgnored = "M25"
    case tokenNotMergedOnRead = "M26"
    case stmtNondeterminism = "M27"
    case stmtLimitOrder = "M28"
    case rowWithoutKey = "M29"
    case walFormatIgnored = "M30"

    // Raft
    case voteNotPersisted = "M40"
    case termNotPersisted = "M41"
    case voteWithoutLogCheck = "M42"
    case commitOldTermByCount = "M43"
    case quorumHalf = "M44"
    case replyBeforeCommit = "M45"
    case staleLeaderRead = "M46"
    case leaseWallClock = "M47"
    case readindexNoNoop = "M48"
    case readindexOldHeartbeat = "M49"
    case truncateAlways = "M50"
    case noPrevlogCheck = "M51"
    case oldSnapshotWins = "M52"
    case twoConfigChanges = "M53"
    case noDedup = "M54"
    case applyUncommitted = "M55"

    // Chain
    case headAcks = "M60"
    case craqNoVersionQuery = "M61"
    case noResendAfterSplice = "M62"
    case tailNotFenced = "M63"
    case tailJoinsEarly = "M64"

    // Multi-leader
    case arrivalOrder = "M70"
    case lwwWallSkew = "M71"
    case lwwNoTiebreak = "M72"
    case prioNotTransitive = "M73"
    case ringNoLoopCheck = "M74"
    case forwardFilterTooStrong = "M75"
    case noCausalDelivery = "M76"
    case vvMergeDrops = "M77"
    case orsetRemoveUnseen = "M78"
    case pncounterSum = "M79"
    case rehomeNow = "M80"
    case tombstoneGcEarly = "M81"
    case syncNotIdempotent = "M82"
    case rgaArrivalOrder = "M83"

    // Leaderless
    case noReadRepair = "M90"
    case asyncReadRepair = "M91"
    case weakQuorum = "M92"
    case sloppyAsStrict = "M93"
    case hintsLost = "M94"
    case merkleBlind = "M95"
    case repairOlderWins = "M96"
    case vvNoDots = "M97"
    case hintAndHomeDouble = "M98"
    case timeoutAsFail = "M99"

    /// `M40` or `vote-not-persisted`.
    public init?(_ text: String) {
        guard let found = Self.allCases.first(where: { $0.rawValue == text || $0.name == text }) else { return nil }
        self = found
    }

    /// Whether that program has the bug in it, so that it can be switched on there.
    public func isIn(_ program: String) -> Bool {
        switch self {
        case .noFsync, .tornTailAccepted, .skipBadRecord: true
        // Given to a whole system, nodes beside the arbiters included.
        case .failoverLaggard, .arbiterNoMajority: ["node-single", "node-chain", "node-arbiter"].contains(program)
        default: program == home || program == "node-arbiter" && home == "node-raft"
        }
    }

    /// The program of its design, by its number.
    private var home: String {
        switch id.dropFirst().first {
        case "4", "5": "node-raft"
        case "6": "node-chain"
        case "7", "8": "node-multi"
        case "9": "node-quorum"
        default: "node-single"
        }
    }

    /// `M40`.
    public var id: String { rawValue }

    /// `vote-not-persisted`: the words of the case, joined by hyphens.
    public var name: String { facts.name }

    /// What it does wrong, in a few words.
    public var bug: String { facts.bug }

    /// Whether it is one of the forty that must be caught before all others.
    public var isCore: Bool { facts.isCore }
}

extension Mutant {
    private struct Facts {
        var name: String
        var bug: String
        var isCore: Bool

        init(_ name: String, _ bug: String, isCore: Bool = false) {
            self.name = name
            self.bug = bug
            self.isCore = isCore
        }
    }

    private var facts: Facts {
        switch self {
        case .noFsync: Facts("no-fsync", "answers before the log is durable", isCore: true)
        case .fsyncAfterReply: Facts("fsync-after-reply", "answers first and flushes then")
        case .tornTailAccepted:
            Facts("torn-tail-accepted", "takes a torn record at the end of the log for a whole one")
        case .skipBadRecord: Facts("skip-bad-record", "recovery leaves out a damaged record and goes on behind it")
        case .fuzzySnapshot:
            Facts(
                "fuzzy-snapshot", "a copy that was taken under writes is read before its end position is reached",
                isCore: true)
        case .snapshotOffByOne:
            Facts("snapshot-off-by-one", "the log goes on one record beside the end of the snapshot", isCore: true)
        case .applyPositionNotAtomic:
            Facts("apply-position-not-atomic", "the position is saved after the data it belongs to", isCore: true)
        case .visibleBeforeFsync: Facts("visible-before-fsync", "readers see what is not durable yet")

        case .ackBeforeReplica:
            Facts("ack-before-replica", "answers without waiting for the followers of the policy", isCore: true)
        case .doubleCountedAck: Facts("double-counted-ack", "two reports of one follower count as two followers")
        case .silentFallback:
            Facts("silent-fallback", "no longer waits for a silent follower, and does not say so", isCore: true)
        case .promoteUnsynced:
            Facts(
                "promote-unsynced", "a lagging follower takes a place in the set, and old words count for it",
                isCore: true)
        case .syncsetNotPublished:
            Facts("syncset-not-published", "the set changes without the arbiter knowing", isCore: true)
        case .failoverLaggard:
            Facts("failover-laggard", "failover picks the follower that is furthest behind", isCore: true)
        case .noFencing: Facts("no-fencing", "messages of an older epoch are still obeyed", isCore: true)
        case .noRewind: Facts("no-rewind", "an old leader keeps what its successor never had", isCore: true)
        case .tokenWithoutTimeline:
            Facts(
                "token-without-timeline", "session tokens are compared by number, whatever the timeline",
                isCore: true)
        case .arbiterNoMajority: Facts("arbiter-no-majority", "each arbiter decides for itself")
        case .visibleAtAppend:
            Facts("visible-at-append", "readers see a write before it is acknowledged", isCore: true)
        case .parallelApplyReorder:
            Facts(
                "parallel-apply-reorder", "records are applied in another order than they were written in",
                isCore: true)
        case .reconnectSkipsGap:
            Facts(
                "reconnect-skips-gap", "a follower that comes back goes on at the end of the leader's log",
                isCore: true)
        case .reapplyAfterReconnect:
            Facts("reapply-after-reconnect", "a follower that comes back applies again what it has")
        case .serveWhileJoining: Facts("serve-while-joining", "answers reads while it is still joining")
        case .tokenIgnored: Facts("token-ignored", "does not wait for the position in a token", isCore: true)
        case .tokenNotMergedOnRead: Facts("token-not-merged-on-read", "the token of a read is thrown away")
        case .stmtNondeterminism:
            Facts(
                "stmt-nondeterminism", "each replica draws its own random values, times and identifiers",
                isCore: true)
        case .stmtLimitOrder: Facts("stmt-limit-order", "what a limit picks depends on the order at the replica")
        case .rowWithoutKey: Facts("row-without-key", "a row is found by its place and not by its key")
        case .walFormatIgnored: Facts("wal-format-ignored", "pages of another format are applied")

        case .voteNotPersisted: Facts("vote-not-persisted", "answers a vote before it is durable", isCore: true)
        case .termNotPersisted: Facts("term-not-persisted", "forgets its term in a restart")
        case .voteWithoutLogCheck:
            Facts("vote-without-log-check", "votes for candidates whose log lacks entries", isCore: true)
        case .commitOldTermByCount:
            Facts("commit-old-term-by-count", "commits entries of earlier terms by counting copies")
        case .quorumHalf: Facts("quorum-half", "half of the members count as a majority", isCore: true)
        case .replyBeforeCommit: Facts("reply-before-commit", "answers a write that is only appended", isCore: true)
        case .staleLeaderRead:
            Facts("stale-leader-read", "a leader reads without asking whether it still leads", isCore: true)
        case .leaseWallClock: Facts("lease-wall-clock", "the lease is counted on the wall clock", isCore: true)
        case .readindexNoNoop:
            Facts("readindex-no-noop", "a new leader serves reads before an entry of its own term is committed")
        case .readindexOldHeartbeat:
            Facts("readindex-old-heartbeat", "answers to heartbeats sent before the read confirm it")
        case .truncateAlways: Facts("truncate-always", "every append cuts the log behind it", isCore: true)
        case .noPrevlogCheck: Facts("no-prevlog-check", "entries are taken whatever stands before them")
        case .oldSnapshotWins: Facts("old-snapshot-wins", "a snapshot older than the state replaces it")
        case .twoConfigChanges:
            Facts("two-config-changes", "the members change again before the last change is committed")
        case .noDedup: Facts("no-dedup", "a second attempt of a write is executed again", isCore: true)
        case .applyUncommitted: Facts("apply-uncommitted", "followers apply what is not committed", isCore: true)

        case .headAcks: Facts("head-acks", "the head answers before the tail has the write", isCore: true)
        case .craqNoVersionQuery:
            Facts("craq-no-version-query", "a dirty key is answered without asking the tail", isCore: true)
        case .noResendAfterSplice:
            Facts("no-resend-after-splice", "nothing is sent again to the successor of a lost node")
        case .tailNotFenced: Facts("tail-not-fenced", "a tail that was cut off goes on answering", isCore: true)
        case .tailJoinsEarly: Facts("tail-joins-early", "a new tail answers before it has everything")

        case .arrivalOrder: Facts("arrival-order", "the write that arrives last wins at each replica", isCore: true)
        case .lwwWallSkew:
            Facts("lww-wall-skew", "the wall clock of the writer decides, however wrong", isCore: true)
        case .lwwNoTiebreak:
            Facts("lww-no-tiebreak", "of two equal stamps each replica keeps its own", isCore: true)
        case .prioNotTransitive:
            Facts(
                "prio-not-transitive", "the causally newer wins, else the higher replica, and one value is kept",
                isCore: true)
        case .ringNoLoopCheck: Facts("ring-no-loop-check", "records circle in a ring for ever")
        case .forwardFilterTooStrong:
            Facts("forward-filter-too-strong", "a hub does not forward what was forwarded to it")
        case .noCausalDelivery:
            Facts("no-causal-delivery", "records are applied before those they depend on", isCore: true)
        case .vvMergeDrops: Facts("vv-merge-drops", "merging version vectors forgets counts")
        case .orsetRemoveUnseen:
            Facts("orset-remove-unseen", "removing an element also kills additions it has not seen", isCore: true)
        case .pncounterSum: Facts("pncounter-sum", "merging counters adds what both have")
        case .rehomeNow: Facts("rehome-now", "a home moves before its writes have arrived")
        case .tombstoneGcEarly: Facts("tombstone-gc-early", "deletions are forgotten before all replicas have them")
        case .syncNotIdempotent: Facts("sync-not-idempotent", "a device sends an operation again under no name")
        case .rgaArrivalOrder: Facts("rga-arrival-order", "concurrent insertions stand in the order of arrival")

        case .noReadRepair: Facts("no-read-repair", "what a read found is not written back", isCore: true)
        case .asyncReadRepair: Facts("async-read-repair", "answers a read before what it found is written back")
        case .weakQuorum:
            Facts("weak-quorum", "reads and writes ask so few replicas that they may not meet", isCore: true)
        case .sloppyAsStrict:
            Facts("sloppy-as-strict", "a copy left with a stand-in counts as a copy at home", isCore: true)
        case .hintsLost: Facts("hints-lost", "copies kept for others are only in memory")
        case .merkleBlind: Facts("merkle-blind", "trees compare values without versions and deletions")
        case .repairOlderWins: Facts("repair-older-wins", "the older of two versions wins a repair")
        case .vvNoDots:
            Facts("vv-no-dots", "versions count writes by server without telling clients apart", isCore: true)
        case .hintAndHomeDouble: Facts("hint-and-home-double", "a replica counts as itself and as a stand-in")
        case .timeoutAsFail:
            Facts("timeout-as-fail", "a write that reached too few replicas is reported as not done", isCore: true)
        }
    }
}
