import HistoryModel

/// What checkers take, made from a history when one of them first needs it.
struct CheckContext {
    let history: History
    let options: CheckOptions
    /// All that will be judged.
    private let guarantees: [Guarantee]

    init(_ history: History, _ options: CheckOptions, _ guarantees: [Guarantee]) {
        self.history = history
        self.options = options
        self.guarantees = guarantees
    }

    private lazy var finals = FinalReadings(table, history)
    private lazy var objects = HistoryObjects(history, options.model)
    private(set) lazy var table = AccessTable(history, options.model)
    private(set) lazy var ranks = VersionRanks(table, history, allowed: options.versionEvidence)
    private(set) lazy var staleReads = StaleReads(table, ranks, options)
    private lazy var isolation = IsolationVerdicts(history, guarantees, options.limits)
    private lazy var orders = OrderVerdicts(history, options.limits)
    private lazy var sessionGuarantees = SessionGuarantees(table, ranks, history, options)
    /// Which version is older by sessions and reads-from; or why that cannot be told.
    private lazy var versions = Result { () throws(LimitReached) in
        try CausalVersions(table, history, options.limits)
    }
    /// The same with the elements of sets and lists, for the prefixes.
    private lazy var allVersions = Result { () throws(LimitReached) in
        let hasElements = table.keys.kind.contains { $0 == .set || $0 == .list }
        return try hasElements ? CausalVersions(table, history, options.limits, .all) : versions.get()
    }

    /// The options for parts of this history.
    mutating func partOptions() -> CheckOptions {
        var options = options
        options.versionEvidence = ranks.evidence(table.keys)
        // A part need not fit the algorithm that takes the whole.
        options.algorithm = nil
        options.crossChecks = false
        options.wantsLinearization = false
        return options
    }

    /// What the checker of a guarantee finds.
    mutating func draft(_ guarantee: Guarantee) -> VerdictDraft {
        switch guarantee {
        case .linearizable: Linearizability.draft(history, options)
        case .readYourWrites, .monotonicReads, .monotonicWrites, .writesFollowReads:
            sessionGuarantees.draft(guarantee)
        case .pram: PipelinedMemory.draft(table, history, options)
        case .convergence: Convergence.draft(table, history, options)
        case .noStaleReads, .boundedStaleness:
            StalenessCheck(staleReads, ranks, history).draft(guarantee, options)
        case .noDuplicates: duplicates()
        case .totalQueue: TotalQueue.draft(objects, options)
        case .uniqueIDs: UniqueIDs.draft(history, options)
        case .bank: Bank.draft(history, options)
        case .counter: CounterBounds.draft(objects, options)
        case .calendar: Calendar.draft(history, options)
        case .loginspect: LogInspection.draft(history, options)
        case .liveness: Liveness.draft(history, options)
        case .consistentPrefixNode, .consistentPrefixSession, .noLostWrites, .noDirtyReads, .conflictAudit:
            ordered(guarantee)
        case .weakCausal, .sequential, .consistentPrefix, .noLongFork: orders.draft(guarantee, options)
        // Of transactions it is a level of isolation.
        case .causal where OrderFacts.isPlain(history): orders.draft(guarantee, options)
        default: isolated(guarantee)
        }
    }

    private mutating func duplicates() -> VerdictDraft {
        let objects = objects
        return Duplicates.draft(objects, options) { table }
    }

    /// Levels of isolation of transactions.
    private mutating func isolated(_ guarantee: Guarantee) -> VerdictDraft {
        guard let draft = isolation.draft(guarantee, options) else {
            preconditionFailure("\(guarantee.rawValue) has no checker")
        }
        return draft
    }

    /// Guarantees that rest on the order of writes.
    private mutating func ordered(_ guarantee: Guarantee) -> VerdictDraft {
        let versions: CausalVersions
        do throws(LimitReached) {
            let isPrefix = [.consistentPrefixNode, .consistentPrefixSession].contains(guarantee)
            versions = try isPrefix ? allVersions.get() : self.versions.get()
        } catch {
            var draft = VerdictDraft(guarantee, options, algorithm: "happens-before")
            draft.doubt(error.reason)
            return draft
        }
        return switch guarantee {
        case .consistentPrefixNode: ConsistentPrefixNode.draft(Causes(versions, ranks), ranks, options)
        case .consistentPrefixSession: ConsistentPrefixSession.draft(Causes(versions, ranks), options)
        case .noLostWrites: LostWrites.draft(versions, finals, options)
        case .noDirtyReads: DirtyReads.draft(versions, finals, options)
        case .conflictAudit: ConflictAudit.draft(versions, finals, options)
        default: preconditionFailure("\(guarantee.rawValue) does not rest on the order of writes")
        }
    }
}
