import Checkers
import Foundation
import SSHTransport
import Synchronization
import Workloads

/// Runs the rows of the verdict matrix in simulation, on all cores: scenario, repaired twin, random search.
public struct OracleCampaign: Sendable {
    /// So many seeds of a unit, done at a stretch.
    private struct Job: Sendable {
        var unit: Int
        var first: UInt64
        var count: Int
    }

    private let rows: [OracleMatrix.Row]
    private let units: [OracleUnit]
    private let jobs: [Job]
    private let progressFile: OracleProgress?

    /// Seeds that are done, and remembered, at a stretch.
    private static let stretch = 20

    /// `workloads`: the directory with `oracle/`. `resume`: a directory that remembers what was done, for a campaign that
    /// may be stopped and begun again. Without `random` only the scenarios and their twins are run.
    public init(
        _ rows: [OracleMatrix.Row], workloads: String, firstSeed: UInt64 = 1, seeds: Int, random: Int,
        resume: String? = nil
    ) throws(RunFailure) {
        self.rows = rows
        var units: [OracleUnit] = []
        let files = MutantCatalogue.files(in: "\(workloads)/oracle")
        for row in rows { units += try Self.units(row, files, random: random > 0) }
        self.units = units
        jobs = units.indices.flatMap { place in
            let count = units[place].purpose == .random ? random : seeds
            return stride(from: 0, to: count, by: Self.stretch).map { start in
                Job(unit: place, first: firstSeed &+ UInt64(start), count: min(Self.stretch, count - start))
            }
        }
        progressFile = try resume.map { path throws(RunFailure) in try OracleProgress(directory: path) }
    }

    private static func units(
        _ row: OracleMatrix.Row, _ files: [String], random: Bool
    ) throws(RunFailure) -> [OracleUnit] {
        var units: [OracleUnit] = []
        for file in files {
            let name = String(file.split(separator: "/").last?.dropLast(5) ?? "")
            guard OracleMatrix.row(ofFile: name) == row.id else { continue }
            let workload = try loadWorkload(file)
            guard !name.hasSuffix("-repaired") else {
                units.append(try OracleUnit(row: row.id, workload, .repaired, marks: [:]))
                continue
            }
            units.append(try OracleUnit(row: row.id, workload, .directed, marks: row.marks))
            if random { units.append(try OracleUnit(row: row.id, workload, .random, marks: row.marks)) }
        }
        // A twin alone shows nothing of its row.
        return units.contains { $0.purpose == .directed } ? units : []
    }

    /// Runs all of it with so many workers; tells `progress` how many seeds are done of how many.
    public func run(
        workers: Int, isInterrupted: @escaping @Sendable () -> Bool,
        progress: @escaping @Sendable (Int, Int) -> Void
    ) async throws -> OracleTally {
        let shared = Shared(units.count)
        let all = jobs.reduce(0) { $0 + $1.count }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<max(1, workers) {
                group.addTask {
                    while !isInterrupted() {
                        let place = shared.next.add(1, ordering: .relaxed).oldValue
                        guard place < jobs.count else { return }
                        guard let count = try run(jobs[place], isInterrupted) else { return }
                        shared.counts.withLock { $0[jobs[place].unit].add(count) }
                        progress(shared.done.add(count.seeds, ordering: .relaxed).newValue, all)
                    }
                }
            }
            try await group.waitForAll()
        }
        return tally(shared.counts.withLock { $0 })
    }

    /// Does a job, unless it was done before; `nil` if it was cut short.
    private func run(_ job: Job, _ isInterrupted: () -> Bool) throws(RunFailure) -> OracleCount? {
        let unit = units[job.unit]
        if let known = progressFile?.count(of: unit, first: job.first, count: job.count) { return known }
        var count = OracleCount()
        for place in 0..<job.count {
            guard !isInterrupted() else { return nil }
            count.add(try unit.run(seed: job.first &+ UInt64(place)))
        }
        try progressFile?.note(count, of: unit, first: job.first)
        return count
    }

    private func tally(_ counts: [OracleCount]) -> OracleTally {
        OracleTally(
            outcomes: rows.map { row in
                let own = zip(units, counts).filter { $0.0.row == row.id }
                return own.isEmpty ? OracleOutcome(missing: row) : OracleOutcome(row, own.map { ($0.0, $0.1) })
            })
    }

    private final class Shared: Sendable {
        let next = Atomic<Int>(0)
        let done = Atomic<Int>(0)
        let counts: Mutex<[OracleCount]>

        init(_ count: Int) { counts = Mutex(Array(repeating: OracleCount(), count: count)) }
    }
}

/// What a campaign has done, in a file with a line for each stretch of seeds.
///
/// A line counts as long as the program and the workload file are the very same: what other code withstood says nothing.
final class OracleProgress: Sendable {
    private struct Line: Codable {
        var key: String
        var count: OracleCount
    }

    private let path: String
    private let program: String
    private let known: [String: OracleCount]
    private let hashes = Mutex<[String: String]>([:])
    private let writing = Mutex(())

    init(directory: String) throws(RunFailure) {
        path = "\(directory)/oracle.jsonl"
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            if !FileManager.default.fileExists(atPath: path) { try Data().write(to: URL(filePath: path)) }
        } catch {
            throw RunFailure(.storage, "\(directory) cannot be written: \(error.localizedDescription)")
        }
        do throws(SSHError) {
            program = try SHA256Digest.hex(ofFile: "/proc/self/exe")
        } catch {
            throw RunFailure(.storage, "the program cannot be read: \(error.detail)")
        }
        let lines = try readText(path).split(separator: "\n")
        // A line that was cut off in its middle was never finished, and is done again.
        let read = lines.compactMap { try? JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
        known = Dictionary(read.map { ($0.key, $0.count) }) { $1 }
    }

    func count(of unit: OracleUnit, first: UInt64, count: Int) -> OracleCount? {
        known[key(unit, first, count)]
    }

    func note(_ count: OracleCount, of unit: OracleUnit, first: UInt64) throws(RunFailure) {
        let line = Line(key: key(unit, first, count.seeds), count: count)
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let bytes = try encoder.encode(line) + Data("\n".utf8)
            try writing.withLock { _ in
                let handle = try FileHandle(forWritingTo: URL(filePath: path))
                defer { try? handle.close() }
                try handle.seekToEnd()
                try handle.write(contentsOf: bytes)
            }
        } catch {
            throw RunFailure(.storage, "\(path) cannot be written: \(error.localizedDescription)")
        }
    }

    private func key(_ unit: OracleUnit, _ first: UInt64, _ count: Int) -> String {
        let hash = hashes.withLock { hashes in
            if let known = hashes[unit.file] { return known }
            let text = (try? SHA256Digest.hex(ofFile: unit.file)) ?? "none"
            hashes[unit.file] = text
            return text
        }
        return "\(program.prefix(16)) \(hash.prefix(16)) \(unit.purpose.rawValue) \(first) \(count)"
    }
}
