/// A client's request with what it says about itself: `X <command> OPT name value ...`.
public struct ClientCall: Hashable, Sendable {
    public var command: Command
    /// Most calls have none, and a call is copied often: so they lie apart.
    private var options: Shared<Options>?

    private struct Options: Hashable, Sendable {
        var identity: CallIdentity?
        var token: [UInt8]?
        var context: [UInt8]?
        var policy: String?
    }

    public init(
        _ command: Command, identity: CallIdentity? = nil, token: [UInt8]? = nil, context: [UInt8]? = nil,
        policy: String? = nil
    ) {
        self.command = command
        let options = Options(identity: identity, token: token, context: context, policy: policy)
        if options != Options() { self.options = Shared(options) }
    }

    /// `clientId:sequence`: the same for every attempt of one operation, so that a design can tell a second attempt.
    public var identity: CallIdentity? {
        get { options?.value.identity }
        set { change { $0.identity = newValue } }
    }

    /// What the session has seen or written, as an earlier answer gave it; opaque to the client.
    public var token: [UInt8]? {
        get { options?.value.token }
        set { change { $0.token = newValue } }
    }

    /// The causal context of a write, as a read gave it; opaque to the client.
    public var context: [UInt8]? {
        get { options?.value.context }
        set { change { $0.context = newValue } }
    }

    /// How this read is to be answered where a design lets the client choose: `local`, `tail`, `quorum`.
    public var policy: String? {
        get { options?.value.policy }
        set { change { $0.policy = newValue } }
    }

    private mutating func change(_ body: (inout Options) -> Void) {
        var options = options?.value ?? Options()
        body(&options)
        self.options = options == Options() ? nil : Shared(options)
    }
}

/// A value that is copied by its address.
final class Shared<Value: Hashable & Sendable>: Hashable, Sendable {
    let value: Value

    init(_ value: Value) { self.value = value }

    static func == (left: Shared, right: Shared) -> Bool { left === right || left.value == right.value }

    func hash(into hasher: inout Hasher) { hasher.combine(value) }
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
    /// Whether `position` says anything: where several take writes there is no one log.
    public var hasPosition = true
    /// For a read the state it was answered from; for a write its entry. The timeline is the term where there are terms.
    public var position: Position
    /// What last changed the key, where the design has one number for it.
    public var version: Position?
    public var details: Details? {
        get { shared?.value }
        set { shared = newValue.map { Shared($0) } }
    }
    private var shared: Shared<Details>?

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
        shared = details.map { Shared($0) }
    }

    /// The answer of a design that has no one log.
    public init(_ reply: Reply, role: String, details: Details? = nil) {
        self.init(reply, role: role, position: .start, details: details)
        hasPosition = false
    }
}
