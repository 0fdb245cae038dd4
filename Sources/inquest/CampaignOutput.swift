import ArgumentParser
import Foundation
import Reports
import RunStore
import Runner
import Synchronization

/// Where the table of a campaign goes.
struct CampaignOutput: ParsableArguments {
    @Flag(help: "Print the table as JSON instead of text; progress goes to standard error.")
    var json = false

    @Option(help: ArgumentHelp("Write the table as a page, too.", valueName: "file"))
    var html: String?

    /// Writes the table where it is wanted.
    func write(_ text: String, _ value: some Encodable, _ page: CampaignPage) throws {
        if json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            standardOutput(Array(try encoder.encode(value)) + [UInt8(ascii: "\n")])
        } else {
            standardOutput(text)
        }
        guard let html else { return }
        do {
            try Data(page.bytes).write(to: URL(filePath: html), options: .atomic)
        } catch {
            throw RunFailure(.storage, "\(html) cannot be written: \(error.localizedDescription)")
        }
        if !json { standardOutput("page:  \(html)\n") }
    }
}

/// What a campaign came to, for people and for programs.
protocol CampaignReport: Encodable {
    associatedtype Tally: Sendable
    /// `isWhole`: whether it went to its end.
    init(tally: Tally, seconds: Double, again: String, isWhole: Bool)
    var isWhole: Bool { get }
    /// Of what was run.
    var found: RunStore.ExitCode { get }
    var text: String { get }
    var page: CampaignPage { get }
}

extension CampaignReport {
    /// What was not run may be otherwise.
    var exitCode: RunStore.ExitCode { found == .met && !isWhole ? .unknown : found }
}

extension CampaignOutput {
    /// Runs a campaign to its end or until somebody interrupts it, says how far it is, and writes what it came to.
    ///
    /// Always throws: the exit code, or what went wrong. `what` is counted; `again`: how to run the same again.
    func run<Report: CampaignReport>(
        _ report: Report.Type, of what: String, again: String,
        _ campaign: (_ workers: Int, _ progress: @escaping @Sendable (Int, Int) -> Void) async throws ->
            Report.Tally
    ) async throws {
        let start = ContinuousClock.now
        let line = CountLine(of: what)
        let tally = try await withInterruption {
            try await campaign(ProcessInfo.processInfo.activeProcessorCount, line.show)
        }
        line.end()
        let report = Report(
            tally: tally, seconds: (ContinuousClock.now - start) / .seconds(1), again: again,
            isWhole: !interruption.isRequested)
        try write(report.text, report, report.page)
        throw ArgumentParser.ExitCode(report.exitCode.rawValue)
    }
}

/// How many of many are done: one line that is rewritten in a terminal, a line now and then elsewhere.
final class CountLine: Sendable {
    private let what: String
    private let start = ContinuousClock.now
    private let last = Mutex(ContinuousClock.now - .seconds(60))
    private let isOpen = isTerminal(2)

    /// `what` is counted, such as `rows`.
    init(of what: String) { self.what = what }

    /// Tells that so many are done.
    func show(_ done: Int, of count: Int) {
        let isDue = last.withLock { last in
            guard done == count || .now - last >= (isOpen ? .milliseconds(100) : .seconds(10)) else { return false }
            last = .now
            return true
        }
        guard isDue else { return }
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        let left = done > 0 ? "  about \(Int(seconds / Double(done) * Double(count - done))) s left" : ""
        let line = "\(done) of \(count) \(what)\(done < count ? left : "")"
        if isOpen { writeError("\r\u{1B}[2K\(line)") } else { standardError("  \(line)") }
    }

    func end() { if isOpen { writeError("\r\u{1B}[2K") } }
}
