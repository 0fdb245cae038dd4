/// The messages between the controller and the agent that lives on each host.
///
/// Each message is one line of JSON. A request is `{"id":"<controller>-<n>","op":"<word>",...}`; its reply carries the
/// same id and either `"ok":{...}` or `"error":{"code":...,"message":...}`. The agent keeps each reply until the
/// controller says that it has seen it, so a request sent again after a dropped connection gets the first result.
///
/// `AgentClient` is the controller's side; it speaks over any `AgentByteChannel`.
public protocol AgentRequest: Codable, Sendable {
    associatedtype Reply: Codable & Sendable

    /// The word that names the operation on the wire.
    static var op: String { get }
}

/// What the agent answers when there is nothing to say but that it was done.
public struct Done: Codable, Hashable, Sendable {
    public init() {}
}

/// The limits of the protocol; both sides keep them.
public enum AgentLimits {
    /// Longest line in bytes, the newline not counted.
    public static let lineBytes = 1 << 20
    /// Largest content of `put-file`, `get-file` and one `read-log`, in bytes.
    public static let fileBytes = 512 << 10
    /// Most bytes of each output of an `exec` that are kept.
    public static let outputBytes = 256 << 10
    /// Most requests of one controller that may be waiting for their reply.
    public static let outstanding = 256
    /// Most network faults at once, and most drops (address and port) of one of them.
    public static let networkFaults = 64
    public static let dropsPerFault = 512
    /// Longest name of a process or a fault.
    public static let nameLength = 48
    /// Longest lease and longest deadline, in seconds.
    public static let seconds = 3600.0
}

/// The version of the protocol and the agent; agents of another version are replaced, not talked to.
public let agentVersion = "1"

/// Names of processes, faults and controllers: letters, digits, `.`, `_` and, but for controllers, `-`.
public func isAgentName(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= AgentLimits.nameLength && name.first != "-" && name.first != "."
        && name.utf8.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
        }
}
