public import HistoryModel

/// What a worker asks of the system: one operation.
public struct OperationRequest: Hashable, Sendable {
    /// The function: `read`, `write`, `cas`, `add`, `increment`, `append`, `txn`, `open`, `transfer`, `reserve` or `rejected`.
    public var f: String
    /// What it is applied to; `nil` for what is about several keys.
    public var key: String?
    /// What is written, added or appended; `[old, new]` of a `cas`; the micro-operations of a `txn`; balances by account
    /// of an `open`; `from`, `to` and `amount` of a `transfer`; the holder of a `reserve` or `rejected`; `null` of a read.
    public var value: Value
    /// What the key holds, so that a read of it is known to return a list or not.
    public var shape: KeyShape
    /// True for the reads after the faults; the client may not treat them otherwise, the history marks them.
    public var isFinal: Bool
    /// The node to ask, whatever the read policy says; a redirect away from it is then not followed.
    public var node: String?
    /// What the session has seen or written, for the node; set by the client.
    public var token: String?
    /// What a read of the key gave to be sent along with its next write, where nodes keep siblings; set by the client.
    public var context: String?
    /// The first attempt stays on its way under this name until it is released; for clients that try again.
    public var hold: String?

    public init(
        f: String, key: String? = nil, value: Value = .null, shape: KeyShape = .register, isFinal: Bool = false,
        node: String? = nil, hold: String? = nil
    ) {
        self.f = f
        self.key = key
        self.value = value
        self.shape = shape
        self.isFinal = isFinal
        self.node = node
        self.hold = hold
    }
}

/// How an operation ended, as far as its client knows.
public struct ClientReply: Hashable, Sendable {
    public enum Outcome: Hashable, Sendable {
        /// It happened, and this is its value.
        case ok(Value)
        /// It certainly did not happen and never will; a read that got no value.
        case fail(ClientError)
        /// Nobody knows.
        case info(ClientError)
    }

    public var outcome: Outcome
    /// The node that answered or, failing that, the last one asked.
    public var node: String?
    /// What the system said beside the value: `node`, `role`, `tli`, `lsn`, `version`; `null` if nothing.
    public var meta: Value

    public init(_ outcome: Outcome, node: String? = nil, meta: Value = .null) {
        self.outcome = outcome
        self.node = node
        self.meta = meta
    }
}

extension ClientReply {
    /// The completion's type in the history.
    public var type: EventType {
        switch outcome {
        case .ok: .ok
        case .fail: .fail
        case .info: .info
        }
    }

    /// The value of an `ok`.
    public var value: Value? { if case .ok(let value) = outcome { value } else { nil } }

    /// What went wrong, if anything did.
    public var error: ClientError? {
        switch outcome {
        case .ok: nil
        case .fail(let error), .info(let error): error
        }
    }
}

/// What one process uses to work with the system: one operation at a time.
///
/// `RESPClient` is the real one, `NoopClient` does nothing, `ValidatingClient` checks any other.
public protocol Client: Sendable {
    /// Does one operation and returns by the deadline, with an outcome in every case.
    ///
    /// The caller stamps the times right around this call, so nothing slow is done in it that is not the operation.
    /// Connecting is part of it: it counts as time in which the operation was under way.
    func invoke(_ request: OperationRequest, deadline: ContinuousClock.Instant) async -> ClientReply

    /// Lets the attempt arrive that was kept on its way under this name, and returns when it has been answered, which
    /// nobody waits for any more; what kept it from its node otherwise.
    func release(_ name: String, deadline: ContinuousClock.Instant) async -> String?

    /// Closes the connections. The client can be used again: it connects anew.
    func close() async
}

extension Client {
    public func release(_ name: String, deadline: ContinuousClock.Instant) async -> String? {
        "no attempt is kept as \(name)"
    }
}
