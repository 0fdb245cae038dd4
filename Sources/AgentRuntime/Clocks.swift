import AgentProtocol
import Glibc

private func nanoseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    unsafe clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

/// The clock that waits are measured with.
func monotonicNanoseconds() -> Int64 { nanoseconds(CLOCK_MONOTONIC) }

/// Since boot, suspension counted: leases are measured with it.
func bootNanoseconds() -> Int64 { nanoseconds(CLOCK_BOOTTIME) }

extension ClockReading {
    static func now() -> ClockReading {
        ClockReading(monotonic: bootNanoseconds(), wall: nanoseconds(CLOCK_REALTIME))
    }
}

extension Double {
    /// Seconds as nanoseconds; what is negative or no number is 0, and no wait is longer than the protocol allows.
    var nanoseconds: Int64 {
        self > 0 ? Int64(Swift.min(self, AgentLimits.seconds * 2) * 1e9) : 0
    }
}

func pause(milliseconds: Int) {
    usleep(UInt32(milliseconds * 1000))
}
