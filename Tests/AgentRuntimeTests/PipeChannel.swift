import AgentProtocol
import Foundation
import Glibc
import Synchronization

private let spawning = NSLock()

/// A child with pipes at its input and output.
final class PipedChild: Sendable {
    let pid: Int32
    let input: Int32
    let output: Int32

    init(_ argv: [String], isQuiet: Bool = false) throws {
        var toChild: [Int32] = [-1, -1]
        var fromChild: [Int32] = [-1, -1]
        // Writing to a child that has gone is an error of the write, not the end of the tests.
        signal(SIGPIPE, SIG_IGN)
        // One at a time: a child spawned between another's `pipe` and close-on-exec would keep that pipe open.
        spawning.lock()
        defer { spawning.unlock() }
        guard unsafe pipe(&toChild) == 0, unsafe pipe(&fromChild) == 0 else {
            throw AgentError(.failed, "no pipe")
        }
        for end in toChild + fromChild { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_adddup2(&actions, toChild[0], 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, fromChild[1], 1)
        if isQuiet { unsafe posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0) }
        var words = unsafe argv.map { unsafe strdup($0) } + [nil]
        defer { unsafe words.forEach { unsafe free($0) } }
        var child: pid_t = 0
        let failure = unsafe posix_spawnp(&child, argv[0], &actions, nil, &words, environ)
        close(toChild[0])
        close(fromChild[1])
        guard failure == 0 else { throw AgentError(.failed, "\(argv[0]): errno \(failure)") }
        pid = child
        input = toChild[1]
        output = fromChild[0]
    }

    func firstLine(seconds: Int) -> String? {
        var polled = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
        var bytes = [UInt8](repeating: 0, count: 1000)
        guard unsafe poll(&polled, 1, Int32(seconds * 1000)) == 1 else { return nil }
        let count = unsafe read(output, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
            .split(separator: "\n").first.map(String.init)
    }

    func kill() {
        Glibc.kill(pid, SIGKILL)
        var status: Int32 = 0
        _ = unsafe waitpid(pid, &status, 0)
    }
}

/// A bridge to an agent over the pipes of a child.
final class PipeChannel: AgentByteChannel {
    let chunks: AsyncStream<[UInt8]>
    private let child: PipedChild
    private let isClosed = Mutex(false)

    init(_ child: PipedChild) {
        self.child = child
        let (stream, feed) = AsyncStream.makeStream(of: [UInt8].self)
        chunks = stream
        let output = child.output
        Thread.detachNewThread {
            while true {
                var bytes = [UInt8](repeating: 0, count: 65536)
                let count = unsafe read(output, &bytes, bytes.count)
                guard count > 0 else { break }
                feed.yield(Array(bytes.prefix(count)))
            }
            feed.finish()
            Glibc.close(output)
        }
    }

    func send(_ bytes: [UInt8]) async throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe write(child.input, $0.baseAddress, $0.count) }
            guard count > 0 else { throw AgentError(.disconnected, "the bridge is gone") }
            rest = rest.dropFirst(count)
        }
    }

    /// As when the SSH connection is cut.
    func cut() { end() }

    func close() async { end() }

    private func end() {
        let isFirst = isClosed.withLock { isClosed in
            defer { isClosed = true }
            return !isClosed
        }
        guard isFirst else { return }
        child.kill()
        Glibc.close(child.input)
    }
}
