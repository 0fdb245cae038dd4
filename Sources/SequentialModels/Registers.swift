public import HistoryModel

/// One value that is read, written and changed on condition, by `cas [old, new]`; `null` at first.
public struct CASRegisterModel: SequentialModel {
    public let initial = Value.null
    public let functions: Set<Call.Function> = [.read, .write, .cas]

    public init() {}

    public func step(_ state: Value, _ call: Call) -> Value? {
        switch call.function {
        case .read:
            // `nil` in a conditional expression would be the value `null`.
            if let result = call.result, result != state { return .none }
            return state
        case .write: return call.argument
        case .cas:
            guard let pair = call.argument.list, pair.count == 2, pair[0] == state else { return .none }
            return pair[1]
        default: return .none
        }
    }

    /// A write does what any cas to its value does, and at any time.
    public func canStandIn(_ call: Call, for other: Call) -> Bool {
        guard call.function == .write, other.function == .cas else { return call == other }
        return other.argument.list?.last == call.argument
    }

    public func values(in call: Call) -> [Value] {
        switch call.function {
        case .read: call.result.map { [$0] } ?? []
        case .cas: call.argument.list ?? []
        default: [call.argument]
        }
    }

    /// Without the value it compares with, a cas always succeeds.
    public func without(_ values: Set<Value>, _ call: Call) -> Call? {
        guard call.function == .cas, let pair = call.argument.list, pair.count == 2 else {
            return self.values(in: call).contains(where: values.contains) ? nil : call
        }
        if values.contains(pair[1]) { return nil }
        return values.contains(pair[0]) ? Call(.write, pair[1]) : call
    }

    /// All values that some call must find there: a state that none asks for explains no more than any of these.
    public func states(explaining calls: [Call]) -> [Value]? {
        var known: Set<Value> = []
        let needed = calls.compactMap { $0.function == .cas ? $0.argument.list?.first : $0.result }
        let values = needed.filter { known.insert($0).inserted }
        return values.isEmpty ? [initial] : values
    }
}

/// One value that is read and written; `null` at first.
public struct RegisterModel: SequentialModel {
    public let functions: Set<Call.Function> = [.read, .write]
    private let register = CASRegisterModel()

    public init() {}

    public var initial: Value { register.initial }

    public func step(_ state: Value, _ call: Call) -> Value? {
        call.function == .cas ? .none : register.step(state, call)
    }

    public func values(in call: Call) -> [Value] { register.values(in: call) }
    public func without(_ values: Set<Value>, _ call: Call) -> Call? { register.without(values, call) }
    public func states(explaining calls: [Call]) -> [Value]? { register.states(explaining: calls) }
}
