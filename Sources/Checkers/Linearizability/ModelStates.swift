import SequentialModels

/// A model with its states and calls numbered as they come up.
final class ModelStates<Model: SequentialModel>: StateSpace {
    let model: Model
    private(set) var calls: [Call] = []
    private var callNumbers: [Call: Int32] = [:]
    private var reads: [Bool] = []
    /// The states in which the object may be at first.
    var first: [Model.State]
    private var states: [Model.State] = []
    private var numbers: [Model.State: Int32] = [:]
    /// How many values all states hold.
    private var valueCount = 0

    /// What a state takes, apart from the values that it holds, and what such a value takes.
    private static var bytesOfState: Int { 2 * MemoryLayout<Model.State>.stride + 64 }
    private static var bytesOfValue: Int { 32 }

    init(_ model: Model) {
        self.model = model
        first = [model.initial]
    }

    private init(_ other: ModelStates, keeping kept: [Int32]) {
        model = other.model
        calls = other.calls
        callNumbers = other.callNumbers
        reads = other.reads
        first = other.first
        for state in kept { _ = number(other.states[Int(state)]) }
    }

    var count: Int { states.count }
    var bytes: Int { states.count * Self.bytesOfState + valueCount * Self.bytesOfValue }
    var callCount: Int { calls.count }

    func starts() -> [Int32] { first.map(number) }

    func isRead(_ call: Int32) -> Bool { reads[Int(call)] }

    func canStandIn(_ call: Int32, for other: Int32) -> Bool {
        model.canStandIn(calls[Int(call)], for: calls[Int(other)])
    }

    func next(_ state: Int32, _ call: Int32) -> Int32 {
        model.step(states[Int(state)], calls[Int(call)]).map(number) ?? TransitionTable.impossible
    }

    func size(of state: Int32) -> Int { model.size(of: states[Int(state)]) }

    func keeping(_ kept: [Int32]) -> any StateSpace { ModelStates(self, keeping: kept) }

    /// The number of a call, new if it has none yet.
    func number(_ call: Call) -> Int32 {
        if let number = callNumbers[call] { return number }
        let number = Int32(calls.count)
        calls.append(call)
        callNumbers[call] = number
        reads.append(model.isRead(call))
        return number
    }

    private func number(_ state: Model.State) -> Int32 {
        if let number = numbers[state] { return number }
        let number = Int32(states.count)
        states.append(state)
        numbers[state] = number
        valueCount += model.size(of: state)
        return number
    }
}
