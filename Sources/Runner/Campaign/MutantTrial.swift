import Checkers
import Replication
import RunStore
import Workloads

/// What came of a planted bug, or of a setting in which nothing is wrong.
public struct MutantOutcome: Sendable, Encodable {
    public enum State: String, Sendable, Encodable, CaseIterable {
        /// All that had to be flagged was, in one seed, and the control was silent.
        case killed
        case survived
        /// A control that nothing may be found in has nothing found in it.
        case silent
        /// A run without any bug was flagged.
        case controlFlagged = "control-flagged"
        /// A control did not come out as its file expects, so that the bug's run says nothing.
        case inconclusive
        /// The catalogue has no setting for the bug.
        case missing
    }

    /// The bug's number, `M46`; the workload's name for a negative control.
    public var id: String
    public var name: String
    public var isCore: Bool
    public var state: State
    /// What must be flagged.
    public var wanted: [String]
    /// What was, in the seed that tells.
    public var flagged: [String]
    /// The seed that tells: of the kill, or of the first control that is not as it must be.
    public var seed: UInt64?
    /// How many seeds were run.
    public var seeds: Int
    /// Wall time of all runs of it, controls included.
    public var seconds: Double
    /// What to type to see it.
    public var again: String?
    /// Why it is not killed or silent.
    public var detail: String?
}

extension MutantOutcome {
    init(_ mutant: Mutant, _ state: State, wanted: [String] = []) {
        self.init(
            id: mutant.id, name: mutant.name, isCore: mutant.isCore, state: state, wanted: wanted,
            flagged: [], seeds: 0, seconds: 0)
    }
}

/// One planted bug in the setting that exposes it, seed after seed, each beside its control.
struct MutantTrial: Sendable {
    private let entry: MutantCatalogue.Entry
    private let seeds: Int
    private let control: SeedSimulation
    private let mutated: SeedSimulation

    /// `seeds`: how many to try at most, instead of what the catalogue says.
    init(_ entry: MutantCatalogue.Entry, seeds: Int? = nil) throws(RunFailure) {
        self.entry = entry
        self.seeds = seeds ?? entry.exposure.seeds
        control = try SeedSimulation(entry.workload)
        mutated = try SeedSimulation(entry.workload.setting([Self.setting(entry)]))
    }

    private static func setting(_ entry: MutantCatalogue.Entry) -> SystemSetting {
        SystemSetting(entry.exposure.option, entry.mutant.id)
    }

    /// Tries seeds until one kills the bug or a control is not silent.
    func run(from first: UInt64, isInterrupted: () -> Bool = { false }) throws(RunFailure) -> MutantOutcome {
        var outcome = MutantOutcome(
            entry.mutant, .survived, wanted: entry.exposure.flagged.map(\.rawValue) + entry.exposure.events)
        let start = ContinuousClock.now
        for place in 0..<seeds where !isInterrupted() {
            let seed = first &+ UInt64(place)
            outcome.seeds += 1
            outcome.seed = seed
            if try isDecided(seed, &outcome) { break }
        }
        outcome.seconds = (ContinuousClock.now - start) / .seconds(1)
        if outcome.seeds == 0 { outcome.state = .inconclusive }
        return outcome
    }

    private func isDecided(_ seed: UInt64, _ outcome: inout MutantOutcome) throws(RunFailure) -> Bool {
        let clean = try control.run(seed: seed)
        outcome.again = command(seed, [])
        if let flaw = clean.controlFlaw {
            (outcome.state, outcome.detail) = flaw
            return true
        }
        let events = entry.exposure.events
        if let event = events.first(where: clean.eventKinds.contains) {
            (outcome.state, outcome.detail) = (.controlFlagged, "a node says \(event) without the bug")
            return true
        }
        let run = try mutated.run(seed: seed)
        let found = run.verdicts.verdicts.filter { $0.judgement == .invalid }.map(\.guarantee)
        // What the setting breaks without the bug is none of its doing.
        let caused = found.filter { entry.workload.expectations[$0] == .valid }
        outcome.flagged = caused.map(\.rawValue)
        outcome.again = command(seed, [Self.setting(entry)])
        let said = events.isEmpty ? [] : run.eventKinds
        outcome.flagged += events.filter(said.contains)
        let unseen = entry.exposure.flagged.filter { !found.contains($0) }
        let unsaid = events.filter { !said.contains($0) }
        guard unseen.isEmpty, unsaid.isEmpty else {
            outcome.state = .survived
            outcome.detail = (Self.detail(unseen, run) + unsaid.map { "no node says \($0)" }).joined(
                separator: "; ")
            return false
        }
        (outcome.state, outcome.detail) = (.killed, nil)
        return true
    }

    /// Why a bug got away.
    private static func detail(_ unseen: [Guarantee], _ run: SimulatedSeed) -> [String] {
        let words = unseen.map { guarantee in
            let verdict = run.verdicts.verdicts.first { $0.guarantee == guarantee }
            let reason = verdict?.reason.map { ": \($0)" } ?? ""
            return "\(guarantee.rawValue) is \(verdict?.judgement.rawValue ?? "not judged")\(reason)"
        }
        return words + run.status.problems.map(\.sentence)
    }

    private func command(_ seed: UInt64, _ options: [SystemSetting]) -> String {
        var command = RunOptions(workload: entry.workload.file, seed: seed, place: .simulation)
        command.systemOptions = options
        return command.command
    }
}

/// A setting without any bug, seed after seed.
struct ControlTrial: Sendable {
    private let workload: Workload
    private let simulation: SeedSimulation
    private let seeds: Int

    init(_ workload: Workload, seeds: Int) throws(RunFailure) {
        self.workload = workload
        self.seeds = seeds
        simulation = try SeedSimulation(workload)
    }

    /// Runs all seeds, or until one is not as expected.
    func run(from first: UInt64, isInterrupted: () -> Bool = { false }) throws(RunFailure) -> MutantOutcome {
        var outcome = MutantOutcome(
            id: workload.name, name: "control", isCore: false, state: .silent, wanted: [], flagged: [], seeds: 0,
            seconds: 0)
        let start = ContinuousClock.now
        for place in 0..<seeds where !isInterrupted() {
            let seed = first &+ UInt64(place)
            outcome.seeds += 1
            let run = try simulation.run(seed: seed)
            guard let flaw = run.controlFlaw else { continue }
            (outcome.state, outcome.detail) = flaw
            outcome.seed = seed
            outcome.flagged = run.unexpected
            outcome.again = RunOptions(workload: workload.file, seed: seed, place: .simulation).command
            break
        }
        outcome.seconds = (ContinuousClock.now - start) / .seconds(1)
        if outcome.seeds == 0 { outcome.state = .inconclusive }
        return outcome
    }
}

extension SimulatedSeed {
    /// What is violated and was expected to hold.
    fileprivate var unexpected: [String] {
        verdicts.verdicts.filter { $0.judgement == .invalid && !verdicts.isMet($0) }.map(\.guarantee.rawValue)
    }

    /// What is wrong with a run without a bug, if anything is.
    fileprivate var controlFlaw: (MutantOutcome.State, String?)? {
        guard verdicts.exitCode != .met else { return nil }
        let words = unexpected
        guard words.isEmpty else {
            return (.controlFlagged, "violated without the bug: \(words.joined(separator: ", "))")
        }
        return (.inconclusive, "the control is not as expected: \(verdicts.reasons.joined(separator: "; "))")
    }
}
