import Determinism
public import Generators

/// A kind of built-in workload: what clients do, and what can be learnt from it.
public enum WorkloadKind: String, Hashable, Sendable, CaseIterable {
    case register
    case sessions
    case prefix
    case set
}

extension WorkloadKind {
    /// What the kind does, for listings.
    public var summary: String {
        switch self {
        case .register: "few registers that all clients read, write and compare-and-set; written values are unique"
        case .sessions: "every client counts up a key of its own and reads its own and others' keys"
        case .prefix: "every client writes a cause, then its effect; others read the effect first, or both at once"
        case .set: "clients add unique numbers to grow-only sets and read whole sets"
        }
    }

    /// The guarantees that this kind gives the most opportunity to break.
    public var exercises: [String] {
        switch self {
        case .register: ["linearizable", "no-lost-writes", "no-dirty-reads"]
        case .sessions: ["read-your-writes", "monotonic-reads", "linearizable"]
        case .prefix: ["consistent-prefix-node", "consistent-prefix-session"]
        case .set: ["no-lost-writes", "no-dirty-reads"]
        }
    }

    /// Whether `keys` may be set; the other kinds make a key for each client.
    public var hasKeys: Bool { self == .register || self == .set }

    /// The functions of `mix` with their weights where the file says nothing.
    public var defaultMix: [(name: String, weight: Int)] {
        switch self {
        case .register: [("read", 50), ("write", 40), ("cas", 10)]
        case .sessions: [("write", 40), ("read-own", 30), ("read-others", 30)]
        case .prefix: [("write", 40), ("read", 40), ("txn", 20)]
        case .set: [("add", 70), ("read", 30)]
        }
    }

    /// The function without which the kind does nothing.
    public var necessaryFunction: String { self == .set ? "add" : "write" }
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
        self.keys = keys ?? (kind == .register ? 3 : 1)
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
        case .sessions:
            return SessionsKind(
                weights: .init(
                    write: weight("write"), readOwn: weight("read-own"), readOthers: weight("read-others")),
                random: random)
        case .prefix:
            return PrefixKind(
                weights: .init(write: weight("write"), read: weight("read"), txn: weight("txn")), random: random)
        case .set:
            return SetKind(keys: keys, weights: .init(add: weight("add"), read: weight("read")), random: random)
        }
    }
}
