import Checkers
import Foundation
import RunStore
import Testing

@testable import Runner

@Suite("The campaign of the verdict matrix")
struct OracleCampaignTests {
    private static let matrix = "\(CommittedCatalogue.root)/docs/oracle.csv"
    private static let header =
        "id,mode,read policy,fault,LIN,RYW,MR,CP node/session,LOST,DIRTY,CONV,sure settings and evidence\n"

    private func run(
        _ rows: [OracleMatrix.Row], seeds: Int, random: Int = 0, resume: String? = nil, isInterrupted: Bool = false
    ) async throws -> OracleTally {
        let campaign = try OracleCampaign(
            rows, workloads: CommittedCatalogue.workloads, seeds: seeds, random: random, resume: resume)
        return try await campaign.run(workers: 2, isInterrupted: { isInterrupted }) { _, _ in }
    }

    private func rows(_ ids: [String]) throws -> [OracleMatrix.Row] {
        try OracleMatrix(file: Self.matrix).rows.filter { ids.contains($0.id) }
    }

    @Test("the matrix has its rows and is read with its quotes and its cells that say nothing")
    func matrix() throws {
        let matrix = try OracleMatrix(file: Self.matrix)
        #expect(matrix.rows.count == 105)
        #expect(Set(matrix.rows.map(\.id)).count == matrix.rows.count)
        let row = try #require(matrix.rows.first { $0.id == "LL08" })
        #expect(row.marks[.consistentPrefixNode] == nil && row.marks[.consistentPrefixSession] == .kept)
        #expect(matrix.rows.first { $0.id == "SL91" }?.marks.count == 6)
        let text = Self.header + "A1,\"a, \"\"b\"\"\",r,f,P,X,?,-,P,P,P,why\n"
        let read = try OracleMatrix(text: text, file: "m.csv").rows[0]
        #expect(read.mode == "a, \"b\"")
        #expect(read.marks.count == 6 && read.marks[.readYourWrites] == .broken)
    }

    @Test(
        "a matrix that is not one is refused with its line",
        arguments: ["A1,m,r,f,P,X,Y,-,P,P,P,e", "A1,m,r,f,P,X"])
    func malformed(line: String) {
        #expect {
            try OracleMatrix(text: Self.header + line, file: "m.csv")
        } throws: { error in
            "\(error)".hasPrefix("m.csv:2: ")
        }
    }

    @Test("every row with a scenario comes out as the matrix says, a row without one is missing")
    func everyRow() async throws {
        let rows = try OracleMatrix(file: Self.matrix).rows
        let tally = try await run(rows, seeds: 1, random: 1)
        #expect(tally.outcomes.map(\.id) == rows.map(\.id))
        for outcome in tally.outcomes where outcome.state != .missing {
            #expect(outcome.state == .met, "\(outcome.id): \(outcome.flaws)")
            #expect(outcome.directedSeeds >= 1 && outcome.randomSeeds >= 1)
        }
        #expect(tally.count(.met) > 25)
    }

    @Test("a cell that says otherwise than what is found is told, with the command that shows it")
    func wrongCells() async throws {
        var rows = try rows(["SL40", "SL01"])
        rows[0].marks[.convergence] = .broken
        rows[1].marks[.noLostWrites] = .kept
        let tally = try await run(rows, seeds: 2)
        #expect(tally.exitCode == .violation)
        #expect(tally.outcomes.map(\.state) == [.violated, .violated])
        let lost = try #require(tally.outcomes[1].flaws.first)
        #expect(lost.words.contains("no-lost-writes is to be kept and is invalid in 2 of 2 seeds"))
        #expect(lost.again?.hasSuffix("SL40.yaml --simulate --seed 1") == true)
        let cell = try #require(tally.outcomes[0].cells.first { $0.guarantee == "convergence" })
        #expect(cell.found == "P" && cell.state == .violated)
    }

    @Test("a promise that a random search sees broken is told, and is run again by its command")
    func randomSearch() async throws {
        var rows = try rows(["SL02"])
        rows[0].marks[.readYourWrites] = .kept
        let tally = try await run(rows, seeds: 1, random: 30)
        let flaw = try #require(
            tally.outcomes[0].flaws.first { $0.words.contains("SL02.yaml random: read-your-writes") })
        #expect(flaw.state == .violated)
        let seed = try #require(flaw.again?.split(separator: " ").last.flatMap { UInt64($0) })
        #expect(flaw.again?.contains("--simulate --random --swarm --seed") == true)
        let again = try SeedSimulation(
            file: "\(CommittedCatalogue.workloads)/oracle/SL02.yaml", isSwarm: true, isRandomSearch: true)
        let verdicts = try again.run(seed: seed).verdicts.verdicts
        #expect(verdicts.first { $0.guarantee == .readYourWrites }?.judgement == .invalid)
    }

    @Test("rows that are missing or cut short are never met")
    func missing() async throws {
        var row = try rows(["SL01"])[0]
        row.id = "ZZ99"
        let missing = try await run([row], seeds: 1)
        #expect(missing.outcomes[0].state == .missing && missing.exitCode == .unknown)
        let cut = try await run(try rows(["SL01"]), seeds: 1, isInterrupted: true)
        #expect(cut.outcomes[0].state != .met && cut.exitCode == .unknown)
    }

    @Test("what was done is remembered, and counts as if it had been done again")
    func resumed() async throws {
        let place = FileManager.default.temporaryDirectory.path + "/inquest-oracle-\(UInt64.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: place) }
        let rows = try rows(["SL40"])
        let first = try await run(rows, seeds: 25, resume: place)
        let file = "\(place)/oracle.jsonl"
        let text = try String(contentsOfFile: file, encoding: .utf8)
        // Twenty and five seeds of the scenario, and of its twin.
        #expect(text.split(separator: "\n").count == 4)
        // The stretches of five were cut off by a power cut, and those of twenty say what did not happen.
        let kept =
            text.split(separator: "\n").filter { $0.contains(" 1 20\"") }.joined(separator: "\n") + "\n{\"key\""
        try kept.replacing(
            "\"invalid\":20,\"unknown\":0,\"valid\":0", with: "\"invalid\":19,\"unknown\":0,\"valid\":1"
        ).write(toFile: file, atomically: true, encoding: .utf8)
        let second = try await run(rows, seeds: 25, resume: place)
        #expect(second.outcomes[0].directedSeeds == first.outcomes[0].directedSeeds)
        #expect(first.outcomes[0].state == .met)
        #expect(second.outcomes[0].flaws.isEmpty == false, "what is remembered is believed")
    }
}
