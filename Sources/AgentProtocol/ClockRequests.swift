/// How a clock lies, from the moment at which it is told so. Times are nanoseconds.
public enum ClockLie: Codable, Hashable, Sendable {
    case none
    /// Ahead of the true time, or behind it.
    case offset(Int64)
    /// Once forward or back from what is shown.
    case jump(Int64)
    /// From what is shown, at so many parts per million of the true speed.
    case rate(Int64)
    /// To and fro, a change at the end of each period.
    case strobe(by: Int64, every: Int64)
}

/// Sets a wall clock: the one that a process started with `Spawn.fakesClock` reads, or the host's own.
public struct ClockSet: AgentRequest {
    public static let op = "clock-set"
    public typealias Reply = ClockSighting

    /// The name of the process; `nil` for the host's own clock, which only a dedicated host lets be moved.
    public var process: String?
    public var lie: ClockLie
    /// For the host's own clock: what the controller and the other hosts say their kernel's boot is called. A host that
    /// shares one of them shares their clock.
    public var otherBoots: [String]

    public init(process: String?, lie: ClockLie, otherBoots: [String] = []) {
        self.process = process
        self.lie = lie
        self.otherBoots = otherBoots
    }
}

/// What another process than the one that set a clock read of it.
public struct ClockSighting: Codable, Hashable, Sendable {
    /// Ahead of the true time by this; nanoseconds.
    public var ahead: Int64
    /// Whether that is what was asked for, and the process reads the clock that was set.
    public var isConfirmed: Bool
    /// Who read it, and what else was seen.
    public var detail: String

    public init(ahead: Int64, isConfirmed: Bool, detail: String) {
        self.ahead = ahead
        self.isConfirmed = isConfirmed
        self.detail = detail
    }
}

/// Runs a program under libfaketime to its end, to find out whether it can be: refused with the reason otherwise.
public struct ClockTrial: AgentRequest {
    public static let op = "clock-trial"
    public typealias Reply = Done

    public var argv: [String]

    public init(argv: [String]) {
        self.argv = argv
    }
}
