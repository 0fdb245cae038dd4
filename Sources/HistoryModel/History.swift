/// An invocation with its completion, if there was one.
public struct Operation: Hashable, Sendable {
    public var process: ProcessID
    public var invocation: Event
    /// `nil` while open at the end of the history: the same as `info`.
    public var completion: Event?

    public init(process: ProcessID, invocation: Event, completion: Event?) {
        self.process = process
        self.invocation = invocation
        self.completion = completion
    }
}

extension Operation {
    /// The index of the invocation, by which evidence names an operation.
    public var index: Int { invocation.index }
    public var f: String { invocation.f }
    public var key: String? { invocation.key }

    /// How it ended; an operation that is still open counts as `info`.
    public var outcome: EventType { completion?.type ?? .info }

    /// What was asked: the value that is written, `[old, new]` of a `cas`, `null` of a read.
    public var argument: Value { invocation.value }

    /// What an `ok` operation brought back; `null` for the others.
    public var result: Value {
        guard let completion, completion.type == .ok else { return .null }
        return completion.value
    }

    /// The node that answered or, failing that, was asked.
    public var node: String? { completion?.node ?? invocation.node }

    /// What the system said beside the value.
    public var meta: Value { completion?.meta ?? .null }
}

/// A fault's time in the history, from `fault-start` to `fault-end`.
public struct FaultWindow: Hashable, Sendable {
    /// The fault's name in the plan.
    public var fault: String
    /// Its kind: `kill`, `pause`, `partition`, ...
    public var kind: String
    /// Position of its first event.
    public var startIndex: Int
    /// Nanoseconds from the start of the run.
    public var start: Int64
    /// `nil` if it was never healed in the history.
    public var end: Int64?

    public init(fault: String, kind: String, startIndex: Int, start: Int64, end: Int64?) {
        self.fault = fault
        self.kind = kind
        self.startIndex = startIndex
        self.start = start
        self.end = end
    }
}

/// The events of a run in order, paired and known to be well formed.
public struct History: Hashable, Sendable {
    public let events: [Event]
    /// The clients' operations by invocation.
    public let operations: [Operation]
    /// What the nemesis said, in order.
    public let nemesis: [Event]
    public let faultWindows: [FaultWindow]

    /// Pairs invocations with completions.
    ///
    /// Throws `HistoryError` for a completion without invocation, two open invocations of one process, a process
    /// that goes on after `info`, time or index running backwards.
    public init(_ events: [Event]) throws(HistoryError) {
        let pairing = try Pairing(events)
        self.events = events
        operations = pairing.operations
        nemesis = pairing.nemesis
        faultWindows = pairing.faultWindows
    }
}
