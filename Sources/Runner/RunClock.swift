import Glibc

/// Nanoseconds since the start of the run, on the controller's monotonic clock.
public struct RunClock: Sendable {
    private let origin: Int64

    /// Starts now.
    public init() {
        origin = Self.monotonic()
    }

    /// Nanoseconds since the start.
    public var now: Int64 { Self.monotonic() - origin }

    /// Waits until a time of this clock; returns at once if it is past, and throws when the task is cancelled.
    public func sleep(until time: Int64) async throws {
        let wait = time - now
        if wait > 0 { try await Task.sleep(nanoseconds: UInt64(wait)) }
    }

    private static func monotonic() -> Int64 {
        var time = timespec()
        unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
