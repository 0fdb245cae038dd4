public import HistoryModel

/// An operation that a generator wants done.
public struct PlannedOperation: Hashable, Sendable {
    /// The function, such as `read`, `write`, `cas`, `add`, `txn`.
    public var f: String
    /// `nil` where the function has no key.
    public var key: String?
    /// What is asked: see the operations of histories.
    public var value: Value
    /// The node to ask; `nil` leaves it to the read policy.
    public var node: String?
    /// True for the reads of the last phase.
    public var isFinal: Bool
    /// What the key holds.
    public var shape: KeyShape

    public init(
        f: String, key: String? = nil, value: Value = .null, node: String? = nil, isFinal: Bool = false,
        shape: KeyShape = .register
    ) {
        self.f = f
        self.key = key
        self.value = value
        self.node = node
        self.isFinal = isFinal
        self.shape = shape
    }
}

extension PlannedOperation {
    /// Whether it changes nothing: only such operations follow the read policy.
    public var isRead: Bool { f == "read" || f == "txn" || f == "dump" }
}

/// Who asks for an operation, and when.
public struct GeneratorContext: Hashable, Sendable {
    /// Nanoseconds since the start of the clients' work.
    public var time: Int64
    /// The process that is free. After an `info` a process ends; its successor's number is higher by `clients`.
    public var process: Int
    /// How many processes there are at a time.
    public var clients: Int

    public init(time: Int64, process: Int, clients: Int) {
        precondition(clients > 0, "somebody has to ask")
        self.time = time
        self.process = process
        self.clients = clients
    }

    /// The client's place, which a process hands on to its successors: from 0 up to but without `clients`.
    public var client: Int { process % clients }
}

/// A generator's answer to a free process.
public enum Next: Hashable, Sendable {
    case operation(PlannedOperation)
    /// Nothing yet: ask again at this time (nanoseconds) or, without one, after the next completion.
    case pending(until: Int64?)
    /// Nothing for this process, now and for ever.
    case exhausted
}

/// How an operation ended, for generators that go by it.
public struct CompletedOperation: Hashable, Sendable {
    public var process: Int
    public var clients: Int
    /// Nanoseconds since the start of the clients' work.
    public var time: Int64
    public var operation: PlannedOperation
    /// `ok`, `fail` or `info`.
    public var outcome: EventType
    /// What an `ok` operation brought back.
    public var result: Value

    public init(
        process: Int, clients: Int, time: Int64, operation: PlannedOperation, outcome: EventType, result: Value
    ) {
        self.process = process
        self.clients = clients
        self.time = time
        self.operation = operation
        self.outcome = outcome
        self.result = result
    }
}

/// A pure value that yields operations.
///
/// A generator knows no clock and draws only from the seed that it was made with: the same questions in the
/// same order get the same answers.
public protocol Generator: Sendable {
    /// The next operation for a free process.
    mutating func next(_ context: GeneratorContext) -> Next

    /// Takes notice of how an operation of its own ended.
    mutating func update(_ completed: CompletedOperation)

    /// The keys that were asked for so far, in order of first use, for the final reads.
    var keys: [UsedKey] { get }
}

/// A key that a run has used.
public struct UsedKey: Hashable, Sendable {
    public var name: String
    public var shape: KeyShape

    public init(_ name: String, shape: KeyShape = .register) {
        self.name = name
        self.shape = shape
    }
}
