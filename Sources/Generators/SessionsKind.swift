public import Determinism
import HistoryModel

/// Each process counts up a key of its own, and reads its own and others' keys.
///
/// Only one process ever writes a key, so the order of its values is known exactly. A successor of a process
/// that ended writes a new key.
public struct SessionsKind: Generator {
    /// How often each function comes, relative to the others.
    public struct Weights: Hashable, Sendable {
        public var write: Int
        public var readOwn: Int
        public var readOthers: Int

        public init(write: Int = 40, readOwn: Int = 30, readOthers: Int = 30) {
            self.write = write
            self.readOwn = readOwn
            self.readOthers = readOthers
        }
    }

    private let weights: Weights
    private var random: SeededRandom
    private var writers = Writers()
    /// Each client's last written number in the life of its present process.
    private var counts: [Int: Int64] = [:]

    public init(weights: Weights = Weights(), random: SeededRandom) {
        precondition(weights.write > 0, "somebody has to write")
        self.weights = weights
        self.random = random
    }

    public mutating func next(_ context: GeneratorContext) -> Next {
        if writers.notice(context.process, of: context.client) { counts[context.client] = nil }
        let choice = random.below(weights.write + weights.readOwn + weights.readOthers)
        guard choice >= weights.write, counts[context.client] != nil else { return write(context) }
        let isOwn = choice < weights.write + weights.readOwn
        let writer = isOwn ? nil : writers.other(than: context.process, random: &random)
        return .operation(PlannedOperation(f: "read", key: "s\(writer ?? context.process)"))
    }

    private mutating func write(_ context: GeneratorContext) -> Next {
        let number = (counts[context.client] ?? 0) + 1
        counts[context.client] = number
        writers.add(context.process)
        return .operation(PlannedOperation(f: "write", key: "s\(context.process)", value: .int(number)))
    }

    public mutating func update(_ completed: CompletedOperation) {}

    public var keys: [UsedKey] { writers.all.map { UsedKey("s\($0)") } }
}
