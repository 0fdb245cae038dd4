import Foundation
import HostProcesses
import Testing

/// What happens when something fails: one lab of three hosts for all of it, one run at a time.
@Suite(.serialized, .needsProgramsAndLab, .onFailureLab)
struct FailureTests {}

/// A lab made by `inquest lab up`, and `inquest` used on it as a user would.
struct FailureLab: Sendable {
    /// The lab of the suite that runs.
    @TaskLocal static var current: FailureLab?

    static let hosts = ["n1", "n2", "n3"]
    var id: String
    var hostsFile: String

    static func up() async throws -> FailureLab {
        let command = ["lab", "up", "--hosts", "\(hosts.count)"]
        let text = try await Inquest.run(command).checked(command).standardOutput
        let file = try #require(text.split(separator: "hosts file: ").last)
        return FailureLab(
            id: String(text.prefix { $0 != ":" }), hostsFile: String(file.prefix { $0 != "\n" }))
    }

    func down() async throws {
        let command = ["lab", "down", "--lab", id]
        _ = try await Inquest.run(command).checked(command)
        #expect(!FileManager.default.fileExists(atPath: "/run/inquest/labs/\(id)"))
    }

    /// Runs a shell script on a host, in all its namespaces.
    func on(_ host: String, _ script: String) async throws -> CommandOutput {
        try await Inquest.run(["lab", "exec", "--lab", id, host, "--", "sh", "-c", script])
    }

    /// Runs a workload of these tests; the run's directory goes to `out`, by default one that goes with the result.
    func run(
        _ workload: String, hosts: String? = nil, programs: String = Inquest.programs, out: String? = nil,
        sabotage: String? = nil
    ) async throws -> FinishedRun {
        let words = ["Tests/Workloads/\(workload).yaml", "--hosts", hosts ?? hostsFile, "--programs", programs]
        return try await FinishedRun(
            words: words + ["--seed", "7"] + (sabotage.map { ["--sabotage", $0] } ?? []), out: out)
    }

    /// What is on the hosts that was not there before any run, but for programs and the agent's own records.
    func leftovers() async throws -> [String] {
        let script = """
            nft list tables
            tc qdisc show | grep 1a5f:
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
