import HistoryModel
import SequentialModels

@testable import Checkers

/// A call with the time at which it was under way, both ends included; the operations of one process are in order.
struct TimedCall {
    var process: Int32
    var call: Int32
    /// `Int32.max` if nobody saw it end.
    var ret: Int32
    var what: Call
}

/// Decides whether a model explains a few calls by trying all orders, without any cleverness.
struct NaiveModel<Model: SequentialModel> {
    private let model: Model
    private let calls: [TimedCall]
    /// By position: whether it must take effect and be answered as it was. Other updates may have happened, in their own
    /// intervals; other reads are of no account.
    private var isRequired: [Bool]
    private var hopeless: Set<Place> = []

    private struct Place: Hashable {
        var taken: Set<Int>
        var state: Model.State
    }

    init(_ model: Model, _ calls: [TimedCall]) {
        self.model = model
        self.calls = calls
        isRequired = calls.map { $0.ret != .max }
    }

    /// True if some order explains every answer.
    func isLinearizable() -> Bool {
        var search = self
        return search.hasOrder([], model.initial)
    }

    /// True if these calls, by position, prove a violation whatever the others did.
    func isViolation(_ positions: [Int]) -> Bool {
        var search = self
        for position in calls.indices {
            search.isRequired[position] = positions.contains(position) && calls[position].ret != .max
        }
        return !search.hasOrder([], model.initial)
    }

    /// True if these positions are an order of real time that explains every answer and leaves out nothing that happened.
    func isCertificate(_ order: [Int]) -> Bool {
        var state = model.initial
        var taken: Set<Int> = []
        for position in order {
            guard !taken.contains(position), isPossible(position, taken),
                let next = model.step(state, calls[position].what)
            else { return false }
            state = next
            taken.insert(position)
        }
        return calls.indices.allSatisfy { taken.contains($0) || calls[$0].ret == .max }
    }

    private mutating func hasOrder(_ taken: Set<Int>, _ state: Model.State) -> Bool {
        if calls.indices.allSatisfy({ taken.contains($0) || !isRequired[$0] }) { return true }
        let place = Place(taken: taken, state: state)
        guard !hopeless.contains(place) else { return false }
        for position in calls.indices where !taken.contains(position) && isPossible(position, taken) {
            guard isRequired[position] || !model.isRead(calls[position].what),
                let next = model.step(state, calls[position].what)
            else { continue }
            if hasOrder(taken.union([position]), next) { return true }
        }
        hopeless.insert(place)
        return false
    }

    /// True if it had not ended before one of those began.
    private func isPossible(_ position: Int, _ taken: Set<Int>) -> Bool {
        taken.allSatisfy { other in
            let isNext = calls[other].process == calls[position].process && other > position
            return calls[position].ret >= calls[other].call && !isNext
        }
    }
}
