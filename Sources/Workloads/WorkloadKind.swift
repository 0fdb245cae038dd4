import Determinism
public import Generators

/// A kind of built-in workload: what clients do, and what can be learnt from it.
public enum WorkloadKind: String, Hashable, Sendable, CaseIterable {
    case register
    case siblings
    case sessions
    case prefix
    case set
    case counter
    case bank
    case list
    case calendar
}

extension WorkloadKind {
    /// What the kind does, for listings.
    public var summary: String {
        switch self {
        case .register: "few registers that all clients read, write and compare-and-set; written values are unique"
        case .siblings:
            "few registers that all clients read and write, each write with what its client had read of it"
        case .sessions: "every client counts up a key of its own and reads its own and others' keys"
        case .prefix: "every client writes a cause, then its effect; others read the effect first, or both at once"
        case .set: "clients add unique numbers to grow-only sets and read whole sets"
        case .counter: "clients add to counters and read them"
        case .bank: "clients transfer between accounts and read all accounts at once"
        case .list: "clients append unique numbers to lists and read whole lists"
        case .calendar: "clients reserve slots that others want, too, and read who has them"
        }
    }

    /// The guarantees that this kind gives the most opportunity to break.
    public var exercises: [String] {
        switch self {
        case .register: ["linearizable", "no-lost-writes", "no-dirty-reads"]
        case .siblings: ["conflict-audit", "read-your-writes", "no-dirty-reads"]
        case .sessions: ["read-your-writes", "monotonic-reads", "linearizable"]
        case .prefix: ["consistent-prefix-node", "consistent-prefix-session"]
        case .set: ["no-lost-writes", "no-dirty-reads"]
        case .counter: ["counter", "linearizable"]
        case .bank: ["bank"]
        case .list: ["linearizable", "no-lost-writes", "no-dirty-reads", "no-duplicates"]
        case .calendar: ["calendar"]
        }
    }

    /// Whether `keys` may be set; the other kinds make a key for each client.
    public var hasKeys: Bool { self != .sessions && self != .prefix }

    /// How many keys there are at least, and where the file says nothing.
    public var keyCounts: (least: Int, standard: Int) {
        switch self {
        case .register, .siblings, .calendar: (1, 3)
        case .bank: (2, 5)
        case .set, .counter, .list, .sessions, .prefix: (1, 1)
        }
    }

    /// Whether the checkers of the kind would take other kinds' operations for its own.
    public var standsAlone: Bool { self == .bank }

    /// The functions of `mix` with their weights where the file says nothing.
    public var defaultMix: [(name: String, weight: Int)] {
        switch self {
        case .register: [("read", 50), ("write", 40), ("cas", 10)]
        case .siblings: [("read", 50), ("write", 50)]
        case .sessions: [("write", 40), ("read-own", 30), ("read-others", 30)]
        case .prefix: [("write", 40), ("read", 40), ("txn", 20)]
        case .set: [("add", 70), ("read", 30)]
        case .counter: [("increment", 60), ("read", 40)]
        case .bank: [("transfer", 60), ("read", 40)]
        case .list: [("append", 60), ("read", 40)]
        case .calendar: [("reserve", 60), ("read", 40)]
        }
    }

    /// The function without which the kind does nothing.
    public var necessaryFunction: String {
        switch self {
        case .register, .siblings, .sessions, .prefix: "write"
        case .set: "add"
        case .counter: "increment"
        case .bank: "transfer"
        case .list: "append"
        case .calendar: "reserve"
        }
    }
}

/// A kind with its share in the load.
public struct WeightedKind: Hashable, Sendable {
    public var kind: WorkloadKind
    public var weight: Int
    /// How many keys, for kinds that have them.
    public var keys: Int
    /// Weights by function, complete.
    public var mix: [String: Int]

    public init(_ kind: WorkloadKind, weight: Int = 1, keys: Int? = nil, mix: [String: Int]? = nil) {
        self.kind = kind
        self.weight = weight
        self.keys = keys ?? kind.keyCounts.standard
        self.mix = mix ?? Dictionary(uniqueKeysWithValues: kind.defaultMix.map { ($0.name, $0.weight) })
    }
}

extension WeightedKind {
    /// The generator of this kind, with randomness of its own.
    public func generator(seed: UInt64) -> any Generator {
        let random = SeededRandom.named("workload-\(kind.rawValue)", seed: seed)
        func weight(_ name: String) -> Int { mix[name] ?? 0 }
        switch kind {
        case .register:
            return RegisterKind(
                keys: keys, weights: .init(read: weight("read"), write: weight("write"), cas: weight("cas")),
                random: random)
        case .siblings:
            return RegisterKind(
                keys: keys, prefix: "v", weights: .init(read: weight("read"), write: weight("write"), cas: 0),
                random: random)
        case .sessions:
            return SessionsKind(
                weights: .init(
                    write: weight("write"), readOwn: weight("read-own"), readOthers: weight("read-others")),
                random: random)
        case .prefix:
            return PrefixKind(
                weights: .init(write: weight("write"), read: weight("read"), txn: weight("txn")), random: random)
        case .set:
            return GrowingKind(
                .set, keys: keys, weights: .init(add: weight("add"), read: weight("read")), random: random)
        case .counter:
            return CounterKind(
                keys: keys, weights: .init(increment: weight("increment"), read: weight("read")), random: random)
        case .bank:
            return BankKind(
                accounts: keys, weights: .init(transfer: weight("transfer"), read: weight("read")), random: random)
        case .list:
            return GrowingKind(
                .list, keys: keys, weights: .init(add: weight("append"), read: weight("read")), random: random)
        case .calendar:
            return CalendarKind(
                slots: keys, weights: .init(reserve: weight("reserve"), read: weight("read")), random: random)
        }
    }
}
