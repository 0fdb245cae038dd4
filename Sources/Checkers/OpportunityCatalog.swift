/// One thing that is counted because it could have shown a violation.
public struct OpportunityRule: Hashable, Sendable {
    /// As in verdicts, and in options that set another minimum.
    public var name: String
    /// The guarantees whose verdicts carry the count.
    public var guarantees: [Guarantee]
    /// The least that makes a `valid` of a run credible; `nil`: the count is for information.
    public var minimum: Int?
    /// What is counted.
    public var meaning: String
    /// What to do when there is too little.
    public var advice: String

    init(_ name: String, _ guarantees: [Guarantee], _ minimum: Int?, _ meaning: String, _ advice: String) {
        self.name = name
        self.guarantees = guarantees
        self.minimum = minimum
        self.meaning = meaning
        self.advice = advice
    }
}

/// All counts with their default minimums: the source of the documentation and of `--help`.
///
/// Counts that make no sense for a history (no fault window, no cas invoked) are left out of its verdicts.
public enum OpportunityCatalog {
    private static let more = "run longer, raise the rate, or change the mix of operations"
    private static let finals = "end the run with final reads or dumps that are answered"

    public static let rules: [OpportunityRule] = [
        OpportunityRule(
            "ok-read", Guarantee.allCases, 5, "reads that were answered, final ones aside",
            "see why reads failed, or \(more)"),
        OpportunityRule(
            "ok-write", Guarantee.allCases, 5, "writes that were acknowledged", "see why writes failed, or \(more)"),
        OpportunityRule(
            "ok-cas", Guarantee.allCases, 1, "cas whose comparison held", "see why they failed, or \(more)"),
        OpportunityRule(
            "ok-add", Guarantee.allCases, 5, "adds that were acknowledged", "see why adds failed, or \(more)"),
        OpportunityRule(
            "ok-increment", Guarantee.allCases, 5, "additions to counters that were acknowledged",
            "see why they failed, or \(more)"),
        OpportunityRule(
            "ok-append", Guarantee.allCases, 5, "appends to lists that were acknowledged",
            "see why they failed, or \(more)"),
        OpportunityRule(
            "ok-reserve", Guarantee.allCases, 5, "reservations that were acknowledged",
            "see why they failed, or \(more)"),
        OpportunityRule(
            "ok-txn", Guarantee.allCases, 1, "atomic reads of several keys that were answered",
            "see why they failed, or \(more)"),
        OpportunityRule(
            "least-ok-per-client", Guarantee.allCases, 1, "the least that one client got answered",
            "see why this client was idle, or \(more)"),
        OpportunityRule(
            "least-ok-per-fault-window", Guarantee.allCases, 1,
            "the least that was answered while one fault was active",
            "make the fault last longer, leave a part of the service reachable, or say that it takes all service"),
        OpportunityRule(
            "least-tried-per-fault-window", Guarantee.allCases, 1,
            "the least that was invoked while one fault was active that takes all service",
            "make the fault last longer or raise the rate"),
        OpportunityRule(
            "answers", [.linearizable], 5, "answered reads and held cas of a key that could be judged",
            "let clients read what others write"),
        OpportunityRule(
            "reads-after-write", [.linearizable], 5,
            "answers begun after an acknowledged update of the key by another process",
            "let clients read what others write"),
        OpportunityRule(
            "concurrent-pairs", [.linearizable], 1,
            "pairs of operations on one key that overlap in time, one of them an update",
            "use fewer keys or more clients"),
        OpportunityRule(
            "reads-after-own-write", [.readYourWrites], 5,
            "answered reads of a key that the session had written before", "let sessions read their own keys"),
        OpportunityRule(
            "successive-reads", [.monotonicReads], 5,
            "answered reads of a key of which the session had seen a written value before",
            "let sessions read the same keys again"),
        OpportunityRule(
            "ordered-own-writes", [.monotonicWrites], 5,
            "writes of which a version, a list or set, or an atomic read shows whether an earlier write of the session comes before",
            "let the system give versions, or read the keys that a session writes in one txn"),
        OpportunityRule(
            "ordered-writes-after-reads", [.writesFollowReads], 5,
            "writes of which a version, a list or set, or an atomic read shows whether what the session had read comes before",
            "let the system give versions, or read what a session reads and then writes in one txn"),
        OpportunityRule(
            "atomic-reads-of-effects", [.consistentPrefixNode], 3,
            "pairs of values in one txn of which one has the other key's write among its causes",
            "read cause and effect in one txn"),
        OpportunityRule(
            "effect-then-cause-reads", [.consistentPrefixSession], 5,
            "answered reads of a key after the session had seen an effect of a write of that key",
            "let sessions read an effect first and its cause second"),
        OpportunityRule(
            "acknowledged-updates-judged", [.noLostWrites], 5,
            "acknowledged updates that a final read or dump could show to be lost", finals),
        OpportunityRule(
            "values-judged", [.noDirtyReads], 5, "values seen in reads whose fate a final read or dump shows",
            finals),
        OpportunityRule(
            "final-reads", [.noLostWrites, .noDirtyReads], 1, "answered final reads and dumps, by key and node",
            finals),
        OpportunityRule(
            "dumps", [.convergence], 2, "nodes whose dump was answered", "dump every node at the end"),
        OpportunityRule(
            "keys-compared", [.convergence], 1, "keys that some dump holds", "write before the dumps"),
        OpportunityRule(
            "reads-after-updates", [.noStaleReads, .boundedStaleness], 5,
            "answered reads that began after some update of their key was known to have taken effect",
            "let clients read what others write"),
        OpportunityRule(
            "reads-behind", [.noStaleReads, .boundedStaleness], nil,
            "of these, those that missed something that was known", "for information"),
        OpportunityRule(
            "updates-unknown", [.noStaleReads, .boundedStaleness], nil, "updates of unknown outcome",
            "for information"
        ),
        OpportunityRule(
            "updates-recovered", [.noStaleReads, .boundedStaleness], nil, "of these, those that some read shows",
            "for information"),
        OpportunityRule(
            "updates-never-read", [.noStaleReads, .boundedStaleness], nil,
            "acknowledged elements of sets and lists that no read shows", "for information"),
        OpportunityRule(
            "elements-seen", [.noDuplicates], 5,
            "elements that reads of sets and lists showed, or that came out of queues",
            "read the sets and lists, or remove elements from the queues"),
        OpportunityRule(
            "elements-drained", [.totalQueue], 5,
            "elements whose insertion was acknowledged before the queue was empty for good",
            "end the run with a drain, or remove elements until none is left"),
        OpportunityRule(
            "elements-removed", [.totalQueue], 5, "elements that came out, those of drains included",
            "end the run with a drain, or remove elements until none is left"),
        OpportunityRule(
            "elements-recovered", [.totalQueue], nil,
            "of these, those that came out although nobody knew whether they had gone in",
            "for information"),
        OpportunityRule(
            "elements-duplicated", [.totalQueue], nil, "of these, those that came out again: see no-duplicates",
            "for information"),
        OpportunityRule(
            "ids-given", [.uniqueIDs], 5, "identifiers that were given out", "see why none were, or \(more)"),
        OpportunityRule(
            "transfers", [.bank], 5, "transfers that were acknowledged", "see why they failed, or \(more)"),
        OpportunityRule(
            "totals-read", [.bank], 5, "answered reads of all accounts", "let clients read all accounts"),
        OpportunityRule(
            "counter-reads", [.counter], 5, "answered reads that began after something had been added",
            "let clients read the counter"),
        OpportunityRule(
            "slots-contested", [.calendar], 3, "slots that somebody got and several had asked for",
            "let clients ask for the same slots"),
        OpportunityRule(
            "reservations-judged", [.calendar], 5,
            "acknowledged reservations that a final read or dump could show to be lost", finals),
        OpportunityRule(
            "writes-audited", [.conflictAudit], 5,
            "acknowledged writes of registers after which a final read or dump shows what is left", finals),
        OpportunityRule(
            "unknowing-writes", [.conflictAudit], 3,
            "writes of a register whose session did not know the write before it", "let clients write the same keys"
        ),
        OpportunityRule(
            "answers-with-siblings", [.conflictAudit], nil, "answers that told several values", "for information"),
        OpportunityRule(
            "log-facts", [.loginspect], 1,
            "statements of nodes about leaders, votes and terms, and acknowledged updates whose place in the log is known",
            "use nodes that write event logs and say positions"),
        OpportunityRule(
            "healings", [.liveness], 1,
            "times at which everything was healed and clients or the last phase went on",
            "let clients go on after faults, or run to the last phase"),
        OpportunityRule(
            "transactions", Guarantee.isolation + [.weakCausal, .sequential], 5,
            "transactions that were answered, single operations included",
            "see why transactions failed, or \(more)"),
        OpportunityRule(
            "transactions-of-several-keys", Guarantee.isolation.filter { $0 != .causal }, 1,
            "of these, those that touch several keys",
            "let transactions touch several keys"),
        OpportunityRule(
            "reads-from-others", Guarantee.isolation + [.weakCausal, .sequential], 5,
            "reads in answered transactions that show what another one wrote",
            "let transactions read what others write"),
        OpportunityRule(
            "contended-reads", Guarantee.isolation + [.weakCausal, .sequential], 1,
            "reads of a key of which some other transaction wrote another version",
            "let transactions read and write the same keys"),
        OpportunityRule(
            "reads-of-several-writes", [.consistentPrefix], 5,
            "answered reads at one moment of several keys, elements or places of a list that were written",
            "read several keys in one txn, or lists and sets"),
        OpportunityRule(
            "comparable-reads", [.noLongFork], 5,
            "answered reads of several keys, or of a set, that another one shares at least two of",
            "read the same keys in txns of several processes"),
        OpportunityRule(
            "reads-of-known-keys", [.pram], 5,
            "answered reads of a key that the session had written, or of which its reads had brought a write along",
            "let sessions read the same keys again, and their own"),
    ]

    /// The counts in the verdicts of a guarantee.
    public static func rules(_ guarantee: Guarantee) -> [OpportunityRule] {
        rules.filter { $0.guarantees.contains(guarantee) }
    }

    /// The rule of a name.
    public static func rule(_ name: String) -> OpportunityRule? {
        rules.first { $0.name == name }
    }

    /// The count without which nothing was judged at all: never `valid`, even where no minimum applies.
    public static func essential(_ guarantee: Guarantee) -> OpportunityRule {
        let name =
            switch guarantee {
            case .linearizable: "answers"
            case .readYourWrites: "reads-after-own-write"
            case .monotonicReads: "successive-reads"
            case .monotonicWrites: "ordered-own-writes"
            case .writesFollowReads: "ordered-writes-after-reads"
            case .consistentPrefixNode: "atomic-reads-of-effects"
            case .consistentPrefixSession: "effect-then-cause-reads"
            case .noLostWrites: "acknowledged-updates-judged"
            case .noDirtyReads: "values-judged"
            case .convergence: "dumps"
            case .noStaleReads, .boundedStaleness: "reads-after-updates"
            case .noDuplicates: "elements-seen"
            case .totalQueue: "elements-drained"
            case .uniqueIDs: "ids-given"
            case .bank: "totals-read"
            case .counter: "counter-reads"
            case .calendar: "reservations-judged"
            case .conflictAudit: "writes-audited"
            case .loginspect: "log-facts"
            case .liveness: "healings"
            case .consistentPrefix: "reads-of-several-writes"
            case .noLongFork: "comparable-reads"
            case .pram: "reads-of-known-keys"
            case .weakCausal, .sequential, .readCommitted, .readAtomic, .causal, .prefixConsistency,
                .snapshotIsolation,
                .strongSessionSnapshotIsolation, .strongSnapshotIsolation, .serializable,
                .strongSessionSerializable, .strictSerializable:
                "reads-from-others"
            }
        guard let rule = rule(name) else { preconditionFailure("the catalog lacks \(name)") }
        return rule
    }
}
