import Foundation
import HostProcesses
import RunStore
import Testing

@testable import Clusters

/// What happens when something fails: one lab of three hosts for all of it, one run at a time.
@Suite(.serialized, .needsFailureLab, .onFailureLab)
struct FailureTests {}

/// A lab made by `inquest lab up`, and `inquest` used on it as a user would.
struct FailureLab: Sendable {
    /// The lab of the suite that runs.
    @TaskLocal static var current: FailureLab?

    static let root = String(#filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 })
    static let programs = ProcessInfo.processInfo.environment["INQUEST_PROGRAMS"] ?? root + "/.build/release"

    static let hosts = ["n1", "n2", "n3"]
    var id: String
    var hostsFile: String

    /// Why there can be no lab here; in CI everything must be there.
    static let problem: String? = {
        if ProcessInfo.processInfo.environment["CI"] != nil { return nil }
        for name in ["inquest", "inquest-agent", "node-single"]
        where !FileManager.default.isExecutableFile(atPath: "\(programs)/\(name)") {
            return "\(programs)/\(name) is not there: swift build -c release --static-swift-stdlib"
        }
        return LocalLab.unavailability()?.description
    }()

    static func up() async throws -> FailureLab {
        let command = ["lab", "up", "--hosts", "\(hosts.count)"]
        let text = try await inquest(command).checked(command).standardOutput
        let file = try #require(text.split(separator: "hosts file: ").last)
        return FailureLab(
            id: String(text.prefix { $0 != ":" }), hostsFile: String(file.prefix { $0 != "\n" }))
    }

    func down() async throws {
        let command = ["lab", "down", "--lab", id]
        _ = try await Self.inquest(command).checked(command)
        #expect(!FileManager.default.fileExists(atPath: "/run/inquest/labs/\(id)"))
    }

    /// Runs `inquest` in the package's root to its end.
    static func inquest(_ arguments: [String]) async throws -> CommandOutput {
        try await command([programs + "/inquest"] + arguments)
    }

    static func command(_ words: [String], deadlineSeconds: Double = 100) async throws -> CommandOutput {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result { try runCommand(["env", "-C", root] + words, deadlineSeconds: deadlineSeconds) })
            }
        }
    }

    /// Runs a shell script on a host, in all its namespaces.
    func on(_ host: String, _ script: String) async throws -> CommandOutput {
        try await Self.inquest(["lab", "exec", "--lab", id, host, "--", "sh", "-c", script])
    }

    /// Runs a workload of these tests; the run's directory goes to `out`, by default one that goes with the result.
    func run(
        _ workload: String, hosts: String? = nil, programs: String = programs, out: String? = nil,
        sabotage: String? = nil
    ) async throws -> FailureRun {
        let scratch = try FailureScratch()
        let reports = out ?? scratch.path
        let output = try await Self.inquest(
            ["run", "Tests/Workloads/\(workload).yaml", "--hosts", hosts ?? hostsFile]
                + ["--programs", programs, "--out", reports, "--seed", "7"]
                + (sabotage.map { ["--sabotage", $0] } ?? []))
        return FailureRun(output: output, reports: reports, scratch: scratch)
    }

    /// What is on the hosts that was not there before any run, but for programs and the agent's own records.
    func leftovers() async throws -> [String] {
        let script = """
            nft list tables
            for p in /proc/[0-9]*; do
                case "$(readlink $p/exe)" in */bin/*-node-single | */bin/*-inquest-agent) readlink $p/exe ;; esac
                case "$(sed 's/.*) //' $p/stat 2> /dev/null)" in [Tt]*) echo "$p is stopped" ;; esac
            done
            find /var/lib/inquest/runs -mindepth 1 2> /dev/null
            find /run/inquest -mindepth 1 2> /dev/null
            ls -A /var/lib/inquest | grep -vxE 'bin|agent|runs'
            echo looked
            """
        var found: [String] = []
        for host in Self.hosts {
            let output = try await on(host, script)
            let lines = output.standardOutput.split(separator: "\n").map { "\(host): \($0)" }
            if !lines.contains("\(host): looked") { found.append("\(host): \(output.standardError)") }
            found += lines.filter { $0 != "\(host): looked" }
        }
        return found
    }
}

/// One `inquest run` with what it printed and what it left.
struct FailureRun {
    var output: CommandOutput
    var reports: String
    let scratch: FailureScratch

    /// All that was printed, for messages.
    var said: Comment { Comment(rawValue: output.standardError + output.standardOutput) }
    /// All that was printed.
    var text: String { output.standardError + output.standardOutput }

    func stored() throws -> StoredRun {
        let names = try FileManager.default.contentsOfDirectory(atPath: reports)
        return try StoredRun.load("\(reports)/\(try #require(names.first))")
    }
}

/// A directory that goes with its test.
final class FailureScratch: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/inquest-failure-\(UInt64.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Makes the lab before the first test of the suite and removes it after the last.
struct FailureLabTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        let lab = try await FailureLab.up()
        do {
            try await FailureLab.$current.withValue(lab) { try await function() }
        } catch {
            try await lab.down()
            throw error
        }
        try await lab.down()
    }
}

extension Trait where Self == FailureLabTrait {
    static var onFailureLab: Self { FailureLabTrait() }
}

/// The lab of the suite; a test that has none fails.
func failureLab() throws -> FailureLab { try #require(FailureLab.current) }

extension Trait where Self == ConditionTrait {
    static var needsFailureLab: Self {
        .enabled(if: FailureLab.problem == nil, Comment(rawValue: FailureLab.problem ?? ""))
    }
}
