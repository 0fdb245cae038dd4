/// A function of a history: its place in `History.functions`.
public struct FunctionID: Hashable, Sendable {
    public let number: UInt16

    @inlinable
    public init(_ number: UInt16) { self.number = number }
}

/// A key of a history: its place in `History.keys`.
public struct KeyID: Hashable, Sendable {
    public let number: Int32

    @inlinable
    public init(_ number: Int32) { self.number = number }

    /// No key at all.
    @inlinable
    public static var none: KeyID { KeyID(-1) }
}

/// A node of a history: its place in `History.nodes`.
public struct NodeID: Hashable, Sendable {
    public let number: Int32

    @inlinable
    public init(_ number: Int32) { self.number = number }

    /// No node at all.
    @inlinable
    public static var none: NodeID { NodeID(-1) }
}

/// What each operation is, one array for each question; all have an entry for every operation, in the order of the
/// invocations.
public struct OperationColumns: Sendable {
    /// Which client, as its place in `History.clients`.
    public internal(set) var process: [Int32] = []
    public internal(set) var function: [FunctionID] = []
    /// `KeyID.none` for operations without key.
    public internal(set) var key: [KeyID] = []
    /// How it ended; `info` too while open.
    public internal(set) var outcome: [EventType] = []
    /// What was asked.
    public internal(set) var argument: [ValueRef] = []
    /// What the completion carries, whatever the outcome; `null` while open. `History.result` is that of `ok` alone.
    public internal(set) var answer: [ValueRef] = []
    /// The place of the invocation among the events.
    public internal(set) var invocation: [Int32] = []
    /// The place of the completion among the events; -1 while open.
    public internal(set) var completion: [Int32] = []

    init() {}

    @inlinable
    public var count: Int { process.count }
}

/// Interned names as a collection.
public struct Names: RandomAccessCollection, Sendable {
    let table: InternTable

    public var startIndex: Int { 0 }
    public var endIndex: Int { table.count }
    public subscript(position: Int) -> String { table[position] }

    /// The place of a name, if it is there; takes no longer for many names than for few.
    public func number(of name: String) -> Int? { table.find(name) }
}
