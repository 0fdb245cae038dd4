import HistoryModel

/// A counter that is moved by whole numbers, with `increment`, which `add` is another name of, `decrement` and `read`; 0 at
/// first. An increment or decrement of `null` is by one.
public struct CounterModel: SequentialModel {
    public let initial: Int64 = 0
    public let functions: Set<Call.Function> = [.increment, .decrement, .add, .read]

    public init() {}

    /// Sums wrap around: a counter that overflows is of no interest here.
    public func step(_ state: Int64, _ call: Call) -> Int64? {
        if call.function == .read { return call.result.map { $0 == .int(state) } ?? true ? state : nil }
        guard let amount = call.argument.isNull ? 1 : call.argument.int else { return nil }
        return call.function == .decrement ? state &- amount : state &+ amount
    }
}
