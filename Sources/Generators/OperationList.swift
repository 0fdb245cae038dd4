import HistoryModel

/// Fixed operations in order, each given once to whichever process asks.
public struct OperationList: Generator {
    private let operations: [PlannedOperation]
    private var given = 0

    public init(_ operations: [PlannedOperation]) {
        self.operations = operations
    }

    public mutating func next(_ context: GeneratorContext) -> Next {
        guard given < operations.count else { return .exhausted }
        given += 1
        return .operation(operations[given - 1])
    }

    public mutating func update(_ completed: CompletedOperation) {}

    public var keys: [UsedKey] { [] }
}

extension OperationList {
    /// Reads every key in the last phase: at each of `nodes` or, with none, once where the read policy says.
    ///
    /// Accounts are read all at once.
    public static func finalReads(of keys: [UsedKey], at nodes: [String] = []) -> OperationList {
        var seen: Set<UsedKey> = []
        let places: [String?] = nodes.isEmpty ? [nil] : nodes
        let once = keys.filter { seen.insert($0).inserted }
        var reads = once.filter { $0.shape != .account }.flatMap { key in
            places.map {
                PlannedOperation(f: "read", key: key.name, node: $0, isFinal: true, shape: key.shape)
            }
        }
        let accounts = once.filter { $0.shape == .account }
        if !accounts.isEmpty {
            let balances = Value.list(accounts.map { ["r", .string($0.name), nil] })
            reads += places.map { PlannedOperation(f: "txn", value: balances, node: $0, isFinal: true) }
        }
        return OperationList(reads)
    }
}
