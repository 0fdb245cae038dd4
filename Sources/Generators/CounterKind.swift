public import Determinism
import HistoryModel

/// Counters that all processes add to and read.
public struct CounterKind: Generator {
    /// How often each function comes, relative to the other.
    public struct Weights: Hashable, Sendable {
        public var increment: Int
        public var read: Int

        public init(increment: Int = 60, read: Int = 40) {
            self.increment = increment
            self.read = read
        }
    }

    /// The most that is added at once.
    static let largest = 5

    private let names: [String]
    private let weights: Weights
    private var random: SeededRandom

    public init(keys: Int = 1, weights: Weights = Weights(), random: SeededRandom) {
        precondition(keys > 0, "a counter workload needs a key")
        precondition(weights.increment > 0, "somebody has to add")
        names = (0..<keys).map { "n\($0)" }
        self.weights = weights
        self.random = random
    }

    public mutating func next(_ context: GeneratorContext) -> Next {
        let key = random.choose(names)
        guard random.below(weights.increment + weights.read) < weights.increment else {
            return .operation(PlannedOperation(f: "read", key: key))
        }
        let amount = Int64(1 + random.below(Self.largest))
        return .operation(PlannedOperation(f: "increment", key: key, value: .int(amount)))
    }

    public mutating func update(_ completed: CompletedOperation) {}

    public var keys: [UsedKey] { names.map { UsedKey($0) } }
}
