import Foundation
import Glibc
import HostProcesses
import Synchronization

@testable import Systems

/// This machine as a host: commands and processes of its own, in one temporary directory.
final class LocalHost: HostAccess {
    /// A process that a killed test run leaves behind ends by itself after this many seconds.
    private static let maximumLife = 120

    private let processes = Mutex<[String: Process]>([:])

    /// A host and a directory, while the body runs; afterwards its processes are killed and the directory is gone.
    static func with<Result>(_ body: (LocalHost, String) async throws -> Result) async throws -> Result {
        let host = LocalHost()
        let directory = NSTemporaryDirectory() + "inquest-systems-\(UUID().uuidString)"
        defer {
            host.end()
            try? FileManager.default.removeItem(atPath: directory)
        }
        return try await body(host, directory)
    }

    func exec(_ argv: [String], input: [UInt8], deadline: Duration) async throws -> ExecResult {
        let seconds = Double(deadline.components.seconds) + Double(deadline.components.attoseconds) * 1e-18
        // The call blocks, and the cooperative pool has as few threads as the machine has cores.
        let output = try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result { try runCommand(argv, input: input, deadlineSeconds: seconds) })
            }
        }
        return ExecResult(
            status: output.status, standardOutput: Array(output.standardOutput.utf8),
            standardError: Array(output.standardError.utf8))
    }

    func spawn(_ spec: ProcessSpec, deadline: Duration) async throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
        process.arguments = ["--foreground", "-s", "KILL", "\(Self.maximumLife)"] + spec.argv
        process.currentDirectoryURL = URL(fileURLWithPath: spec.workingDirectory)
        process.standardOutput = try Self.appending(spec.standardOutput)
        process.standardError = try Self.appending(spec.standardError)
        try process.run()
        processes.withLock { $0[spec.name] = process }
    }

    private static func appending(_ path: String) throws -> FileHandle {
        if !FileManager.default.fileExists(atPath: path) {
            _ = FileManager.default.createFile(atPath: path, contents: nil)
        }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try handle.seekToEnd()
        return handle
    }

    func signal(_ name: String, _ signal: ProcessSignal) async throws {
        guard let process = processes.withLock({ $0[name] }) else { return }
        let number: Int32 =
            switch signal {
            case .kill: SIGKILL
            case .term: SIGTERM
            case .stop: SIGSTOP
            case .cont: SIGCONT
            }
        for child in Self.children(of: process.processIdentifier) { Glibc.kill(child, number) }
        if signal == .kill { process.waitUntilExit() }
    }

    /// The processes that `timeout` started.
    private static func children(of pid: pid_t) -> [pid_t] {
        let path = "/proc/\(pid)/task/\(pid)/children"
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { pid_t($0) }
    }

    private func end() {
        for process in processes.withLock({ Array($0.values) }) where process.isRunning {
            for child in Self.children(of: process.processIdentifier) { Glibc.kill(child, SIGKILL) }
            process.waitUntilExit()
        }
    }

    func putFile(_ path: String, _ content: [UInt8], mode: UInt32) async throws {
        try Data(content).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: Int(mode)], ofItemAtPath: path)
    }

    func removeTree(_ path: String) async throws {
        if FileManager.default.fileExists(atPath: path) { try FileManager.default.removeItem(atPath: path) }
    }
}
