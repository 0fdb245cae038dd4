/// Packets of one peer that this host drops: TCP and UDP to or from some ports.
public struct Drop: Codable, Hashable, Sendable {
    public enum Direction: String, Codable, Hashable, Sendable, CaseIterable {
        /// What arrives from the peer, or what goes to it.
        case input = "in"
        case output = "out"
    }

    public enum Side: String, Codable, Hashable, Sendable, CaseIterable {
        /// The ports are the packet's destination, its source, or either.
        case destination = "dport"
        case source = "sport"
        case both
    }

    /// An IPv4 or IPv6 address, no name and no prefix.
    public var address: String
    public var ports: [Int]
    public var direction: Direction
    public var side: Side

    public init(address: String, ports: [Int], direction: Direction, side: Side = .both) {
        self.address = address
        self.ports = ports
        self.direction = direction
        self.side = side
    }
}

/// What becomes of packets that a fault does not drop altogether: those that arrive are lost at times, those that leave are
/// slowed down.
public struct Degradation: Codable, Hashable, Sendable {
    /// Of a million packets that arrive, so many are lost at random.
    public var lossPerMillion: Int
    /// Each packet that leaves is held back for a time between these two, in microseconds; 0 for none.
    public var leastDelayMicroseconds: Int
    public var mostDelayMicroseconds: Int
    /// All that leaves together, in bits per second; `nil` for no limit.
    public var bitsPerSecond: Int?

    public init(
        lossPerMillion: Int = 0, leastDelayMicroseconds: Int = 0, mostDelayMicroseconds: Int = 0,
        bitsPerSecond: Int? = nil
    ) {
        self.lossPerMillion = lossPerMillion
        self.leastDelayMicroseconds = leastDelayMicroseconds
        self.mostDelayMicroseconds = mostDelayMicroseconds
        self.bitsPerSecond = bitsPerSecond
    }

    /// Whether packets that leave are slowed down, which takes a queueing discipline.
    public var isSlow: Bool { mostDelayMicroseconds > 0 || bitsPerSecond != nil }
}

/// Starts a network fault under a name, or renews one that is the same.
///
/// It lasts `ttlSeconds`; the agent renews it while the lease holds. Faults may overlap; healing one leaves the others.
public struct NetDrop: AgentRequest {
    public static let op = "net-drop"
    public typealias Reply = NetReport

    public var fault: String
    public var drops: [Drop]
    public var ttlSeconds: Double
    /// What is done to the packets instead of dropping all of them.
    public var degradation: Degradation?

    public init(fault: String, drops: [Drop], ttlSeconds: Double = 5, degradation: Degradation? = nil) {
        self.fault = fault
        self.drops = drops
        self.ttlSeconds = ttlSeconds
        self.degradation = degradation
    }
}

/// Renews one network fault, or all, at once.
public struct NetRenew: AgentRequest {
    public static let op = "net-renew"
    public typealias Reply = Done

    public var fault: String?

    public init(fault: String? = nil) {
        self.fault = fault
    }
}

/// Ends a network fault; ending one that is not there is no error. The reply holds its last counters.
public struct NetHeal: AgentRequest {
    public static let op = "net-heal"
    public typealias Reply = NetReport

    public var fault: String

    public init(fault: String) {
        self.fault = fault
    }
}

/// Reads a network fault as the kernel has it.
public struct NetCounters: AgentRequest {
    public static let op = "net-counters"
    public typealias Reply = NetReport

    public var fault: String

    public init(fault: String) {
        self.fault = fault
    }
}

/// A network fault as listed by the kernel, not as remembered by the agent.
public struct NetReport: Codable, Hashable, Sendable {
    public var fault: String
    /// Whether the rules are there, and how many set elements are alive.
    public var isPresent: Bool
    public var elements: Int
    /// Packets that the fault's rules matched; another fault may have dropped the same ones.
    public var packetsIn: Int
    public var packetsOut: Int
    /// Of the packets that arrived and matched, those that a degradation lost.
    public var packetsLost: Int
    /// Times that a renewal came after the elements had expired: moments in which the fault was not there.
    public var lapses: Int
    public var clocks: ClockReading

    public init(
        fault: String, isPresent: Bool, elements: Int, packetsIn: Int, packetsOut: Int, packetsLost: Int = 0,
        lapses: Int, clocks: ClockReading
    ) {
        self.fault = fault
        self.isPresent = isPresent
        self.elements = elements
        self.packetsIn = packetsIn
        self.packetsOut = packetsOut
        self.packetsLost = packetsLost
        self.lapses = lapses
        self.clocks = clocks
    }
}
