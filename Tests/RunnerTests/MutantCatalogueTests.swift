import Checkers
import Foundation
import Replication
import RunStore
import Workloads
public import Testing

@testable public import Runner

/// The catalogue of this repository.
enum CommittedCatalogue {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    static let workloads = "\(root)/workloads"

    static func load() throws -> MutantCatalogue { try MutantCatalogue(workloads: workloads) }

    static let entries: [MutantCatalogue.Entry] = (try? load())?.entries ?? []
    static let controls: [Workload] = (try? load())?.controls ?? []
}

extension MutantCatalogue.Entry: CustomTestStringConvertible {
    public var testDescription: String { "\(mutant.id) \(mutant.name)" }
}

@Suite("The catalogue of planted bugs")
struct MutantCatalogueTests {
    @Test("its files can be read, one for each bug")
    func loads() throws {
        let catalogue = try CommittedCatalogue.load()
        #expect(!catalogue.entries.isEmpty)
        #expect(Set(catalogue.entries.map(\.mutant)).count == catalogue.entries.count)
    }

    @Test(
        "each bug is killed by what must flag it, and its control is silent", arguments: CommittedCatalogue.entries)
    func killed(_ entry: MutantCatalogue.Entry) throws {
        let outcome = try MutantTrial(entry).run(from: 1)
        #expect(outcome.state == .killed, "\(outcome.detail ?? "")\n\(outcome.again ?? "")")
    }

    @Test("a negative control is silent", arguments: CommittedCatalogue.controls)
    func silent(_ control: Workload) throws {
        let outcome = try ControlTrial(control, seeds: 2).run(from: 1)
        #expect(outcome.state == .silent, "\(outcome.detail ?? "")\n\(outcome.again ?? "")")
    }

    @Test("what must flag a bug is what docs/mutants.md names", arguments: CommittedCatalogue.entries)
    func documented(_ entry: MutantCatalogue.Entry) throws {
        let text = try String(contentsOfFile: "\(CommittedCatalogue.root)/docs/mutants.md", encoding: .utf8)
        let mutant = entry.mutant
        let start = "| \(mutant.id)\(mutant.isCore ? " ★" : "") | \(mutant.name) |"
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(start) })
        let named = line.split(separator: "|").last.map(String.init) ?? ""
        let wanted = entry.exposure.flagged.map(\.rawValue) + entry.exposure.events
        #expect(
            wanted.contains { word in Self.words(word).contains(where: named.contains) },
            "\(mutant.id): none of \(wanted) is in \(named)")
    }

    /// How the table names a guarantee.
    private static func words(_ guarantee: String) -> [String] {
        switch guarantee {
        case "consistent-prefix-node", "consistent-prefix-session", "consistent-prefix": ["consistent prefix"]
        case "no-duplicates": ["list"]
        case "crash", "refused-data": ["refused"]
        default: [guarantee]
        }
    }
}

@Suite("A campaign of planted bugs")
struct MutantCampaignTests {
    private func scratch(_ files: [String: String]) throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/inquest-mutants-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: "\(path)/mutants", withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: "\(path)/controls", withIntermediateDirectories: true)
        for (name, text) in files { try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8) }
        return path
    }

    private static func scenario(_ name: String, _ head: String = "", guarantees: String) -> String {
        """
        \(head)
        name: \(name)
        system: {kind: node-single, options: {ack: async}}
        hosts: 2
        guarantees: \(guarantees)
        minimums: {others: 0}
        steps:
          - {process: 0, add: set0}
          - {wait: caught-up}
          - {gate: {close: ship, nodes: leader}}
          - {process: 0, add: set0}
          - {kill: leader, id: crash, restart: never}
          - {promote: n2}
          - {wait: leader}
          - {process: 0, read: set0}
        """
    }

    @Test("a control that is flagged, one that says nothing, a survivor and a bug without a setting are told apart")
    func outcomes() async throws {
        let place = try scratch([
            // Something is lost, bug or no bug.
            "mutants/M25.yaml": Self.scenario(
                "M25", "mutant: {id: M25, flagged: [no-lost-writes]}", guarantees: "[no-lost-writes]"),
            // The bug has nothing to do with this.
            "mutants/M26.yaml": Self.scenario(
                "M26", "mutant: {id: M26, flagged: [no-duplicates]}",
                guarantees: "{no-duplicates: valid, no-lost-writes: invalid}"
            ).replacing("set0", with: "l0").replacing("add:", with: "append:"),
            "mutants/M01.yaml": Self.scenario(
                "M01", "mutant: {id: M01, flagged: [calendar]}", guarantees: "[calendar]"),
            "controls/lossy.yaml": Self.scenario("lossy", guarantees: "[no-lost-writes]"),
            "controls/known.yaml": Self.scenario("known", guarantees: "{no-lost-writes: invalid}"),
        ])
        defer { try? FileManager.default.removeItem(atPath: place) }
        let catalogue = try MutantCatalogue(workloads: place)
        let campaign = try MutantCampaign(
            [.noFsync, .tokenIgnored, .tokenNotMergedOnRead, .rowWithoutKey], of: catalogue, withControls: true,
            seeds: 2)
        let tally = try await campaign.run(workers: 2, isInterrupted: { false }) { _, _ in }
        let states = Dictionary(uniqueKeysWithValues: tally.outcomes.map { ($0.id, $0.state) })
        #expect(
            states == [
                "M01": .inconclusive, "M25": .controlFlagged, "M26": .survived, "M29": .missing,
                "known": .silent, "lossy": .controlFlagged,
            ])
        #expect(tally.exitCode == .violation)
        #expect(tally.outcomes.map(\.id) == ["M01", "M25", "M26", "M29", "known", "lossy"])
    }

    @Test("the exit code says whether a core bug got away, then whether something was not shown")
    func exitCodes() {
        func code(_ states: [(Mutant, MutantOutcome.State)]) -> ExitCode {
            MutantTally(states.map { MutantOutcome($0.0, $0.1) }).exitCode
        }
        #expect(code([(.noFsync, .killed), (.fsyncAfterReply, .survived)]) == .met)
        #expect(code([(.noFsync, .survived)]) == .violation)
        #expect(code([(.noFsync, .killed), (.fsyncAfterReply, .controlFlagged)]) == .violation)
        #expect(code([(.noFsync, .killed), (.fsyncAfterReply, .missing)]) == .unknown)
        #expect(code([(.noFsync, .inconclusive)]) == .unknown)
    }

    @Test(
        "a file that cannot expose its bug is refused with the reason",
        arguments: [
            ("M46.yaml", "mutant: {id: M46, flagged: [convergence]}", "[no-lost-writes]", "expected valid"),
            ("M46.yaml", "mutant: {id: M47, flagged: [no-lost-writes]}", "[no-lost-writes]", "named M47.yaml"),
            ("M39.yaml", "mutant: {id: M39, flagged: [no-lost-writes]}", "[no-lost-writes]", "no bug M39"),
            ("M46.yaml", "mutant: {id: M46}", "[no-lost-writes]", "needs flagged"),
            ("M46.yaml", "mutant: {id: M46, flagged: [lost]}", "[no-lost-writes]", "unknown guarantee lost"),
            ("M46.yaml", "", "[no-lost-writes]", "needs mutant"),
        ])
    func refused(name: String, head: String, guarantees: String, reason: String) throws {
        let place = try scratch(["mutants/\(name)": Self.scenario("M46", head, guarantees: guarantees)])
        defer { try? FileManager.default.removeItem(atPath: place) }
        #expect {
            try MutantCatalogue(workloads: place)
        } throws: { error in
            "\(error)".contains(reason)
        }
    }
}
