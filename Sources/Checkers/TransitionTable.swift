import HistoryModel
import SequentialModels

/// The transitions of a model between numbered states by numbered calls, computed once each.
struct TransitionTable<Model: SequentialModel> {
    private let model: Model
    private var states: [Model.State] = []
    private var stateNumbers: [Model.State: Int32] = [:]
    private var calls: [Call] = []
    private var callNumbers: [Call: Int32] = [:]
    private var memo: [UInt64: Int32] = [:]
    /// Entries of the table: what it costs in memory.
    var count: Int { memo.count + states.count }

    static var impossible: Int32 { -1 }

    init(_ model: Model) {
        self.model = model
    }

    /// The number of the state before the first operation.
    mutating func initial() -> Int32 { number(model.initial) }

    mutating func number(_ state: Model.State) -> Int32 {
        if let number = stateNumbers[state] { return number }
        let number = Int32(states.count)
        states.append(state)
        stateNumbers[state] = number
        return number
    }

    mutating func number(_ call: Call) -> Int32 {
        if let number = callNumbers[call] { return number }
        let number = Int32(calls.count)
        calls.append(call)
        callNumbers[call] = number
        return number
    }

    /// The state after the call, or `impossible`.
    mutating func step(_ state: Int32, _ call: Int32) -> Int32 {
        let key = UInt64(UInt32(bitPattern: state)) << 32 | UInt64(UInt32(bitPattern: call))
        if let known = memo[key] { return known }
        let next = model.step(states[Int(state)], calls[Int(call)]).map { number($0) } ?? Self.impossible
        memo[key] = next
        return next
    }
}
