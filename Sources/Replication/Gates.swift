/// Where a stream inside a node can be stopped or slowed, to make a race certain.
public enum GateTarget: Hashable, Sendable {
    /// Entries leave this leader for that follower.
    case ship(NodeName)
    /// Entries that arrived from that leader are looked at.
    case receive(NodeName)
    /// Durable entries become readable at this follower.
    case apply
    /// At a follower: its progress leaves for that leader. At a leader: progress from that follower counts.
    case acknowledge(NodeName)
    /// Replies leave for clients.
    case reply

    /// `ship:n2`, `recv:n1`, `apply`, `ack:n1`, `reply`.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        switch (parts.first, parts.count) {
        case ("apply", 1): self = .apply
        case ("reply", 1): self = .reply
        case ("ship", 2) where !parts[1].isEmpty: self = .ship(String(parts[1]))
        case ("recv", 2) where !parts[1].isEmpty: self = .receive(String(parts[1]))
        case ("ack", 2) where !parts[1].isEmpty: self = .acknowledge(String(parts[1]))
        default: return nil
        }
    }

    public var name: String {
        switch self {
        case .ship(let peer): "ship:\(peer)"
        case .receive(let peer): "recv:\(peer)"
        case .apply: "apply"
        case .acknowledge(let peer): "ack:\(peer)"
        case .reply: "reply"
        }
    }

    /// The peer it is about, if any.
    public var peer: NodeName? {
        switch self {
        case .ship(let peer), .receive(let peer), .acknowledge(let peer): peer
        case .apply, .reply: nil
        }
    }
}

/// How long something is held back, drawn anew each time; nanoseconds.
public struct DelayRange: Hashable, Sendable {
    public var shortest: UInt64
    public var longest: UInt64

    public init?(shortest: UInt64, longest: UInt64) {
        guard shortest <= longest, longest <= 3_600_000_000_000 else { return nil }
        self.shortest = shortest
        self.longest = longest
    }

    /// `50..100ms`, `20ms`, `1s`, `500us`; the unit stands at the end of both bounds or of the range.
    public init?(_ text: String) {
        let units: [(String, UInt64)] = [("ms", 1_000_000), ("us", 1000), ("s", 1_000_000_000)]
        guard let unit = units.first(where: { text.hasSuffix($0.0) }) else { return nil }
        let dots = text.indices.first { text[$0...].hasPrefix("..") }
        let left = dots.map { String(text[..<$0]) } ?? text
        let right = dots.map { String(text[text.index($0, offsetBy: 2)...]) } ?? text
        func nanoseconds(_ bound: String) -> UInt64? {
            let digits = bound.hasSuffix(unit.0) ? String(bound.dropLast(unit.0.count)) : bound
            guard let number = UInt64(digits), number <= 3_600_000_000 else { return nil }
            return number.multipliedReportingOverflow(by: unit.1).partialValue
        }
        guard let shortest = nanoseconds(left), let longest = nanoseconds(right) else { return nil }
        self.init(shortest: shortest, longest: longest)
    }

    /// In microseconds when that is needed, else in milliseconds.
    public var description: String {
        let isFine = shortest % 1_000_000 != 0 || longest % 1_000_000 != 0
        let (unit, name): (UInt64, String) = isFine ? (1000, "us") : (1_000_000, "ms")
        return shortest == longest
            ? "\(shortest / unit)\(name)" : "\(shortest / unit)..\(longest / unit)\(name)"
    }
}
