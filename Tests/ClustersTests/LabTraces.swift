import Foundation
import HostProcesses
import Testing

@testable import Clusters

/// Why no lab can be made here; nil when one can.
let labProblem = LocalLab.unavailability()

extension Trait where Self == ConditionTrait {
    /// For tests that make a lab.
    static var needsNamespaces: Self {
        .enabled(if: labProblem == nil, Comment(rawValue: labProblem?.description ?? ""))
    }
}

/// Everything a lab can leave on this machine, looked up without the lab's own records.
struct LabTraces: Equatable, CustomStringConvertible {
    var processes: [String] = []
    var interfaces: [String] = []
    var mounts: [String] = []
    var directories: [String] = []

    /// What there is of a lab now.
    init(_ id: String) {
        processes = Self.processes(id)
        interfaces = Self.lines(of: ["ip", "-o", "link"]).filter {
            $0.contains("iq\(id):") || $0.contains("iq\(id)@")
        }
        let mounted = (try? String(contentsOfFile: "/proc/mounts", encoding: .utf8)) ?? ""
        mounts = mounted.split(separator: "\n").map(String.init).filter { $0.contains("/\(id)/") }
        for directory in [LabPlace.runDirectory, LabPlace.diskDirectory] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            directories += names.filter { $0 == id || $0.hasSuffix("-\(id)") }
        }
    }

    var isEmpty: Bool { processes + interfaces + mounts + directories == [] }

    var description: String { (processes + interfaces + mounts + directories).joined(separator: "\n") }

    /// Processes whose mounts, command line or environment name the lab's directories.
    static func processes(_ id: String) -> [String] {
        ProcessStat.all().map(\.identity.pid).filter { pid in
            ["mountinfo", "cmdline", "environ"].contains { file in
                let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/\(file)") ?? Data()
                return String(decoding: bytes, as: UTF8.self).contains("labs/\(id)/")
            }
        }.map { "\($0) \(commandLine(of: $0))" }
    }

    static func lines(of command: [String]) -> [String] {
        let output = (try? runCommand(command).standardOutput) ?? ""
        return output.split(separator: "\n").map(String.init)
    }
}

/// What of this machine no lab may change, as far as it cannot change by what runs beside the tests.
func machineState() throws -> [String] {
    let forwarding = try String(contentsOfFile: "/proc/sys/net/ipv4/ip_forward", encoding: .utf8)
    let inner = ["lab0", "uplink", "n1", "n2", "n3"].filter(interfaceExists)
    return [forwarding] + inner + LabTraces.lines(of: ["ip", "-4", "route", "show", "default"])
}

/// Asks until the answer is yes, at most for the time given.
func becomesTrue(within seconds: Double = 5, _ isTrue: () async throws -> Bool) async throws -> Bool {
    let end = ContinuousClock.now + .seconds(seconds)
    while try await !isTrue() {
        guard ContinuousClock.now < end else { return false }
        try await Task.sleep(for: .milliseconds(10))
    }
    return true
}

/// The plain client with strict host key checking and nothing of this user's own configuration.
func ssh(_ host: ClusterHost, _ command: String, options: [String] = [], knownHosts: String? = nil) async throws
    -> CommandOutput
{
    guard case .keyFile(let key, _) = host.identity else { preconditionFailure("labs have key files") }
    let words =
        [
            "ssh", "-F", "/dev/null", "-i", key, "-p", "\(host.port)", "-o", "BatchMode=yes",
            "-o", "IdentitiesOnly=yes", "-o", "StrictHostKeyChecking=yes",
            "-o", "UserKnownHostsFile=\(knownHosts ?? host.knownHosts)",
            "-o", "GlobalKnownHostsFile=/dev/null", "-o", "ConnectTimeout=5",
        ] + options + ["\(host.user)@\(host.address)", command]
    return try await onOwnThread { try runCommand(words) }
}

extension Lab {
    /// The output of a shell line on a host, without the last newline; an error when it fails.
    func shell(_ host: String, _ line: String) async throws -> String {
        let command = ["bash", "-c", line]
        let output = try await run(host, command).checked(command).standardOutput
        return String(output.trimmingSuffix(while: \.isNewline))
    }

    /// Whether a TCP connection from one host to another is answered within a second.
    func reaches(_ from: String, _ to: String, port: Int = 22) async throws -> Bool {
        let line = "exec 3<>/dev/tcp/\(to)/\(port) && head -c 4 <&3"
        return try await run(from, ["timeout", "1", "bash", "-c", line]).standardOutput == "SSH-"
    }
}

extension String {
    fileprivate func trimmingSuffix(while isTrimmed: (Character) -> Bool) -> Substring {
        var end = endIndex
        while end > startIndex, isTrimmed(self[index(before: end)]) { end = index(before: end) }
        return self[..<end]
    }
}
