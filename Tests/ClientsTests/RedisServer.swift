import Clients
import Foundation
import Glibc
import HostProcesses
import Synchronization

/// A `redis-server` on loopback with a directory of its own, while a body runs.
struct RedisServer {
    /// A server that a killed test run leaves behind ends by itself after this many seconds.
    private static let maximumLife = 120
    private static let count = Mutex(0)

    let address: NodeAddress
    private let directory: String

    static func with<Result>(_ options: [String] = [], _ body: (RedisServer) async throws -> Result) async throws
        -> Result
    {
        let server = RedisServer(
            address: freeAddress(),
            directory: NSTemporaryDirectory() + "inquest-redis-\(UUID().uuidString)")
        try FileManager.default.createDirectory(atPath: server.directory, withIntermediateDirectories: true)
        let process = try server.start(options)
        defer { server.end(process) }
        try await server.waitUntilReady()
        return try await body(server)
    }

    /// A loopback address that no other test has, so that nobody else takes the port when the server is gone.
    private static func freeAddress() -> NodeAddress {
        let number = count.withLock { count in
            count += 1
            return count
        }
        return NodeAddress(host: "127.\(20 + Int(getpid()) % 200).200.\(number)", port: 16_379)
    }

    private func start(_ options: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
        process.arguments =
            [
                "-s", "KILL", "\(Self.maximumLife)", "redis-server", "--bind", address.host, "--port",
                "\(address.port)",
            ]
            + ["--dir", directory, "--pidfile", directory + "/pid", "--save", "", "--logfile", directory + "/log"]
            + options
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        return process
    }

    /// The server's own process, which `timeout` started.
    private var pid: pid_t? {
        let text = try? String(contentsOfFile: directory + "/pid", encoding: .utf8)
        return text.flatMap { pid_t($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
    }

    func signal(_ signal: Int32) {
        if let pid { kill(pid, signal) }
    }

    private func end(_ process: Process) {
        signal(SIGCONT)
        signal(SIGKILL)
        // Without a pid the server never got as far as to write it: `timeout` passes the word on.
        if pid == nil { process.terminate() }
        process.waitUntilExit()
        try? FileManager.default.removeItem(atPath: directory)
    }

    private func waitUntilReady() async throws {
        for _ in 0..<400 {
            if try cli("PING") == "PONG\n" { return }
            try await Task.sleep(for: .milliseconds(20))
        }
        throw CommandError(.deadline, ["redis-server"], "no PONG from \(address) in eight seconds or more")
    }

    /// What `redis-cli` prints for a command.
    @discardableResult
    func cli(_ words: String...) throws -> String {
        try runCommand(["redis-cli", "-h", address.host, "-p", "\(address.port)"] + words).standardOutput
    }
}
