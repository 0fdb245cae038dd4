public import HistoryModel

/// What the models of containers have in common: values are put in, seen and taken out one at a time.
protocol ContainerModel: SequentialModel where State == [Value] {
    var insertion: Call.Function { get }
    var removal: Call.Function { get }
    /// The values with one more.
    func inserted(_ value: Value, into values: [Value]) -> [Value]
    /// Where the value is that is seen or taken out next; not asked of empty containers.
    func next(in values: [Value]) -> Int
}

extension ContainerModel {
    /// What a removal or a peek finds: the next value, or `null` if there is none.
    func container(_ state: [Value], _ call: Call) -> [Value]? {
        if call.function == insertion { return inserted(call.argument, into: state) }
        guard call.function == removal || call.function == .peek else { return nil }
        guard !state.isEmpty else { return call.result.map(\.isNull) ?? true ? state : nil }
        let next = next(in: state)
        if let result = call.result, result != state[next] { return nil }
        guard call.function == removal else { return state }
        var state = state
        state.remove(at: next)
        return state
    }

    func containerValues(_ call: Call) -> [Value] {
        let value = call.function == insertion ? call.argument : call.result ?? .null
        return value.isNull ? [] : [value]
    }

    /// Without a value, all that put it in, saw it or took it out is gone.
    func containerWithout(_ values: Set<Value>, _ call: Call) -> Call? {
        containerValues(call).contains(where: values.contains) ? nil : call
    }
}

/// A first-in first-out queue with `enqueue`, `dequeue` and `peek`; the latter two answer `null` when it is empty.
public struct QueueModel: SequentialModel, ContainerModel {
    public let initial: [Value] = []
    public let functions: Set<Call.Function> = [.enqueue, .dequeue, .peek]
    let insertion = Call.Function.enqueue
    let removal = Call.Function.dequeue

    public init() {}

    func inserted(_ value: Value, into values: [Value]) -> [Value] { values + [value] }
    func next(in values: [Value]) -> Int { 0 }

    public func step(_ state: [Value], _ call: Call) -> [Value]? { container(state, call) }
    public func size(of state: [Value]) -> Int { state.count }
    public func values(in call: Call) -> [Value] { containerValues(call) }
    public func without(_ values: Set<Value>, _ call: Call) -> Call? { containerWithout(values, call) }
}

/// A last-in first-out stack with `push`, `pop` and `peek`; the latter two answer `null` when it is empty.
public struct StackModel: SequentialModel, ContainerModel {
    public let initial: [Value] = []
    public let functions: Set<Call.Function> = [.push, .pop, .peek]
    let insertion = Call.Function.push
    let removal = Call.Function.pop

    public init() {}

    func inserted(_ value: Value, into values: [Value]) -> [Value] { values + [value] }
    func next(in values: [Value]) -> Int { values.count - 1 }

    public func step(_ state: [Value], _ call: Call) -> [Value]? { container(state, call) }
    public func size(of state: [Value]) -> Int { state.count }
    public func values(in call: Call) -> [Value] { containerValues(call) }
    public func without(_ values: Set<Value>, _ call: Call) -> Call? { containerWithout(values, call) }
}

/// A priority queue of whole numbers with `insert`, `poll-max` and `peek`; the latter two find the largest, or `null` when
/// it is empty. Insertions of anything else are impossible.
public struct PriorityQueueModel: SequentialModel, ContainerModel {
    /// The numbers, ascending.
    public let initial: [Value] = []
    public let functions: Set<Call.Function> = [.insert, .pollMax, .peek]
    let insertion = Call.Function.insert
    let removal = Call.Function.pollMax

    public init() {}

    func inserted(_ value: Value, into values: [Value]) -> [Value] {
        let place = values.firstIndex { ($0.int ?? .min) > (value.int ?? .min) } ?? values.count
        return values[..<place] + [value] + values[place...]
    }

    func next(in values: [Value]) -> Int { values.count - 1 }

    public func step(_ state: [Value], _ call: Call) -> [Value]? {
        call.function == .insert && call.argument.int == nil ? nil : container(state, call)
    }

    public func size(of state: [Value]) -> Int { state.count }
    public func values(in call: Call) -> [Value] { containerValues(call) }
    public func without(_ values: Set<Value>, _ call: Call) -> Call? { containerWithout(values, call) }
}
