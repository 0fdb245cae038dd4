import ArgumentParser
import Checkers
import Foundation
import Glibc
import RunStore
import Runner
import Synchronization

/// Many seeds of one workload in simulation, side by side on all cores; nothing of them is stored.
struct SeedsRun {
    var workload: String
    var first: UInt64
    var count: Int
    var isSwarm: Bool
    var isRandomSearch = false
    var options: [SystemSetting] = []

    /// Runs them, or as many as there is time for before Ctrl-C.
    func run() async throws -> SeedTally {
        let simulation = try SeedSimulation(
            file: workload, isSwarm: isSwarm, isRandomSearch: isRandomSearch, options: options)
        let shared = Shared()
        let clock = ContinuousClock.now
        let progress = Task { await shared.report(of: count, since: clock) }
        defer { progress.cancel() }
        try await withInterruption {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<ProcessInfo.processInfo.activeProcessorCount {
                    group.addTask { try work(simulation, shared) }
                }
                try await group.waitForAll()
            }
        }
        return shared.tally.withLock { $0 }
    }

    private func work(_ simulation: SeedSimulation, _ shared: Shared) throws {
        while !interruption.isRequested {
            let place = shared.next.add(1, ordering: .relaxed).oldValue
            guard place < count else { return }
            let run = try simulation.run(seed: first &+ UInt64(place))
            shared.tally.withLock { $0.add(run) }
        }
    }

    /// What the workers share.
    private final class Shared: Sendable {
        let next = Atomic<Int>(0)
        let tally = Mutex(SeedTally())

        func report(of count: Int, since start: ContinuousClock.Instant) async {
            while (try? await Task.sleep(for: .seconds(isTerminal(2) ? 1 : 10))) != nil {
                let done = tally.withLock { $0.seeds }
                let seconds = (ContinuousClock.now - start) / .seconds(1)
                let left = done > 0 ? "  \(Int(seconds / Double(done) * Double(count - done))) s left" : ""
                let line = "\(done) of \(count) seeds\(left)"
                if isTerminal(2) { writeError("\r\u{1B}[2K\(line)") } else { standardError("  \(line)") }
            }
            if isTerminal(2) { writeError("\r\u{1B}[2K") }
        }
    }

    // MARK: What came of it

    /// For a terminal.
    func text(_ tally: SeedTally, wall: Double, cpu: Double) -> String {
        let width = tally.counts.map(\.guarantee.rawValue.count).max() ?? 0
        var lines = tally.counts.map { count in
            let name = count.guarantee.rawValue.padding(toLength: width, withPad: " ", startingAt: 0)
            let answers = [("valid", count.valid), ("invalid", count.invalid), ("unknown", count.unknown)]
                .filter { $0.1 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: ", ")
            let note = count.expected == .any ? "either expected" : "expected \(count.expected.rawValue)"
            let place = count.firstInvalid.map { ", invalid first with seed \($0)" } ?? ""
            let judged =
                count.flaw == nil ? note : "NOT AS EXPECTED (\(note))\(count.expected == .valid ? place : "")"
            let doubt = count.firstUnknown.map { ", unknown first with seed \($0)" } ?? ""
            return "\(name)  \(answers)  \(judged)\(doubt)\(count.reason.map { ": \($0)" } ?? "")"
        }
        if let failed = tally.failed { lines.append("seed \(failed.seed): \(failed.problem)") }
        let rate = wall > 0 ? Int(Double(tally.seeds) / wall * 60) : 0
        let speed = cpu > 0 ? Int(Double(tally.operations) / cpu) : 0
        lines += [
            "",
            "\(tally.seeds) seeds from \(first): \(tally.operations) operations in "
                + String(format: "%.1f s", wall)
                + " (\(rate) seeds a minute, \(speed) operations per second of CPU)",
            Self.outcome(tally),
        ]
        if let seed = tally.telling { lines.append("again: \(command(seed: seed))") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func outcome(_ tally: SeedTally) -> String {
        let unknown =
            tally.seedsWithUnknown > 0 ? "; something was unknown in \(tally.seedsWithUnknown) of the seeds" : ""
        let met = tally.exitCode == .met ? "As expected" : "Not as expected"
        return "\(met)\(unknown) (exit code \(tally.exitCode.rawValue))"
    }

    func command(seed: UInt64) -> String {
        var command = RunOptions(workload: workload, seed: seed, place: .simulation)
        command.isSwarm = isSwarm
        command.isRandomSearch = isRandomSearch
        command.systemOptions = options
        return command.command
    }

    /// For programs.
    func json(_ tally: SeedTally) throws -> [UInt8] {
        struct Outcome: Encodable {
            var workload: String
            var firstSeed: UInt64
            var seeds: Int
            var seedsWithUnknown: Int
            var operations: Int
            var guarantees: [SeedTally.Count]
            var exitCode: RunStore.ExitCode
            var again: String?
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let outcome = Outcome(
            workload: workload, firstSeed: first, seeds: tally.seeds,
            seedsWithUnknown: tally.seedsWithUnknown, operations: tally.operations, guarantees: tally.counts,
            exitCode: tally.exitCode, again: tally.telling.map(command))
        return Array(try encoder.encode(outcome)) + [UInt8(ascii: "\n")]
    }
}

/// Seconds of processor time that this process has used.
func processorSeconds() -> Double {
    var time = timespec()
    guard unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return 0 }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
