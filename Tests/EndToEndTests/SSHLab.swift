import Foundation
import HostProcesses
import Testing

/// A lab of the test's own, made by `inquest lab up`, and a directory for what the test writes.
struct SSHLab: Sendable {
    var id: String
    /// The hosts file that the lab wrote.
    var hostsFile: String
    /// Removed with the lab.
    var scratch: String

    var hostsText: String {
        get throws { try String(contentsOfFile: hostsFile, encoding: .utf8) }
    }

    /// Runs a shell script on a host.
    @discardableResult
    func shell(_ host: String, _ script: String, input: String = "", seconds: Double = 30) throws -> String {
        let command = [Inquest.program, "lab", "exec", host, "--lab", id, "--", "sh", "-c", script]
        return try runCommand(command, input: Array(input.utf8), deadlineSeconds: seconds).checked(command)
            .standardOutput
    }

    /// Runs the short workload against hosts of a file with this text; `names` is what it sees as `/etc/hosts`.
    func run(
        _ hosts: String, names: String? = nil, environment: [String: String] = [:], seconds: Double = 120
    ) throws -> SSHRun {
        let file = "\(scratch)/hosts-\(UUID().uuidString).yaml"
        try hosts.write(toFile: file, atomically: true, encoding: .utf8)
        let reports = "\(scratch)/reports-\(UUID().uuidString)"
        let workload = "\(Inquest.root)/Tests/Workloads/ssh-short.yaml"
        var words: [String] = []
        if let names {
            let file = "\(scratch)/names-\(UUID().uuidString)"
            try names.write(toFile: file, atomically: true, encoding: .utf8)
            words = ["unshare", "--mount", "sh", "-c", #"mount --bind "$0" /etc/hosts && exec "$@""#, file]
        }
        let output = try runCommand(
            words + [Inquest.program, "run", workload, "--hosts", file, "--out", reports]
                + ["--programs", Inquest.programs, "--seed", "7"],
            environment: ProcessInfo.processInfo.environment.merging(environment) { $1 },
            deadlineSeconds: seconds)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: reports)) ?? []
        return SSHRun(output: output, directory: names.first.map { "\(reports)/\($0)" } ?? reports)
    }

    /// Processes of ours on a host, files of uploads that were not finished, and network rules: what no run may leave.
    func leftovers(on host: String) throws -> String {
        try shell(
            host,
            """
            left() {
                for d in /proc/[0-9]*; do
                    case $(readlink "$d/exe") in */bin/*-node-single|*/bin/*-inquest-agent) readlink "$d/exe";; esac
                done
                find /var/lib/inquest -name '.inquest-upload.*'
                find /var/lib/inquest -path '*/runs/*/n[0-9]'
                nft list tables | grep inquest
            }
            # On a busy machine a process that ends takes its time.
            for try in $(seq 10); do
                found=$(left) || true
                [ -n "$found" ] || exit 0
                sleep 0.5
            done
            echo "$found"
            """)
    }
}

/// How a run ended.
struct SSHRun: Sendable {
    var output: CommandOutput
    /// What the run left.
    var directory: String

    var text: String { output.standardError + output.standardOutput }

    /// A file of the run, empty if there is none.
    func file(_ name: String) -> String {
        (try? String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)) ?? ""
    }
}

/// Gives `body` a lab, and removes it however `body` ends.
func withSSHLab<Value: Sendable>(
    hosts: Int = 3, hostKeys: String? = nil, _ body: (SSHLab) async throws -> Value
) async throws -> Value {
    let scratch = "\(NSTemporaryDirectory())/inquest-ssh-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: scratch) }
    var command = [Inquest.program, "lab", "up", "--hosts", "\(hosts)"]
    if let hostKeys { command += ["--host-keys", hostKeys] }
    let words = try runCommand(command, deadlineSeconds: 60).checked(command).standardOutput
    let id = try #require(words.split(separator: ":").first.map(String.init))
    defer { _ = try? runCommand([Inquest.program, "lab", "down", "--lab", id], deadlineSeconds: 60) }
    let file = try #require(words.split(separator: "\n").last?.split(separator: " ").last.map(String.init))
    return try await body(SSHLab(id: id, hostsFile: file, scratch: scratch))
}
