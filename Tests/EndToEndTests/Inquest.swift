import Foundation
import HostProcesses
import RunStore
import Testing

@testable import Clusters

/// The root of all suites here: they share the machine, so one run at a time.
@Suite("End to end", .serialized, .needsProgramsAndLab)
struct EndToEnd {}

/// The release programs, used as a user would.
enum Inquest {
    /// The package's root directory, where commands are given.
    static let root = String(#filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 })
    /// Where the release programs are.
    static let programs = ProcessInfo.processInfo.environment["INQUEST_PROGRAMS"] ?? root + "/.build/release"
    static let program = programs + "/inquest"

    /// Why nothing can run here; nil when it can. In CI everything must be there.
    static let problem: String? = {
        if ProcessInfo.processInfo.environment["CI"] != nil { return nil }
        for name in ["inquest", "inquest-agent", "node-single"]
        where !FileManager.default.isExecutableFile(atPath: "\(programs)/\(name)") {
            return "\(programs)/\(name) is not there: swift build -c release --static-swift-stdlib"
        }
        return LocalLab.unavailability()?.description
    }()

    /// Runs a command of `inquest` in the package's root, or in `directory`.
    static func run(
        _ arguments: [String], in directory: String = root, program: String = program, deadlineSeconds: Double = 120
    ) async throws -> CommandOutput {
        try await command([program] + arguments, in: directory, deadlineSeconds: deadlineSeconds)
    }

    /// Runs any command there.
    static func command(
        _ words: [String], in directory: String = root, deadlineSeconds: Double = 120
    ) async throws -> CommandOutput {
        try await onOwnThread {
            try runCommand(["env", "-C", directory] + words, deadlineSeconds: deadlineSeconds)
        }
    }
}

extension Trait where Self == ConditionTrait {
    /// For tests that run the release programs on a lab of this machine.
    static var needsProgramsAndLab: Self {
        .enabled(if: Inquest.problem == nil, Comment(rawValue: Inquest.problem ?? ""))
    }
}

/// A directory that goes with its test.
final class Scratch: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/inquest-e2e-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file into it and gives its path.
    func file(_ name: String, _ text: String) throws -> String {
        try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
        return "\(path)/\(name)"
    }
}

/// One `inquest run`, what it printed and what it left.
struct FinishedRun {
    let output: CommandOutput
    /// The run's directory; empty if there is none.
    let directory: String
    private let scratch: Scratch

    init(_ workload: String, _ options: String...) async throws {
        try await self.init(words: [workload] + options)
    }

    /// The words behind `inquest run`; where the report goes is added: by default a directory that goes with this.
    init(words: [String], out: String? = nil) async throws {
        scratch = try Scratch()
        let reports = out ?? scratch.path
        output = try await Inquest.run(["run"] + words + ["--out", reports])
        let names = try FileManager.default.contentsOfDirectory(atPath: reports)
        directory = names.first.map { "\(reports)/\($0)" } ?? ""
    }

    func stored() throws -> StoredRun { try StoredRun.load(directory) }

    /// All that was printed.
    var text: String { output.standardError + output.standardOutput }
    /// The same for messages.
    var said: Comment { Comment(rawValue: text) }

    /// What DESIGN.md says a run leaves and is not there, or is empty and must not be.
    func missingFiles(nodes: [String], hasFaults: Bool) -> [String] {
        var wanted = ["index.html", "verdict.json", "history.jsonl", "run.json", "junit.xml", "summary.md"]
        wanted += nodes.map { "nodes/\($0)/stdout.log" }
        if hasFaults { wanted.append("faults.jsonl") }
        return wanted.filter { FileManager.default.contents(atPath: "\(directory)/\($0)")?.isEmpty != false }
    }
}

/// What a run's lab left on this machine, given some time for labs that others just make or remove.
func leftovers(of run: StoredRun, patience: Duration = .seconds(20)) async throws -> [String] {
    guard let record = run.record, record.place.kind == .lab else { return ["\(run.path) names no lab"] }
    let lab = LabPlace(id: record.place.detail)
    let end = ContinuousClock.now + patience
    while true {
        let left = traces(of: lab, id: record.place.detail) + processes(naming: run.path)
        guard !left.isEmpty, ContinuousClock.now < end else { return left }
        try await Task.sleep(for: .milliseconds(50))
    }
}

/// The lab's traces; a lab of the same number that a living controller has made since is none of them.
private func traces(of lab: LabPlace, id: String) -> [String] {
    if let record = LabRecord.load(lab), !record.isStale { return [] }
    let paths = [lab.directory, lab.disks, "/sys/class/net/iq\(id)"]
    return paths.filter(FileManager.default.fileExists)
}

/// Processes that were started for the run: their command lines name its directory.
private func processes(naming path: String) -> [String] {
    let name = "/runs/\(path.split(separator: "/").last ?? "")/"
    let pids = (try? FileManager.default.contentsOfDirectory(atPath: "/proc"))?.compactMap(Int32.init) ?? []
    return pids.compactMap { pid in
        let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
        let text = String(decoding: line.map { $0 == 0 ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
        return text.contains(name) ? "\(pid) \(text)" : nil
    }
}
