public import Determinism
import HistoryModel

/// Few registers that all processes share: read, write and compare-and-set of values that are written once.
public struct RegisterKind: Generator {
    /// How often each function comes, relative to the others.
    public struct Weights: Hashable, Sendable {
        public var read: Int
        public var write: Int
        public var cas: Int

        public init(read: Int = 50, write: Int = 40, cas: Int = 10) {
            self.read = read
            self.write = write
            self.cas = cas
        }
    }

    private let names: [String]
    private let weights: Weights
    private var random: SeededRandom
    /// The value written last, over all keys: no value is written twice in a run.
    private var written: Int64 = 0
    /// What each key was last known to hold: the likely success of a compare-and-set.
    private var known: [String: Value] = [:]

    /// `prefix` begins the names of the keys, which are numbered.
    public init(
        keys: Int = 3, prefix: String = "r", weights: Weights = Weights(), random: SeededRandom
    ) {
        precondition(keys > 0, "a register workload needs a key")
        precondition(weights.read + weights.write + weights.cas > 0, "some weight must be positive")
        names = (0..<keys).map { "\(prefix)\($0)" }
        self.weights = weights
        self.random = random
    }

    public mutating func next(_ context: GeneratorContext) -> Next {
        let key = random.choose(names)
        let choice = random.below(weights.read + weights.write + weights.cas)
        if choice < weights.read {
            return .operation(PlannedOperation(f: "read", key: key))
        }
        written += 1
        guard choice >= weights.read + weights.write, let old = known[key] else {
            return .operation(PlannedOperation(f: "write", key: key, value: .int(written)))
        }
        return .operation(PlannedOperation(f: "cas", key: key, value: .list([old, .int(written)])))
    }

    public mutating func update(_ completed: CompletedOperation) {
        guard completed.outcome == .ok, let key = completed.operation.key else { return }
        switch completed.operation.f {
        case "read": if !completed.result.isNull { known[key] = completed.result }
        case "write": known[key] = completed.operation.value
        case "cas": known[key] = completed.operation.value.list?.last
        default: break
        }
    }

    public var keys: [UsedKey] { names.map { UsedKey($0) } }
}
