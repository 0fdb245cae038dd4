public import HistoryModel

/// A queue with two ends: `push-front` and `push-back` put a value in, `pop-front` and `pop-back` take one out, and
/// `peek-front` and `peek-back` show it; those that answer say `null` when it is empty.
public struct DequeModel: SequentialModel {
    /// The values from front to back.
    public let initial: [Value] = []
    public let functions: Set<Call.Function> = [.pushFront, .pushBack, .popFront, .popBack, .peekFront, .peekBack]
    private static let insertions: Set<Call.Function> = [.pushFront, .pushBack]

    public init() {}

    public func step(_ state: [Value], _ call: Call) -> [Value]? {
        var state = state
        return apply(call, to: &state) ? state : nil
    }

    public func apply(_ call: Call, to state: inout [Value]) -> Bool {
        let next: Value?
        switch call.function {
        case .pushFront, .pushBack:
            state.insert(call.argument, at: call.function == .pushFront ? 0 : state.count)
            return true
        case .popFront, .peekFront: next = state.first
        case .popBack, .peekBack: next = state.last
        default: return false
        }
        if let result = call.result, result != next ?? .null { return false }
        guard !state.isEmpty else { return true }
        if call.function == .popFront { state.removeFirst() }
        if call.function == .popBack { state.removeLast() }
        return true
    }

    public func size(of state: [Value]) -> Int { state.count }

    public func values(in call: Call) -> [Value] {
        let value = Self.insertions.contains(call.function) ? call.argument : call.result ?? .null
        return value.isNull ? [] : [value]
    }

    /// Without a value, all that put it in, saw it or took it out is gone.
    public func without(_ values: Set<Value>, _ call: Call) -> Call? {
        self.values(in: call).contains(where: values.contains) ? nil : call
    }
}
