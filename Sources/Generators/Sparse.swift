import HistoryModel

/// Some of the operations of another generator; the others are taken from it and end as failed at once.
public struct Sparse: Generator {
    private let kept: Set<Int>
    private let last: Int
    private var given = 0
    private var generator: any Generator

    /// `kept` are the numbers of the operations that are handed on, from 1.
    public init(_ kept: some Sequence<Int>, _ generator: any Generator) {
        self.kept = Set(kept)
        last = self.kept.max() ?? 0
        self.generator = generator
    }

    public mutating func next(_ context: GeneratorContext) -> Next {
        while given < last {
            let next = generator.next(context)
            guard case .operation(let operation) = next else { return next }
            given += 1
            if kept.contains(given) { return next }
            generator.update(
                CompletedOperation(
                    process: context.process, clients: context.clients, time: context.time, operation: operation,
                    outcome: .fail, result: .null))
        }
        return .exhausted
    }

    public mutating func update(_ completed: CompletedOperation) { generator.update(completed) }

    public var keys: [UsedKey] { generator.keys }
}
