public import Determinism
import HistoryModel

/// Causes and their effects: a process writes its cause key, then its effect key; others read the effect first.
///
/// Whoever sees an effect has to see its cause. Effect and cause are read one after the other in a session, or
/// both by one atomic read at one node. Keys have one writer each, as in `SessionsKind`.
public struct PrefixKind: Generator {
    /// How often each function comes, relative to the others; a `write` and a `read` are two operations each.
    public struct Weights: Hashable, Sendable {
        public var write: Int
        public var read: Int
        public var txn: Int

        public init(write: Int = 40, read: Int = 40, txn: Int = 20) {
            self.write = write
            self.read = read
            self.txn = txn
        }
    }

    private let weights: Weights
    private var random: SeededRandom
    private var writers = Writers()
    private var counts: [Int: Int64] = [:]
    /// What a client still has to do after its last operation, if that was `ok`.
    private var second: [Int: PlannedOperation] = [:]
    /// The clients whose last operation was `ok`, so that the second may come.
    private var ready: Set<Int> = []

    public init(weights: Weights = Weights(), random: SeededRandom) {
        precondition(weights.write > 0, "somebody has to write")
        self.weights = weights
        self.random = random
    }

    public mutating func next(_ context: GeneratorContext) -> Next {
        let client = context.client
        if writers.notice(context.process, of: client) {
            counts[client] = nil
            second[client] = nil
        }
        if ready.remove(client) != nil, let operation = second.removeValue(forKey: client) {
            return .operation(operation)
        }
        second[client] = nil
        let choice = random.below(weights.write + weights.read + weights.txn)
        guard choice >= weights.write, let writer = writers.other(than: context.process, random: &random)
        else { return write(context) }
        return choice < weights.write + weights.read ? read(writer, client) : txn(writer)
    }

    private mutating func write(_ context: GeneratorContext) -> Next {
        let number = (counts[context.client] ?? 0) + 1
        counts[context.client] = number
        writers.add(context.process)
        second[context.client] = PlannedOperation(f: "write", key: "e\(context.process)", value: .int(number))
        return .operation(PlannedOperation(f: "write", key: "c\(context.process)", value: .int(number)))
    }

    private mutating func read(_ writer: Int, _ client: Int) -> Next {
        second[client] = PlannedOperation(f: "read", key: "c\(writer)")
        return .operation(PlannedOperation(f: "read", key: "e\(writer)"))
    }

    private mutating func txn(_ writer: Int) -> Next {
        let another = writers.other(than: writer, random: &random) ?? writer
        let keys = Set([writer, another]).sorted().flatMap { ["e\($0)", "c\($0)"] }
        return .operation(
            PlannedOperation(f: "txn", value: .list(keys.map { ["r", .string($0), nil] })))
    }

    public mutating func update(_ completed: CompletedOperation) {
        let client = completed.process % completed.clients
        guard second[client] != nil, completed.outcome == .ok else { return }
        ready.insert(client)
    }

    public var keys: [UsedKey] {
        writers.all.flatMap { [UsedKey("c\($0)"), UsedKey("e\($0)")] }
    }
}
