import Foundation
import Glibc
import Synchronization

private let spawning = Mutex(())

/// A started child with pipes to its standard streams.
struct ChildCommand {
    private let arguments: [String]
    private let pid: pid_t
    private var input: Int32
    private let output: Int32
    private let error: Int32

    init(_ arguments: [String], environment: [String: String]?) throws(CommandError) {
        self.arguments = arguments
        // Writing to a child that has gone is an error of the write, not the end of this process.
        signal(SIGPIPE, SIG_IGN)
        var pipes: [[Int32]] = []
        var child: pid_t = 0
        // A child spawned between another's `pipe` and close-on-exec would keep that pipe open: one at a time.
        let failure = try spawning.withLock { _ throws(CommandError) in
            pipes = try Self.pipes(arguments)
            var actions = unsafe posix_spawn_file_actions_t()
            unsafe posix_spawn_file_actions_init(&actions)
            defer { unsafe posix_spawn_file_actions_destroy(&actions) }
            unsafe posix_spawn_file_actions_adddup2(&actions, pipes[0][0], 0)
            unsafe posix_spawn_file_actions_adddup2(&actions, pipes[1][1], 1)
            unsafe posix_spawn_file_actions_adddup2(&actions, pipes[2][1], 2)
            return unsafe Self.spawn(&child, arguments, environment, &actions)
        }
        for end in [pipes[0][0], pipes[1][1], pipes[2][1]] { close(end) }
        guard failure == 0 else {
            for end in [pipes[0][1], pipes[1][0], pipes[2][0]] { close(end) }
            throw CommandError(
                .cannotStart, arguments, unsafe String(cString: strerror(failure)))
        }
        pid = child
        input = pipes[0][1]
        output = pipes[1][0]
        error = pipes[2][0]
        for descriptor in [input, output, error] {
            _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
        }
    }

    private static func pipes(_ arguments: [String]) throws(CommandError) -> [[Int32]] {
        var pipes: [[Int32]] = []
        for _ in 0..<3 {
            var ends: [Int32] = [-1, -1]
            guard unsafe pipe(&ends) == 0 else {
                pipes.joined().forEach { close($0) }
                throw CommandError(.cannotStart, arguments, "no pipe: errno \(errno)")
            }
            ends.forEach { _ = fcntl($0, F_SETFD, FD_CLOEXEC) }
            pipes.append(ends)
        }
        return pipes
    }

    private static func spawn(
        _ child: inout pid_t, _ arguments: [String], _ environment: [String: String]?,
        _ actions: inout posix_spawn_file_actions_t
    ) -> Int32 {
        let words = unsafe arguments.map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        let variables = environment ?? ProcessInfo.processInfo.environment
        let pairs = unsafe variables.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer { unsafe pairs.forEach { unsafe free($0) } }
        // A child must not inherit the runtime's blocked or ignored signals.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe sigaddset(&signals, SIGINT)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        return unsafe posix_spawnp(&child, words[0] ?? strdup(""), &actions, &attributes, words, pairs)
    }

    mutating func finish(
        input bytes: [UInt8], deadlineSeconds: Double
    ) throws(CommandError) -> CommandOutput {
        let end = DispatchTime.now().uptimeNanoseconds + UInt64(deadlineSeconds * 1e9)
        var texts: [[UInt8]] = [[], []]
        var written = 0
        var open: [Bool] = [true, true]
        if bytes.isEmpty { closeInput() }
        while open[0] || open[1] {
            let now = DispatchTime.now().uptimeNanoseconds
            guard now < end else {
                kill(pid, SIGKILL)
                _ = reap()
                closeAll()
                throw CommandError(.deadline, arguments, "no end after \(deadlineSeconds) s")
            }
            var polled = [
                pollfd(fd: open[0] ? output : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: open[1] ? error : -1, events: Int16(POLLIN), revents: 0),
                pollfd(fd: input, events: Int16(POLLOUT), revents: 0),
            ]
            _ = unsafe poll(&polled, 3, Int32(min(1000, (end - now) / 1_000_000 + 1)))
            if input >= 0, polled[2].revents != 0 {
                let count = unsafe bytes[written...].withUnsafeBytes {
                    unsafe write(input, $0.baseAddress, $0.count)
                }
                if count > 0 { written += count }
                if written == bytes.count || (count < 0 && errno != EAGAIN && errno != EINTR) {
                    closeInput()
                }
            }
            for stream in 0..<2 where polled[stream].revents != 0 {
                var buffer = [UInt8](repeating: 0, count: 65536)
                let descriptor = stream == 0 ? output : error
                let count = unsafe read(descriptor, &buffer, buffer.count)
                if count > 0 { texts[stream] += buffer[..<count] }
                if count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR) {
                    open[stream] = false
                }
            }
        }
        let status = reap()
        closeAll()
        return CommandOutput(
            status: status, standardOutput: String(decoding: texts[0], as: UTF8.self),
            standardError: String(decoding: texts[1], as: UTF8.self))
    }

    private mutating func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    private mutating func closeAll() {
        closeInput()
        close(output)
        close(error)
    }

    private func reap() -> Int32 {
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0 && errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }
}
