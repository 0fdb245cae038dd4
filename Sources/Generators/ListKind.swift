public import Determinism
import HistoryModel

/// Lists that only grow: every process appends numbers that nobody else appends, and reads whole lists.
public struct ListKind: Generator {
    /// How often each function comes, relative to the other.
    public struct Weights: Hashable, Sendable {
        public var append: Int
        public var read: Int

        public init(append: Int = 60, read: Int = 40) {
            self.append = append
            self.read = read
        }
    }

    private let names: [String]
    private let weights: Weights
    private var random: SeededRandom
    private var appended: Int64 = 0

    public init(keys: Int = 1, weights: Weights = Weights(), random: SeededRandom) {
        precondition(keys > 0, "a list workload needs a key")
        precondition(weights.append > 0, "somebody has to append")
        names = (0..<keys).map { "list\($0)" }
        self.weights = weights
        self.random = random
    }

    public mutating func next(_ context: GeneratorContext) -> Next {
        let key = random.choose(names)
        guard random.below(weights.append + weights.read) < weights.append else {
            return .operation(PlannedOperation(f: "read", key: key, shape: .list))
        }
        appended += 1
        return .operation(PlannedOperation(f: "append", key: key, value: .int(appended), shape: .list))
    }

    public mutating func update(_ completed: CompletedOperation) {}

    public var keys: [UsedKey] { names.map { UsedKey($0, shape: .list) } }
}
