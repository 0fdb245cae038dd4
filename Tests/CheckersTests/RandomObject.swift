import Determinism

@testable import Checkers

/// Random operations on one small object: a correct object is used by overlapping operations, and often one thing of the
/// result is falsified, so that both verdicts are common and the wrong ones are only just wrong.
struct RandomObject {
    /// What the operations are.
    enum Shape: CaseIterable {
        case register, cas
        /// Values repeat now and then.
        case repeatedRegister
        case list
        /// A list that writes replace.
        case replacedList
        /// Elements are appended and written again now and then.
        case repeatedList
        case set
        /// Elements are added again now and then.
        case repeatedSet
        case elements
        case counter, mixedCounter
        case mutex, tokens

        var kind: NaiveObject.Kind {
            switch self {
            case .register, .cas, .repeatedRegister: .register
            case .list, .replacedList, .repeatedList: .list
            case .set, .repeatedSet: .set
            case .elements: .elements
            case .counter, .mixedCounter: .counter
            case .mutex, .tokens: .mutex
            }
        }
    }

    /// One operation while it is made.
    struct Draft {
        var process: Int32
        var call: Int32
        var ret = Int32.max
        var function: ObjectOperations.Function
        var argument: Int32 = -1
        var expected: Int32 = -1
        var result: Int32 = -1
        var elements: [Int32] = []
        var isApplied = false
    }

    var random: SeededRandom
    let shape: Shape
    var drafts: [Draft] = []
    /// What the object held, state after state.
    var states: [[Int32]] = [[]]
    var nextValue: Int32 = 1
    /// By number, for counters and tokens.
    var amounts: [Int64] = [0]
    private var instant: Int32 = 0
    private var open: [Int32: Int] = [:]
    private var nextProcess: Int32 = 10
    /// What every increment adds, where they all add the same.
    let unit: Int64

    static func operations(_ shape: Shape, _ random: SeededRandom) -> ObjectOperations {
        var object = RandomObject(shape: shape, random: random)
        object.run()
        object.falsify()
        return object.columns()
    }

    private init(shape: Shape, random: SeededRandom) {
        self.shape = shape
        self.random = random
        unit = self.random.choose([1, 1, 2, -1])
    }

    private mutating func run() {
        var processes = (0..<Int32(1 + random.below(4))).map { $0 }
        var left = 3 + random.below(shape.kind == .mutex ? 7 : 5)
        while left > 0 || !open.isEmpty {
            let place = random.below(processes.count)
            guard let draft = open[processes[place]] else {
                if left > 0 {
                    invoke(processes[place])
                    left -= 1
                }
                continue
            }
            if !drafts[draft].isApplied, !random.chance(1, in: 12) {
                drafts[draft].isApplied = apply(draft)
                if drafts[draft].isApplied || left > 0 && !random.chance(1, in: 4) { continue }
            }
            open[processes[place]] = nil
            guard drafts[draft].isApplied, !random.chance(1, in: 6) else {
                // Nobody saw it end: another process goes on.
                processes[place] = nextProcess
                nextProcess += 1
                continue
            }
            tick()
            drafts[draft].ret = instant
        }
    }

    /// Equal instants now and then, though not between operations of one process.
    private mutating func tick() {
        if random.chance(4, in: 5) { instant += 1 }
    }

    private mutating func invoke(_ process: Int32) {
        let last = drafts.last { $0.process == process }
        tick()
        if last?.ret == instant { instant += 1 }
        var draft = Draft(process: process, call: instant, function: .read)
        choose(&draft, last)
        open[process] = drafts.count
        drafts.append(draft)
    }

    func columns() -> ObjectOperations {
        var operations = ObjectOperations()
        operations.amount = shape.kind == .counter || shape.kind == .mutex ? amounts : []
        operations.valueCount = max(Int(nextValue) + 1, amounts.count)
        // Reads without answer say nothing, nor do acquisitions of unknown token have one.
        let kept = drafts.filter { ![.read, .contains].contains($0.function) || $0.ret != .max }
        for (position, draft) in kept.sorted(by: { $0.call < $1.call }).enumerated() {
            operations.operation.append(Int32(10 + 3 * position))
            operations.process.append(draft.process)
            operations.call.append(draft.call)
            operations.ret.append(draft.ret)
            operations.function.append(draft.function)
            operations.argument.append(draft.argument)
            operations.expected.append(draft.expected)
            operations.result.append(draft.ret == .max ? -1 : draft.result)
            for element in draft.elements { operations.elements.append(element, at: position) }
        }
        return operations
    }
}

extension RandomObject {
    /// Falsifies something in half of the cases.
    private mutating func falsify() {
        guard !drafts.isEmpty, random.chance(2, in: 3) else { return }
        for _ in 0..<(1 + random.below(2)) {
            let number = random.below(drafts.count)
            if random.chance(1, in: 3), shape.kind != .mutex {
                move(number)
            } else {
                falsifyAnswer(number)
            }
        }
    }

    /// Another interval for an operation.
    private mutating func move(_ number: Int) {
        let end = drafts.map(\.call).max() ?? 0
        drafts[number].call = Int32(random.below(Int(end) + 1))
        if drafts[number].ret != .max {
            drafts[number].ret = drafts[number].call + Int32(random.below(3) * random.below(3))
        }
    }

    private mutating func falsifyAnswer(_ number: Int) {
        let state = random.choose(states)
        switch (shape.kind, drafts[number].function) {
        case (.register, .cas) where random.chance(1, in: 2): drafts[number].expected = state.first ?? 0
        case (.register, .read): drafts[number].result = random.chance(1, in: 12) ? nextValue : state.first ?? 0
        case (.list, .read), (.set, .read): drafts[number].elements = falsified(state)
        case (.counter, .read):
            let wrong = random.chance(1, in: 2) ? Int32(random.below(amounts.count)) : sum(state)
            drafts[number].result = wrong
        case (.elements, _) where drafts[number].result >= 0:
            drafts[number].result = 1 - drafts[number].result
        case (.mutex, .acquire) where drafts[number].result >= 0:
            drafts[number].result = Int32(1 + random.below(amounts.count - 1))
        default: break
        }
    }

    /// A state, or one that never was.
    private mutating func falsified(_ state: [Int32]) -> [Int32] {
        var elements = state
        switch random.below(8) {
        case 0 where elements.count > 1: elements.swapAt(0, random.below(elements.count))
        case 1 where !elements.isEmpty: elements.remove(at: random.below(elements.count))
        case 2: elements.append(Int32(1 + random.below(Int(nextValue))))
        default: break
        }
        return elements
    }
}
