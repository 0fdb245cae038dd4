@testable import Checkers

/// Decides one small object by trying all orders, without any cleverness: what the fast algorithms are compared with.
struct NaiveObject {
    /// What a sequential object of this kind does.
    enum Kind {
        case register, list, set, elements, counter, mutex
    }

    let kind: Kind
    let operations: ObjectOperations
    /// The operations that must take effect and answer as they did, by position; the other updates may have happened, in
    /// their own intervals, and the other reads are of no account.
    private var isRequired: [Bool]

    private struct State: Hashable {
        var value: Int32 = 0
        var list: [Int32] = []
        var sum: Int64 = 0
        var holder: Int32 = -1
        var token = Int64.min
    }

    private struct Place: Hashable {
        var taken: Set<Int>
        var state: State
    }

    private var hopeless: Set<Place> = []

    init(_ kind: Kind, _ operations: ObjectOperations) {
        self.kind = kind
        self.operations = operations
        isRequired = operations.ret.map { $0 != .max }
    }

    /// True if some order explains every answer.
    func isLinearizable() -> Bool {
        var search = self
        return search.hasOrder([], State(), latestCall: .min)
    }

    /// True if these operations, by ordinals, prove a violation whatever the others did.
    func isViolation(_ ordinals: [Int32]) -> Bool {
        var search = self
        for position in operations.operation.indices {
            let isNamed = ordinals.contains(operations.operation[position])
            search.isRequired[position] = isNamed && operations.ret[position] != .max
        }
        return !search.hasOrder([], State(), latestCall: .min)
    }

    /// True if these ordinals are an order of real time that explains every answer and leaves out nothing that happened.
    func isCertificate(_ order: [Int32]) -> Bool {
        var state = State()
        var latestCall = Int32.min
        var taken: Set<Int> = []
        for ordinal in order {
            guard let position = operations.operation.firstIndex(of: ordinal), taken.insert(position).inserted,
                operations.ret[position] >= latestCall, let next = step(position, state)
            else { return false }
            state = next
            latestCall = max(latestCall, operations.call[position])
        }
        return isRequired.indices.allSatisfy { taken.contains($0) || !isRequired[$0] }
    }

    private mutating func hasOrder(_ taken: Set<Int>, _ state: State, latestCall: Int32) -> Bool {
        if isRequired.indices.allSatisfy({ taken.contains($0) || !isRequired[$0] }) { return true }
        guard !hopeless.contains(Place(taken: taken, state: state)) else { return false }
        for position in isRequired.indices where !taken.contains(position) {
            guard isRequired[position] || !isRead(position), operations.ret[position] >= latestCall,
                let next = step(position, state)
            else { continue }
            let call = max(latestCall, operations.call[position])
            if hasOrder(taken.union([position]), next, latestCall: call) { return true }
        }
        hopeless.insert(Place(taken: taken, state: state))
        return false
    }

    private func isRead(_ position: Int) -> Bool {
        [.read, .contains].contains(operations.function[position])
    }

    private func step(_ position: Int, _ state: State) -> State? {
        switch kind {
        case .register: stepRegister(position, state)
        case .list: stepList(position, state)
        case .set: stepSet(position, state)
        case .elements: stepElements(position, state)
        case .counter: stepCounter(position, state)
        case .mutex: stepMutex(position, state)
        }
    }

    private func stepRegister(_ position: Int, _ state: State) -> State? {
        var state = state
        switch operations.function[position] {
        case .read: return operations.result[position] == state.value ? state : nil
        case .cas where operations.expected[position] != state.value: return nil
        default: state.value = operations.argument[position]
        }
        return state
    }

    private func stepList(_ position: Int, _ state: State) -> State? {
        var state = state
        switch operations.function[position] {
        case .read: return Array(operations.elements[position]) == state.list ? state : nil
        case .append: state.list.append(operations.argument[position])
        default: state.list = [operations.argument[position]]
        }
        return state
    }

    private func stepSet(_ position: Int, _ state: State) -> State? {
        if operations.function[position] == .read {
            return operations.elements[position].sorted() == state.list ? state : nil
        }
        return with(operations.argument[position], state)
    }

    private func with(_ element: Int32, _ state: State) -> State {
        var state = state
        if !state.list.contains(element) { state.list = (state.list + [element]).sorted() }
        return state
    }

    private func stepElements(_ position: Int, _ state: State) -> State? {
        let element = operations.argument[position]
        let isThere = state.list.contains(element)
        let answer = operations.result[position]
        if operations.function[position] == .add {
            guard answer < 0 || (answer == 1) == !isThere else { return nil }
            return with(element, state)
        }
        guard answer < 0 || (answer == 1) == isThere else { return nil }
        var state = state
        if operations.function[position] == .remove { state.list.removeAll { $0 == element } }
        return state
    }

    private func stepCounter(_ position: Int, _ state: State) -> State? {
        var state = state
        if operations.function[position] == .read {
            return operations.amount[Int(operations.result[position])] == state.sum ? state : nil
        }
        state.sum += operations.amount[Int(operations.argument[position])]
        return state
    }

    private func stepMutex(_ position: Int, _ state: State) -> State? {
        var state = state
        let process = operations.process[position]
        if operations.function[position] == .release {
            guard state.holder == process else { return nil }
            state.holder = -1
            return state
        }
        guard state.holder < 0 else { return nil }
        state.holder = process
        if operations.result[position] >= 0 {
            let token = operations.amount[Int(operations.result[position])]
            guard token > state.token else { return nil }
            state.token = token
        }
        return state
    }
}
