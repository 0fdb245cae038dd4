import Determinism
import HistoryModel
import SequentialModels

@testable import Checkers

/// What random operations on an object of some model are like.
struct RandomModel<Model: SequentialModel> {
    var model: Model
    /// A call without its answer; the number is one that no call before has had.
    var draw: (inout SeededRandom, Int) -> Call
    /// The answers that the call may get; `[nil]` if it gets none.
    var answers: (Call) -> [Value?]
    var mostOperations = 7
    /// How many in twelve operations nobody saw end.
    var indefinite = 2
    /// How many in twelve instants are the same as the one before.
    var touching = 3
    /// Whether calls say whose they are.
    var tellsProcesses = false
    /// Whether calls are falsified by others in their place, and not by other answers.
    var falsifiesCalls = false
    /// The answer in a state, where `answers` would be too many.
    var answer: ((Call, Model.State) -> Value?)?
    /// The state that a falsified answer then shows, made of states that there were.
    var wrongState: (inout SeededRandom, [Model.State]) -> Model.State = { random, states in random.choose(states) }
}

/// Makes operations that overlap at random: a correct object answers them, and often one answer is falsified afterwards, so
/// that both verdicts are common and the wrong histories are only just wrong.
struct RandomCalls<Model: SequentialModel> {
    private let shape: RandomModel<Model>
    private var random: SeededRandom
    private var calls: [TimedCall] = []
    private var state: Model.State
    private var states: [Model.State]
    /// By process: the position of its open call, and whether it has taken effect.
    private var open: [Int32: (position: Int, isApplied: Bool)] = [:]
    private var nextProcess: Int32
    private var instant: Int32 = 0

    static func calls(_ shape: RandomModel<Model>, _ random: SeededRandom) -> [TimedCall] {
        var made = RandomCalls(shape, random)
        made.make()
        if made.random.chance(2, in: 3) { made.falsify() }
        return made.calls
    }

    private init(_ shape: RandomModel<Model>, _ random: SeededRandom) {
        self.shape = shape
        self.random = random
        state = shape.model.initial
        states = [state]
        nextProcess = 10
    }

    private mutating func make() {
        var processes = (0..<Int32(1 + random.below(4))).map { $0 }
        var left = 3 + random.below(shape.mostOperations - 2)
        while left > 0 || !open.isEmpty {
            let place = random.below(processes.count)
            guard let (position, isApplied) = open[processes[place]] else {
                if left > 0 {
                    invoke(processes[place])
                    left -= 1
                }
                continue
            }
            if !isApplied, !random.chance(1, in: 10) {
                if apply(position) { open[processes[place]]?.isApplied = true }
                if left > 0, random.chance(1, in: 2) { continue }
            }
            guard open[processes[place]]?.isApplied ?? false, !random.chance(shape.indefinite, in: 12) else {
                calls[position].what.result = nil
                open[processes[place]] = nil
                processes[place] = nextProcess
                nextProcess += 1
                continue
            }
            tick()
            calls[position].ret = instant
            open[processes[place]] = nil
        }
    }

    /// Equal instants are frequent: such ends are concurrent, except within a process.
    private mutating func tick() {
        if !random.chance(shape.touching, in: 12) { instant += 1 }
    }

    private mutating func invoke(_ process: Int32) {
        tick()
        var what = shape.draw(&random, calls.count + 1)
        if shape.tellsProcesses { what.process = .client(Int(process)) }
        open[process] = (calls.count, false)
        calls.append(TimedCall(process: process, call: instant, ret: .max, what: what))
    }

    /// Lets a call take effect; false if it cannot.
    private mutating func apply(_ position: Int) -> Bool {
        let answers = shape.answer.map { [$0(calls[position].what, state)] } ?? shape.answers(calls[position].what)
        for answer in answers {
            calls[position].what.result = answer
            guard let next = shape.model.step(state, calls[position].what) else { continue }
            state = next
            states.append(next)
            return true
        }
        return false
    }

    private mutating func falsify() {
        for _ in 0..<(1 + random.below(2)) {
            let ended = calls.indices.filter { calls[$0].ret != .max }
            guard !ended.isEmpty else { return }
            let position = random.choose(ended)
            if shape.falsifiesCalls {
                let process = calls[position].what.process
                calls[position].what = shape.draw(&random, position + 1)
                calls[position].what.process = process
            }
            calls[position].what.result =
                shape.answer.map { $0(calls[position].what, shape.wrongState(&random, states)) }
                ?? random.choose(shape.answers(calls[position].what))
        }
    }
}
