public import ArgumentParser
import Foundation
public import Replication
import Reports
import RunStore
import Runner

struct MutantsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mutants",
        abstract: "Run the planted bugs in simulation, to see that each is caught and its control is not.",
        discussion: """
            Each bug of the catalogue (workloads/mutants, see docs/mutants.md) runs in the setting that exposes it, seed \
            after seed until it is caught, each beside a control: the same seed and schedule without the bug. Without \
            names all bugs and the negative controls (workloads/controls) are run.

              inquest mutants
              inquest mutants M46 stale-leader-read --seeds 20
              inquest mutants --core --html mutants.html

            Exit codes: 1 if a core bug survives or a control is flagged, 2 if something could not be shown, such as \
            a bug without a setting, 0 otherwise.
            """)

    @Argument(help: ArgumentHelp("Bugs by number or name; by default all.", valueName: "bug"))
    var bugs: [Mutant] = []

    @Flag(help: "Only the forty that must be caught before all others.")
    var core = false

    @Option(help: ArgumentHelp("Try so many seeds at most, instead of what the catalogue says.", valueName: "n"))
    var seeds: Int?

    @Option(help: "The first seed.")
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Where the workload files are.", valueName: "directory"))
    var workloads = "workloads"

    @OptionGroup var output: CampaignOutput

    func validate() throws {
        if let seeds, !(1...1_000_000).contains(seeds) {
            throw ValidationError("--seeds takes 1 to 1,000,000")
        }
    }

    func run() async throws {
        let catalogue = try MutantCatalogue(workloads: workloads)
        let named = bugs.isEmpty ? Mutant.allCases : Mutant.allCases.filter(bugs.contains)
        let campaign = try MutantCampaign(
            named.filter { $0.isCore || !core }, of: catalogue, withControls: bugs.isEmpty, firstSeed: seed,
            seeds: seeds)
        try await output.run(MutantReport.self, of: "bugs and controls", again: again) { workers, progress in
            try await campaign.run(
                workers: workers, isInterrupted: { interruption.isRequested }, progress: progress)
        }
    }

    private var again: String {
        var words = ["inquest", "mutants"] + bugs.map(\.id)
        if core { words.append("--core") }
        if let seeds { words += ["--seeds", "\(seeds)"] }
        if seed != 1 { words += ["--seed", "\(seed)"] }
        return words.joined(separator: " ")
    }
}

extension Mutant: ExpressibleByArgument {
    public init?(argument: String) { self.init(argument) }
}

/// What a campaign of planted bugs came to, for people and for programs.
struct MutantReport: CampaignReport {
    var tally: MutantTally
    var seconds: Double
    var again: String
    /// Whether it went to its end.
    var isWhole: Bool

    var found: RunStore.ExitCode { tally.exitCode }

    private enum CodingKeys: String, CodingKey {
        case outcomes, killed, survived, missing, controlsFlagged, seconds, isWhole, exitCode, again
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(tally.outcomes, forKey: .outcomes)
        try container.encode(tally.count(.killed), forKey: .killed)
        try container.encode(tally.count(.survived), forKey: .survived)
        try container.encode(tally.count(.missing), forKey: .missing)
        try container.encode(tally.count(.controlFlagged), forKey: .controlsFlagged)
        try container.encode(seconds, forKey: .seconds)
        try container.encode(isWhole, forKey: .isWhole)
        try container.encode(exitCode, forKey: .exitCode)
        try container.encode(again, forKey: .again)
    }

    // MARK: Text

    var text: String {
        let shown = tally.outcomes.filter { $0.state != .missing }
        let width = shown.map { $0.id.count + $0.name.count }.max() ?? 0
        var lines = shown.flatMap { Self.lines($0, width) }
        let missing = tally.outcomes.filter { $0.state == .missing }.map { Self.title($0) }
        if !missing.isEmpty { lines += ["", "not in the catalogue: \(missing.joined(separator: ", "))"] }
        lines += ["", "\(sentence) in \(Self.time(seconds))"]
        if !isWhole { lines.append("interrupted before the end") }
        lines.append(
            "\(exitCode == .met ? "As it must be" : "Not as it must be") (exit code \(exitCode.rawValue))")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func lines(_ outcome: MutantOutcome, _ width: Int) -> [String] {
        let title = title(outcome).padding(toLength: width + 3, withPad: " ", startingAt: 0)
        let state = words(outcome.state).padding(toLength: 15, withPad: " ", startingAt: 0)
        let found = outcome.flagged.isEmpty ? "" : "  by \(outcome.flagged.joined(separator: ", "))"
        let seeds = outcome.seeds == 1 ? "1 seed" : "\(outcome.seeds) seeds"
        var lines = ["\(title)  \(state)  \(seeds), \(time(outcome.seconds))\(found)"]
        if let detail = outcome.detail { lines.append("      \(detail)") }
        if let again = outcome.again { lines.append("      \(again)") }
        return lines
    }

    private var sentence: String {
        let all = tally.outcomes
        let bugs = all.count { $0.name != "control" }
        let core = all.count(where: \.isCore)
        let controls = all.count - bugs
        var words = "\(tally.count(.killed)) of \(bugs) bugs killed"
        if core > 0 { words += " (\(tally.count(.killed, core: true)) of \(core) core bugs)" }
        if tally.count(.survived) > 0 { words += ", \(tally.count(.survived)) survived" }
        if controls > 0 { words += ", \(tally.count(.silent)) of \(controls) negative controls silent" }
        if tally.count(.controlFlagged) > 0 { words += ", \(tally.count(.controlFlagged)) CONTROLS FLAGGED" }
        return words
    }

    private static func title(_ outcome: MutantOutcome) -> String {
        outcome.name == "control"
            ? "control \(outcome.id)" : "\(outcome.id)\(outcome.isCore ? "*" : " ") \(outcome.name)"
    }

    private static func words(_ state: MutantOutcome.State) -> String {
        switch state {
        case .killed: "killed"
        case .survived: "SURVIVED"
        case .silent: "silent"
        case .controlFlagged: "CONTROL FLAGGED"
        case .inconclusive: "INCONCLUSIVE"
        case .missing: "not in the catalogue"
        }
    }

    private static func time(_ seconds: Double) -> String { String(format: "%.2f s", seconds) }

    // MARK: Page

    var page: CampaignPage {
        let bugs = tally.outcomes.filter { $0.name != "control" }
        let controls = tally.outcomes.filter { $0.name == "control" }
        return CampaignPage(
            title: "Planted bugs",
            subtitle: "Each bug runs beside a control: the same seed and schedule without it. "
                + "Nothing may be found in a control.",
            outcome: "\(sentence) in \(Self.time(seconds))\(isWhole ? "" : "; interrupted before the end")",
            tone: exitCode == .met ? .good : exitCode == .violation ? .bad : .unclear,
            tables: [
                .init(
                    "Bugs", columns: ["Bug", "Outcome", "Flagged", "Asked for", "Seeds", "Time", "Again"],
                    rows: bugs.map(row)),
                .init(
                    "Negative controls", columns: ["Setting", "Outcome", "Flagged", "", "Seeds", "Time", "Again"],
                    rows: controls.map(row)),
            ], again: again)
    }

    private func row(_ outcome: MutantOutcome) -> [CampaignPage.Cell] {
        let tone: CampaignPage.Tone =
            switch outcome.state {
            case .killed, .silent: .good
            case .survived, .controlFlagged: .bad
            case .inconclusive, .missing: .unclear
            }
        let name = outcome.name == "control" ? "" : "\(outcome.name)\(outcome.isCore ? ", core" : "")"
        return [
            .init(outcome.id, note: name),
            .init(Self.words(outcome.state).lowercased(), tone: tone, note: outcome.detail),
            .init(outcome.flagged.joined(separator: ", ")), .init(outcome.wanted.joined(separator: ", ")),
            .init("\(outcome.seeds)"), .init(Self.time(outcome.seconds)), .init(outcome.again ?? ""),
        ]
    }
}
