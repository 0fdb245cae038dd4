/// What a client asks for.
public enum Command: Hashable, Sendable {
    case get(key: [UInt8])
    case set(key: [UInt8], value: [UInt8])
    case delete(key: [UInt8])
    /// `old == nil`: the key must be absent.
    case compareAndSet(key: [UInt8], old: [UInt8]?, new: [UInt8])
    /// Adds to a register that holds a whole number; an absent one counts as 0.
    case increment(key: [UInt8], by: Int64)
    case add(key: [UInt8], elements: [[UInt8]])
    case remove(key: [UInt8], elements: [[UInt8]])
    case members(key: [UInt8])
    /// Adds to the end of a list.
    case append(key: [UInt8], elements: [[UInt8]])
    /// The elements of a list from one place to another, both included; negative places count from the end.
    case range(key: [UInt8], first: Int64, last: Int64)
    /// All keys from one state.
    case getAll(keys: [[UInt8]])
    /// Holds when the register has at least this whole number; in a transaction, else nothing of it happens.
    case atLeast(key: [UInt8], minimum: Int64)
    /// All of them on one state and in this order, each seeing those before it, or none of them.
    case transaction([Command])
    /// A text in the statement language.
    case statement([UInt8])
    /// Takes a slot for `holder`, unless another operation has it.
    case reserve(slot: [UInt8], holder: [UInt8], operation: [UInt8])
    /// Whether a tentative reservation of the slot for `holder` was rejected.
    case rejected(slot: [UInt8], holder: [UInt8])

    /// Whether it changes nothing, whatever the state.
    public var isRead: Bool {
        switch self {
        case .get, .members, .range, .getAll, .atLeast, .rejected: true
        case .set, .delete, .compareAndSet, .increment, .add, .remove, .append, .statement, .reserve: false
        case .transaction(let steps): steps.allSatisfy(\.isRead)
        }
    }

    /// Whether it may stand in a transaction.
    public var isStep: Bool {
        switch self {
        case .transaction, .statement, .rejected: false
        default: true
        }
    }

    /// The keys that it reads or writes, as far as the command itself names them.
    public var keys: [[UInt8]] {
        switch self {
        case .get(let key), .set(let key, _), .delete(let key), .compareAndSet(let key, _, _),
            .increment(let key, _), .add(let key, _), .remove(let key, _), .members(let key), .append(let key, _),
            .range(let key, _, _), .atLeast(let key, _), .reserve(let key, _, _),
            .rejected(let key, _):
            [key]
        case .getAll(let keys): keys
        case .transaction(let steps): steps.flatMap(\.keys)
        case .statement: []
        }
    }

    /// The key that it is about; the first one of several.
    var key: [UInt8] { keys.first ?? [] }

    /// Whether it would find the same in both states, so that what it says of one is true of the other.
    func findsTheSame(in left: Store, and right: Store) -> Bool {
        if case .statement = self { return left.position == right.position }
        return keys.allSatisfy { left.version($0) == right.version($0) }
    }
}

/// Whole numbers in registers, as Redis has them: decimal, 64 bits, without needless signs and zeros.
enum IntegerText {
    static func parse(_ bytes: [UInt8]) -> Int64? {
        guard (1...20).contains(bytes.count), let number = Int64(String(decoding: bytes, as: UTF8.self)),
            text(number) == bytes
        else { return nil }
        return number
    }

    static func text(_ number: Int64) -> [UInt8] { Array(String(number).utf8) }
}
