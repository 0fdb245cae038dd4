/// What a client asks for.
public enum Command: Hashable, Sendable {
    case get(key: [UInt8])
    case set(key: [UInt8], value: [UInt8])
    case delete(key: [UInt8])
    /// `old == nil`: the key must be absent.
    case compareAndSet(key: [UInt8], old: [UInt8]?, new: [UInt8])
    case add(key: [UInt8], elements: [[UInt8]])
    case remove(key: [UInt8], elements: [[UInt8]])
    case members(key: [UInt8])
    /// All keys from one state.
    case getAll(keys: [[UInt8]])

    public var isRead: Bool {
        switch self {
        case .get, .members, .getAll: true
        case .set, .delete, .compareAndSet, .add, .remove: false
        }
    }
}

/// What a client is told.
public enum Reply: Hashable, Sendable {
    case ok
    case value([UInt8]?)
    case integer(Int)
    case elements([[UInt8]])
    case values([[UInt8]?])
    /// Certainly not executed, and never will be.
    case failed(FailureCode, String)
    /// May have happened, or may happen later.
    case unknown(UnknownCode, String)
    /// Not executed; this node takes writes.
    case moved(NodeName)

    public enum FailureCode: String, Hashable, Sendable, CaseIterable {
        case casFailed = "CASFAIL"
        case wrongType = "WRONGTYPE"
        case readOnly = "READONLY"
        case notReady = "NOTREADY"
        case diverged = "DIVERGED"
        case busy = "BUSY"
        case deposed = "NOTLEADER"
        case timeout = "TIMEOUT"
    }

    public enum UnknownCode: String, Hashable, Sendable, CaseIterable {
        case stalled = "STALLED"
        case deposed = "DEPOSED"
    }
}

/// A reply with where it comes from.
public struct Answer: Hashable, Sendable {
    public var reply: Reply
    public var role: Role
    /// For a read the state it was answered from; for a write its entry.
    public var position: Position
    /// The entry that last changed the key; `nil` for an absent key and for several keys.
    public var version: Position?

    public init(_ reply: Reply, role: Role, position: Position, version: Position? = nil) {
        self.reply = reply
        self.role = role
        self.position = position
        self.version = version
    }
}

/// What a node is at the moment.
public enum Role: String, Hashable, Sendable, CaseIterable { case leader, follower }

extension Command {
    /// What this write does to a state: entries to log, or nothing and only an answer.
    func effect(on store: Store) -> (change: Change?, reply: Reply) {
        switch self {
        case .set(let key, let value):
            return (.put(key: key, value: value), .ok)
        case .delete(let key):
            return store.version(key) == nil
                ? (nil, .integer(0)) : (.delete(key: key), .integer(1))
        case .compareAndSet(let key, let old, let new):
            guard !store.isSet(key) else { return (nil, Self.wrongType) }
            guard store.register(key) == old else {
                return (nil, .failed(.casFailed, "the value is another one"))
            }
            return (.put(key: key, value: new), .ok)
        case .add(let key, let elements):
            guard store.register(key) == nil else { return (nil, Self.wrongType) }
            let new = Set(elements).filter { !store.isMember($0, of: key) }
            return new.isEmpty
                ? (nil, .integer(0)) : (.add(key: key, elements: elements), .integer(new.count))
        case .remove(let key, let elements):
            guard store.register(key) == nil else { return (nil, Self.wrongType) }
            let there = Set(elements).filter { store.isMember($0, of: key) }
            return there.isEmpty
                ? (nil, .integer(0)) : (.remove(key: key, elements: elements), .integer(there.count))
        case .get, .members, .getAll:
            preconditionFailure("a read changes nothing")
        }
    }

    /// What this read sees in a state, and the version of its key.
    func read(_ store: Store) -> (reply: Reply, version: Position?) {
        switch self {
        case .get(let key):
            return store.isSet(key)
                ? (Self.wrongType, nil) : (.value(store.register(key)), store.version(key))
        case .members(let key):
            return store.register(key) != nil
                ? (Self.wrongType, nil) : (.elements(store.members(key)), store.version(key))
        case .getAll(let keys):
            return (.values(keys.map { store.register($0) }), nil)
        case .set, .delete, .compareAndSet, .add, .remove:
            preconditionFailure("a write is not answered from a state")
        }
    }

    /// The key a write is about.
    var key: [UInt8] {
        switch self {
        case .get(let key), .set(let key, _), .delete(let key), .compareAndSet(let key, _, _),
            .add(let key, _), .remove(let key, _), .members(let key):
            key
        case .getAll(let keys): keys.first ?? []
        }
    }

    private static let wrongType = Reply.failed(.wrongType, "the key holds another type of value")
}
