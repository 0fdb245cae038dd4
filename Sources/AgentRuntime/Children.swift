import AgentProtocol
import CHostCalls
import Glibc

/// A program to start.
struct Launch {
    var argv: [String]
    var environment: [String: String] = [:]
    var directory: String?
    /// Descriptors that become the standard streams.
    var input: Int32
    var output: Int32
    var error: Int32
}

/// Every process that the agent starts, and the only place that reaps.
final class Children: Sendable {
    private struct Table {
        /// Started here; nil until it has ended.
        var exits: [Int: ExitStatus?] = [:]
        var launched = 0
        /// Short-lived tools of the agent itself; healing leaves them alone.
        var tools: Set<Int> = []
    }

    static let program = "/proc/self/exe"
    static let basics = [
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8",
    ]
    private let table = Monitor(Table())
    /// The state directory: marks all that was started here, so that what escaped can be found.
    private let marker: String

    init(marker: String) {
        self.marker = marker
        startThread { [self] in
            while true { reapNext() }
        }
    }

    /// Starts a program; `permit` notes its identity before the program runs, or throws to prevent it.
    ///
    /// Without `permit` it is a tool of the agent's own, which healing leaves alone.
    /// Must be called on a thread that never ends: the child dies with the thread that started it.
    func launch(
        _ launch: Launch, permit: ((ProcessIdentity) throws(AgentError) -> Void)? = nil
    ) throws(AgentError) -> ProcessIdentity {
        let go = try Pipe()
        defer { close(go.writing) }
        let report: Pipe
        do { report = try Pipe() } catch {
            close(go.reading)
            throw error
        }
        defer { close(report.reading) }
        let pid = table.withLock { table in
            let pid = Self.spawn(launch, go.reading, report.writing, marker: marker)
            if let pid {
                table.exits[pid] = .some(nil)
                if permit == nil { table.tools.insert(pid) }
            }
            table.launched += 1
            return pid
        }
        let number = errno
        close(go.reading)
        close(report.writing)
        guard let pid else { throw AgentError(.cannotStart, "\(launch.argv[0]): \(errorText(number))") }
        do throws(AgentError) {
            guard let identity = ProcessStat.read(pid)?.identity else {
                throw AgentError(.cannotStart, "\(launch.argv[0]): it ended before it was started")
            }
            try permit?(identity)
            _ = writeAll(go.writing, [1])
            if case .bytes(let failure) = readSome(report.reading, limit: 1) {
                let place = launch.directory.map { " in \($0)" } ?? ""
                throw AgentError(.cannotStart, "\(launch.argv[0])\(place): \(errorText(Int32(failure[0])))")
            }
            return identity
        } catch {
            kill(pid_t(pid), SIGKILL)
            _ = waitForEnd(pid, until: monotonicNanoseconds() + 2_000_000_000)
            forget(pid)
            throw error
        }
    }

    /// Starts one of our own programs in another way; it is reaped like the others.
    func start(_ spawn: () -> Int?) -> Int? {
        table.withLock { table in
            let pid = spawn()
            if let pid { table.exits[pid] = .some(nil) }
            table.launched += 1
            return pid
        }
    }

    /// How the process ended, nil while it runs.
    func exit(_ pid: Int) -> ExitStatus? {
        table.withLock { $0.exits[pid] ?? nil }
    }

    func waitForEnd(_ pid: Int, until limit: Int64) -> ExitStatus? {
        table.wait(until: limit) { $0.exits[pid] ?? nil }
    }

    func forget(_ pid: Int) {
        table.withLock { table in
            table.exits[pid] = nil
            table.tools.remove(pid)
        }
    }

    var tools: Set<Int> { table.withLock { $0.tools } }

    private func reapNext() {
        let ended = host_next_ended()
        guard ended > 0 else {
            // No children: wait for the next launch; orphans of old ones are looked for twice a second.
            let before = table.withLock { $0.launched }
            _ = table.wait(until: monotonicNanoseconds() + 500_000_000) { $0.launched != before ? true : nil }
            return
        }
        // With the lock, a child is in the table before it can be reaped.
        table.withLock { table in
            var status: Int32 = 0
            guard unsafe waitpid(ended, &status, WNOHANG) == ended, table.exits[Int(ended)] != nil else { return }
            let signal = Int(status & 0x7F)
            table.exits[Int(ended)] =
                signal == 0 ? ExitStatus(code: Int(status >> 8) & 0xFF) : ExitStatus(signal: signal)
        }
    }

    private static func spawn(_ launch: Launch, _ go: Int32, _ report: Int32, marker: String) -> Int? {
        var environment = basics.merging(launch.environment) { $1 }
        environment[Healing.marker] = marker
        let argv = ["inquest-agent", "launch", "\(getpid())", launch.directory ?? ""] + launch.argv
        // High numbers first: a standard stream may be the target of another's.
        return spawnProgram(
            argv, environment: environment,
            descriptors: [(launch.input, 0), (launch.output, 1), (launch.error, 2), (go, 3), (report, 4)])
    }
}

/// Starts this very program with other arguments; nil and `errno` when that fails.
func spawnProgram(
    _ argv: [String], environment: [String: String], descriptors: [(from: Int32, to: Int32)],
    ownSession: Bool = false
) -> Int? {
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for pair in descriptors { unsafe posix_spawn_file_actions_adddup2(&actions, pair.from, pair.to) }
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    unsafe posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGQUIT] { unsafe sigaddset(&signals, signal) }
    unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
    let session = ownSession ? 0x80 : 0  // POSIX_SPAWN_SETSID
    unsafe posix_spawnattr_setflags(
        &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | Int32(session)))
    var words = unsafe argv.map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    var pairs = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
    defer { unsafe pairs.forEach { unsafe free($0) } }
    var pid: pid_t = 0
    let failure = unsafe posix_spawn(&pid, Children.program, &actions, &attributes, &words, &pairs)
    errno = failure
    return failure == 0 ? Int(pid) : nil
}
