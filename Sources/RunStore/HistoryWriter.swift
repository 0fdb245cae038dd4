public import HistoryModel
import Synchronization

/// Streams a history to disk as JSON Lines while the run goes on; safe to use from many tasks.
///
/// Call `run()` beside the run, so that quiet moments reach the disk too. The first failed write is thrown to whoever
/// made it; from then on nothing is written, `isStopped` is true and no further error is thrown.
public final class HistoryWriter: Sendable {
    private struct State: ~Copyable {
        var file: LineFile
        var nextIndex = 0
        var lastTime = Int64.min
    }

    private let state: Mutex<State>

    /// Appends to the file at `path`, which is made if missing.
    public init(path: String) throws(StoreError) {
        state = Mutex(State(file: try LineFile(path: path)))
    }

    /// Writes an event under the next index, and returns it as written. The event's own index is not looked at.
    ///
    /// Two workers can stamp in one order and arrive here in the other; time in a history must not run backwards, so
    /// a late one gets the time of the event before it. That is sound, never sharper than the truth: a worker records
    /// its invocation before it calls and its completion after, so the time given lies between the stamp and now, and
    /// the interval from invocation to completion still covers the call.
    @discardableResult
    public func record(_ event: Event) throws(StoreError) -> Event {
        try state.withLock { state throws(StoreError) in
            var event = event
            event.index = state.nextIndex
            event.time = max(event.time, state.lastTime)
            state.nextIndex += 1
            state.lastTime = event.time
            try state.file.append(JSONLines.line(event))
            return event
        }
    }

    /// True once a write has failed or the writer was closed.
    public var isStopped: Bool { state.withLock { $0.file.isStopped } }

    /// How many events were recorded.
    public var count: Int { state.withLock { $0.nextIndex } }

    /// Hands what is buffered to the file.
    public func flush() throws(StoreError) {
        try state.withLock { state throws(StoreError) in try state.file.flush() }
    }

    /// Flushes ten times a second until it is cancelled or a write fails.
    public func run() async throws {
        while !isStopped {
            try await Task.sleep(nanoseconds: UInt64(LineFile.flushInterval))
            try flush()
        }
    }

    /// Makes all of it durable; nothing can be written afterwards.
    public func close() throws(StoreError) {
        try state.withLock { state throws(StoreError) in try state.file.finish() }
    }
}
