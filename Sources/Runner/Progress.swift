/// What a run says while it goes on.
public enum RunProgress: Sendable {
    /// A phase has begun: `deploy`, `work`, `heal`, `final reads`, `teardown`, `check`.
    case phase(String)
    /// Something worth a line.
    case message(String)
    /// How the clients' work goes, about twice a second.
    case tick(RunTick)
}

/// A moment of the clients' work.
public struct RunTick: Sendable {
    /// Since the clients began, and how long they will work in all (`nil`: as long as the steps take).
    public var elapsed: Duration
    public var total: Duration?
    public var counts: OutcomeCounts
    /// Operations completed per second since the last tick.
    public var rate: Int
    public var activeFaults: [String]
}
