public import HistoryModel

/// Registers by key as one object: `read`, `write` and `cas [old, new]` of single keys, and `txn`, a list of
/// `["r", key, value]` and `["w", key, value]` that take effect at once. Keys are absent, `null`, at first.
///
/// With transactions this is strict serializability. Without any, registers can be judged apart, which is much faster.
public struct MapModel: SequentialModel {
    public let initial: [String: Value] = [:]
    public let functions: Set<Call.Function> = [.read, .write, .cas, .txn]

    public init() {}

    public func step(_ state: [String: Value], _ call: Call) -> [String: Value]? {
        guard let steps = Self.steps(call) else { return nil }
        var state = state
        for step in steps {
            if let seen = step.seen, state[step.key] ?? .null != seen { return nil }
            if let written = step.written { state[step.key] = written.isNull ? nil : written }
        }
        return state
    }

    public func call(_ operation: HistoryModel.Operation) -> Call {
        var call = Call(operation)
        call.key = operation.key
        return call
    }

    public func object(of operation: HistoryModel.Operation) -> Value { .null }

    public func isRead(_ call: Call) -> Bool { Self.steps(call)?.allSatisfy { $0.written == nil } ?? false }

    public func size(of state: [String: Value]) -> Int { state.count }

    public func values(in call: Call) -> [Value] {
        (Self.steps(call) ?? []).flatMap { step in [step.seen, step.written].compactMap { $0.map(step.pair) } }
    }

    /// What neither saw nor wrote one of the values; without the value it compares with, a cas always succeeds.
    public func without(_ values: Set<Value>, _ call: Call) -> Call? {
        guard let steps = Self.steps(call) else { return call }
        let kept = steps.indices.filter { !steps[$0].isAbout(values) }
        if call.function == .cas, kept.isEmpty, let written = steps[0].written,
            !values.contains(steps[0].pair(written))
        {
            return Call(.write, key: call.key, written)
        }
        guard call.function == .txn else { return kept.isEmpty ? nil : call }
        var call = call
        call.argument = Self.picked(call.argument, kept)
        call.result = call.result.map { Self.picked($0, kept) }
        return kept.isEmpty ? nil : call
    }

    private static func picked(_ list: Value, _ positions: [Int]) -> Value {
        .list(positions.compactMap { position in list.list.map { $0[position] } })
    }

    /// What is done to one key.
    private struct Step {
        var key: String
        /// What it must hold; `nil` if nobody knows, or cares.
        var seen: Value?
        var written: Value?

        func pair(_ value: Value) -> Value { [.string(key), value] }

        func isAbout(_ values: Set<Value>) -> Bool {
            [seen, written].contains { $0.map { values.contains(pair($0)) } ?? false }
        }
    }

    /// The steps of a call; `nil` if it makes no sense.
    private static func steps(_ call: Call) -> [Step]? {
        guard call.function != .txn else { return transactionSteps(call) }
        let key = call.key ?? ""
        switch call.function {
        case .read: return [Step(key: key, seen: call.result)]
        case .write: return [Step(key: key, written: call.argument)]
        case .cas:
            guard let pair = call.argument.list, pair.count == 2 else { return nil }
            return [Step(key: key, seen: pair[0], written: pair[1])]
        default: return nil
        }
    }

    private static func transactionSteps(_ call: Call) -> [Step]? {
        guard let micros = (call.result ?? call.argument).list else { return nil }
        var steps: [Step] = []
        for micro in micros {
            guard let parts = micro.list, parts.count == 3, let key = parts[1].keyName else { return nil }
            switch parts[0].string {
            case "r": steps.append(Step(key: key, seen: call.result.map { _ in parts[2] }))
            case "w": steps.append(Step(key: key, written: parts[2]))
            default: return nil
            }
        }
        return steps
    }
}
