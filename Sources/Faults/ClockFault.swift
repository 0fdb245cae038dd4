/// How the clocks of a node lie while a fault is on.
public struct ClockFault: Hashable, Sendable {
    /// Which clocks.
    public enum Clock: String, Hashable, Sendable, CaseIterable {
        /// The time of day.
        case wall
        /// The clock that waiting and leases count on; it never goes back.
        case monotonic
        case both
    }

    public enum Change: Hashable, Sendable {
        /// Ahead of the true time by this, behind if negative.
        case offset(Duration)
        /// Once forward or back from what is shown.
        case jump(Duration)
        /// From what is shown on, at this speed in parts per million of the true one; 0 stands still.
        case rate(Int64)
        /// To and fro by this, a change at the end of each period.
        case strobe(by: Duration, every: Duration)
    }

    public var clock: Clock
    public var change: Change

    public init(_ change: Change, clock: Clock) {
        self.change = change
        self.clock = clock
    }

    /// The clocks by the names that the nodes of this repository give them.
    public var nodeClocks: [String] {
        switch clock {
        case .wall: ["wall"]
        case .monotonic: ["mono"]
        case .both: ["wall", "mono"]
        }
    }

    /// The change as the nodes of this repository take it: `offset:+10000000us`.
    public var setting: String {
        switch change {
        case .offset(let time): "offset:\(Self.signed(time))"
        case .jump(let time): "jump:\(Self.signed(time))"
        case .rate(let rate): "rate:\(Self.decimal(rate))"
        case .strobe(let by, let every): "strobe:\(Self.signed(by))/\(every.nanoseconds / 1000)us"
        }
    }

    private static func signed(_ time: Duration) -> String {
        (time < .zero ? "" : "+") + "\(time.nanoseconds / 1000)us"
    }

    private static func decimal(_ rate: Int64) -> String {
        "\(rate / 1_000_000)." + String(1_000_000 + rate % 1_000_000).dropFirst()
    }
}

extension ClockFault: CustomStringConvertible {
    /// `clock wall offset +10 s`.
    public var description: String {
        let words =
            switch change {
            case .offset(let time): "offset \(Self.words(time))"
            case .jump(let time): "jump \(Self.words(time))"
            case .rate(let rate): "rate \(Self.decimal(rate))"
            case .strobe(let by, let every): "strobe \(Self.words(by)) every \(every.words)"
            }
        return "clock (\(clock.rawValue)) \(words)"
    }

    private static func words(_ time: Duration) -> String {
        time < .zero ? "-\((.zero - time).words)" : "+\(time.words)"
    }
}
