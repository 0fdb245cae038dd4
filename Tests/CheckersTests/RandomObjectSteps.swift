import Determinism

@testable import Checkers

extension RandomObject {
    /// Decides what the next operation of a process is, after its last one.
    mutating func choose(_ draft: inout Draft, _ last: Draft?) {
        let isRead = random.chance(1, in: 2)
        switch shape {
        case .register where !isRead: draft.function = .write
        case .cas where !isRead, .repeatedRegister where !isRead: draft.function = random.choose([.write, .cas])
        case .list where !isRead: draft.function = .append
        case .replacedList where !isRead, .repeatedList where !isRead:
            draft.function = random.choose([.append, .append, .write])
        case .set where !isRead, .repeatedSet where !isRead: draft.function = .add
        case .elements: draft.function = random.choose([.add, .remove, .contains, .contains])
        case .counter where !isRead, .mixedCounter where !isRead: draft.function = .increment
        case .mutex, .tokens:
            let holds = last?.function == .acquire
            draft.function = holds != random.chance(1, in: 30) ? .release : .acquire
        default: break
        }
        if draft.function != .read, shape.kind != .mutex { draft.argument = argument(draft.function) }
        if draft.function == .cas { draft.expected = random.choose(states).first ?? 0 }
    }

    private mutating func argument(_ function: ObjectOperations.Function) -> Int32 {
        switch shape {
        case .counter: return number(unit)
        case .mixedCounter: return number(random.choose([1, 2, 3, -1, -2]))
        case .elements:
            // A new one, or one that others are busy with.
            if function != .add || nextValue > 1, random.chance(function == .add ? 1 : 9, in: 10) {
                return Int32(1 + random.below(Int(nextValue)))
            }
        case .repeatedSet, .repeatedRegister, .repeatedList:
            if nextValue > 1, random.chance(1, in: 2) { return Int32(1 + random.below(Int(nextValue) - 1)) }
        default: break
        }
        nextValue += 1
        return nextValue - 1
    }

    /// The number of an amount or token.
    private mutating func number(_ amount: Int64) -> Int32 {
        if let known = amounts.firstIndex(of: amount) { return Int32(known) }
        amounts.append(amount)
        return Int32(amounts.count - 1)
    }

    /// The sum of a state, by number.
    mutating func sum(_ state: [Int32]) -> Int32 { number(state.reduce(0) { $0 + amounts[Int($1)] }) }

    /// Lets an operation take effect; false if it cannot now.
    mutating func apply(_ index: Int) -> Bool {
        var state = states[states.count - 1]
        var draft = drafts[index]
        switch draft.function {
        case .read:
            draft.result = shape.kind == .counter ? sum(state) : shape.kind == .register ? state.first ?? 0 : -1
            draft.elements = shape.kind == .list ? state : shape.kind == .set ? random.shuffled(state) : []
        case .cas where draft.expected != state.first ?? 0: return false
        case .write, .cas: state = [draft.argument]
        case .append, .increment: state.append(draft.argument)
        case .add, .remove, .contains: applyElement(&draft, &state)
        case .acquire where state.contains { $0 != -1 } && !random.chance(1, in: 12): return false
        case .acquire:
            state = [draft.process]
            if shape == .tokens { draft.result = number(Int64(states.count)) }
        case .release: state = [-1]
        default: break
        }
        drafts[index] = draft
        states.append(state)
        return true
    }

    private mutating func applyElement(_ draft: inout Draft, _ state: inout [Int32]) {
        let isThere = state.contains(draft.argument)
        if shape == .elements {
            let changes = draft.function == .contains ? isThere : isThere == (draft.function == .remove)
            let isTold = draft.function == .contains || random.chance(1, in: 2)
            draft.result = isTold ? changes ? 1 : 0 : -1
        }
        if draft.function == .add, !isThere { state.append(draft.argument) }
        if draft.function == .remove { state.removeAll { $0 == draft.argument } }
    }
}
