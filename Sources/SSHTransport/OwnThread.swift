import Glibc

/// Runs `work` on a thread of its own, which ends with it and is never waited for.
func detachThread(_ work: @escaping @Sendable () -> Void) throws(SystemFailure) {
    let context = unsafe Unmanaged.passRetained(ThreadWork(run: work))
    var thread = pthread_t()
    let failure = unsafe pthread_create(
        &thread, nil,
        { context in
            guard let context = unsafe context else { return nil }
            unsafe Unmanaged<ThreadWork>.fromOpaque(context).takeRetainedValue().run()
            return nil
        }, context.toOpaque())
    guard failure == 0 else {
        unsafe context.release()
        throw SystemFailure("pthread_create", number: failure)
    }
    pthread_detach(thread)
}

private final class ThreadWork: Sendable {
    let run: @Sendable () -> Void

    init(run: @escaping @Sendable () -> Void) { self.run = run }
}
