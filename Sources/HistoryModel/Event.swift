/// Who did an operation: a logical single-threaded client, or the nemesis.
public enum ProcessID: Hashable, Sendable, Comparable {
    case client(Int)
    case nemesis

    /// The client's number, `nil` for the nemesis.
    public var client: Int? { if case .client(let number) = self { number } else { nil } }

    public static func < (left: ProcessID, right: ProcessID) -> Bool {
        (left.client ?? .max) < (right.client ?? .max)
    }
}

/// What an event says of its operation.
public enum EventType: String, Hashable, Sendable, CaseIterable {
    /// The client is about to call.
    case invoke
    /// It happened.
    case ok
    /// It certainly did not happen and never will.
    case fail
    /// Nobody knows whether it happened, or will.
    case info
}

/// One line of a history: an invocation, a completion, or a word of the nemesis.
public struct Event: Hashable, Sendable {
    /// Position in the history, from 0.
    public var index: Int
    /// Nanoseconds since the start of the run, on the controller's monotonic clock.
    public var time: Int64
    public var process: ProcessID
    public var type: EventType
    /// The function: `read`, `write`, `cas`, `add`, `txn`, `dump`, or the nemesis' `fault-start`, `fault-end`.
    public var f: String
    /// What it is applied to; `nil` where the function has no key.
    public var key: String?
    public var value: Value
    /// The node that was asked.
    public var node: String?
    /// Code and text of the error, for `fail` and `info`.
    public var error: String?
    /// What the system said beside the value (an object), such as versions; `null` if nothing.
    public var meta: Value

    public init(
        index: Int, time: Int64, process: ProcessID, type: EventType, f: String,
        key: String? = nil, value: Value = .null, node: String? = nil, error: String? = nil,
        meta: Value = .null
    ) {
        self.index = index
        self.time = time
        self.process = process
        self.type = type
        self.f = f
        self.key = key
        self.value = value
        self.node = node
        self.error = error
        self.meta = meta
    }
}
