import Glibc

/// Threads that do queued work in order of arrival. They never end, as the children of a thread die with it.
final class Workers: Sendable {
    private struct State {
        var queue: [@Sendable () -> Void] = []
        var threads = 0
        var idle = 0
    }

    static let maxQueued = 256
    private let maxThreads: Int
    private let state = Monitor(State())

    init(threads: Int) {
        maxThreads = threads
    }

    /// False when the queue is full.
    func add(_ work: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            guard state.queue.count < Self.maxQueued else { return false }
            state.queue.append(work)
            if state.idle < state.queue.count, state.threads < maxThreads {
                state.threads += 1
                startThread { [self] in
                    while true { next()() }
                }
            }
            return true
        }
    }

    private func next() -> @Sendable () -> Void {
        state.withLock { $0.idle += 1 }
        while true {
            let work = state.wait(until: monotonicNanoseconds() + 60_000_000_000) { state in
                guard !state.queue.isEmpty else { return Optional<@Sendable () -> Void>.none }
                state.idle -= 1
                return state.queue.removeFirst()
            }
            if let work { return work }
        }
    }
}
