/// A client's request with what it says about itself: `X <command> OPT name value ...`.
public struct ClientCall: Hashable, Sendable {
    public var command: Command
    /// `clientId:sequence`: the same for every attempt of one operation, so that a design can tell a second attempt.
    public var identity: CallIdentity?
    /// What the session has seen or written, as an earlier answer gave it; opaque to the client.
    public var token: [UInt8]?
    /// The causal context of a write, as a read gave it; opaque to the client.
    public var context: [UInt8]?
    /// How this read is to be answered where a design lets the client choose: `local`, `tail`, `quorum`.
    public var policy: String?

    public init(
        _ command: Command, identity: CallIdentity? = nil, token: [UInt8]? = nil, context: [UInt8]? = nil,
        policy: String? = nil
    ) {
        self.command = command
        self.identity = identity
        self.token = token
        self.context = context
        self.policy = policy
    }
}

/// Which operation of which client a request is an attempt of.
public struct CallIdentity: Hashable, Sendable {
    public var client: UInt64
    public var sequence: UInt64

    public init(client: UInt64, sequence: UInt64) {
        self.client = client
        self.sequence = sequence
    }
}

/// What a client is told, with where it comes from; `Reply` says what the operation came to.
public struct ClientAnswer: Hashable, Sendable {
    public var reply: Reply
    /// What the node was when it answered: `leader`, `follower`, `candidate`, `head`, `tail`, `replica`, ...
    public var role: String
    /// For a read the state it was answered from; for a write its entry. The timeline is the term where there are terms.
    public var position: Position
    /// What last changed the key, where the design has one number for it.
    public var version: Position?
    public var details: Details?

    /// What only some designs have to say; names as in the meta array of the protocol.
    public struct Details: Hashable, Sendable {
        /// For the session, to be sent back with its next request.
        public var token: [UInt8]?
        /// For the next write of this key.
        public var context: [UInt8]?
        /// Values that are there beside the one in the reply, none of them newer than another.
        public var siblings: [[UInt8]] = []
        /// Time stamp of the value, in nanoseconds of the clock that made it.
        public var stamp: Int64?
        /// May still be rejected when replicas meet.
        public var isTentative = false

        public init() {}
    }

    public init(
        _ reply: Reply, role: String, position: Position, version: Position? = nil, details: Details? = nil
    ) {
        self.reply = reply
        self.role = role
        self.position = position
        self.version = version
        self.details = details
    }
}
