import Foundation
import HostProcesses

/// An ssh-agent of our own.
struct Agent {
    let socket: String
    private let daemon: Daemon

    init(_ socket: String) throws {
        self.socket = socket
        daemon = try Daemon(["/usr/bin/ssh-agent", "-D", "-a", socket], log: "/dev/null")
        for _ in 0..<500 where !FileManager.default.fileExists(atPath: socket) { usleep(10_000) }
    }

    func add(_ key: String) throws { try command(["ssh-add", "-q", key]) }

    func remove(_ key: String) throws { try command(["ssh-add", "-q", "-d", key]) }

    private func command(_ words: [String]) throws {
        let command = ["env", "SSH_AUTH_SOCK=\(socket)"] + words
        _ = try runCommand(command).checked(command)
    }

    func end() { daemon.end() }
}

/// A unix socket that lets connect and never answers.
final class MuteAgent {
    let path: String
    private let descriptor: Int32

    init(_ path: String) throws {
        self.path = path
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
        let descriptor = descriptor
        let failure = unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) | listen(descriptor, 4)
            }
        }
        guard failure == 0 else { throw CommandError(.cannotStart, ["listen", path], "errno \(errno)") }
    }

    deinit { close(descriptor) }
}
