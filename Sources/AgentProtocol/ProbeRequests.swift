/// Makes the agent count UDP datagrams on a port, until everything is healed.
public struct ProbeListen: AgentRequest {
    public static let op = "probe-listen"
    public typealias Reply = Done

    public var port: Int

    public init(port: Int) {
        self.port = port
    }
}

/// Sends probe datagrams to a peer, whose agent listens.
public struct ProbeSend: AgentRequest {
    public static let op = "probe-send"
    public typealias Reply = ProbeSent

    public var address: String
    public var port: Int
    /// A word of the controller's that tells these probes from others.
    public var nonce: String
    public var count: Int

    public init(address: String, port: Int, nonce: String, count: Int = 3) {
        self.address = address
        self.port = port
        self.nonce = nonce
        self.count = count
    }
}

public struct ProbeSent: Codable, Hashable, Sendable {
    /// Datagrams the kernel took, and those it refused at once (an output rule does that).
    public var sent: Int
    public var refused: Int

    public init(sent: Int, refused: Int) {
        self.sent = sent
        self.refused = refused
    }
}

/// Reads what probes arrived.
public struct ProbeReport: AgentRequest {
    public static let op = "probe-report"
    public typealias Reply = ProbesReceived

    /// Only this nonce, or all.
    public var nonce: String?

    public init(nonce: String? = nil) {
        self.nonce = nonce
    }
}

public struct ProbesReceived: Codable, Hashable, Sendable {
    public struct Source: Codable, Hashable, Sendable {
        public var address: String
        public var port: Int
        public var nonce: String
        public var count: Int

        public init(address: String, port: Int, nonce: String, count: Int) {
            self.address = address
            self.port = port
            self.nonce = nonce
            self.count = count
        }
    }

    /// One entry for each source address, port of ours and nonce, sorted.
    public var sources: [Source]

    public init(sources: [Source]) {
        self.sources = sources
    }

    /// All datagrams with this nonce, from one address or from any.
    public func count(nonce: String, from address: String? = nil) -> Int {
        sources.filter { $0.nonce == nonce && (address == nil || $0.address == address) }
            .reduce(0) { $0 + $1.count }
    }
}

/// Sends datagrams to a peer whose agent listens, which answers each, and measures how long that takes.
public struct ProbeExchange: AgentRequest {
    public static let op = "probe-exchange"
    public typealias Reply = ProbeExchanged

    public var address: String
    public var port: Int
    public var nonce: String
    /// 1 to 1000.
    public var count: Int
    /// Bytes of each datagram, 64 to 1200; answers are short.
    public var size: Int
    /// Whether each waits for the answer to the one before: round trips. Else all are sent as fast as they go: a rate.
    public var isPaced: Bool
    /// An answer that takes longer is not waited for. Up to 30 s.
    public var patienceSeconds: Double

    public init(
        address: String, port: Int, nonce: String, count: Int, size: Int = 64, isPaced: Bool,
        patienceSeconds: Double = 2
    ) {
        self.address = address
        self.port = port
        self.nonce = nonce
        self.count = count
        self.size = size
        self.isPaced = isPaced
        self.patienceSeconds = patienceSeconds
    }
}

/// What came of an exchange of probes.
public struct ProbeExchanged: Codable, Hashable, Sendable {
    public var answered: Int
    /// Of each answered probe, from its sending to its answer, in nanoseconds, sorted.
    public var roundTrips: [Int64]
    /// From the first sending to the last answer, in nanoseconds.
    public var spanNanoseconds: Int64

    public init(answered: Int, roundTrips: [Int64], spanNanoseconds: Int64) {
        self.answered = answered
        self.roundTrips = roundTrips
        self.spanNanoseconds = spanNanoseconds
    }
}
