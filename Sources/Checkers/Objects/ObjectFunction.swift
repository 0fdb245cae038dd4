import HistoryModel

/// What the functions of a history do to an object, by the names that harnesses give them.
enum ObjectFunction: UInt8, Hashable, Sendable {
    case read, write, cas
    case append
    case add, remove, contains
    case increment, decrement
    case acquire, release
    case enqueue, dequeue
    case push, pop
    case insert, pollMax
    case peek
    /// Takes all that is left out of a queue, stack or priority queue, one after the other.
    case drain
    /// Several reads at once; each is a read of its key.
    case txn
    /// What a node held at the end: says nothing about the order of operations.
    case dump
    case unknown

    init(_ name: String) {
        self =
            switch name {
            case "read", "get": .read
            case "write", "put": .write
            case "cas": .cas
            case "append": .append
            case "add": .add
            case "remove": .remove
            case "contains": .contains
            case "increment", "inc": .increment
            case "decrement", "dec": .decrement
            case "acquire", "lock": .acquire
            case "release", "unlock": .release
            case "enqueue", "enq": .enqueue
            case "dequeue", "deq": .dequeue
            case "push": .push
            case "pop": .pop
            case "insert": .insert
            case "poll", "poll-max": .pollMax
            case "peek": .peek
            case "drain": .drain
            case "txn": .txn
            case "dump": .dump
            default: .unknown
            }
    }
}

/// What is done to one key, and what was answered: enough to tell what kind of object it is.
struct ObjectUse: OptionSet, Hashable, Sendable {
    let rawValue: UInt32

    init(rawValue: UInt32) { self.rawValue = rawValue }

    init(_ function: ObjectFunction) { rawValue = 1 << UInt32(function.rawValue) }

    init(_ functions: [ObjectFunction]) { self = functions.reduce(into: []) { $0.formUnion(ObjectUse($1)) } }

    /// A read brought back a list.
    static let readsLists = ObjectUse(rawValue: 1 << 28)
    /// A read brought back a whole number.
    static let readsNumbers = ObjectUse(rawValue: 1 << 29)
    /// A read brought back something that is neither, nor null.
    static let readsOthers = ObjectUse(rawValue: 1 << 30)
    /// A string is appended.
    static let appendsText = ObjectUse(rawValue: 1 << 31)
    /// Its functions have the names of a key-value store, whose answer for an absent key is the empty string.
    static let isKeyValue = ObjectUse(rawValue: 1 << 27)

    /// The functions alone.
    var functions: ObjectUse { ObjectUse(rawValue: rawValue & (1 << 27 - 1)) }
}

/// The kinds of objects that operations can be of.
enum ObjectKind: Hashable, Sendable {
    case register
    /// A list that is appended to and may be replaced by one element.
    case list
    /// A string that is appended to and may be replaced.
    case text
    /// A set that only grows and is read as a whole.
    case set
    /// A set that is used element by element.
    case elements
    case counter
    case mutex
    case queue, stack, priorityQueue

    /// True for what elements go into and come out of.
    var isContainer: Bool { [.queue, .stack, .priorityQueue].contains(self) }

    /// What is wrong with the answers of such an object; `nil` if nothing is.
    func wrongAnswer(_ use: ObjectUse) -> String? {
        let answers = use.intersection([.readsLists, .readsNumbers, .readsOthers])
        return switch self {
        case .set where !answers.subtracting(.readsLists).isEmpty: "a read of the set returned no list"
        case .list where !answers.subtracting(.readsLists).isEmpty: "a read of the list returned no list"
        case .counter where !answers.subtracting(.readsNumbers).isEmpty:
            "a read of the counter returned no whole number in 64 bits"
        default: nil
        }
    }

    /// The kind of object that all of this can be done to; `nil` if there is none.
    init?(_ use: ObjectUse) {
        func isOf(_ functions: ObjectFunction...) -> Bool { use.functions.isSubset(of: ObjectUse(functions)) }
        let counts = use.contains(.readsNumbers) && use.isDisjoint(with: [.readsLists, .readsOthers])
        if isOf(.read, .add) {
            let adds = use.contains(ObjectUse(.add))
            self = adds && counts ? .counter : adds || use.contains(.readsLists) ? .set : .register
        } else if isOf(.read, .write, .cas) {
            guard !use.contains(.readsLists) else { return nil }
            self = .register
        } else if isOf(.read, .write, .append) {
            self = use.contains(.appendsText) ? .text : .list
        } else if isOf(.add, .insert, .remove, .contains), !isOf(.insert) {
            self = .elements
        } else if isOf(.read, .increment, .decrement) {
            self = .counter
        } else if isOf(.acquire, .release) {
            self = .mutex
        } else if isOf(.enqueue, .dequeue, .peek, .drain) {
            self = .queue
        } else if isOf(.push, .pop, .peek, .drain) {
            self = .stack
        } else if isOf(.insert, .pollMax, .peek, .drain) {
            self = .priorityQueue
        } else {
            return nil
        }
    }
}
