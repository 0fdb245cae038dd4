public import HistoryModel

/// One value that is read and written; `null` at first.
public struct RegisterModel: SequentialModel {
    public let initial = Value.null

    public init() {}

    public func step(_ state: Value, _ call: Call) -> Value? {
        switch call.function {
        case .read:
            // `nil` in a conditional expression would be the value `null`.
            if let result = call.result, result != state { return .none }
            return state
        case .write: return call.argument
        case .cas, .add: return .none
        }
    }

    public func contents(_ state: Value) -> Value { state }
}

/// A register that can also be changed on condition: `cas [old, new]`.
public struct CASRegisterModel: SequentialModel {
    private let register = RegisterModel()

    public init() {}

    public var initial: Value { register.initial }

    public func step(_ state: Value, _ call: Call) -> Value? {
        guard call.function == .cas else { return register.step(state, call) }
        guard let pair = call.argument.list, pair.count == 2, pair[0] == state else { return .none }
        return pair[1]
    }

    public func contents(_ state: Value) -> Value { state }
}
