import ArgumentParser
import Foundation
import Reports
import RunStore
import Runner

struct OracleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oracle",
        abstract: "Run the verdict matrix in simulation: each cell run, each verdict as written.",
        discussion: """
            For each row of the matrix (docs/oracle.csv): its directed scenario (workloads/oracle/ID.yaml and ID-*.yaml), \
            the repaired twin, and a random search on the same configuration for promises that are broken all the \
            same. A cell P must be kept and a cell X violated for every seed. Rows without a scenario are said to be missing.

              inquest oracle
              inquest oracle SL40 RA03 --seeds 1000
              inquest oracle --seeds 10000 --resume .build/oracle --html oracle.html

            With --resume what is done is remembered in a directory, as long as program and workload file stay the same, so \
            that the command can be stopped and given again.

            Exit codes: 1 if a cell is not as the matrix says, 2 if something could not be judged or a row is missing, \
            0 otherwise.
            """)

    @Argument(
        help: ArgumentHelp("Rows, such as SL40, or the beginning of their names; by default all.", valueName: "row")
    )
    var rows: [String] = []

    @Option(help: ArgumentHelp("So many seeds of each scenario.", valueName: "n"))
    var seeds = 20

    @Option(
        help: ArgumentHelp(
            "So many seeds of each random search; by default as many as of the scenarios, 0 for none.",
            valueName: "n"))
    var random: Int?

    @Option(help: "The first seed.")
    var seed: UInt64 = 1

    @Option(
        help: ArgumentHelp("Remember what is done in this directory, and go on from there.", valueName: "directory")
    )
    var resume: String?

    @Option(help: ArgumentHelp("The verdict matrix.", valueName: "file"))
    var matrix = "docs/oracle.csv"

    @Option(help: ArgumentHelp("Where the workload files are.", valueName: "directory"))
    var workloads = "workloads"

    @OptionGroup var output: CampaignOutput

    func validate() throws {
        guard (1...10_000_000).contains(seeds), (0...10_000_000).contains(random ?? 0) else {
            throw ValidationError("--seeds takes 1 to 10,000,000, --random 0 to 10,000,000")
        }
    }

    func run() async throws {
        let matrix = try OracleMatrix(file: matrix)
        let wanted = matrix.rows.filter { row in rows.isEmpty || rows.contains { row.id.hasPrefix($0) } }
        if let unknown = rows.first(where: { name in !matrix.rows.contains { $0.id.hasPrefix(name) } }) {
            throw RunFailure(.usage, "\(self.matrix) has no row \(unknown)")
        }
        let campaign = try OracleCampaign(
            wanted, workloads: workloads, firstSeed: seed, seeds: seeds, random: random ?? seeds, resume: resume)
        try await output.run(OracleReport.self, of: "seeds", again: again) { workers, progress in
            try await campaign.run(
                workers: workers, isInterrupted: { interruption.isRequested }, progress: progress)
        }
    }

    private var again: String {
        var words = ["inquest", "oracle"] + rows + ["--seeds", "\(seeds)"]
        if let random { words += ["--random", "\(random)"] }
        if seed != 1 { words += ["--seed", "\(seed)"] }
        if let resume { words += ["--resume", resume] }
        return words.joined(separator: " ")
    }
}

/// What the rows of the matrix came to, for people and for programs.
struct OracleReport: CampaignReport {
    var tally: OracleTally
    var seconds: Double
    var again: String
    /// Whether it went to its end.
    var isWhole: Bool

    var found: RunStore.ExitCode { tally.exitCode }

    private enum CodingKeys: String, CodingKey {
        case rows, met, violated, unclear, missing, seconds, isWhole, exitCode, again
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(tally.outcomes, forKey: .rows)
        try container.encode(tally.count(.met), forKey: .met)
        try container.encode(tally.count(.violated), forKey: .violated)
        try container.encode(tally.count(.unclear), forKey: .unclear)
        try container.encode(tally.count(.missing), forKey: .missing)
        try container.encode(seconds, forKey: .seconds)
        try container.encode(isWhole, forKey: .isWhole)
        try container.encode(exitCode, forKey: .exitCode)
        try container.encode(again, forKey: .again)
    }

    /// The columns, as the matrix calls them.
    private static let columns: [(guarantee: String, head: String)] = [
        ("linearizable", "LIN"), ("read-your-writes", "RYW"), ("monotonic-reads", "MR"),
        ("consistent-prefix-node", "CPn"), ("consistent-prefix-session", "CPs"), ("no-lost-writes", "LOST"),
        ("no-dirty-reads", "DIRTY"), ("convergence", "CONV"),
    ]

    private var sentence: String {
        let rows = tally.outcomes
        let counts = [
            ("not as written", OracleOutcome.State.violated), ("not judged", .unclear),
            ("without a scenario", .missing),
        ]
        .filter { tally.count($0.1) > 0 }.map { "\(tally.count($0.1)) \($0.0)" }
        let seeds = rows.reduce(0) { $0 + $1.directedSeeds + $1.repairedSeeds + $1.randomSeeds }
        return (["\(tally.count(.met)) of \(rows.count) rows as written"] + counts).joined(separator: ", ")
            + "; \(seeds) runs in \(String(format: "%.1f s", seconds))"
            + (isWhole ? "" : "; interrupted before the end")
    }

    private static func words(_ state: OracleOutcome.State) -> String {
        switch state {
        case .met: "as written"
        case .violated: "NOT AS WRITTEN"
        case .unclear: "NOT JUDGED"
        case .missing: "no scenario"
        }
    }

    // MARK: Text

    /// A cell is expected/found; what is not as written has an exclamation mark.
    var text: String {
        let heads = Self.columns.map { pad($0.head, 6) }.joined()
        var lines = [pad("row", 7) + heads + pad("seeds", 20) + "outcome"]
        for row in tally.outcomes {
            let cells = Self.columns.map { column in pad(Self.word(row, column.guarantee), 6) }.joined()
            let seeds =
                row.state == .missing ? "" : "\(row.directedSeeds)+\(row.repairedSeeds)+\(row.randomSeeds)"
            let more = row.cells.filter { !$0.column }.map { " \($0.guarantee) \(Self.word($0))" }.joined()
            lines.append(pad(row.id, 7) + cells + pad(seeds, 20) + Self.words(row.state) + more)
            for flaw in row.flaws {
                lines.append("       \(flaw.words)")
                if let again = flaw.again { lines.append("         \(again)") }
            }
        }
        lines += [
            "", "expected/found; seeds of scenarios + repaired twins + random search", sentence,
            "\(exitCode == .met ? "As written" : "Not as written") (exit code \(exitCode.rawValue))",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    private func pad(_ text: String, _ width: Int) -> String {
        text.padding(toLength: max(width, text.count + 1), withPad: " ", startingAt: 0)
    }

    private static func word(_ row: OracleOutcome, _ guarantee: String) -> String {
        row.cells.first { $0.column && $0.guarantee == guarantee }.map(word) ?? "-"
    }

    private static func word(_ cell: OracleOutcome.Cell) -> String {
        cell.state == .missing
            ? cell.expected.rawValue
            : "\(cell.expected.rawValue)/\(cell.found)\(cell.state == .met ? "" : "!")"
    }

    // MARK: Page

    var page: CampaignPage {
        CampaignPage(
            title: "The verdict matrix",
            subtitle:
                "P is kept for every seed, X is violated for every seed of the directed scenario, ? may be either. "
                + "Below each cell: how often the scenario, and the random search, was kept (P), violated (X), not judged (u).",
            outcome: sentence, tone: exitCode == .met ? .good : exitCode == .violation ? .bad : .unclear,
            tables: [
                .init(
                    "Rows", columns: ["Row", "Outcome"] + Self.columns.map(\.head) + ["Others", "Seeds"],
                    rows: tally.outcomes.map(row)),
                .init(
                    "What is not as written", columns: ["Row", "What", "Again"],
                    rows: tally.outcomes.flatMap { row in
                        row.flaws.map { [.init(row.id), .init($0.words), .init($0.again ?? "")] }
                    }),
            ], again: again)
    }

    private func row(_ row: OracleOutcome) -> [CampaignPage.Cell] {
        let place = [row.mode, row.reads, row.fault].filter { !$0.isEmpty }.joined(separator: " · ")
        let cells = Self.columns.map { column in
            row.cells.first { $0.column && $0.guarantee == column.guarantee }.map(cell) ?? .init("–")
        }
        let others = row.cells.filter { !$0.column }.map { "\($0.guarantee) \(Self.word($0))" }
        let seeds = "\(row.directedSeeds) + \(row.repairedSeeds) twin + \(row.randomSeeds) random"
        return [.init(row.id, note: place), .init(Self.words(row.state).lowercased(), tone: Self.tone(row.state))]
            + cells + [.init(others.joined(separator: ", ")), .init(row.state == .missing ? "" : seeds)]
    }

    private func cell(_ cell: OracleOutcome.Cell) -> CampaignPage.Cell {
        guard cell.state != .missing else { return .init(cell.expected.rawValue) }
        let counts = [("", cell.directed), ("random ", cell.random)].filter { !$0.1.isEmpty }.map { name, counts in
            let words = [("valid", "P"), ("invalid", "X"), ("unknown", "u")].compactMap { answer, letter in
                counts[answer].map { "\($0) \(letter)" }
            }
            return name + words.joined(separator: " ")
        }
        return .init(
            cell.state == .met ? cell.expected.rawValue : "\(cell.expected.rawValue), found \(cell.found)",
            tone: Self.tone(cell.state), note: counts.joined(separator: ", "))
    }

    private static func tone(_ state: OracleOutcome.State) -> CampaignPage.Tone {
        switch state {
        case .met: .good
        case .violated: .bad
        case .unclear, .missing: .unclear
        }
    }
}
