import Checkers
public import RunStore

/// What came of a row of the matrix.
public struct OracleOutcome: Sendable, Encodable {
    public enum State: String, Sendable, Encodable, CaseIterable {
        /// Every cell as the matrix says.
        case met
        /// A promise was broken, or a violation that is sure did not show.
        case violated
        /// Something could not be judged.
        case unclear
        /// There is no scenario for the row.
        case missing
    }

    /// A cell: what the matrix says, what was found.
    public struct Cell: Sendable, Encodable {
        public var guarantee: String
        /// `nil` for what the scenario judges and the matrix has no column for.
        public var column: Bool
        public var expected: OracleMatrix.Mark
        /// What the directed scenario came to: P, X, `?` for both, `-` for neither.
        public var found: String
        public var state: State
        /// How often each answer was given by the directed scenario, and by the random search.
        public var directed: [String: Int]
        public var random: [String: Int]
    }

    /// Something that is not as it must be, and what to type to see it.
    public struct Flaw: Sendable, Encodable {
        public var state: State
        public var words: String
        public var again: String?
    }

    public var id: String
    public var mode: String
    public var reads: String
    public var fault: String
    public var state: State
    public var files: [String]
    public var cells: [Cell]
    public var flaws: [Flaw]
    /// Seeds of the directed scenarios, of their repaired twins and of the random search.
    public var directedSeeds: Int
    public var repairedSeeds: Int
    public var randomSeeds: Int

    /// A row that nothing was run for.
    init(missing row: OracleMatrix.Row) {
        (id, mode, reads, fault) = (row.id, row.mode, row.reads, row.fault)
        state = .missing
        (files, flaws, directedSeeds, repairedSeeds, randomSeeds) = ([], [], 0, 0, 0)
        cells = row.cells.map { guarantee, mark in
            Cell(
                guarantee: guarantee.rawValue, column: true, expected: mark, found: "-", state: .missing,
                directed: [:], random: [:])
        }
    }

    init(_ row: OracleMatrix.Row, _ units: [(unit: OracleUnit, count: OracleCount)]) {
        self.init(missing: row)
        files = units.map(\.unit.file).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
        var directed = OracleCount()
        var random = OracleCount()
        for (unit, count) in units {
            flaws += Self.flaws(unit, count)
            switch unit.purpose {
            case .directed:
                directed.add(count)
                directedSeeds += count.seeds
            case .random:
                random.add(count)
                randomSeeds += count.seeds
            case .repaired: repairedSeeds += count.seeds
            }
        }
        let own = units.filter { $0.unit.purpose == .directed }.flatMap { $0.unit.expected.keys }
        let more = Guarantee.allCases.filter { own.contains($0) && row.marks[$0] == nil }
        let extra = more.map { guarantee in
            (guarantee, units.first { $0.unit.expected[guarantee] != nil }?.unit.expected[guarantee] ?? .open)
        }
        cells = (row.cells + extra).map { guarantee, mark in
            let isKept = units.contains { $0.unit.purpose == .random && $0.unit.expected[guarantee] == .kept }
            return Self.cell(
                guarantee, mark, isColumn: row.marks[guarantee] != nil, directed, random, isKept ? .kept : .open)
        }
        state = flaws.contains { $0.state == .violated } ? .violated : flaws.isEmpty ? .met : .unclear
    }

    private static func cell(
        _ guarantee: Guarantee, _ mark: OracleMatrix.Mark, isColumn: Bool, _ directed: OracleCount,
        _ random: OracleCount, _ search: OracleMatrix.Mark
    ) -> Cell {
        let found = directed.cells[guarantee.rawValue] ?? OracleCount.Cell()
        let searched = random.cells[guarantee.rawValue] ?? OracleCount.Cell()
        let word =
            switch (found.valid > 0, found.invalid > 0) {
            case (true, false): "P"
            case (false, true): "X"
            case (true, true): "?"
            case (false, false): "-"
            }
        return Cell(
            guarantee: guarantee.rawValue, column: isColumn, expected: mark, found: word,
            state: found.state(mark, of: directed.seeds, isSearch: false)
                .worse(searched.state(search, of: random.seeds, isSearch: true)),
            directed: found.counts, random: searched.counts)
    }

    /// What is not as it must be in what a unit came to.
    private static func flaws(_ unit: OracleUnit, _ count: OracleCount) -> [Flaw] {
        guard count.seeds > 0 else { return [Flaw(state: .unclear, words: "\(unit.name): not run")] }
        var flaws: [Flaw] = []
        if let problem = count.problem {
            flaws.append(
                Flaw(
                    state: .unclear,
                    words: "\(unit.name): \(count.problems) of \(count.seeds) seeds: \(problem.words ?? "")",
                    again: unit.command(seed: problem.seed)))
        }
        for (guarantee, mark) in unit.expected.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            let cell = count.cells[guarantee.rawValue] ?? OracleCount.Cell()
            let state = cell.state(mark, of: count.seeds, isSearch: unit.purpose == .random)
            guard state != .met else { continue }
            let sight = cell.sight(mark, state)
            flaws.append(
                Flaw(
                    state: state,
                    words:
                        "\(unit.name): \(guarantee.rawValue) is to be \(mark.words) and is \(cell.words(of: count.seeds))"
                        + (sight?.words.map { ": \($0)" } ?? ""),
                    again: sight.map { unit.command(seed: $0.seed) }))
        }
        return flaws
    }
}

extension OracleOutcome.State {
    /// The one that weighs more.
    fileprivate func worse(_ other: Self) -> Self {
        let order: [Self] = [.violated, .missing, .unclear, .met]
        return order.first { $0 == self || $0 == other } ?? self
    }
}

extension OracleMatrix.Row {
    /// The cells that say something, in the order of the columns.
    fileprivate var cells: [(Guarantee, OracleMatrix.Mark)] {
        OracleMatrix.columns.compactMap { guarantee in marks[guarantee].map { (guarantee, $0) } }
    }
}

extension OracleMatrix.Mark {
    fileprivate var words: String {
        switch self {
        case .kept: "kept"
        case .broken: "violated"
        case .open: "either"
        }
    }
}

extension OracleCount.Cell {
    fileprivate var counts: [String: Int] {
        ["valid": valid, "invalid": invalid, "unknown": unknown].filter { $0.value > 0 }
    }

    /// What the answers of so many seeds mean for a cell; a search that exercised too little says nothing, and fails nothing.
    fileprivate func state(_ mark: OracleMatrix.Mark, of seeds: Int, isSearch: Bool) -> OracleOutcome.State {
        switch mark {
        case .kept where invalid > 0, .broken where valid > 0: .violated
        default: isSearch || seeds > 0 && valid + invalid == seeds ? .met : .unclear
        }
    }

    fileprivate func sight(_ mark: OracleMatrix.Mark, _ state: OracleOutcome.State) -> OracleCount.Sight? {
        guard state == .violated else { return firstUnknown }
        return mark == .kept ? firstInvalid : firstValid
    }

    fileprivate func words(of seeds: Int) -> String {
        let parts = [("valid", valid), ("invalid", invalid), ("unknown", unknown)].filter { $0.1 > 0 }
        guard !parts.isEmpty else { return "not judged" }
        return parts.map { "\($0.0) in \($0.1)" }.joined(separator: ", ") + " of \(seeds) seeds"
    }
}

/// What came of all rows that were asked for.
public struct OracleTally: Sendable {
    public var outcomes: [OracleOutcome]

    public func count(_ state: OracleOutcome.State) -> Int { outcomes.count { $0.state == state } }

    /// 1 if a cell is not as the matrix says; 2 if something could not be judged or a row has no scenario; 0 otherwise.
    public var exitCode: ExitCode {
        count(.violated) > 0 ? .violation : count(.met) == outcomes.count ? .met : .unknown
    }
}
