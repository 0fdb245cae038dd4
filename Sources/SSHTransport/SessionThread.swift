import Glibc
import Synchronization

/// The thread of one session: runs the session actor's jobs and moves its channels, waiting in one `poll` for both.
///
/// libssh2 allows one thread at a time per session and its calls may take a while; so neither may happen on
/// Swift's cooperative threads.
///
/// `@unchecked`: `engine` is touched by this thread only, everything else is immutable or in the mutex.
final class SessionThread: SerialExecutor, @unchecked Sendable {
    private struct Inbox {
        var jobs: [UnownedJob] = []
        var cancelled: [UInt64] = []
        var isStopping = false
        var isAwake = false
    }

    private let inbox = Mutex(Inbox())
    private let wakeup: Wakeup
    private let interruption = Atomic(false)
    private let identity = Atomic<UInt>(0)
    /// Confined to the thread.
    let engine: Engine

    init(host: SSHHost) throws(SystemFailure) {
        wakeup = try Wakeup()
        engine = Engine(host: host)
        // The thread owns the executor until it ends: jobs refer to it without owning it.
        try detachThread { [self] in run() }
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        post { $0.jobs.append(job) }
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        unsafe UnownedSerialExecutor(ordinary: self)
    }

    /// Whether the caller is this thread: the runtime asks when it must be sure.
    func checkIsolated() {
        precondition(identity.load(ordering: .acquiring) == UInt(pthread_self()), "not on the session's thread")
    }

    /// Gives up the operation with this number, from any thread.
    func cancel(_ operation: UInt64) { post { $0.cancelled.append(operation) } }

    /// Ends a connection attempt that the thread may be in, from any thread.
    func interrupt() {
        interruption.store(true, ordering: .releasing)
        wakeup.signal()
    }

    var isInterrupted: Bool { interruption.load(ordering: .acquiring) }

    /// Ends the thread after the jobs that are queued now.
    func stop() {
        interruption.store(true, ordering: .releasing)
        post { $0.isStopping = true }
    }

    private func post(_ change: (inout Inbox) -> Void) {
        let mustWake = inbox.withLock { inbox in
            change(&inbox)
            defer { inbox.isAwake = true }
            return !inbox.isAwake
        }
        if mustWake { wakeup.signal() }
    }

    /// Waits for the descriptor, for news from another thread, or until the time is over.
    func wait(_ descriptor: Int32, events: Int16, milliseconds: Int32) {
        var polled = [
            pollfd(fd: wakeup.descriptor.number, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: events, revents: 0),
        ]
        _ = unsafe poll(&polled, nfds_t(polled.count), milliseconds)
        if polled[0].revents != 0 { wakeup.clear() }
    }

    private func run() {
        identity.store(UInt(pthread_self()), ordering: .releasing)
        // Signals belong to the program's other threads.
        var signals = sigset_t()
        unsafe sigfillset(&signals)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        while true {
            let work = inbox.withLock { inbox in
                defer {
                    inbox.jobs.removeAll()
                    inbox.cancelled.removeAll()
                    inbox.isAwake = false
                }
                return inbox
            }
            for job in work.jobs { unsafe job.runSynchronously(on: asUnownedSerialExecutor()) }
            for operation in work.cancelled { engine.cancel(operation) }
            let isBusy = engine.turn()
            if work.isStopping { break }
            // A job that waited itself has taken the wakeups of what was posted meanwhile.
            let hasNews = inbox.withLock { $0.isAwake }
            let milliseconds = isBusy || hasNews ? 0 : engine.pollMilliseconds
            wait(engine.descriptor, events: engine.events, milliseconds: milliseconds)
        }
        engine.close()
    }
}
