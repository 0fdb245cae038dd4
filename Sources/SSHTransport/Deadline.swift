/// A moment by which a call must have ended.
struct Deadline {
    /// The time the caller allowed.
    let allowed: Duration
    let end: ContinuousClock.Instant

    init(_ allowed: Duration) {
        self.allowed = allowed
        end = .now + allowed
    }

    var isPast: Bool { ContinuousClock.now >= end }

    /// The wait that `poll` may make: at least 0, rounded up, so that a wait never ends just before the end.
    var pollMilliseconds: Int32 {
        let rest = ContinuousClock.now.duration(to: end)
        guard rest > .zero else { return 0 }
        let milliseconds = rest / .milliseconds(1)
        return Int32(min(milliseconds + 1, 1_000_000))
    }
}
