import Checkers
import RunStore
import Workloads

/// One workload that stands for a row of the matrix.
struct OracleUnit: Sendable {
    /// What the row's workload is for.
    enum Purpose: String, Sendable, Codable, CaseIterable {
        /// The directed scenario: each cell as it says, for every seed.
        case directed
        /// Its twin with one option changed: every promise is kept.
        case repaired
        /// A random load on the same configuration: what is kept stays so.
        case random
    }

    var row: String
    var file: String
    var purpose: Purpose
    /// What a seed must come to; what is not here is not asked for.
    var expected: [Guarantee: OracleMatrix.Mark]
    let simulation: SeedSimulation

    /// `marks`: the row's cells.
    init(
        row: String, _ workload: Workload, _ purpose: Purpose, marks: [Guarantee: OracleMatrix.Mark]
    ) throws(RunFailure) {
        self.row = row
        file = workload.file
        self.purpose = purpose
        let own = workload.expectations.mapValues(OracleMatrix.Mark.init)
        switch purpose {
        case .directed: expected = own.merging(marks) { $1 }
        case .repaired: expected = own
        case .random:
            expected = Dictionary(
                uniqueKeysWithValues: own.merging(marks) { $1 }.map { guarantee, mark in
                    (guarantee, mark == .kept && !workload.isExempt(guarantee) ? .kept : .open)
                })
        }
        simulation = try SeedSimulation(
            purpose == .random ? workload.randomSearch : workload, isSwarm: purpose == .random)
    }

    /// Its name in files and messages.
    var name: String { "\(file) \(purpose.rawValue)" }

    /// What to type to see a seed.
    func command(seed: UInt64) -> String {
        var command = RunOptions(workload: file, seed: seed, place: .simulation)
        command.isRandomSearch = purpose == .random
        command.isSwarm = purpose == .random
        return command.command
    }

    /// Runs one seed.
    func run(seed: UInt64) throws(RunFailure) -> OracleCount {
        let run = try simulation.run(seed: seed)
        var count = OracleCount()
        count.seeds = 1
        count.operations = run.operations
        for verdict in run.verdicts.verdicts { count.add(verdict, seed) }
        // In a random search a fault may find its target gone already.
        let problems =
            purpose == .random ? run.status.problems.filter { $0.kind != .tooLittle } : run.status.problems
        if let problem = problems.first {
            count.problems = 1
            count.problem = .init(seed: seed, words: problem.sentence)
        }
        return count
    }
}

extension OracleMatrix.Mark {
    /// What a workload file expects, in the words of the matrix.
    init(_ expected: ExpectedVerdict) {
        switch expected {
        case .valid: self = .kept
        case .invalid: self = .broken
        case .any: self = .open
        }
    }
}

/// What seeds of a unit came to; counts of disjoint seeds add up.
struct OracleCount: Sendable, Codable {
    /// A seed with something to see.
    struct Sight: Sendable, Codable {
        var seed: UInt64
        var words: String?
    }

    struct Cell: Sendable, Codable {
        var valid = 0
        var invalid = 0
        var unknown = 0
        /// The lowest seed with each answer.
        var firstValid: Sight?
        var firstInvalid: Sight?
        var firstUnknown: Sight?
    }

    var seeds = 0
    var operations = 0
    /// By the guarantee's name.
    var cells: [String: Cell] = [:]
    /// Seeds whose run went wrong in itself, and the first.
    var problems = 0
    var problem: Sight?

    mutating func add(_ verdict: Verdict, _ seed: UInt64) {
        var cell = cells[verdict.guarantee.rawValue] ?? Cell()
        let sight = Sight(seed: seed, words: verdict.reason)
        switch verdict.judgement {
        case .valid:
            cell.valid += 1
            cell.firstValid = Self.first(cell.firstValid, sight)
        case .invalid:
            cell.invalid += 1
            cell.firstInvalid = Self.first(cell.firstInvalid, sight)
        case .unknown:
            cell.unknown += 1
            cell.firstUnknown = Self.first(cell.firstUnknown, sight)
        }
        cells[verdict.guarantee.rawValue] = cell
    }

    mutating func add(_ other: OracleCount) {
        seeds += other.seeds
        operations += other.operations
        problems += other.problems
        problem = Self.first(problem, other.problem)
        for (name, more) in other.cells {
            var cell = cells[name] ?? Cell()
            cell.valid += more.valid
            cell.invalid += more.invalid
            cell.unknown += more.unknown
            cell.firstValid = Self.first(cell.firstValid, more.firstValid)
            cell.firstInvalid = Self.first(cell.firstInvalid, more.firstInvalid)
            cell.firstUnknown = Self.first(cell.firstUnknown, more.firstUnknown)
            cells[name] = cell
        }
    }

    private static func first(_ one: Sight?, _ other: Sight?) -> Sight? {
        guard let one, let other else { return one ?? other }
        return other.seed < one.seed ? other : one
    }
}
