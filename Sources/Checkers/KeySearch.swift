import HistoryModel
import SequentialModels

/// Decides one key by search, and finds few operations that prove a violation.
struct KeySearch<Model: SequentialModel> {
    private let model: Model
    private let accesses: Accesses
    private let calls: KeyCalls
    private let operations: [SearchOperation]

    init(_ model: Model, _ accesses: Accesses, _ calls: KeyCalls) {
        self.model = model
        self.accesses = accesses
        self.calls = calls
        var operations: [SearchOperation] = []
        for update in calls.updates {
            let operation = accesses.operation(update.operation)
            guard let call = Call(operation) else { continue }
            operations.append(Self.operation(operation, update.operation, call, isCertain: update.outcome == .ok))
        }
        for reading in calls.readings {
            let operation = accesses.operation(reading.operation)
            let values = calls.key.values
            let result: Value = calls.key.isSet ? .list(reading.elements.map { values[$0] }) : values[reading.value]
            operations.append(
                Self.operation(operation, reading.operation, Call(.read, result: result), isCertain: true))
        }
        self.operations = operations.sorted { $0.operation < $1.operation }
    }

    private static func operation(
        _ operation: HistoryModel.Operation, _ ordinal: Int, _ call: Call, isCertain: Bool
    ) -> SearchOperation {
        SearchOperation(
            operation: ordinal, process: operation.process, call: call,
            interval: Interval(operation, ordinal), isCertain: isCertain)
    }

    func check(_ budget: inout SearchBudget) -> KeyVerdict {
        do {
            switch try Frontier.search(model, operations, &budget) {
            case .linearizable: return .linearizable
            case .stuck(let last): return .violated([proof(last, budget)])
            }
        } catch {
            return .undecided(
                "\(calls.key.title): \(error.reason) among \(operations.count) operations: write unique values, "
                    + "use more keys or fewer clients, or raise the limit")
        }
    }

    /// How much the search for a small proof may take, beside the limits of the check.
    private static var proofSteps: Int { 2_000_000 }

    /// The operations up to the return at which no order was left, cut down as far as the budget lasts.
    private func proof(_ last: SearchOperation, _ budget: SearchBudget) -> Anomaly {
        let prefix = operations.filter { $0.interval.call <= last.interval.ret }.map { operation in
            var operation = operation
            if operation.interval.ret > last.interval.ret { operation.isCertain = false }
            return operation
        }.filter { $0.isCertain || !$0.call.isRead }
        var spent = SearchBudget(steps: Self.proofSteps, bytes: budget.bytes)
        var window = Counterexample(states: [model.initial], operations: prefix)
        if !calls.key.isSet, let smaller = shortWindow(prefix, last, &spent) { window = smaller }
        let least = shrunk(window, last, &spent)
        let shown = Set(least.operations.map(\.operation)).union(seenUpdates(last))
        return Anomaly(
            .notLinearizable, key: calls.key.name, Proof(accesses, calls).steps(shown),
            detail: least.states.count > 1 ? "whatever the key held before these operations" : nil)
    }

    /// Operations that no order explains from any of the states.
    private struct Counterexample {
        var states: [Model.State]
        var operations: [SearchOperation]
    }

    private func isCounterexample(_ candidate: Counterexample, _ budget: inout SearchBudget) -> Bool {
        let outcome = try? Frontier.search(model, states: candidate.states, candidate.operations, &budget)
        if case .stuck? = outcome { return true }
        return false
    }

    /// The shortest doubling stretch before the end that fits no order whatever the key held at its start.
    ///
    /// What was under way at the cut may have taken effect before it, and what was indefinite stays so.
    private func shortWindow(
        _ prefix: [SearchOperation], _ last: SearchOperation, _ budget: inout SearchBudget
    ) -> Counterexample? {
        var states = Set(prefix.compactMap { model.step(model.initial, Call(.write, Self.written($0.call))) })
        states.insert(model.initial)
        let ends = prefix.filter(\.isCertain).map(\.interval.ret).sorted()
        var size = 1
        while size < ends.count {
            let cut = min(ends[ends.count - 1 - size], last.interval.call - 1)
            let inside = prefix.compactMap { operation -> SearchOperation? in
                guard operation.isCertain else { return operation }
                guard operation.interval.ret > cut else { return nil }
                guard operation.interval.call <= cut else { return operation }
                guard !operation.call.isRead else { return nil }
                var operation = operation
                operation.isCertain = false
                return operation
            }
            let candidate = Counterexample(states: Array(states), operations: inside)
            if isCounterexample(candidate, &budget) { return candidate }
            size *= 2
        }
        return nil
    }

    private static func written(_ call: Call) -> Value {
        switch call.function {
        case .cas: call.argument.list?.last ?? .null
        case .read: call.result ?? .null
        case .write, .add: call.argument
        }
    }

    /// Leaves out one operation after the other while what is left still fits no order.
    ///
    /// An update goes only when nothing that stays saw its value: otherwise what saw it would look wrong without reason.
    private func shrunk(
        _ window: Counterexample, _ last: SearchOperation, _ budget: inout SearchBudget
    ) -> Counterexample {
        var least = window
        var isShrinking = true
        while isShrinking {
            isShrinking = false
            for candidate in least.operations
            where candidate.operation != last.operation && isFree(candidate, least) {
                var smaller = least
                smaller.operations.removeAll { $0.operation == candidate.operation }
                guard isCounterexample(smaller, &budget) else { continue }
                least = smaller
                isShrinking = true
            }
        }
        return least
    }

    private func isFree(_ candidate: SearchOperation, _ among: Counterexample) -> Bool {
        guard !candidate.call.isRead else { return true }
        let value = Self.written(candidate.call)
        return !among.operations.contains { other in
            guard other.operation != candidate.operation else { return false }
            switch other.call.function {
            case .read: return other.call.result == value || other.call.result?.list?.contains(value) == true
            case .cas: return other.call.argument.list?.first == value
            case .write, .add: return false
            }
        }
    }

    /// The latest update whose value the last operation saw: readers want to know where it comes from.
    private func seenUpdates(_ last: SearchOperation) -> [Int] {
        guard last.call.isRead, let seen = last.call.result, !calls.key.isSet else { return [] }
        let writers = operations.filter { !$0.call.isRead && Self.written($0.call) == seen }
        return writers.last { $0.interval.call <= last.interval.ret }.map { [$0.operation] } ?? []
    }
}
