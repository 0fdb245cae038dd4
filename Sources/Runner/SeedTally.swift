public import Checkers
public import RunStore

/// What many seeds of one workload came to.
public struct SeedTally: Sendable {
    /// How often each answer was given about one guarantee.
    public struct Count: Sendable, Encodable {
        public var guarantee: Guarantee
        public var expected: RunStore.Expectation
        public var valid = 0
        public var invalid = 0
        public var unknown = 0
        /// The lowest seed with this answer.
        public var firstInvalid: UInt64?
        public var firstUnknown: UInt64?
        /// Why it is unknown there.
        public var reason: String?

        /// What keeps it from being as expected, with the exit code that this means; `nil` if it is.
        ///
        /// What is expected to hold must break for no seed; what is expected to break must break for one. A seed that
        /// exercised too little says nothing, as long as at least as many said something.
        public var flaw: ExitCode? {
            switch expected {
            case .valid: invalid > 0 ? .violation : isMostlyUnknown ? .unknown : nil
            case .invalid: invalid > 0 ? nil : isMostlyUnknown ? .unknown : .violation
            case .any: isMostlyUnknown ? .unknown : nil
            }
        }

        /// Whether more than half of the seeds say nothing.
        private var isMostlyUnknown: Bool { unknown > valid + invalid }

        /// The seed that shows the flaw, if one does.
        public var telling: UInt64? {
            switch flaw {
            case nil: nil
            case .violation where expected == .valid: firstInvalid
            case .violation: nil
            default: firstUnknown
            }
        }
    }

    public private(set) var counts: [Count] = []
    public private(set) var seeds = 0
    /// Seeds in which something was unknown.
    public private(set) var seedsWithUnknown = 0
    public private(set) var operations = 0
    /// The lowest seed whose run went wrong in itself, and how.
    public private(set) var failed: (seed: UInt64, problem: String, code: ExitCode)?

    public init() {}

    public mutating func add(_ run: SimulatedSeed) {
        seeds += 1
        if run.verdicts.verdicts.contains(where: { $0.judgement == .unknown }) { seedsWithUnknown += 1 }
        operations += run.operations
        for verdict in run.verdicts.verdicts { add(verdict, run) }
        for problem in run.status.problems where failed.map({ run.seed < $0.seed }) ?? true {
            failed = (run.seed, problem.sentence, problem.kind.exitCode)
        }
    }

    private mutating func add(_ verdict: Verdict, _ run: SimulatedSeed) {
        let place =
            counts.firstIndex { $0.guarantee == verdict.guarantee }
            ?? {
                counts.append(
                    Count(guarantee: verdict.guarantee, expected: run.verdicts.expectations[verdict.guarantee]))
                return counts.count - 1
            }()
        switch verdict.judgement {
        case .valid: counts[place].valid += 1
        case .invalid:
            counts[place].invalid += 1
            counts[place].firstInvalid = min(counts[place].firstInvalid ?? .max, run.seed)
        case .unknown:
            counts[place].unknown += 1
            guard run.seed < counts[place].firstUnknown ?? .max else { return }
            counts[place].firstUnknown = run.seed
            counts[place].reason = verdict.reason
        }
    }

    public var exitCode: ExitCode {
        ExitCode.combined(counts.compactMap(\.flaw) + (failed.map { [$0.code] } ?? []))
    }

    /// The seed to look at: one that is not as expected, if there is one.
    public var telling: UInt64? { counts.compactMap(\.telling).min() ?? failed?.seed }
}
