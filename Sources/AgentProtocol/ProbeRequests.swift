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
