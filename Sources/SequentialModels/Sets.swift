public import HistoryModel

/// A set with `add`, `remove`, `contains` and `read`, which lists the elements in any order.
///
/// `true` as an answer says that `add` or `remove` changed the set, or that `contains` found the element; any other answer
/// of the first two says nothing.
public struct SetModel: SequentialModel {
    public let initial: Set<Value> = []
    public let functions: Set<Call.Function>
    private let isReadWhole: Bool

    /// With `isReadWhole: false` there is no `read`, and each element is judged apart, which is much faster.
    public init(isReadWhole: Bool = true) {
        self.isReadWhole = isReadWhole
        functions = isReadWhole ? [.add, .remove, .contains, .read] : [.add, .remove, .contains]
    }

    public func step(_ state: Set<Value>, _ call: Call) -> Set<Value>? {
        var state = state
        return apply(call, to: &state) ? state : nil
    }

    public func apply(_ call: Call, to state: inout Set<Value>) -> Bool {
        guard call.function != .read else {
            guard let result = call.result else { return true }
            guard let elements = result.isNull ? [] : result.list else { return false }
            return elements.count == state.count && Set(elements) == state
        }
        let isThere = state.contains(call.argument)
        if let answer = call.result?.bool, answer != (call.function == .add ? !isThere : isThere) { return false }
        switch call.function {
        case .add: state.insert(call.argument)
        case .remove: state.remove(call.argument)
        case .contains: break
        default: return false
        }
        return true
    }

    public func call(_ operation: HistoryModel.Operation) -> Call {
        var call = Call(operation)
        let isAnswered = operation.outcome == .ok && (call.function == .read || operation.result.bool != nil)
        // `nil` in a conditional expression would be the value `null`.
        call.result = isAnswered ? operation.result : Optional.none
        return call
    }

    public func object(of operation: HistoryModel.Operation) -> Value {
        let key = operation.key.map(Value.string) ?? .null
        return isReadWhole ? key : [key, operation.argument]
    }

    public func size(of state: Set<Value>) -> Int { state.count }

    public func values(in call: Call) -> [Value] {
        call.function == .read ? call.result?.list ?? [] : [call.argument]
    }

    public func without(_ values: Set<Value>, _ call: Call) -> Call? {
        guard call.function == .read else { return values.contains(call.argument) ? nil : call }
        var call = call
        if let elements = call.result?.list { call.result = .list(elements.filter { !values.contains($0) }) }
        return call
    }
}
