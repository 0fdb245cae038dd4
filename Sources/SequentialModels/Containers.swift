public import HistoryModel

/// What the models of containers have in common: values are put in, seen and taken out one at a time.
protocol ContainerModel: SequentialModel {
    var insertion: Call.Function { get }
    var removal: Call.Function { get }
    /// Puts a value in; false if it is none that can be.
    func insert(_ value: Value, into values: inout State) -> Bool
    /// The value that is seen or taken out next; `nil` if there is none.
    func next(in values: State) -> Value?
    /// Takes that value out of a container that is not empty.
    func removeNext(from values: inout State)
}

extension ContainerModel {
    /// What a removal or a peek finds: the next value, or `null` if there is none.
    func container(_ call: Call, _ state: inout State) -> Bool {
        if call.function == insertion { return insert(call.argument, into: &state) }
        guard call.function == removal || call.function == .peek else { return false }
        guard let next = next(in: state) else { return call.result.map(\.isNull) ?? true }
        if let result = call.result, result != next { return false }
        if call.function == removal { removeNext(from: &state) }
        return true
    }

    func container(_ state: State, _ call: Call) -> State? {
        var state = state
        return container(call, &state) ? state : nil
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
    /// The values in a queue.
    public struct State: Hashable, Sendable {
        /// The values from `first` on, behind others that were taken out.
        private var all: [Value] = []
        private var first = 0

        fileprivate init() {}

        /// The first to come out first.
        public var values: ArraySlice<Value> { all[first...] }

        fileprivate mutating func append(_ value: Value) { all.append(value) }

        fileprivate mutating func removeFirst() {
            first += 1
            guard first > 16, 2 * first > all.count else { return }
            all.removeFirst(first)
            first = 0
        }

        public static func == (left: State, right: State) -> Bool { left.values == right.values }

        public func hash(into hasher: inout Hasher) { hasher.combine(values) }
    }

    public let initial = State()
    public let functions: Set<Call.Function> = [.enqueue, .dequeue, .peek]
    let insertion = Call.Function.enqueue
    let removal = Call.Function.dequeue

    public init() {}

    func insert(_ value: Value, into values: inout State) -> Bool {
        values.append(value)
        return true
    }
    func next(in values: State) -> Value? { values.values.first }
    func removeNext(from values: inout State) { values.removeFirst() }

    public func step(_ state: State, _ call: Call) -> State? { container(state, call) }
    public func apply(_ call: Call, to state: inout State) -> Bool { container(call, &state) }
    public func size(of state: State) -> Int { state.values.count }
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

    func insert(_ value: Value, into values: inout [Value]) -> Bool {
        values.append(value)
        return true
    }
    func next(in values: [Value]) -> Value? { values.last }
    func removeNext(from values: inout [Value]) { values.removeLast() }

    public func step(_ state: [Value], _ call: Call) -> [Value]? { container(state, call) }
    public func apply(_ call: Call, to state: inout [Value]) -> Bool { container(call, &state) }
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

    func insert(_ value: Value, into values: inout [Value]) -> Bool {
        guard let priority = value.int else { return false }
        var (low, high) = (0, values.count)
        while low < high {
            let middle = (low + high) / 2
            if (values[middle].int ?? .min) > priority { high = middle } else { low = middle + 1 }
        }
        values.insert(value, at: low)
        return true
    }
    func next(in values: [Value]) -> Value? { values.last }
    func removeNext(from values: inout [Value]) { values.removeLast() }

    public func step(_ state: [Value], _ call: Call) -> [Value]? { container(state, call) }
    public func apply(_ call: Call, to state: inout [Value]) -> Bool { container(call, &state) }
    public func size(of state: [Value]) -> Int { state.count }
    public func values(in call: Call) -> [Value] { containerValues(call) }
    public func without(_ values: Set<Value>, _ call: Call) -> Call? { containerWithout(values, call) }
}
