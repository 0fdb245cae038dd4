/// How much a search may take before it gives up with `unknown`.
public struct CheckLimits: Hashable, Sendable {
    /// Transitions tried in all, over all keys of one checker; ten million take some seconds.
    public var steps: Int
    /// Estimated bytes of what a checker remembers at one time.
    public var bytes: Int

    public init(steps: Int = 50_000_000, bytes: Int = 512 << 20) {
        precondition(steps > 0 && bytes > 0, "limits must be positive")
        self.steps = steps
        self.bytes = bytes
    }
}

/// What to check, how hard to try, and how much must have been exercised.
public struct CheckOptions: Hashable, Sendable {
    /// What to judge, in this order; `nil`: what applies to the history, by `Guarantee.applicable`.
    public var guarantees: [Guarantee]?
    /// What operations mean. A key with an operation that does not belong to the model cannot be judged: ask
    /// `OperationModel.misfit` first where that is an error.
    public var model: OperationModel
    public var limits: CheckLimits
    /// Whether a `valid` with too few opportunities becomes `unknown`: on for runs, off for bare history files.
    public var applyMinimums: Bool
    /// Minimums by the name of the opportunity, instead of those of `OpportunityCatalog`; 0 asks for nothing.
    public var minimums: [String: Int]
    /// How many clients ran: process `p` belongs to client `p % clients`. `nil`: each process is a client, and a
    /// client that never invoked anything cannot be missed.
    public var clients: Int?
    /// Names of the faults that take the whole service away, so that no `ok` can be asked for in their windows; that
    /// clients tried is asked for all the same.
    public var faultsWithoutService: Set<String>
    /// How many violations of each guarantee are shown; all are counted.
    public var shownAnomalies: Int
    /// Whether the first proofs that are shown are cut down to the fewest operations that are a violation on their own.
    public var reducesEvidence = true
    /// Whether a write counts as older than another that began after its end. Only for systems that claim it: replicas
    /// that take writes side by side may order them otherwise without breaking any promise.
    public var assumesRealTimeWrites: Bool
    /// What the guarantee `bank` asks for.
    public var bank = BankRules()
    /// What the guarantee `bounded-staleness` asks for.
    public var stalenessBounds = StalenessBounds()
    /// What decides linearizability; `nil`: for each object the fastest algorithm that takes it, which is a search where there
    /// is none. An object that the algorithm does not fit is not judged: ask `LinearizabilityAlgorithm.fitting` first where
    /// that is an error.
    public var algorithm: LinearizabilityAlgorithm?
    /// Whether an unrelated algorithm judges again, where there is one: see `Verdict.crossCheck`.
    public var crossChecks = false
    /// What the nodes said of themselves, each node's in its order: what the guarantee `loginspect` looks at beside the history.
    public var nodeReports: [NodeReport] = []
    /// Whether a valid verdict on linearizability says in which order operations took effect: `Verdict.linearization`.
    public var wantsLinearization = false
    /// For tests of cross-checks: an algorithm that says the opposite of what it finds.
    var plantedError: LinearizabilityAlgorithm?
    /// By key name: the evidence for the order of versions that counts, when a part of a history is judged; `nil`: whatever
    /// there is. A part must not know more than the whole: a key that several sessions write may look like a counter in it.
    var versionEvidence: [String?: VersionEvidence]?

    public init(
        guarantees: [Guarantee]? = nil, model: OperationModel = .auto,
        limits: CheckLimits = CheckLimits(), applyMinimums: Bool = false, minimums: [String: Int] = [:],
        clients: Int? = nil, faultsWithoutService: Set<String> = [], shownAnomalies: Int = 20,
        assumesRealTimeWrites: Bool = false
    ) {
        precondition(shownAnomalies > 0, "an invalid verdict must show at least one violation")
        precondition(clients.map { $0 > 0 } ?? true, "a run has at least one client")
        self.guarantees = guarantees
        self.model = model
        self.limits = limits
        self.applyMinimums = applyMinimums
        self.minimums = minimums
        self.clients = clients
        self.faultsWithoutService = faultsWithoutService
        self.shownAnomalies = shownAnomalies
        self.assumesRealTimeWrites = assumesRealTimeWrites
    }
}
