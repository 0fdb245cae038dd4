import Foundation
import HostProcesses
import Testing

/// All tests that start servers: one after the other, because they measure time and share two cores.
@Suite(.serialized) struct SSHTransportTests {}

/// A program that runs beside the tests until `end()`.
///
/// Foundation's `Process` will not do: on Linux its wait ends only when every child that was started at the same moment
/// has ended too.
struct Daemon {
    let pid: pid_t

    init(_ arguments: [String], log: String) throws {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        unsafe posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // A server that inherited the test runner's blocked signals would not hear of its children's ends.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        let words = unsafe arguments.map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var child: pid_t = 0
        let failure = unsafe posix_spawn(&child, arguments[0], &actions, &attributes, words, environ)
        guard failure == 0 else { throw CommandError(.cannotStart, arguments, "errno \(failure)") }
        pid = child
    }

    var isRunning: Bool { waitpid(pid, nil, WNOHANG) == 0 }

    /// Kills it with all its descendants, and waits for it.
    func end() {
        for child in Self.descendants(of: pid) { kill(child, SIGKILL) }
        kill(pid, SIGKILL)
        _ = waitpid(pid, nil, 0)
    }

    static func children(of parent: pid_t) -> [pid_t] {
        let file = "/proc/\(parent)/task/\(parent)/children"
        let text = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
        return text.split(separator: " ").compactMap { pid_t($0) }
    }

    private static func descendants(of parent: pid_t) -> [pid_t] {
        children(of: parent).flatMap { descendants(of: $0) + [$0] }
    }
}
