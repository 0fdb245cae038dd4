public import Determinism
import HistoryModel

/// Accounts of a bank: transfers between two of them, and reads of all at once.
///
/// One process opens the accounts while the others wait. If nobody knows whether that happened, the accounts are read
/// until they are there, or opened again.
public struct BankKind: Generator {
    /// How often each function comes, relative to the other.
    public struct Weights: Hashable, Sendable {
        public var transfer: Int
        public var read: Int

        public init(transfer: Int = 60, read: Int = 40) {
            self.transfer = transfer
            self.read = read
        }
    }

    private enum Opening: Hashable {
        case needed, underWay, unsure, beingRead, done
    }

    /// What is in every account at first.
    static let balance: Int64 = 20
    /// The most that is transferred at once.
    static let largest = 8

    private let names: [String]
    private let weights: Weights
    private var random: SeededRandom
    private var opening = Opening.needed

    public init(accounts: Int = 5, weights: Weights = Weights(), random: SeededRandom) {
        precondition(accounts > 1, "a transfer needs two accounts")
        precondition(weights.transfer > 0, "somebody has to transfer")
        names = (0..<accounts).map { "a\($0)" }
        self.weights = weights
        self.random = random
    }

    public mutating func next(_ context: GeneratorContext) -> Next {
        switch opening {
        case .needed:
            opening = .underWay
            return .operation(
                PlannedOperation(f: "open", value: .object(names.map { Value.Member($0, .int(Self.balance)) })))
        case .underWay, .beingRead: return .pending(until: nil)
        case .unsure:
            opening = .beingRead
            return .operation(readAll)
        case .done: break
        }
        guard random.below(weights.transfer + weights.read) < weights.transfer else { return .operation(readAll) }
        let from = random.below(names.count)
        let to = (from + 1 + random.below(names.count - 1)) % names.count
        let amount = Int64(1 + random.below(Self.largest))
        let value: Value = ["from": .string(names[from]), "to": .string(names[to]), "amount": .int(amount)]
        return .operation(PlannedOperation(f: "transfer", value: value))
    }

    private var readAll: PlannedOperation {
        PlannedOperation(f: "txn", value: .list(names.map { ["r", .string($0), nil] }))
    }

    public mutating func update(_ completed: CompletedOperation) {
        switch opening {
        case .underWay where completed.operation.f == "open":
            opening = completed.outcome == .ok ? .done : .unsure
        case .beingRead where completed.operation.f == "txn":
            let balances = completed.result.list?.compactMap { $0.list?.last?.int } ?? []
            opening = completed.outcome != .ok ? .unsure : balances.isEmpty ? .needed : .done
        default: break
        }
    }

    public var keys: [UsedKey] { names.map { UsedKey($0, shape: .account) } }
}
