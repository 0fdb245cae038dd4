/// One event with its names and values as references into the builder that it is for.
public struct EventRow: Hashable, Sendable {
    public var process: ProcessID
    public var type: EventType
    public var function: FunctionID
    public var key: KeyID
    public var value: ValueRef
    public var node: NodeID
    /// A string, or `null`.
    public var error: ValueRef
    public var meta: ValueRef
    /// `nil`: one more than the event before.
    public var index: Int?
    /// Nanoseconds; all events of a history have a time, or none has.
    public var time: Int64?

    public init(
        process: ProcessID, type: EventType, function: FunctionID, key: KeyID = .none, value: ValueRef = .null,
        node: NodeID = .none, error: ValueRef = .null, meta: ValueRef = .null, index: Int? = nil,
        time: Int64? = nil
    ) {
        self.process = process
        self.type = type
        self.function = function
        self.key = key
        self.value = value
        self.node = node
        self.error = error
        self.meta = meta
        self.index = index
        self.time = time
    }
}
