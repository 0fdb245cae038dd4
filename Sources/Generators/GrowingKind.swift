public import Determinism
import HistoryModel

/// Sets or lists that only grow: every process adds numbers that nobody else adds, and reads whole sets or lists.
public struct GrowingKind: Generator {
    /// What grows.
    public enum Shape: Hashable, Sendable { case set, list }

    /// How often each function comes, relative to the other.
    public struct Weights: Hashable, Sendable {
        public var add: Int
        public var read: Int

        public init(add: Int = 60, read: Int = 40) {
            self.add = add
            self.read = read
        }
    }

    private let shape: Shape
    private let names: [String]
    private let weights: Weights
    private var random: SeededRandom
    private var added: Int64 = 0

    public init(_ shape: Shape, keys: Int = 1, weights: Weights = Weights(), random: SeededRandom) {
        precondition(keys > 0, "a workload of sets or lists needs a key")
        precondition(weights.add > 0, "somebody has to add")
        self.shape = shape
        names = (0..<keys).map { shape == .set ? "set\($0)" : "list\($0)" }
        self.weights = weights
        self.random = random
    }

    private var keyShape: KeyShape { shape == .set ? .set : .list }

    public mutating func next(_ context: GeneratorContext) -> Next {
        let key = random.choose(names)
        guard random.below(weights.add + weights.read) < weights.add else {
            return .operation(PlannedOperation(f: "read", key: key, shape: keyShape))
        }
        added += 1
        let function = shape == .set ? "add" : "append"
        return .operation(PlannedOperation(f: function, key: key, value: .int(added), shape: keyShape))
    }

    public mutating func update(_ completed: CompletedOperation) {}

    public var keys: [UsedKey] { names.map { UsedKey($0, shape: keyShape) } }
}
