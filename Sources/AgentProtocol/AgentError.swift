/// Why an agent did not do what it was asked, or why no answer came.
public struct AgentError: Error, Codable, Hashable, Sendable, CustomStringConvertible {
    /// A word of the protocol; unknown words of a newer agent are kept as they are.
    public struct Code: RawRepresentable, Codable, Hashable, Sendable {
        public var rawValue: String

        public init(rawValue: String) {
            self.rawValue = rawValue
        }
    }

    public var code: Code
    public var message: String
    /// The host as the controller calls it; not on the wire.
    public var host: String?

    public init(_ code: Code, _ message: String, host: String? = nil) {
        self.code = code
        self.message = message
        self.host = host
    }

    public var description: String {
        "agent\(host.map { " on \($0)" } ?? ""): \(code.rawValue): \(message)"
    }

    private enum CodingKeys: String, CodingKey { case code, message }
}

extension AgentError.Code {
    /// The line is no request: not JSON, a field missing, a wrong type.
    public static let malformed = Self(rawValue: "malformed")
    public static let tooLong = Self(rawValue: "too-long")
    public static let unknownOperation = Self(rawValue: "unknown-operation")
    /// A limit of the agent is reached; nothing was done, try again later.
    public static let busy = Self(rawValue: "busy")
    /// The request needs a lease: say `hello` first.
    public static let noLease = Self(rawValue: "no-lease")
    /// The lease lapsed, and everything was undone.
    public static let leaseLapsed = Self(rawValue: "lease-lapsed")
    /// Another controller holds the lease.
    public static let leased = Self(rawValue: "leased")
    /// The agent that was asked before is gone; this is another one. Whether the request was done is unknown.
    public static let restarted = Self(rawValue: "restarted")
    /// The reply to this request was thrown away; it was answered long ago and is never run again.
    public static let forgotten = Self(rawValue: "forgotten")
    /// A value of the request is impossible.
    public static let badRequest = Self(rawValue: "bad-request")
    /// A path outside the agent's directories, or a rule that would cut SSH.
    public static let refused = Self(rawValue: "refused")
    public static let notFound = Self(rawValue: "not-found")
    public static let exists = Self(rawValue: "exists")
    public static let cannotStart = Self(rawValue: "cannot-start")
    /// The process ended before it was ready.
    public static let exited = Self(rawValue: "exited")
    public static let notReady = Self(rawValue: "not-ready")
    /// The host cannot do this: a program or a kernel feature is missing.
    public static let unsupported = Self(rawValue: "unsupported")
    /// The host tried and failed; the message says what it said.
    public static let failed = Self(rawValue: "failed")
    /// The controller's side: no reply in time, no connection, or closed by its owner.
    public static let deadline = Self(rawValue: "deadline")
    public static let disconnected = Self(rawValue: "disconnected")
    public static let closed = Self(rawValue: "closed")

    /// Whether the request may have been carried out although this error came back.
    public var isIndefinite: Bool {
        [.deadline, .disconnected, .restarted, .forgotten, .leaseLapsed, .closed].contains(self)
    }
}
