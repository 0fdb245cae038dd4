public import Replication
public import RunStore
import Synchronization

/// Runs planted bugs in the settings that expose them, beside their controls, on all cores.
public struct MutantCampaign: Sendable {
    /// What is run, in the order of the table.
    private enum Job: Sendable {
        case mutant(MutantTrial)
        case control(ControlTrial)
        case missing(MutantOutcome)
    }

    private let jobs: [Job]
    private let first: UInt64

    /// How many seeds a negative control is run with where nobody says.
    public static let controlSeeds = 10

    /// Takes the bugs to run, and how many seeds to try at most instead of what the catalogue says.
    public init(
        _ mutants: [Mutant], of catalogue: MutantCatalogue, withControls: Bool, firstSeed: UInt64 = 1,
        seeds: Int? = nil
    ) throws(RunFailure) {
        var jobs: [Job] = []
        for mutant in mutants {
            guard let entry = catalogue[mutant] else {
                jobs.append(.missing(MutantOutcome(mutant, .missing)))
                continue
            }
            jobs.append(.mutant(try MutantTrial(entry, seeds: seeds)))
        }
        for control in withControls ? catalogue.controls : [] {
            jobs.append(.control(try ControlTrial(control, seeds: seeds ?? Self.controlSeeds)))
        }
        self.jobs = jobs
        first = firstSeed
    }

    /// Runs all of it with so many workers; tells `progress` how many are done of how many after each.
    public func run(
        workers: Int, isInterrupted: @escaping @Sendable () -> Bool,
        progress: @escaping @Sendable (Int, Int) -> Void
    ) async throws -> MutantTally {
        let shared = Shared(jobs.count)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<max(1, workers) {
                group.addTask { try work(shared, isInterrupted, progress) }
            }
            try await group.waitForAll()
        }
        return MutantTally(shared.outcomes.withLock { $0 }.compactMap { $0 })
    }

    private func work(
        _ shared: Shared, _ isInterrupted: @Sendable () -> Bool, _ progress: @Sendable (Int, Int) -> Void
    ) throws(RunFailure) {
        while !isInterrupted() {
            let place = shared.next.add(1, ordering: .relaxed).oldValue
            guard place < jobs.count else { return }
            let outcome = try run(jobs[place], isInterrupted)
            shared.outcomes.withLock { $0[place] = outcome }
            progress(shared.done.add(1, ordering: .relaxed).newValue, jobs.count)
        }
    }

    private func run(_ job: Job, _ isInterrupted: () -> Bool) throws(RunFailure) -> MutantOutcome {
        switch job {
        case .mutant(let trial): try trial.run(from: first, isInterrupted: isInterrupted)
        case .control(let trial): try trial.run(from: first, isInterrupted: isInterrupted)
        case .missing(let outcome): outcome
        }
    }

    /// What the workers share.
    private final class Shared: Sendable {
        let next = Atomic<Int>(0)
        let done = Atomic<Int>(0)
        let outcomes: Mutex<[MutantOutcome?]>

        init(_ count: Int) { outcomes = Mutex(Array(repeating: nil, count: count)) }
    }
}

/// What came of all bugs and controls of a campaign.
public struct MutantTally: Sendable {
    public var outcomes: [MutantOutcome]

    public init(_ outcomes: [MutantOutcome]) { self.outcomes = outcomes }

    /// How many came out so.
    public func count(_ state: MutantOutcome.State, core: Bool = false) -> Int {
        outcomes.count { $0.state == state && ($0.isCore || !core) }
    }

    /// 1 if a core bug survives or a control is flagged; 2 if something was not shown; 0 otherwise.
    public var exitCode: ExitCode {
        if outcomes.contains(where: { $0.state == .survived && $0.isCore }) || count(.controlFlagged) > 0 {
            return .violation
        }
        return count(.inconclusive) + count(.missing) > 0 ? .unknown : .met
    }
}
