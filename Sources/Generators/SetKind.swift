public import Determinism
import HistoryModel

/// Sets that only grow: every process adds numbers that nobody else adds, and reads whole sets.
public struct SetKind: Generator {
    /// How often each function comes, relative to the other.
    public struct Weights: Hashable, Sendable {
        public var add: Int
        public var read: Int

        public init(add: Int = 70, read: Int = 30) {
            self.add = add
            self.read = read
        }
    }

    private let names: [String]
    private let weights: Weights
    private var random: SeededRandom
    private var added: Int64 = 0

    public init(keys: Int = 1, weights: Weights = Weights(), random: SeededRandom) {
        precondition(keys > 0, "a set workload needs a key")
        precondition(weights.add > 0, "somebody has to add")
        names = (0..<keys).map { "set\($0)" }
        self.weights = weights
        self.random = random
    }

    public mutating func next(_ context: GeneratorContext) -> Next {
        let key = random.choose(names)
        guard random.below(weights.add + weights.read) < weights.add else {
            return .operation(PlannedOperation(f: "read", key: key, shape: .set))
        }
        added += 1
        return .operation(PlannedOperation(f: "add", key: key, value: .int(added), shape: .set))
    }

    public mutating func update(_ completed: CompletedOperation) {}

    public var keys: [UsedKey] { names.map { UsedKey($0, shape: .set) } }
}
