import Foundation
import HostProcesses
import SSHTransport

/// A private sshd on a loopback port, with keys and files in a directory of its own; `end()` takes it all away.
///
/// Root logs in with a key although its password is locked: `UsePAM no` and `PermitRootLogin prohibit-password` suffice
/// for a `*` in /etc/shadow; sshd refuses an account whose entry starts with `!`.
final class SSHServer {
    let directory: String
    private(set) var port: UInt16 = 0
    private var daemon: Daemon?
    private let user = NSUserName()

    /// `hostKeys` are kinds that `ssh-keygen -t` takes; `options` are more lines of sshd_config.
    init(hostKeys: [String] = ["ed25519"], options: [String] = []) throws {
        directory = NSTemporaryDirectory() + "inquest-sshtests-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
        for kind in hostKeys { try makeKey("host_\(kind)", kind) }
        try makeKey("user", "ed25519")
        try start(hostKeys: hostKeys, options: options)
    }

    private func start(hostKeys: [String], options: [String]) throws {
        try authorize("user")
        // Another process may take the port between our looking and sshd's binding: then look again.
        for _ in 0..<5 {
            port = try freePort()
            let lines =
                [
                    "Port \(port)", "ListenAddress 127.0.0.1", "UsePAM no", "StrictModes no", "PidFile none",
                    "AuthorizedKeysFile \(path("authorized_keys"))", "PasswordAuthentication no",
                    "PermitRootLogin prohibit-password", "LogLevel VERBOSE",
                    // Keeps bash from reading the user's ~/.bashrc, as it otherwise does under sshd: that may do anything.
                    "SetEnv SHLVL=1",
                ] + hostKeys.map { "HostKey \(path("host_\($0)"))" } + options
            try write(lines.joined(separator: "\n") + "\n", to: "sshd_config")
            if try launch() { return }
        }
        throw CommandError(.cannotStart, ["sshd"], try String(contentsOfFile: path("log"), encoding: .utf8))
    }

    private func launch() throws -> Bool {
        try write("", to: "log")
        let daemon = try Daemon(["/usr/sbin/sshd", "-D", "-e", "-f", path("sshd_config")], log: path("log"))
        self.daemon = daemon
        for _ in 0..<500 where daemon.isRunning {
            if try log().contains("Server listening") { return true }
            usleep(10_000)
        }
        return false
    }

    /// Ends sshd with every process it started, and removes its files.
    func end() {
        daemon?.end()
        // A cut or given-up session leaves its commands to init; those that name our directory end here.
        let strays = try? runCommand(["pgrep", "-f", directory]).standardOutput.split(separator: "\n")
        for pid in (strays ?? []).compactMap({ pid_t($0) }) { kill(pid, SIGKILL) }
        try? FileManager.default.removeItem(atPath: directory)
    }

    func path(_ name: String) -> String { "\(directory)/\(name)" }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path(name)))
    }

    func log() throws -> String { try String(contentsOfFile: path("log"), encoding: .utf8) }

    func makeKey(_ name: String, _ kind: String, passphrase: String = "", more: [String] = []) throws {
        let command = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-f", path(name), "-C", name] + more
        _ = try runCommand(command).checked(command)
    }

    /// Lets a key log in.
    func authorize(_ name: String) throws {
        let key = try String(contentsOfFile: path("\(name).pub"), encoding: .utf8)
        let file = path("authorized_keys")
        let before = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        try Data((before + key).utf8).write(to: URL(filePath: file))
    }

    /// A line for a known_hosts file with the public half of `key`.
    func knownHostsLine(_ key: String = "host_ed25519", port: UInt16? = nil) throws -> String {
        let words = try String(contentsOfFile: path("\(key).pub"), encoding: .utf8).split(separator: " ")
        return "[127.0.0.1]:\(port ?? self.port) \(words[0]) \(words[1])\n"
    }

    /// This server as a host, known by its Ed25519 key unless `knownHosts` says otherwise.
    func host(
        _ identity: SSHIdentity? = nil, knownHosts: String? = nil, port: UInt16? = nil,
        policy: HostKeyPolicy = .strict
    ) throws -> SSHHost {
        let file = path("known_hosts_\(UUID().uuidString)")
        let text = try knownHosts ?? knownHostsLine(port: port)
        try Data(text.utf8).write(to: URL(filePath: file))
        return SSHHost(
            name: "n1", address: "127.0.0.1", port: port ?? self.port, user: user,
            identities: [identity ?? .keyFile(path("user"))], knownHosts: file, hostKeyPolicy: policy)
    }

    /// The sshd processes that serve connections now.
    func sessionProcesses() -> [pid_t] { daemon.map { Daemon.children(of: $0.pid) } ?? [] }
}

/// A loopback TCP port that nothing listens on at the moment.
func freePort() throws -> UInt16 {
    let listener = try Listener()
    return listener.port
}

/// A listening loopback socket that accepts nobody: the kernel completes connections, nothing ever speaks.
final class Listener: Sendable {
    let descriptor: Int32
    let port: UInt16

    init() throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let socket = descriptor
        let failure = unsafe withUnsafeMutablePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(socket, $0, size) | listen(socket, 16) | getsockname(socket, $0, &size)
            }
        }
        guard failure == 0 else { throw CommandError(.cannotStart, ["listen"], "errno \(errno)") }
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }
}
