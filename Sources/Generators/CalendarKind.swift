public import Determinism
import HistoryModel

/// Slots of a calendar, each for one: processes reserve the same few slots, and read who has them.
///
/// When a slot has been asked for often enough, another one is opened instead.
public struct CalendarKind: Generator {
    /// How often each function comes, relative to the other.
    public struct Weights: Hashable, Sendable {
        public var reserve: Int
        public var read: Int

        public init(reserve: Int = 60, read: Int = 40) {
            self.reserve = reserve
            self.read = read
        }
    }

    /// How often a slot is asked for.
    static let requests = 3

    private let weights: Weights
    private var random: SeededRandom
    /// The slots that are asked for now, with how often they have been.
    private var open: [(slot: Int, requests: Int)]
    private var slots: Int
    /// Everybody who asks has a number of its own.
    private var holders: Int64 = 0

    public init(slots: Int = 3, weights: Weights = Weights(), random: SeededRandom) {
        precondition(slots > 0, "a calendar needs a slot")
        precondition(weights.reserve > 0, "somebody has to reserve")
        self.weights = weights
        self.random = random
        self.slots = slots
        open = (0..<slots).map { ($0, 0) }
    }

    public mutating func next(_ context: GeneratorContext) -> Next {
        guard random.below(weights.reserve + weights.read) < weights.reserve else {
            return .operation(PlannedOperation(f: "read", key: "d\(random.below(slots))"))
        }
        let index = random.below(open.count)
        let slot = open[index].slot
        open[index].requests += 1
        if open[index].requests == Self.requests {
            open[index] = (slots, 0)
            slots += 1
        }
        holders += 1
        return .operation(PlannedOperation(f: "reserve", key: "d\(slot)", value: .int(holders)))
    }

    public mutating func update(_ completed: CompletedOperation) {}

    public var keys: [UsedKey] { (0..<slots).map { UsedKey("d\($0)") } }
}
